"""The trade-off between thresholds, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from streams.errors import SettingsError
from streams.evaluation.measures import Confusion


def plot_sweep(swept: Sequence[tuple[float, Confusion]], title: str, file: Path) -> None:
    """Draw precision, recall, F1 and the false-positive rate over the threshold into a PNG file.

    Raises SettingsError when matplotlib, of the extra ``plot``, is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SettingsError("--plot needs matplotlib: pip install 'highfence[plot]'") from error
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    thresholds = [threshold for threshold, _ in swept]
    curves = {
        "precision": [counts.precision for _, counts in swept],
        "recall": [counts.recall for _, counts in swept],
        "F1": [counts.f1 for _, counts in swept],
        "false-positive rate": [counts.false_positive_rate for _, counts in swept],
    }
    for name, values in curves.items():
        axes.plot(thresholds, values, label=name, linewidth=2)
    axes.set(title=title, xlabel="threshold", ylabel="share", xlim=(thresholds[0], thresholds[-1]), ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    figure.savefig(file, dpi=120, format="png")

"""Measurements as a picture, with matplotlib of the extra ``plot``."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from streams.errors import SettingsError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def require(file: Path) -> None:
    """Raises SettingsError when no picture could be drawn into the file: to be asked before minutes of measuring."""
    if importlib.util.find_spec("matplotlib") is None:
        raise SettingsError("--plot needs matplotlib: pip install 'highfence[plot]'")
    if not file.parent.is_dir():
        raise SettingsError(f"--plot: there is no directory {file.parent}")


def blank(width: float, height: float) -> Figure:
    """An empty picture, so many inches large."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def save(figure: Figure, file: Path) -> None:
    """Write it as PNG, whatever the file is called."""
    figure.savefig(file, format="png")

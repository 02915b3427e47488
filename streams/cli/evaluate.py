"""``highfence evaluate``: how well matching does on labelled rows."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import click
import msgspec
import orjson
from rich.console import Console
from rich.table import Table

from streams.cli.context import policy_of, settings_of
from streams.evaluation.measures import Confusion, Scored, by_slice, count, sweep
from streams.evaluation.pairs import score_pairs
from streams.evaluation.plot import plot_sweep
from streams.evaluation.rows import read_rows
from streams.evaluation.search import score_searches
from streams.lists.loading import load_lists
from streams.matching import EntityIndex

_FILE = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
_THRESHOLD = click.option("--threshold", type=click.FloatRange(0, 1), help="Instead of the policy's own thresholds.")
_JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of tables.")
_SCORES = click.option(
    "--scores", type=click.Path(path_type=Path, dir_okay=False), help="Write every row's score and evidence here."
)
_PLOT = click.option(
    "--plot", type=click.Path(path_type=Path, dir_okay=False), help="Draw the threshold sweep into this PNG."
)


@click.group()
def evaluate() -> None:
    """Count right and wrong answers of matching on labelled rows."""


@evaluate.command()
@_FILE
@_THRESHOLD
@_JSON
@_SCORES
@_PLOT
@click.pass_context
def pairs(
    ctx: click.Context, file: Path, threshold: float | None, as_json: bool, scores: Path | None, plot: Path | None
) -> None:
    """Score each row's query against its expected name."""
    policy = policy_of(settings_of(ctx))
    _report(file, score_pairs(read_rows(file), policy, threshold), as_json, scores, plot, policy.version)


@evaluate.command()
@_FILE
@click.option("--list", "lists", multiple=True, required=True, metavar="LIST", help="A list file, or 'bundled'.")
@_THRESHOLD
@_JSON
@_SCORES
@_PLOT
@click.pass_context
def search(
    ctx: click.Context,
    file: Path,
    lists: tuple[str, ...],
    threshold: float | None,
    as_json: bool,
    scores: Path | None,
    plot: Path | None,
) -> None:
    """Search each row's query in the lists and see whether the expected entry is hit."""
    policy = policy_of(settings_of(ctx))
    index = EntityIndex.build(entry for name in lists for loaded in load_lists(name) for entry in loaded.entries)
    _report(file, score_searches(read_rows(file), index, policy, threshold), as_json, scores, plot, policy.version)


def _report(
    file: Path, answers: Iterable[Scored], as_json: bool, scores: Path | None, plot: Path | None, version: str
) -> None:
    started = time.perf_counter()
    scored = list(answers)
    seconds = time.perf_counter() - started
    total = count((row.is_match, row.hit) for row in scored)
    slices = by_slice(scored)
    swept = sweep(scored)
    if scores is not None:
        scores.write_bytes(b"".join(orjson.dumps(msgspec.to_builtins(row)) + b"\n" for row in scored))
    if plot is not None:
        plot_sweep(swept, file.name, plot)
    if as_json:
        shown = {
            "file": file.name,
            "policy_version": version,
            "total": total.as_dict(),
            "slices": {
                column: {value: counts.as_dict() for value, counts in values.items()}
                for column, values in slices.items()
            },
            "sweep": [{"threshold": threshold, **counts.as_dict()} for threshold, counts in swept],
        }
        click.echo(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode())
        return
    console = Console()
    console.print(_table("all", {"all": total}))
    for column, values in slices.items():
        if len(values) <= 30:
            console.print(_table(column, values))
    best_threshold, best = max(swept, key=lambda each: each[1].f1)
    console.print(f"one threshold for all rows: F1 is highest, {best.f1:.3f}, at {best_threshold:.2f}", highlight=False)
    console.print(f"policy {version}; {len(scored):,} rows in {seconds:.1f} s", style="dim", highlight=False)


def _table(column: str, values: dict[str, Confusion]) -> Table:
    table = Table()
    table.add_column(column)
    for heading in ("rows", "TP", "FP", "FN", "TN", "precision", "recall", "F1", "FP rate"):
        table.add_column(heading, justify="right")
    for value, counts in values.items():
        table.add_row(
            value,
            *(
                f"{cell:,}"
                for cell in (
                    counts.rows,
                    counts.true_positives,
                    counts.false_positives,
                    counts.false_negatives,
                    counts.true_negatives,
                )
            ),
            f"{counts.precision:.3f}",
            f"{counts.recall:.3f}",
            f"{counts.f1:.3f}",
            f"{counts.false_positive_rate:.2%}",
        )
    return table

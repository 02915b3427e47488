"""``highfence flags``: rules for diversion flags, tried on recorded decisions before they go live."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from streams.cli.context import rules_in, settings_of
from streams.records.codec import encode
from streams.screening.diversion.recorded import recorded_in, recorded_on_topics
from streams.screening.diversion.trial import Trial, try_rules
from streams.terminal import safe

_MOST_SHOWN = 20
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def flags() -> None:
    """Try rules for diversion flags on recorded decisions."""


@flags.command("try")
@click.argument("rules", type=_FILE)
@click.option(
    "--decisions", type=_FILE, required=True, help="Recorded decisions, as 'flags record' or 'screen' writes them."
)
@click.option("--events", type=_FILE, help="The JSON lines that 'screen' read, whose answers have no events.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
def attempt(rules: Path, decisions: Path, events: Path | None, as_json: bool) -> None:
    """Show what the RULES, a TOML file, would change in recorded decisions: by rule, and in outcomes.

    The decisions are judged in the order of the file, from an empty memory.
    """
    trial = try_rules(rules_in(rules), recorded_in(decisions, events))
    if as_json:
        click.echo(msgspec.json.encode(trial).decode())
        return
    _show(trial)


@flags.command()
@click.option("--last", default=100_000, show_default=True, type=click.IntRange(1), help="So many decisions at most.")
@click.option("--output", type=click.File("wb", lazy=False), default="-", help="Where they go (standard output).")
@click.pass_context
def record(ctx: click.Context, last: int, output: BinaryIO) -> None:
    """Write the last decisions on Kafka with their alerts and events, a JSON object a line."""
    recorded = recorded_on_topics(settings_of(ctx), last)
    for each in recorded:
        output.write(encode(each) + b"\n")
    output.flush()
    gone = sum(each.event is None for each in recorded)
    click.echo(f"{len(recorded):,} decisions, {gone:,} of them without their event", err=True)


def _show(trial: Trial) -> None:
    click.echo(f"{'rule':<44}{'weight':>7}{'stands':>9}{'would':>9}{'new':>8}{'gone':>8}{'not checked':>13}")
    for rule in trial.rules:
        weight = "none" if rule.weight is None else str(rule.weight)
        numbers = f"{rule.recorded:>9,}{rule.tried:>9,}{rule.new:>8,}{rule.gone:>8,}{rule.not_checked:>13,}"
        click.echo(f"{rule.rule:<44}{weight:>7}{numbers}")
        if rule.examples:
            click.echo(safe(f"  new in {', '.join(rule.examples)}"))
    for changed in trial.changed[:_MOST_SHOWN]:
        click.echo(safe(f"{changed.transaction_id} revision {changed.revision}: {changed.recorded} → {changed.tried}"))
        for flag in changed.flags:
            click.echo(safe(f"  {flag}"))
    reviews = sum(each.tried == "review" for each in trial.changed)
    click.echo(
        f"rules {trial.version} on {trial.decisions:,} decisions; {trial.left_out:,} left out (error, or no event); "
        f"{reviews:,} would become a review, {len(trial.changed) - reviews:,} clear"
    )

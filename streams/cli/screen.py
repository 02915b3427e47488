"""``highfence screen`` and ``highfence explain``: files and parties against lists, without a worker."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click
import msgspec
import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from streams.cli.context import flags_of, policy_of, settings_of
from streams.cli.moment import moment
from streams.lists import history
from streams.lists.loading import load_lists
from streams.mappings import load_mapping
from streams.matching import Match
from streams.ownership.loading import graph_of_files, ownership_file
from streams.records.party import Party
from streams.screening.answer import Answer
from streams.screening.budget import ScreeningBudget
from streams.screening.files import screen_file
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot
from streams.terminal import safe

_LISTS = click.option(
    "--list",
    "lists",
    multiple=True,
    metavar="LIST",
    help="A list file, or 'bundled'. May be given several times.",
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_LISTS
@click.option(
    "--as-of", "at", type=moment, metavar="TIME", help="The published lists as they stood then, instead of --list."
)
@click.option("--topic", default="", help="As if the events came on this topic, for the policy's jurisdiction.")
@click.option(
    "--mapping", metavar="MAPPING", help="FILE holds other events: a mapping file, or a ready-made one's name."
)
@click.option(
    "--ownership",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="A file that says who owns whom. May be given several times.",
)
@click.option(
    "--output", type=click.File("wb", lazy=False), default="-", help="Where the answers go (standard output)."
)
@click.pass_context
def screen(
    ctx: click.Context,
    file: Path,
    lists: tuple[str, ...],
    at: datetime | None,
    topic: str,
    mapping: str | None,
    ownership: tuple[Path, ...],
    output: BinaryIO,
) -> None:
    """Screen FILE, JSON lines or CSV, and write a decision with its alerts per line.

    With --as-of the lists are rebuilt from the releases kept on Kafka, and an event that does not say when it
    occurred counts as one of then.

    Exits with 1 when a line could not be screened; its decision is 'error'.
    """
    if bool(lists) == (at is not None):
        raise click.UsageError("give either --list or --as-of")
    settings = settings_of(ctx)
    screener, flags = Screener(policy_of(settings), topic), flags_of(settings)
    made_by = load_mapping(mapping) if mapping is not None else None
    now = datetime.now(UTC)
    console = Console(stderr=True)
    with console.status("reading the lists"):
        if at is None:
            snapshot = _snapshot(lists, now)
        else:
            snapshot = Snapshot().after(tuple(history.as_of(history.records(settings), at).values()))
        if ownership:
            snapshot = snapshot.with_ownership(graph_of_files([ownership_file(path) for path in ownership], now))
    outcomes: Counter[str] = Counter()
    alerts = parties = not_applied = 0
    with Progress(
        TextColumn("screening"), BarColumn(), TextColumn("{task.fields[done]:,} events"), TimeRemainingColumn(),
        console=console, transient=True, disable=not console.is_terminal,
    ) as bar:  # fmt: skip
        task = bar.add_task("screening", total=file.stat().st_size, done=0)
        for answered in screen_file(
            file,
            screener,
            snapshot,
            now,
            settings.limits.max_event_bytes,
            lambda read: bar.update(task, completed=read, done=sum(outcomes.values())),
            lambda remark: click.echo(safe(remark), err=True),
            ScreeningBudget(settings.limits.screening_seconds),
            at,
            made_by,
            flags,
        ):
            output.write(_line(answered))
            outcomes[answered.decision.outcome] += 1
            alerts += len(answered.alerts)
            parties += len(answered.parties)
            not_applied += len(answered.decision.not_applied)
    output.flush()
    counts = ", ".join(f"{outcomes[outcome]:,} {outcome}" for outcome in ("clear", "review", "hold", "error"))
    click.echo(
        f"{sum(outcomes.values()):,} events, {parties:,} parties against {len(snapshot.index):,} entries: "
        f"{counts}; {alerts:,} alerts" + (f", {not_applied:,} hits of lists that do not apply" if not_applied else ""),
        err=True,
    )
    if outcomes["error"]:
        ctx.exit(1)


def _line(answered: Answer) -> bytes:
    record = {"decision": answered.decision, "alerts": answered.alerts}
    if answered.samples:
        record["samples"] = answered.samples
    if answered.dead_letter is not None:
        record["dead_letter"] = answered.dead_letter
    return msgspec.json.encode(record) + b"\n"


def _snapshot(names: tuple[str, ...], now: datetime) -> Snapshot:
    return Snapshot.of_lists([loaded for name in names for loaded in load_lists(name)], now)


@click.command()
@click.argument("name")
@_LISTS
@click.option("--country", default="", help="The party's country.")
@click.option("--address", default="", help="The party's address in one line.")
@click.option("--type", "entity_type", type=click.Choice(["person", "organization", "vessel", "aircraft"]))
@click.option("--birth-date", metavar="DATE", help="YYYY, YYYY-MM or YYYY-MM-DD.")
@click.option("--limit", default=5, show_default=True, type=click.IntRange(1, 100), help="How many candidates.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines instead of text.")
@click.pass_context
def explain(
    ctx: click.Context,
    name: str,
    lists: tuple[str, ...],
    country: str,
    address: str,
    entity_type: str | None,
    birth_date: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show the best candidates for NAME with their evidence, hit or not."""
    policy = policy_of(settings_of(ctx))
    party = _party(name, country, address, entity_type, birth_date)
    if not lists:
        raise click.UsageError("--list is needed")
    snapshot = _snapshot(lists, datetime.now(UTC))
    matches = snapshot.index.candidates(party, policy, limit)
    if as_json:
        for match in matches:
            sys.stdout.buffer.write(orjson.dumps(msgspec.to_builtins(_shown(match))) + b"\n")
        return
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    if not matches:
        console.print(f"Nothing among {len(snapshot.index):,} entries is like this.")
    for match in matches:
        _print(console, match)
    console.print(f"policy {policy.version}", style="dim")


def _party(name: str, country: str, address: str, entity_type: str | None, birth_date: str | None) -> Party:
    fields = {
        "name": name,
        "country": country,
        "entity_type": entity_type,
        "birth_date": birth_date,
        "addresses": [{"raw": address}] if address else [],
    }
    try:
        return msgspec.convert(fields, Party)
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from error


def _shown(match: Match) -> dict[str, object]:
    return {
        "outcome": match.outcome or "clear",
        "score": match.score,
        "threshold": match.threshold,
        "source": match.entry.source,
        "entry_id": match.entry.entry_id,
        "listed_name": match.listed_name,
        "field": match.field,
        "summary": match.summary,
        "evidence": match.evidence,
    }


def _print(console: Console, match: Match) -> None:
    colour = {"hold": "red", "review": "yellow"}.get(match.outcome or "", "green")
    console.print(f"{match.score:.3f} {match.outcome or 'clear'}", style=f"bold {colour}", end="  ", markup=False)
    console.print(safe(match.listed_name), style="bold", markup=False)
    facts = [match.entry.source, match.entry.entry_id, ", ".join(match.entry.countries), match.entry.citation]
    console.print("  " + safe(" · ".join(fact for fact in facts if fact)), style="dim", markup=False)
    console.print(f"  {match.field}: {safe(match.summary)}", markup=False)
    marks = {"supports": "+", "contradicts": "-", "ignored": " "}
    for evidence in match.evidence:
        console.print(f"    {marks[evidence.effect]} {safe(evidence.text)}", markup=False)

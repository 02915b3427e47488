"""``highfence watch``: alerts or cases in the terminal as they come."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.text import Text

from streams.cli.context import settings_of
from streams.desk.filters import AGES, OUTCOMES, STATES, CaseFilter
from streams.kafka.tail import Start, read_topic
from streams.kafka.topics import TopicNames
from streams.records.alert import Alert
from streams.records.case import Case
from streams.records.codec import decode
from streams.terminal import alert_lines, case_lines

_OF_CASES = ("state", "age", "assignee")


@click.command()
@click.option("--cases", is_flag=True, help="Show cases, each time one changes, instead of alerts.")
@click.option("--list", "source", default="", help="Only of this list.")
@click.option("--outcome", type=click.Choice(OUTCOMES), help="Only of this outcome.")
@click.option("--role", default="", help="Only parties in this role.")
@click.option("--country", default="", help="Only parties of this country.")
@click.option("--text", default="", help="Only those with this in a name or an id.")
@click.option(
    "--state",
    type=click.Choice([*STATES, "undecided", "proposed"]),
    help="Only cases that stand so; proposed: to check.",
)
@click.option("--age", type=click.Choice(list(AGES)), help="Only cases first seen so long ago.")
@click.option("--assignee", default="", help="Only cases of this person.")
@click.option("--from-beginning", is_flag=True, help="Show those already there first.")
@click.option("--until-end", is_flag=True, help="Stop at the end instead of waiting for more.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per alert or case.")
@click.pass_context
def watch(
    ctx: click.Context, /, cases: bool, from_beginning: bool, until_end: bool, as_json: bool, **wanted: str | None
) -> None:
    """Follow alerts or cases: when, outcome, score, which transaction or state; the party; the listed name."""
    settings = settings_of(ctx)
    chosen = CaseFilter(**{name: value or "" for name, value in wanted.items()})
    if not cases and (only := [name for name in _OF_CASES if name in chosen.query()]):
        raise click.UsageError(f"--{only[0]} is for --cases")
    names = TopicNames(settings.topics.prefix)
    topic = names.cases if cases else names.alerts
    start: Start = "beginning" if from_beginning or until_end else "end"
    console = Console(highlight=False, soft_wrap=True)
    try:
        for message in read_topic(settings, topic, start=start, until=None if until_end else _never):
            value = message.value() or b""
            lines = _lines(value, f"{topic}[{message.partition()}] at {message.offset()}", cases, chosen)
            if lines is None:
                continue
            if as_json:
                sys.stdout.buffer.write(value + b"\n")
                sys.stdout.buffer.flush()
            else:
                console.print(lines)
    except KeyboardInterrupt:
        return


def _lines(value: bytes, where: str, cases: bool, chosen: CaseFilter) -> Text | None:
    """What is shown of a record; None when it is not wanted."""
    if cases:
        case = decode(Case, value, where)
        return case_lines(case) if chosen.takes(case, datetime.now(UTC)) else None
    alert = decode(Alert, value, where)
    return alert_lines(alert) if chosen.takes_alert(alert) else None


def _never() -> bool:
    return False

"""``highfence watch``: alerts in the terminal as they are raised."""

from __future__ import annotations

import sys
import threading

import click
from rich.console import Console
from rich.text import Text

from streams.cli.context import settings_of
from streams.cli.terminal import clip, fill
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.records.alert import Alert
from streams.records.codec import decode

_COLOURS = {"hold": "bold red", "review": "yellow"}
_WIDTH = 80


@click.command()
@click.option("--from-beginning", is_flag=True, help="Show the alerts already there first.")
@click.option("--until-end", is_flag=True, help="Stop at the end instead of waiting for more.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per alert.")
@click.pass_context
def watch(ctx: click.Context, from_beginning: bool, until_end: bool, as_json: bool) -> None:
    """Follow alerts: time, outcome, score, transaction, role; the party; the listed name and its list."""
    settings = settings_of(ctx)
    topic = TopicNames(settings.topics.prefix).alerts
    start = "beginning" if from_beginning or until_end else "end"
    console = Console(highlight=False, soft_wrap=True)
    try:
        for message in read_topic(settings, topic, start=start, stop=None if until_end else threading.Event()):
            value = message.value() or b""
            if as_json:
                sys.stdout.buffer.write(value + b"\n")
                sys.stdout.buffer.flush()
            else:
                where = f"{topic}[{message.partition()}] at {message.offset()}"
                console.print(alert_lines(decode(Alert, value, where)))
    except KeyboardInterrupt:
        return


def alert_lines(alert: Alert, width: int = _WIDTH) -> Text:
    """An alert in three lines of at most ``width`` cells, coloured by outcome."""
    shown = Text()
    shown.append(f"{alert.raised_at:%H:%M:%S} ")
    shown.append(f"{alert.outcome.upper():<6}", style=_COLOURS[alert.outcome])
    shown.append(f" {alert.score:.3f} ")
    shown.append(fill(alert.transaction_id, 24))
    shown.append(f" {clip(alert.party.role or 'no role', width - 47)}\n")
    where = "" if alert.field == "name" else f" ({alert.field})"
    shown.append("         party  ", style="dim")
    shown.append(f"{clip(alert.value + where, width - 16)}\n")
    source = clip(alert.listed.source, 30)
    shown.append("         listed ", style="dim")
    shown.append(clip(alert.listed.name, width - 19 - len(source)), style="bold")
    shown.append(f" · {source}", style="dim")
    return shown

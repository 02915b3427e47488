"""``highfence watch``: alerts in the terminal as they are raised."""

from __future__ import annotations

import sys

import click
from rich.console import Console

from streams.cli.context import settings_of
from streams.kafka.tail import Start, read_topic
from streams.kafka.topics import TopicNames
from streams.records.alert import Alert
from streams.records.codec import decode
from streams.terminal import alert_lines


@click.command()
@click.option("--from-beginning", is_flag=True, help="Show the alerts already there first.")
@click.option("--until-end", is_flag=True, help="Stop at the end instead of waiting for more.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per alert.")
@click.pass_context
def watch(ctx: click.Context, from_beginning: bool, until_end: bool, as_json: bool) -> None:
    """Follow alerts: time, outcome, score, transaction, role; the party; the listed name and its list."""
    settings = settings_of(ctx)
    topic = TopicNames(settings.topics.prefix).alerts
    start: Start = "beginning" if from_beginning or until_end else "end"
    console = Console(highlight=False, soft_wrap=True)
    try:
        for message in read_topic(settings, topic, start=start, until=None if until_end else _never):
            value = message.value() or b""
            if as_json:
                sys.stdout.buffer.write(value + b"\n")
                sys.stdout.buffer.flush()
            else:
                where = f"{topic}[{message.partition()}] at {message.offset()}"
                console.print(alert_lines(decode(Alert, value, where)))
    except KeyboardInterrupt:
        return


def _never() -> bool:
    return False

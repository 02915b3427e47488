"""``highfence worker``: screen the stream."""

from __future__ import annotations

import signal
import threading

import click

from streams.cli.context import policy_of, settings_of
from streams.screening.worker import Worker


@click.command()
@click.pass_context
def worker(ctx: click.Context) -> None:
    """Screen events until SIGTERM or Ctrl-C, which finish the batch in hand first."""
    settings = settings_of(ctx)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Worker(settings, policy_of(settings), stop).run()

"""``highfence worker``: screen the stream."""

from __future__ import annotations

import signal
import threading

import click

from streams.cli.context import flags_of, policy_of, settings_of
from streams.screening.supervisor import Supervisor
from streams.screening.worker import Worker


@click.command()
@click.option(
    "--processes",
    default=1,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Run so many workers: replica 'worker.replica-n', metrics at port 'metrics.port' + n, from n = 0 on.",
)
@click.pass_context
def worker(ctx: click.Context, processes: int) -> None:
    """Screen events until SIGTERM or Ctrl-C, which finish the batch in hand first.

    Of several processes, one that is killed is started again; when one fails, all end with its status.
    """
    settings = settings_of(ctx)
    policy, flags = policy_of(settings), flags_of(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if processes == 1:
        Worker(settings, policy, stop, flags=flags).run()
    else:
        given = ctx.find_root().params
        arguments = [*(["--config", str(given["file"])] if given["file"] else []), *["--verbose"] * given["verbose"]]
        ctx.exit(Supervisor(settings, processes, [*arguments, "worker"], stop).run())

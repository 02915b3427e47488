"""``highfence broker``: a local Kafka, in the foreground or in the background."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import click

from streams.errors import LocalBrokerError
from streams.kafka.local import LocalBroker, running_broker, stop_running


def _default_directory() -> Path:
    """``highfence/broker`` under ``XDG_STATE_HOME``, or else under ``~/.local/state``."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "highfence" / "broker"


def _tell(message: str) -> None:
    click.echo(message, err=True)


_directory = click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False, resolve_path=True),
    default=_default_directory,
    show_default="~/.local/state/highfence/broker",
    help="Where the broker keeps its data and its log.",
)
_port = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=9092,
    show_default=True,
    help="Port for clients on 127.0.0.1; 0 takes a free one.",
)


@click.group()
def broker() -> None:
    """Run a real Kafka on this machine, for development.

    It is one node that listens on loopback only, without authentication. The first start fetches Kafka
    (45 MB) into the cache.
    """


@broker.command()
@_directory
@_port
def run(directory: Path, port: int) -> None:
    """Run the broker until Ctrl-C."""
    stopped = threading.Event()
    with LocalBroker(directory, port=port, report=_tell) as local:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: stopped.set())
        click.echo(f"Kafka at {local.bootstrap_servers}; Ctrl-C stops it")
        while not stopped.wait(0.2):
            if local.pid is None:
                raise LocalBrokerError(f"the broker ended by itself; its log is {local.log_path}")


@broker.command()
@_directory
@_port
def start(directory: Path, port: int) -> None:
    """Start the broker in the background; does nothing when it runs already."""
    if running := running_broker(directory):
        click.echo(f"Kafka runs already at {running.bootstrap_servers} (pid {running.pid})")
        return
    local = LocalBroker(directory, port=port, report=_tell)
    local.start(detached=True)
    click.echo(f"Kafka at {local.bootstrap_servers} (pid {local.pid}); stop it with 'highfence broker stop'")


@broker.command()
@_directory
def stop(directory: Path) -> None:
    """Stop the broker; does nothing when none runs."""
    stopped = stop_running(directory)
    click.echo(f"stopped Kafka (pid {stopped.pid})" if stopped else f"no broker runs on {directory}")


@broker.command()
@_directory
@click.pass_context
def status(ctx: click.Context, directory: Path) -> None:
    """Say whether the broker runs and where; exits with 1 when it does not."""
    running = running_broker(directory)
    if running is None:
        click.echo(f"no broker runs on {directory}")
        ctx.exit(1)
    click.echo(f"bootstrap servers  {running.bootstrap_servers}")
    click.echo(f"pid                {running.pid}")
    click.echo(f"directory          {directory}")

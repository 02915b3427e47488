"""``highfence lookback``: hold past parties against what releases added or changed."""

from __future__ import annotations

import signal
import sys
import threading
from datetime import datetime

import click
import msgspec

from streams.cli.context import policy_of, settings_of
from streams.cli.moment import moment
from streams.screening.lookback_by_hand import look_back
from streams.screening.lookback_service import LookbackService
from streams.screening.lookback_status import LookbackStatus, statuses
from streams.terminal import safe

_SHOWN = 20


@click.group(invoke_without_command=True)
@click.pass_context
def lookback(ctx: click.Context) -> None:
    """Hold every registered party against each release, until SIGTERM or Ctrl-C.

    Start several with different lookback.replica to share the registry's partitions.
    """
    if ctx.invoked_subcommand is not None:
        return
    settings = settings_of(ctx)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    LookbackService(settings, policy_of(settings), stop).run()


@lookback.command()
@click.option("--all", "show_all", is_flag=True, help="Show every lookback, however old.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per lookback.")
@click.pass_context
def status(ctx: click.Context, show_all: bool, as_json: bool) -> None:
    """Show for each release, and each clearance that ended, how far its lookback has come."""
    found = statuses(settings_of(ctx))
    shown = found if show_all or as_json else [each for each in found[:-_SHOWN] if not each.complete] + found[-_SHOWN:]
    if as_json:
        for each in shown:
            line = msgspec.json.encode({**msgspec.to_builtins(each), "complete": each.complete})
            sys.stdout.buffer.write(line + b"\n")
        return
    if not shown:
        click.echo("no release has added or changed an entry yet, and no clearance has ended")
        return
    for each in shown:
        _show(each)
    if len(shown) < len(found):
        click.echo(f"{len(found) - len(shown)} older ones are complete; --all shows them")


def _show(each: LookbackStatus) -> None:
    state = "complete" if each.complete else "running" if each.partitions_done else "waiting"
    if each.unscreened:
        state = f"{each.unscreened:,} parties could not be screened: see the log, then 'highfence lookback run'"
    what = "" if each.trigger == "release" else "end of clearance "
    click.echo(safe(f"{each.source}  {what}{each.trigger_id}  {state}"))
    suppressed = f", {each.suppressed:,} suppressed" if each.suppressed else ""
    click.echo(
        f"  {each.partitions_done} of {each.partitions} partitions: {each.parties:,} parties held against "
        f"{each.entries:,} entries, {each.alerts:,} alerts{suppressed}"
    )


@lookback.command()
@click.option(
    "--release", "release_id", required=True, metavar="ID", help="The release, as 'lookback status' names it."
)
@click.option(
    "--since", type=moment, help="Only parties with a transaction since then; the lookback is not recorded as covered."
)
@click.pass_context
def run(ctx: click.Context, release_id: str, since: datetime | None) -> None:
    """Hold all registered parties against a release again, whatever was done before.

    Alerts get the ids they had.
    """
    settings = settings_of(ctx)
    parties = alerts = 0
    for done in look_back(settings, policy_of(settings), release_id, since):
        click.echo(f"partition {done.partition}: {done.parties:,} parties, {done.alerts:,} alerts")
        parties, alerts = parties + done.parties, alerts + done.alerts
    click.echo(f"{parties:,} parties held against {release_id}: {alerts:,} alerts")

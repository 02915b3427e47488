"""``lists publish``, ``lists sync``, ``lists quarantine``: how lists come in; ``lists withdraw``: how one goes."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime
from pathlib import Path

import click

from streams.cli.context import settings_of
from streams.cli.forcing import forced_by_options, forcing
from streams.cli.lists.shown import console, counts, print_comparison, print_forced
from streams.errors import ListError, ReleaseRefusedError
from streams.lists.archive import Archive, Quarantined
from streams.lists.loading import LoadedList, load_lists
from streams.lists.publisher import publish as publish_list
from streams.lists.publisher import replay
from streams.lists.sync import Synced, chosen, keep_current
from streams.lists.sync import sync as sync_one
from streams.records.list_release import ForcedBy
from streams.terminal import safe


@click.command()
@click.argument("file")
@forcing
@click.pass_context
def publish(ctx: click.Context, file: str, force: bool, name: str | None, reason: str | None) -> None:
    """Publish FILE, or 'bundled' for a list that comes with Highfence, as a new release.

    A file is kept in the archive; one that is not published is kept in quarantine.
    """
    forced_by = forced_by_options(force, name, reason)
    settings = settings_of(ctx)
    archive = Archive(settings.lists.archive)
    lists = load_lists(file)
    sha256 = archive.keep(Path(file)) if Path(file).is_file() else None
    terminal = console()
    for loaded in lists:
        try:
            release = publish_list(loaded, settings, forced_by, sha256)
        except ReleaseRefusedError as error:
            if sha256 is not None:
                archive.quarantine(
                    Quarantined(
                        source=loaded.source,
                        sha256=sha256,
                        reasons=(str(error),),
                        quarantined_at=datetime.now(UTC),
                    )
                )
            raise
        terminal.print(f"{safe(release.source)}: published release {release.release_id}")
        terminal.print(counts(release))
        print_forced(terminal, release)


@click.command()
@click.argument("source")
@click.option("--by", "name", required=True, metavar="NAME", help="Who withdraws it; goes into the release.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; goes into the release.")
@click.pass_context
def withdraw(ctx: click.Context, source: str, name: str, reason: str) -> None:
    """Take the list SOURCE out of force: publish an empty release of it, by name and with a reason."""
    settings = settings_of(ctx)
    known = {change.source for change in replay(settings)[1].changes}
    if source not in known:
        raise ListError(f"no list {source!r} is in force; in force: {', '.join(sorted(known)) or 'none'}")
    release = publish_list(LoadedList(source, ()), settings, ForcedBy(name=name, reason=reason))
    terminal = console()
    terminal.print(f"{safe(source)}: withdrawn by release {release.release_id}")
    terminal.print(counts(release))
    print_forced(terminal, release)


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--dry-run", is_flag=True, help="Show what would change; publish nothing.")
@click.option("--once", is_flag=True, help="Synchronise once instead of staying.")
@click.option("--all", "show_all", is_flag=True, help="Show every change, however many.")
@forcing
@click.pass_context
def sync(
    ctx: click.Context,
    sources: tuple[str, ...],
    dry_run: bool,
    once: bool,
    show_all: bool,
    force: bool,
    name: str | None,
    reason: str | None,
) -> None:
    """Download official lists and publish what changed, again and again.

    SOURCE is a download of the settings or a list it holds; without any, those of lists.sync. Every file is
    kept in the archive. A suspicious one is quarantined: look at it with 'lists quarantine', and let it through
    with --force. With --once, --dry-run or --force it runs once, and exits with 1 when a list failed or is in
    quarantine.
    """
    forced_by = forced_by_options(force, name, reason)
    settings = settings_of(ctx)
    names = chosen(sources, settings)
    if forced_by and (len(sources) != 1 or dry_run):
        raise click.UsageError("--force needs exactly one SOURCE, and no --dry-run")

    def show(done: Synced) -> None:
        _show(done, show_all)

    if not (once or dry_run or forced_by):
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        keep_current(names, settings, stop, show)
        return
    well = True
    for each in names:
        done = sync_one(each, settings, forced_by=forced_by, dry_run=dry_run)
        show(done)
        well = well and done.result not in ("failed", "quarantined")
    if not well:
        ctx.exit(1)


def _show(done: Synced, show_all: bool) -> None:
    terminal = console()
    if done.reason:
        terminal.print(safe(f"{done.name}: failed: {done.reason}"))
    for outcome in done.outcomes:
        if outcome.comparison and outcome.comparison.difference:
            print_comparison(terminal, outcome.source, outcome.comparison, show_all)
        terminal.print(safe(f"{outcome.source}: {outcome.result}, {done.seconds:.1f} s"))
        if outcome.release is not None:
            terminal.print(f"  in force: release {outcome.release.release_id}, {outcome.release.entries:,} entries")
            print_forced(terminal, outcome.release)
        for reason in outcome.reasons:
            terminal.print(safe(f"  because {reason}"))


@click.command()
@click.pass_context
def quarantine(ctx: click.Context) -> None:
    """Show every file that was not published: when, of which list, why, and where it is kept."""
    archive = Archive(settings_of(ctx).lists.archive)
    terminal = console()
    found = archive.quarantined()
    if not found:
        terminal.print("nothing was ever quarantined here")
    for each in found:
        terminal.print(safe(f"{each.quarantined_at:%Y-%m-%d %H:%M:%S} UTC  {each.source}"))
        for reason in each.reasons:
            terminal.print(safe(f"  because {reason}"))
        terminal.print(f"  {archive.path(each.sha256)}")

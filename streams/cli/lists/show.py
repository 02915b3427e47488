"""``lists show`` and ``lists diff``: what is in force, and what changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import click
from rich.console import Console

from streams.cli.context import settings_of
from streams.cli.lists.shown import console, in_force, print_comparison, print_entry, print_field_changes, print_forced
from streams.errors import ListError
from streams.lists import history
from streams.lists.comparison import compare
from streams.lists.loading import BUNDLED_FILES, load_lists
from streams.lists.state import Change
from streams.records.list_entry import ListEntry
from streams.settings import Settings
from streams.terminal import safe

PUBLISHED = "published"
"""The word that names, in ``lists diff``, what is in force on the topic."""


@click.command()
@click.argument("what", required=False, metavar="[SOURCE|SOURCE/ENTRY]")
@click.pass_context
def show(ctx: click.Context, what: str | None) -> None:
    """Show the lists in force, the entries of SOURCE, or one ENTRY now and through all releases."""
    terminal = console()
    settings = settings_of(ctx)
    changes = in_force(settings)
    source, _, entry_id = (what or "").partition("/")
    if not what:
        _show_sources(terminal, changes.values())
    elif entry_id:
        _show_entry(terminal, changes.get(source), source, entry_id, settings)
    elif source in changes:
        for entry in changes[source].upserts:
            terminal.print(safe(f"{entry.entry_id}  {entry.names[0].name}"))
    else:
        raise ListError(f"no list {source!r} is in force; in force: {', '.join(changes) or 'none'}")


def _show_sources(terminal: Console, changes: Collection[Change]) -> None:
    if not changes:
        terminal.print("no list is in force; publish one with 'highfence lists publish'")
    for change in changes:
        release = change.release
        terminal.print(safe(release.source), style="bold")
        terminal.print(f"  {release.entries:,} entries, published {release.published_at:%Y-%m-%d %H:%M:%S} UTC")
        terminal.print(safe(f"  release {release.release_id}"))
        print_forced(terminal, release)


def _show_entry(terminal: Console, change: Change | None, source: str, entry_id: str, settings: Settings) -> None:
    now = next((entry for entry in change.upserts if entry.entry_id == entry_id), None) if change else None
    versions = history.versions(history.records(settings), source, entry_id)
    if now is None and not versions:
        raise ListError(
            f"{source!r} has no entry {entry_id!r} and never had; 'highfence lists show {source}' has those in force"
        )
    if now is None:
        terminal.print("not in force", style="bold")
    else:
        print_entry(terminal, now)
    before: ListEntry | None = None
    for version in versions:
        release = version.release
        what = "removed" if version.entry is None else "changed" if before else "added"
        terminal.print(safe(f"{release.published_at:%Y-%m-%d %H:%M:%S} UTC  {what} by release {release.release_id}"))
        if before and version.entry:
            print_field_changes(terminal, before, version.entry)
        elif version.entry is not None and version.entry != now:
            print_entry(terminal, version.entry)
        before = version.entry


@click.command()
@click.argument("before")
@click.argument("after")
@click.option("--all", "show_all", is_flag=True, help="Show every change, however many.")
@click.pass_context
def diff(ctx: click.Context, before: str, after: str, show_all: bool) -> None:
    """Show what AFTER adds, changes and removes against BEFORE, list by list.

    Each is a file, 'bundled', 'published' for what is in force on the topic, or the id of a release from 'lists
    log'.
    """
    if before == after:
        raise click.UsageError("BEFORE and AFTER are the same")
    settings = settings_of(ctx)
    terminal = console()
    old, new = _side(before, settings), _side(after, settings)
    sources = old.keys() & new.keys()
    if PUBLISHED in (before, after) and not sources:  # a list that is not published yet is all new
        sources = set(new if before == PUBLISHED else old)
    if not sources:
        raise ListError(
            f"{before} holds {', '.join(old) or 'nothing'}, {after} holds {', '.join(new) or 'nothing'}: none in common"
        )
    for source in sorted(sources):
        print_comparison(terminal, source, compare(old.get(source, ()), new.get(source, ())), show_all)


def _side(name: str, settings: Settings) -> Mapping[str, tuple[ListEntry, ...]]:
    """The entries meant by one argument of ``lists diff``, by source."""
    if name == PUBLISHED:
        return {source: change.upserts for source, change in in_force(settings).items()}
    if name in BUNDLED_FILES or Path(name.partition("#")[0]).exists():
        return {loaded.source: loaded.entries for loaded in load_lists(name)}
    change = history.at_release(history.records(settings), name)
    return {change.source: change.upserts}

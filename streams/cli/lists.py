"""``highfence lists``: publish, show and compare restricted-party lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from streams.cli.context import settings_of
from streams.errors import HighfenceError, ListError
from streams.lists.loading import BUNDLED, LoadedList, load_list
from streams.lists.publisher import publish as publish_list
from streams.lists.publisher import replay
from streams.lists.release import diff as diff_of
from streams.lists.release import entry_hash
from streams.lists.state import Change
from streams.records.list_entry import ListEntry
from streams.records.list_release import ForcedBy, ListRelease
from streams.settings import Settings

PUBLISHED = "published"
"""The word that names, in ``lists diff``, what is in force on the topic."""

_SHOWN = 20
"""``lists diff`` shows at most this many names of each kind unless told to show all."""


@click.group()
def lists() -> None:
    """Publish, show and compare restricted-party lists."""


@lists.command()
@click.argument("file")
@click.option("--force", is_flag=True, help="Publish although the list is empty or shrank suspiciously.")
@click.option("--by", "name", metavar="NAME", help="Who forces it; goes into the release.")
@click.option("--reason", metavar="TEXT", help="Why; goes into the release.")
@click.pass_context
def publish(ctx: click.Context, file: str, force: bool, name: str | None, reason: str | None) -> None:
    """Publish FILE, or 'bundled' for the list that comes with Highfence, as a new release."""
    if force and not (name and reason):
        raise click.UsageError("--force needs --by NAME and --reason TEXT")
    if (name or reason) and not force:
        raise click.UsageError("--by and --reason belong to --force")
    forced_by = ForcedBy(name=name, reason=reason) if force and name and reason else None
    release = publish_list(_load(file), settings_of(ctx), forced_by)
    click.echo(f"{release.source}: published release {release.release_id}")
    click.echo(_counts(release))
    if release.forced_by:
        click.echo(f"forced by {release.forced_by.name}: {release.forced_by.reason}")


@lists.command()
@click.argument("what", required=False, metavar="[SOURCE|SOURCE/ENTRY]")
@click.pass_context
def show(ctx: click.Context, what: str | None) -> None:
    """Show the lists in force on the topic, the entries of SOURCE, or one ENTRY."""
    console = _console()
    changes = _in_force(console, settings_of(ctx))
    source, _, entry_id = (what or "").partition("/")
    if not what:
        _show_sources(console, changes.values())
    elif source not in changes:
        raise ListError(f"no list {source!r} is in force; in force: {', '.join(changes) or 'none'}")
    elif not entry_id:
        _show_entries(console, changes[source])
    else:
        found = [entry for entry in changes[source].upserts if entry.entry_id == entry_id]
        if not found:
            raise ListError(f"{source} has no entry {entry_id!r} in force; 'highfence lists show {source}' has all")
        _show_entry(console, found[0])


@lists.command()
@click.argument("before")
@click.argument("after")
@click.option("--all", "show_all", is_flag=True, help="Show every name, however many.")
@click.pass_context
def diff(ctx: click.Context, before: str, after: str, show_all: bool) -> None:
    """Show what AFTER adds, changes and removes against BEFORE.

    Each is a file, 'bundled', or 'published' for what is in force on the topic.
    """
    if before == after == PUBLISHED:
        raise click.UsageError("at least one of the two must be a file or 'bundled'")
    console = _console()
    loaded = {name: _load(name) for name in (before, after) if name != PUBLISHED}
    source = next(iter(loaded.values())).source
    if any(one.source != source for one in loaded.values()):
        raise ListError(f"{before} and {after} are of different sources; compare releases of one list")
    if PUBLISHED in (before, after):
        change = _in_force(console, settings_of(ctx)).get(source)
        loaded[PUBLISHED] = LoadedList(source, change.upserts if change else ())
    old, new = _by_id(loaded[before]), _by_id(loaded[after])
    difference = diff_of(_hashes(old), _hashes(new))
    for sign, label, ids, entries in (
        ("+", "added", difference.added, new),
        ("~", "changed", difference.changed, new),
        ("-", "removed", difference.removed, old),
    ):
        shown = ids if show_all else ids[:_SHOWN]
        for entry_id in shown:
            console.print(f"{sign} {escape(entries[entry_id].names[0].name)} ({escape(entry_id)})", highlight=False)
        if len(ids) > len(shown):
            console.print(f"  … and {len(ids) - len(shown):,} more {label}; --all shows them", highlight=False)
    console.print(
        f"{source}: {len(difference.added):,} added, {len(difference.changed):,} changed, "
        f"{len(difference.removed):,} removed; {len(old):,} entries before, {len(new):,} after",
        highlight=False,
    )


def _console() -> Console:
    return Console(soft_wrap=True) if not Console().is_terminal else Console()


def _load(name: str) -> LoadedList:
    return load_list(BUNDLED if name == BUNDLED else Path(name))


def _in_force(console: Console, settings: Settings) -> dict[str, Change]:
    _, caught_up = replay(settings)
    for error in caught_up.refused:
        _warn(error)
    return {change.source: change for change in caught_up.changes}


def _warn(error: HighfenceError) -> None:
    click.echo(f"refused: {error}", err=True)


def _counts(release: ListRelease) -> str:
    return (
        f"{release.entries:,} entries: {release.added:,} added, {release.changed:,} changed, "
        f"{release.removed:,} removed"
    )


def _show_sources(console: Console, changes: Collection[Change]) -> None:
    if not changes:
        click.echo("no list is in force; publish one with 'highfence lists publish'")
    for change in changes:
        release = change.release
        console.print(f"[bold]{escape(release.source)}[/bold]", highlight=False)
        console.print(
            f"  {release.entries:,} entries, published {release.published_at:%Y-%m-%d %H:%M:%S} UTC", highlight=False
        )
        console.print(f"  release {escape(release.release_id)}", highlight=False)
        if release.forced_by:
            forced = f"  forced by {release.forced_by.name}: {release.forced_by.reason}"
            console.print(escape(forced), highlight=False)


def _show_entries(console: Console, change: Change) -> None:
    for entry in change.upserts:
        console.print(f"{escape(entry.entry_id)}  {escape(entry.names[0].name)}", highlight=False)


def _show_entry(console: Console, entry: ListEntry) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, values in _fields(entry).items():
        for number, value in enumerate(value for value in values if value):
            table.add_row(label if number == 0 else "", escape(value))
    console.print(table)


def _fields(entry: ListEntry) -> Mapping[str, list[str]]:
    return {
        "entry": ["/".join(entry.key)],
        "type": [entry.entity_type or ""],
        "names": [
            f"{name.name} ({', '.join((name.kind, *(('weak',) if name.strength == 'weak' else ())))})"
            for name in entry.names
        ],
        "countries": [", ".join(entry.countries)],
        "addresses": [
            address.raw
            or ", ".join(
                part
                for part in (address.street, address.city, address.region, address.postal_code, address.country)
                if part
            )
            for address in entry.addresses
        ],
        "identifiers": [f"{identifier.type}: {identifier.value}" for identifier in entry.identifiers],
        "born": [", ".join(entry.birth_dates)],
        "programs": list(entry.programs),
        "requirement": [entry.license_requirement],
        "policy": [entry.license_policy],
        "citation": [entry.citation],
        "effective": [
            f"from {entry.effective_from}" if entry.effective_from else "",
            f"to {entry.effective_to} (exclusive)" if entry.effective_to else "",
        ],
        "related": [f"{related.relation}: {related.name}" for related in entry.related],
        "remarks": entry.remarks.split("\n"),
    }


def _by_id(loaded: LoadedList) -> dict[str, ListEntry]:
    return {entry.entry_id: entry for entry in loaded.entries}


def _hashes(entries: Mapping[str, ListEntry]) -> dict[str, str]:
    return {entry_id: entry_hash(entry) for entry_id, entry in entries.items()}

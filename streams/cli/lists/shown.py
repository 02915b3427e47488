"""How entries, releases and what changed between them are shown in the terminal."""

from __future__ import annotations

from collections.abc import Mapping

import click
from rich.console import Console
from rich.table import Table

from streams.errors import HighfenceError
from streams.lists.comparison import Comparison
from streams.lists.publisher import replay
from streams.lists.state import Change
from streams.records.list_entry import ListEntry
from streams.records.list_release import ListRelease
from streams.records.ownership import OwnershipRelease
from streams.settings import Settings
from streams.terminal import safe

SHOWN = 20
"""At most this many entries of each kind of change are shown unless told to show all."""


def console() -> Console:
    """The terminal, or plain unwrapped text where it is none."""
    return Console(soft_wrap=not Console().is_terminal, highlight=False, markup=False)


def in_force(settings: Settings) -> dict[str, Change]:
    """The lists in force on the topic; what does not hold is told on standard error."""
    _, caught_up = replay(settings)
    for error in caught_up.refused:
        warn(error)
    return {change.source: change for change in caught_up.changes}


def warn(error: HighfenceError) -> None:
    """Tell on standard error what was refused."""
    click.echo(f"refused: {error}", err=True)


def counts(release: ListRelease) -> str:
    """A release in numbers."""
    return (
        f"{release.entries:,} entries: {release.added:,} added, {release.changed:,} changed, "
        f"{release.removed:,} removed"
    )


def print_forced(terminal: Console, release: ListRelease | OwnershipRelease) -> None:
    """Who let a release through, if somebody had to."""
    if (forced := release.forced_by) is not None:
        terminal.print(safe(f"  forced by {forced.name}: {forced.reason}"))
        for said in forced.overruled:
            terminal.print(safe(f"  although {said}"))


def print_comparison(terminal: Console, source: str, comparison: Comparison, show_all: bool) -> None:
    """The entries added, changed (field by field) and removed, and how many."""
    before, after, difference = comparison.before, comparison.after, comparison.difference
    for sign, label, ids, entries in (
        ("+", "added", difference.added, after),
        ("~", "changed", difference.changed, after),
        ("-", "removed", difference.removed, before),
    ):
        shown = ids if show_all else ids[:SHOWN]
        for entry_id in shown:
            terminal.print(safe(f"{sign} {entries[entry_id].names[0].name} ({entry_id})"))
            if sign == "~":
                print_field_changes(terminal, before[entry_id], after[entry_id])
        if len(ids) > len(shown):
            terminal.print(f"  … and {len(ids) - len(shown):,} more {label}; --all shows them")
    terminal.print(
        f"{safe(source)}: {len(difference.added):,} added, {len(difference.changed):,} changed, "
        f"{len(difference.removed):,} removed; {len(before):,} entries before, {len(after):,} after"
    )


def print_field_changes(terminal: Console, before: ListEntry, after: ListEntry) -> None:
    """Each field that differs, with what was there before and what is there now."""
    old, new = fields(before), fields(after)
    for label in old:
        gone = [value for value in old[label] if value and value not in new[label]]
        come = [value for value in new[label] if value and value not in old[label]]
        for sign, values in (("-", gone), ("+", come)):
            for value in values:
                terminal.print(safe(f"    {label} {sign} {value}"))
        if not gone and not come and old[label] != new[label]:
            terminal.print(f"    {label}: the same, in another order or number")


def print_entry(terminal: Console, entry: ListEntry) -> None:
    """All fields of an entry that hold something."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, values in fields(entry).items():
        for number, value in enumerate(value for value in values if value):
            table.add_row(label if number == 0 else "", safe(value))
    terminal.print(table)


def fields(entry: ListEntry) -> Mapping[str, list[str]]:
    """An entry's fields as lines of text, by their labels."""
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

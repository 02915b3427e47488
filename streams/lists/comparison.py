"""Two releases of one list, entry by entry and field by field. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from streams.lists.release import Diff, diff, entry_hash
from streams.records.list_entry import ListEntry


@dataclass(frozen=True)
class Comparison:
    """The entries before and after, by id, and which of them differ."""

    before: Mapping[str, ListEntry]
    after: Mapping[str, ListEntry]
    difference: Diff


def compare(before: Iterable[ListEntry], after: Iterable[ListEntry]) -> Comparison:
    """Compare two releases of one source."""
    old = {entry.entry_id: entry for entry in before}
    new = {entry.entry_id: entry for entry in after}
    return Comparison(old, new, diff(_hashes(old), _hashes(new)))


def _hashes(entries: Mapping[str, ListEntry]) -> dict[str, str]:
    return {entry_id: entry_hash(entry) for entry_id, entry in entries.items()}

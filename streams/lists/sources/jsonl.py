"""Highfence's own list format: JSON lines, a :class:`~streams.records.list_entry.ListEntry` on each line."""

from __future__ import annotations

import msgspec

from streams.errors import ListFormatError
from streams.lists.sources.content import ListFile
from streams.records.list_entry import ListEntry

NAME = "Highfence JSON lines"

_DECODER = msgspec.json.Decoder(ListEntry)


def recognises(file: ListFile) -> bool:
    """Whether the first line is a JSON object with an ``entry_id``."""
    first, _, _ = file.beginning.partition("\n")
    return first.startswith("{") and '"entry_id"' in first


def read(file: ListFile) -> tuple[ListEntry, ...]:
    """The entries in the order of the lines; blank lines are skipped.

    Raises :class:`~streams.errors.ListFormatError` naming the line that is not an entry, has no name, or
    repeats the id of another line, and when the file mixes sources.
    """
    place = file.place
    entries: list[ListEntry] = []
    seen: dict[tuple[str, str], int] = {}
    for number, line in enumerate(file.lines(), start=1):
        if not line.strip():
            continue
        try:
            entry = _DECODER.decode(line)
        except msgspec.DecodeError as error:
            raise ListFormatError(
                f"{place}, line {number}: not a list entry ({error}); mend the line or restore the file"
            ) from error
        if not entry.names:
            raise ListFormatError(f"{place}, line {number}: entry {entry.entry_id!r} has no name; give it one")
        if entries and entry.source != entries[0].source:
            raise ListFormatError(
                f"{place}, line {number}: source {entry.source!r}, but the file began with {entries[0].source!r}; "
                "put each source into a file of its own"
            )
        if entry.key in seen:
            raise ListFormatError(
                f"{place}, line {number}: entry {entry.entry_id!r} of {entry.source} is on line {seen[entry.key]} "
                "already; keep one of them"
            )
        seen[entry.key] = number
        entries.append(entry)
    return tuple(entries)

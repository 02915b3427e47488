"""Loading who owns whom from a file of any known format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from streams.errors import ListError, ListFormatError
from streams.lists.sources.content import ListFile, list_files
from streams.lists.sources.own_table import source_of
from streams.ownership.graph import NO_OWNERSHIP, OwnershipGraph
from streams.ownership.pages import paged
from streams.ownership.release import next_release
from streams.ownership.sources import bods, gleif, own_csv
from streams.ownership.state import OwnershipChange
from streams.records.ownership import OwnershipEdge

MAX_BYTES = 4 * 1024 * 1024 * 1024
"""Largest ownership file, unpacked: several times GLEIF's largest."""


@dataclass(frozen=True, slots=True)
class OwnershipFile:
    """A file by the name of its source; its edges are read while they are asked for."""

    source: str
    file: ListFile
    names: ListFile | None = None

    def edges(self) -> Iterator[OwnershipEdge]:
        """The edges. Raises ListFormatError naming the file and the place in it."""
        if gleif.recognises(self.file):
            return gleif.read(self.file, self.names)
        if self.names is not None:
            raise ListFormatError(
                f"{self.file.place}: needs no file of names; that is for GLEIF's relationship records"
            )
        if bods.recognises(self.file):
            return bods.read(self.file)
        if own_csv.recognises(self.file):
            return own_csv.read(self.file)
        expected = ", ".join((bods.NAME, gleif.NAME, own_csv.NAME))
        raise ListFormatError(f"{self.file.place}: is not ownership Highfence can read; it reads {expected}")


def ownership_file(path: Path, source: str | None = None, names: Path | None = None) -> OwnershipFile:
    """A file, plain, gzip, or alone in a zip archive. Without ``source`` it is named after the file.

    ``names`` is GLEIF's level-1 file. Raises ListFormatError when a file cannot be opened, ListError for a source that
    cannot be a key on the topic.
    """
    file = _single(path)
    name = source or source_of(file.name)
    if "/" in name or not name.strip():
        raise ListError(f"ownership source {name!r}: give it a name without a slash")
    return OwnershipFile(name, file, None if names is None else _single(names))


def graph_of_files(files: Iterable[OwnershipFile], now: datetime) -> OwnershipGraph:
    """Who owns whom by these files.

    Raises ListFormatError, and ListError when two are of the same source, or one has no edge.
    """
    changes: dict[str, OwnershipChange] = {}
    for each in files:
        if each.source in changes:
            raise ListError(f"two files are of the ownership source {each.source}: rename one")
        pieces = paged(each.edges())
        if not pieces:
            raise ListError(f"ownership {each.source}: no edge in {each.file.place}; give the whole file")
        changes[each.source] = next_release(each.source, pieces, None, now)
    return NO_OWNERSHIP.after(*changes.values())


def _single(path: Path) -> ListFile:
    files = list_files(path, MAX_BYTES)
    if len(files) != 1:
        raise ListFormatError(f"{path}: holds {len(files)} files; give the one with the relationships")
    return files[0]

"""Loading a list: from a file of any known format, or the one that comes with Highfence."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Protocol

from streams.errors import ListFormatError
from streams.lists.sources import consolidated, entity_list, jsonl
from streams.lists.sources.content import read_content
from streams.records.list_entry import ListEntry

BUNDLED = "bundled"
"""The name by which the packaged list is loaded: the additions to the Entity List of 2025-03-25."""

_BUNDLED_FILE = "us_bis_additions_2025_03_25.jsonl"


class ListFormat(Protocol):
    """What a module of :mod:`streams.lists.sources` offers."""

    NAME: str

    def recognises(self, content: bytes) -> bool:
        """Whether a file looks like this format; cheap, and wrong files may still fail in :meth:`read`."""

    def read(self, content: bytes, place: str) -> tuple[ListEntry, ...]:
        """The entries of a file; ``place`` names the file in errors."""


FORMATS: tuple[ListFormat, ...] = (jsonl, consolidated, entity_list)


@dataclass(frozen=True)
class LoadedList:
    """All entries of one source, ids unique."""

    source: str
    entries: tuple[ListEntry, ...]


def load_list(path: Path | str) -> LoadedList:
    """Load a list file, plain or gzip, whose format is known by its content; ``"bundled"`` is the packaged list.

    Raises :class:`~streams.errors.ListFormatError` naming the file, the place in it and what to do, when it
    cannot be read, is empty, cut, damaged, or of no known format.
    """
    if path == BUNDLED:
        with as_file(files("streams.lists") / "bundled" / _BUNDLED_FILE) as packaged:
            return _load(packaged)
    return _load(Path(path))


def _load(path: Path) -> LoadedList:
    content = read_content(path)
    known = next((candidate for candidate in FORMATS if candidate.recognises(content)), None)
    if known is None:
        names = ", ".join(candidate.NAME for candidate in FORMATS)
        raise ListFormatError(f"{path}: is not a list Highfence can read; it reads {names}")
    entries = known.read(content, str(path))
    if not entries:
        raise ListFormatError(f"{path}: holds no entries; download or restore the list")
    return LoadedList(entries[0].source, entries)

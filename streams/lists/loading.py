"""Loading lists: from a file, archive or directory of any known format, or one that comes with Highfence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Protocol

from streams.errors import ListFormatError
from streams.lists.sources import (
    consolidated,
    consolidated_csv,
    denied_persons,
    ecfr,
    eu,
    jsonl,
    ofac_advanced,
    ofac_csv,
    ofac_xml,
    opensanctions_csv,
    opensanctions_ftm,
    own_table,
    uk_csv,
    uk_xml,
    un,
)
from streams.lists.sources.content import ListFile, list_files
from streams.records.list_entry import ListEntry

BUNDLED = "bundled"
"""The name by which the packaged additions to the US Entity List of 2025-03-25 are loaded."""

BUNDLED_CN = "bundled-cn"
"""The name by which the packaged additions to China's export control list of 2025-03-04 are loaded."""

BUNDLED_FILES = {
    BUNDLED: "us_bis_additions_2025_03_25.jsonl",
    BUNDLED_CN: "cn_mofcom_export_control_list_2025_03_04.jsonl",
}
"""The packaged lists by the name they are loaded by."""


class ListFormat(Protocol):
    """What a module of :mod:`streams.lists.sources` offers."""

    NAME: str

    def recognises(self, file: ListFile) -> bool:
        """Whether a file looks like this format; cheap, and wrong files may still fail in :meth:`read`."""

    def read(self, file: ListFile) -> Iterable[ListEntry]:
        """The entries of a file, of one source or of several; errors name ``file.place``."""


FORMATS: tuple[ListFormat, ...] = (
    jsonl,
    consolidated,
    consolidated_csv,
    ecfr,
    denied_persons,
    ofac_csv,
    ofac_xml,
    ofac_advanced,
    un,
    eu,
    uk_csv,
    uk_xml,
    opensanctions_csv,
    opensanctions_ftm,
    own_table,
)
"""All formats; a table of one's own comes last, because other tables look like one."""


@dataclass(frozen=True)
class LoadedList:
    """All entries of one source, ids unique."""

    source: str
    entries: tuple[ListEntry, ...]


def load_lists(name: Path | str) -> tuple[LoadedList, ...]:
    """All lists of a file, zip archive or directory, plain or gzip; formats are known by content, not by name.

    A name may also be one of :data:`BUNDLED_FILES`, or ``FILE#SOURCE`` for one list of a file that holds several.

    Raises :class:`~streams.errors.ListFormatError` naming the file, the place in it and what to do, when it
    cannot be read, is empty, cut, damaged, or of no known format, and when the source is not in it.
    """
    if name in BUNDLED_FILES:
        with as_file(files("streams.lists") / "bundled" / BUNDLED_FILES[str(name)]) as packaged:
            return _load(packaged)
    text, mark, source = str(name).rpartition("#")
    if not mark or Path(name).exists():
        return _load(Path(name))
    return (_one(_load(Path(text)), source, text),)


def load_list(name: Path | str, source: str | None = None) -> LoadedList:
    """The one list of a file, or the one of the given source. Names and errors are those of :func:`load_lists`.

    Raises :class:`~streams.errors.ListFormatError` too when the file holds several lists and none was named.
    """
    return _one(load_lists(name), source, str(name))


def read_lists(members: Iterable[ListFile], place: str) -> tuple[LoadedList, ...]:
    """All lists of some files that belong together, such as the three of an OFAC list. Errors as :func:`load_lists`."""
    entries: dict[str, dict[str, ListEntry]] = {}
    companions: list[str] = []
    for file in members:
        if ofac_csv.is_companion(file):
            companions.append(file.name)
            continue
        for entry in _format_of(file).read(file):
            of_source = entries.setdefault(entry.source, {})
            if entry.entry_id in of_source:
                raise ListFormatError(
                    f"{file.place}: entry {entry.entry_id!r} of {entry.source} is there twice; keep one of them"
                )
            of_source[entry.entry_id] = entry
    if not entries and companions:
        raise ListFormatError(f"{place}: only adds to a list; load the list's primary file, this one is read with it")
    if not entries:
        raise ListFormatError(f"{place}: holds no entries; download or restore the list")
    return tuple(LoadedList(source, tuple(of_source.values())) for source, of_source in entries.items())


def _load(path: Path) -> tuple[LoadedList, ...]:
    return read_lists(list_files(path), str(path))


def _format_of(file: ListFile) -> ListFormat:
    for known in FORMATS:
        if known.recognises(file):
            return known
    names = ", ".join(known.NAME for known in FORMATS)
    raise ListFormatError(f"{file.place}: is not a list Highfence can read; it reads {names}")


def _one(lists: tuple[LoadedList, ...], source: str | None, place: str) -> LoadedList:
    held = ", ".join(loaded.source for loaded in lists)
    if source is None:
        if len(lists) > 1:
            raise ListFormatError(f"{place}: holds several lists ({held}); name one, as {place}#{lists[0].source}")
        return lists[0]
    for loaded in lists:
        if loaded.source == source:
            return loaded
    raise ListFormatError(f"{place}: holds no list {source!r}; it holds {held}")

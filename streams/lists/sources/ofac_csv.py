"""OFAC's legacy CSV: a primary file with, beside it, files of aliases, of addresses and of long remarks.

``sdn.csv`` goes with ``alt.csv``, ``add.csv`` and ``sdn_comments.csv``; ``cons_prim.csv`` with ``cons_alt.csv``,
``cons_add.csv`` and ``cons_comments.csv``. There is no heading, ``-0-`` stands for an empty cell, and an old
end-of-file mark for the end. The primary file alone loads too, without aliases and addresses.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from streams.errors import ListFormatError
from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import Draft, Kind, one_line
from streams.lists.sources.ofac import TYPES, add_remarks, source_of
from streams.lists.sources.tables import rows_of
from streams.records.list_entry import ListEntry

NAME = "OFAC lists (legacy CSV)"

_PRIMARY_ROW = re.compile(r'\s*\d+\s*,(?:\s*(?:"(?:[^"]|"")*"|[^",\r\n]*)\s*,){10}')
_PRIMARY = re.compile(r"sdn(?!_comments)|prim", re.IGNORECASE)
_COMPANION = re.compile(r"(?:^|[_-])(?:alt|add|comments)\.csv$", re.IGNORECASE)
_KINDS: dict[str, Kind] = {"aka": "alias", "fka": "former", "nka": "alias"}
_CELLS = {"primary": 12, "alias": 5, "address": 6, "comment": 2}


def recognises(file: ListFile) -> bool:
    """Whether the first row begins with a number and has the twelve cells of the primary file."""
    return file.beginning[:1].isdecimal() and bool(_PRIMARY_ROW.match(file.beginning))


def is_companion(file: ListFile) -> bool:
    """Whether a file is read with the primary file beside it, by its name."""
    return bool(_COMPANION.search(file.name)) and any(_PRIMARY.search(name) for name in file.others())


def read(file: ListFile) -> Iterator[ListEntry]:
    """The entries in the order of the primary file.

    Raises :class:`~streams.errors.ListFormatError` when a row has another number of cells, names nobody, repeats an
    id, or when an alias or address belongs to no entry: the files are then not of one day.
    """
    beside = {name.casefold().removesuffix(".gz"): other for name, other in file.others().items()}
    aliases, addresses, comments = (
        _by_entry(beside.get(_PRIMARY.sub(word, file.name.casefold(), count=1)), rows)
        for word, rows in (("alt", "alias"), ("add", "address"), ("sdn_comments", "comment"))
    )
    source = source_of(file)
    for line, cells in _rows(file, "primary"):
        place = f"{file.place}, line {line}"
        number = cells[0]
        draft = _draft(source, cells, " ".join(text for cells in comments.pop(number, []) for text in cells), place)
        for _, _, kind, name, remark in aliases.pop(number, ()):
            draft.name(name, _KINDS.get(kind.casefold(), "alias"))
            draft.remark(f"Alias {name}", remark)
        for _, _, street, city, country, remark in addresses.pop(number, ()):
            draft.address(country, street=street, city=city, remark=remark)
        yield draft.finish(place)
    for what, left in (("alias", aliases), ("address", addresses)):
        if left:
            raise ListFormatError(
                f"{file.place}: has no entry {next(iter(left))}, to which an {what} in the file beside it belongs; "
                "download all files of the list again"
            )


def _by_entry(file: ListFile | None, what: str) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = defaultdict(list)
    if file is not None:
        for _, cells in _rows(file, what):
            found[cells[0]].append(cells[1:] if what == "comment" else cells)
    return found


def _rows(file: ListFile, what: str) -> Iterator[tuple[int, list[str]]]:
    for line, cells in rows_of(file):
        if len(cells) != _CELLS[what]:
            raise ListFormatError(
                f"{file.place}, line {line}: has {len(cells)} cells, expected {_CELLS[what]} of an {what} row; "
                "the file is cut or damaged, download it again"
            )
        if not cells[0].strip().isdecimal():
            raise ListFormatError(
                f"{file.place}, line {line}: the entry number is {cells[0][:40]!r}; the file is cut or damaged"
            )
        yield line, ["" if (text := one_line(cell)) == "-0-" else text for cell in cells]


def _draft(source: str, cells: Sequence[str], more_remarks: str, place: str) -> Draft:
    number, name, kind, programs, title, call_sign, vessel_type, tonnage, gross, flag, owner, remarks = cells
    if kind and kind.casefold() not in TYPES:
        raise ListFormatError(f"{place}: the type is {kind[:40]!r}; expected {', '.join(TYPES)} or none")
    draft = Draft(
        source,
        number,
        TYPES[kind.casefold()] if kind else "organization",
        programs=programs.strip("[]").split("] ["),
    )
    draft.name(name)
    draft.remark("Title", title)
    if call_sign:
        draft.identifier("Call sign", call_sign)
    draft.remark("Vessel type", vessel_type)
    draft.remark("Tonnage", tonnage)
    draft.remark("Gross registered tonnage", gross)
    draft.country(flag, "Flag")
    draft.related(owner, "owner")
    add_remarks(draft, f"{remarks} {more_remarks}".strip())
    return draft

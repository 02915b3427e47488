"""The UK Sanctions List as CSV: the date of the report, then a row for each name and address of a designation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import one_line
from streams.lists.sources.tables import records_of, rows_of
from streams.lists.sources.uk import Designation, word_of
from streams.records.list_entry import ListEntry

NAME = "UK Sanctions List (CSV)"

_REQUIRED = ("unique id", "name 6", "name type", "regime name", "designation type")
_BEGINNING = re.compile(r'"?Report Date\b|"?Last Updated"?,"?Unique ID"?,', re.IGNORECASE)
_GROUPED = frozenset(
    (
        *(f"name{number}" for number in range(1, 7)), "nametype", "aliasstrength",
        "namenonlatinscript", "nonlatinscripttype", "nonlatinscriptlanguage",
        *(f"addressline{number}" for number in range(1, 7)), "addresspostalcode", "addresscountry",
        "townofbirth", "countryofbirth",
        "passportnumber", "passportadditionalinformation", "nationalidentifiernumber",
        "nationalidentifieradditionalinformation", "businessregistrationnumbers", "imonumber",
        "hullidentificationnumberhin",
    )
)  # fmt: skip


def recognises(file: ListFile) -> bool:
    """Whether it begins with the date of the report or with the names of the list's columns."""
    return bool(_BEGINNING.match(file.beginning)) and "Unique ID" in file.beginning[:2000]


def read(file: ListFile) -> Iterator[ListEntry]:
    """The entries in the order of their first rows. Their ids are the unique ids.

    Raises :class:`~streams.errors.ListFormatError` when a column is missing, a row is cut, or a designation has no
    name, no known type or a date that is none.
    """
    rows = rows_of(file)
    first = next(rows, None)
    if first is not None and not first[1][0].casefold().startswith("report date"):
        rows = _again(first, rows)
    designations: dict[str, Designation] = {}
    for line, record in records_of(file, rows, _REQUIRED):
        said = {word_of(column): one_line(text) for column, text in record.items()}
        designation = designations.setdefault(
            said["uniqueid"], Designation(said["uniqueid"], f"{file.place}, line {line}")
        )
        designation.name(said)
        designation.native_name(said)
        designation.address(said)
        designation.birth_place(said)
        designation.numbered(said)
        for column, text in record.items():
            if text.strip() and word_of(column) not in _GROUPED:
                designation.fact(word_of(column), column.capitalize(), text)
    for designation in designations.values():
        yield designation.finish()


def _again(first: tuple[int, list[str]], rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    yield first
    yield from rows

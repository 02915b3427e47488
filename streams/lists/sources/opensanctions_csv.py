"""OpenSanctions' ``targets.simple.csv``: a row for each listed party, lists inside a cell separated by semicolons."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from streams.errors import ListFormatError
from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import Draft, one_line
from streams.lists.sources.opensanctions import SOURCE, TYPES, add_name
from streams.lists.sources.places import country_of_address
from streams.lists.sources.tables import records_of, rows_of
from streams.records.list_entry import ListEntry

NAME = "OpenSanctions (targets.simple.csv)"

_REQUIRED = (
    "id",
    "schema",
    "name",
    "aliases",
    "birth_date",
    "countries",
    "addresses",
    "identifiers",
    "sanctions",
    "dataset",
)
_LEFT_OUT = ("first_seen", "last_seen", "last_change")
_REMARKS = {"sanctions": "Sanction", "phones": "Phone", "emails": "E-mail", "program_ids": "Program"}


def recognises(file: ListFile) -> bool:
    """Whether the first row has the names of the file's columns."""
    heading = file.beginning.partition("\n")[0].replace('"', "")
    return heading.startswith("id,schema,name,aliases,")


def read(file: ListFile) -> Iterator[ListEntry]:
    """The entries in the order of the file.

    Raises :class:`~streams.errors.ListFormatError` when a column is missing, a row is cut, or a party is of no known
    type.
    """
    for line, record in records_of(file, rows_of(file), _REQUIRED):
        place = f"{file.place}, line {line}"
        schema = record["schema"]
        if schema not in TYPES:
            raise ListFormatError(f"{place}: the schema is {schema[:40]!r}; expected {', '.join(TYPES)}")
        draft = Draft(SOURCE, record["id"], TYPES[schema], _several(record["dataset"]))
        if TYPES[schema] is None:
            draft.remark("Type", schema)
        for name in (record["name"], *_several(record["aliases"])):
            add_name(draft, name)
        for country in _several(record["countries"]):
            draft.country(country)
        for address in _several(record["addresses"]):
            draft.address(country_of_address(address), raw=address)
        for identifier in _several(record["identifiers"]):
            draft.identifier("Identifier", identifier)
        for born in _several(record["birth_date"]):
            draft.birth(born)
        for column in (column for column in record if column not in _LEFT_OUT):
            if column in _REMARKS or column not in _REQUIRED:
                for text in _several(record[column]):
                    draft.remark(_REMARKS.get(column, column), text)
        yield draft.finish(place)


def _several(cell: str) -> list[str]:
    """The texts of a cell; one that has a semicolon itself is quoted as in any CSV."""
    return [text for row in csv.reader([one_line(cell)], delimiter=";") for text in row if text.strip()]

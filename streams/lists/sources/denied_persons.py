"""The Denied Persons List of the US Bureau of Industry and Security: the official tab-separated text.

A row for each address of a denied person; rows of one name and one day of effect are one entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from streams.errors import ListFormatError
from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import Draft, one_line
from streams.lists.sources.listed_names import entry_id_for, with_unique_ids
from streams.lists.sources.places import country_code
from streams.lists.sources.tables import records_of, rows_of
from streams.lists.sources.written_dates import american_day
from streams.records.list_entry import ListEntry

NAME = "Denied Persons List (tab-separated text)"
SOURCE = "us_bis_denied_persons_list"
PROGRAM = "Denied Persons List"

_COLUMNS = (
    "name", "street_address", "city", "state", "country", "postal_code", "effective_date", "expiration_date",
    "standard_order", "last_update", "action", "fr_citation",
)  # fmt: skip
_REMARKS = {"standard_order": "Standard order", "action": "Action", "last_update": "Last update"}


def recognises(file: ListFile) -> bool:
    """Whether the first row has the names of the list's columns, separated by tabs."""
    heading, _, _ = file.beginning.partition("\n")
    return "\t" in heading and "Standard_Order" in heading and "FR_Citation" in heading


def read(file: ListFile) -> tuple[ListEntry, ...]:
    """The entries in the order of their first rows; ids are made from the names.

    Raises :class:`~streams.errors.ListFormatError` when a column is missing, a row is cut or names nobody, or a date is
    none.
    """
    return with_unique_ids(_entries(file))


def _entries(file: ListFile) -> Iterator[ListEntry]:
    drafts: dict[tuple[str, str], tuple[Draft, str]] = {}
    for line, record in records_of(file, rows_of(file, "\t"), _COLUMNS):
        place = f"{file.place}, line {line}"
        name = one_line(record["name"])
        if not name:
            raise ListFormatError(f"{place}: names nobody; the file is damaged, download it again")
        new = (Draft(SOURCE, entry_id_for(name, ""), programs=[PROGRAM]), place)
        draft, _ = drafts.setdefault((name.casefold(), record["effective_date"].strip()), new)
        _add_row(draft, record, place)
    for draft, place in drafts.values():
        yield draft.finish(place)


def _add_row(draft: Draft, record: dict[str, str], place: str) -> None:
    draft.name(record["name"])
    state = one_line(record["state"])
    country = one_line(record["country"])
    draft.address(
        country or (country_code(f"US-{state}") if state else ""),  # the list leaves out the country of US addresses
        street=record["street_address"],
        city=record["city"],
        region=state,
        postal_code=record["postal_code"],
    )
    draft.citations.append(record["fr_citation"])
    draft.effective_from = american_day(record["effective_date"], "Effective_Date", place)
    if ends := american_day(record["expiration_date"], "Expiration_Date", place):
        after = ends + timedelta(days=1)  # the last day the list names still counts
        draft.effective_to = max(draft.effective_to or after, after)
    for column, text in record.items():
        if column in _REMARKS or column not in _COLUMNS:
            draft.remark(_REMARKS.get(column, column), text)

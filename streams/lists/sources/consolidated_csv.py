"""The US Consolidated Screening List as CSV: a row for each entry, lists inside a cell joined with "; ".

It says what the JSON says, with the parts of an address and of an identification joined with commas and empty parts
left out. The downloads before 2020 have no ``_id``; their ids are the entity numbers, or else made from the names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from streams.lists.sources.consolidated import Id, Place, Result, entries_of
from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import one_line
from streams.lists.sources.listed_names import entry_id_for
from streams.lists.sources.places import country_code
from streams.lists.sources.tables import records_of, rows_of
from streams.records.list_entry import ListEntry

NAME = "US Consolidated Screening List (CSV)"

_LISTS = ("programs", "alt_names", "citizenships", "dates_of_birth", "nationalities", "places_of_birth")
_TEXTS = (
    "source", "entity_number", "type", "name", "title", "federal_register_notice", "start_date", "end_date",
    "standard_order", "license_requirement", "license_policy", "call_sign", "vessel_type", "gross_tonnage",
    "gross_registered_tonnage", "vessel_flag", "vessel_owner", "remarks",
)  # fmt: skip
_REQUIRED = (*_TEXTS, *_LISTS, "addresses", "ids")
_LEFT_OUT = ("source_list_url", "source_information_url")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_CODE = re.compile(r"[A-Z]{2}")


def recognises(file: ListFile) -> bool:
    """Whether the first row has the names of the list's columns."""
    heading, _, _ = file.beginning.partition("\n")
    return all(name in heading for name in ("entity_number", "federal_register_notice", "alt_names"))


def read(file: ListFile) -> tuple[ListEntry, ...]:
    """The entries in the order of the file.

    Raises :class:`~streams.errors.ListFormatError` when a column is missing, a row is cut, or a date is none.
    """
    return entries_of(_results(file))


def _results(file: ListFile) -> Iterator[tuple[Result, str]]:
    for line, record in records_of(file, rows_of(file), _REQUIRED):
        places = [_place(text) for text in _several(record["addresses"])]
        country = next((country for place in places if (country := country_code(place.country or ""))), "")
        number = one_line(record["entity_number"])
        known = (*_REQUIRED, *_LEFT_OUT, "_id")
        others = (f"{column}: {text}" for column, text in record.items() if column not in known and text.strip())
        yield (
            msgspec.convert(
                {
                    "id": record.get("_id") or number or entry_id_for(one_line(record["name"]), country),
                    **{field: record[field] for field in _TEXTS},
                    **{field: _several(record[field]) for field in _LISTS},
                    "remarks": "; ".join(text for text in (record["remarks"].strip(), *others) if text),
                    "addresses": places,
                    "ids": [_identification(text) for text in _several(record["ids"])],
                },
                Result,
            ),
            f"{file.place}, line {line}",
        )


def _several(cell: str) -> list[str]:
    return [text for part in cell.split("; ") if (text := one_line(part).removesuffix(";"))]


def _place(text: str) -> Place:
    """Which part is which cannot be told for sure; only a country's code at the end can."""
    last = text.rpartition(",")[2].strip()
    return Place(raw=text if text != last else None, country=last if _CODE.fullmatch(last) else None)


def _identification(text: str) -> Id:
    """Country, expiration and issue date, number and type, in this order, as far as they are there."""
    *parts, kind = text.split(", ")
    country = parts.pop(0) if len(parts) > 1 and _CODE.fullmatch(parts[0]) else None
    dates = [parts.pop(0) for _ in range(2) if len(parts) > 1 and _DATE.fullmatch(parts[0])]
    expires, issued = (dates[0], dates[1]) if len(dates) == 2 else (None, dates[0] if dates else None)
    return Id(type=kind, number=", ".join(parts), country=country, issue_date=issued, expiration_date=expires)

"""Labelled rows: JSON lines or CSV, into a party, what it should find, and the slices it belongs to.

A row has ``query`` (or ``name``, ``full_name``) and, where they apply, ``expected`` with
``expected_aliases``, ``expected_id``, ``is_match``, facts of the query (``country``, ``birth_date``,
``query_countries``, ``query_props``) and of the expected entry (``expected_countries``,
``candidate_props``), and columns to slice by.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import orjson

from streams.errors import RecordError
from streams.records.list_entry import ListEntry
from streams.records.party import Party

SLICES = ("tier", "quality", "schema", "category", "group", "kind", "list", "type")
"""The columns a report is sliced by, where a file has them."""

_ENTITY_TYPES = {
    "person": "person",
    "individual": "person",
    "organization": "organization",
    "company": "organization",
    "entity": "organization",
    "vessel": "vessel",
    "airplane": "aircraft",
    "aircraft": "aircraft",
}

# Property names of FollowTheMoney, beside our own.
_COUNTRIES = ("country", "countries", "nationality", "jurisdiction", "citizenship")
_BIRTH_DATES = ("birth_date", "birthDate")
_ADDRESSES = ("address", "addresses")
_ALIASES = ("alias", "aliases", "alt_names")
_WEAK_ALIASES = ("weakAlias", "weak_alias")
_IDENTIFIERS = {
    "imo": ("imoNumber", "imo"),
    "lei": ("leiCode", "lei"),
    "bic": ("swiftBic", "bic"),
    "registration": ("registrationNumber", "registration"),
    "passport": ("passportNumber", "passport"),
    "tax": ("taxNumber", "innCode", "tax"),
    "id": ("idNumber",),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled row.

    ``expected`` is the entry the row names, made of its columns; ``expected_id`` the id it should find in a
    list. ``is_match`` is the label.
    """

    number: int
    party: Party
    expected: ListEntry | None
    expected_id: str
    is_match: bool
    slices: Mapping[str, str]


def read_rows(file: Path) -> Iterator[Row]:
    """The rows of a JSON lines or CSV file (``.gz`` as it is).

    Raises RecordError naming the line and the field that is wrong.
    """
    seen = False
    for number, raw in _raw_rows(file):
        seen = True
        try:
            yield _row(number, raw)
        except (msgspec.ValidationError, KeyError, TypeError, ValueError) as error:
            raise RecordError(f"{file}, line {number}: {error}") from error
    if not seen:
        raise RecordError(f"{file} has no rows")


def _raw_rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            if ".csv" in file.suffixes:
                rows = csv.DictReader(io.TextIOWrapper(stream, encoding="utf-8-sig", newline=""))
                for row in rows:
                    yield rows.line_num, {key: value for key, value in row.items() if key is not None}
                return
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    row = orjson.loads(line)
                    if not isinstance(row, dict):
                        raise RecordError(f"{file}, line {number}: a row is a JSON object")
                    yield number, row
    except (OSError, EOFError, UnicodeDecodeError, orjson.JSONDecodeError, csv.Error) as error:
        raise RecordError(f"{file} cannot be read: {error}") from error


def _row(number: int, raw: Mapping[str, Any]) -> Row:
    name = raw.get("query") or raw.get("name") or raw.get("full_name")
    if not name:
        raise ValueError("no query (nor name, nor full_name)")
    ours = {**_properties(raw, own=True), **_flat(raw.get("query_props"))}
    theirs = {**_properties(raw, own=False), **_flat(raw.get("candidate_props"))}
    kind = str(raw.get("schema") or raw.get("kind") or raw.get("type") or raw.get("entity_type") or "").lower()
    entity_type = _ENTITY_TYPES.get(kind)
    expected = raw.get("expected") or ""
    return Row(
        number=number,
        party=_party(str(name), entity_type, ours),
        expected=_entry(str(expected), raw.get("expected_aliases") or (), entity_type, theirs) if expected else None,
        expected_id=str(raw.get("expected_id") or ""),
        is_match=_label(raw, bool(expected or raw.get("expected_id"))),
        slices={column: str(raw[column]) for column in SLICES if raw.get(column) not in (None, "")},
    )


def _label(raw: Mapping[str, Any], default: bool) -> bool:
    label = raw.get("is_match", default)
    if isinstance(label, str):
        if label.lower() not in ("true", "false", "1", "0"):
            raise ValueError(f"is_match is {label!r}; true or false is allowed")
        return label.lower() in ("true", "1")
    return bool(label)


def _properties(raw: Mapping[str, Any], own: bool) -> dict[str, tuple[str, ...]]:
    """Facts in columns of their own; plain ones are the query's."""
    prefix = "query_" if own else "expected_"
    found = {"countries": _values(raw.get(f"{prefix}countries")), "birth_date": _values(raw.get(f"{prefix}birth_date"))}
    if own:
        found["country"] = _values(raw.get("country"))
        found["birthDate"] = _values(raw.get("birth_date") or raw.get("date_of_birth"))
        found["address"] = _values(raw.get("address"))
    return {key: values for key, values in found.items() if values}


def _flat(properties: Any) -> dict[str, tuple[str, ...]]:
    return {key: _values(value) for key, value in (properties or {}).items()}


def _values(value: Any) -> tuple[str, ...]:
    if value in (None, "", [], ()):
        return ()
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)


def _of(properties: Mapping[str, tuple[str, ...]], names: tuple[str, ...]) -> list[str]:
    return [value for name in names for value in properties.get(name, ())]


def _identifiers(properties: Mapping[str, tuple[str, ...]]) -> list[dict[str, str]]:
    return [{"type": kind, "value": value} for kind, names in _IDENTIFIERS.items() for value in _of(properties, names)]


def _party(name: str, entity_type: str | None, properties: Mapping[str, tuple[str, ...]]) -> Party:
    countries = _of(properties, _COUNTRIES)
    births = _of(properties, _BIRTH_DATES)
    fields = {
        "name": name,
        "alt_names": _of(properties, _ALIASES),
        "entity_type": entity_type,
        "country": countries[0] if countries else "",
        "addresses": [{"raw": address} for address in _of(properties, _ADDRESSES)],
        "identifiers": _identifiers(properties),
        "birth_date": births[0] if births else None,
    }
    return msgspec.convert(fields, Party)


def _entry(name: str, aliases: Any, entity_type: str | None, properties: Mapping[str, tuple[str, ...]]) -> ListEntry:
    strong = [*_values(aliases), *_of(properties, _ALIASES)]
    fields = {
        "source": "evaluation",
        "entry_id": "expected",
        "names": [
            {"name": name},
            *({"name": alias, "kind": "alias"} for alias in strong if alias),
            *({"name": alias, "kind": "alias", "strength": "weak"} for alias in _of(properties, _WEAK_ALIASES)),
        ],
        "entity_type": entity_type,
        "addresses": [{"raw": address} for address in _of(properties, _ADDRESSES)],
        "countries": _of(properties, _COUNTRIES),
        "identifiers": _identifiers(properties),
        "birth_dates": _of(properties, _BIRTH_DATES),
    }
    return msgspec.convert(fields, ListEntry)

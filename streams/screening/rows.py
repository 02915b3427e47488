"""Plain rows (a name, a country, an address …) as events, for files that hold no transactions.

One row is one party. Columns: ``name``; optional ``id``, ``role``, ``native_name``, ``alt_names`` (joined
with ";"), ``entity_type``, ``country``, ``address``, ``birth_date``, ``identifier_type`` with ``identifier``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "transaction_id", "row_id"),
    "role": ("role",),
    "name": ("name", "full_name", "party_name", "company", "company_name"),
    "native_name": ("native_name",),
    "alt_names": ("alt_names", "aliases"),
    "entity_type": ("entity_type", "type"),
    "country": ("country", "nationality", "country_code"),
    "address": ("address", "street_address"),
    "birth_date": ("birth_date", "date_of_birth", "dob"),
    "identifier_type": ("identifier_type",),
    "identifier": ("identifier",),
}
"""Each column with the headings it is also known by."""

_HEADINGS = {heading: column for column, headings in COLUMNS.items() for heading in headings}


def column_of(heading: str) -> str | None:
    """The column a heading stands for, or None when it is not used."""
    return _HEADINGS.get(heading.strip().lower().replace(" ", "_"))


def row_event(row: Mapping[str, Any], fallback_id: str) -> bytes:
    """The row as a bare JSON transaction; what is wrong with its values is told when it is read.

    ``row`` maps headings to values; unknown headings are left out. ``fallback_id`` names a row without id.
    """
    known: dict[str, Any] = {}
    more_names: list[Any] = []
    for heading, value in row.items():
        column = column_of(heading)
        if column is None or value in ("", None):
            continue
        if column == "name" and "name" in known:
            more_names.append(value)  # a second name column holds another name to screen
        else:
            known.setdefault(column, value)
    party: dict[str, Any] = {
        column: known[column]
        for column in ("role", "name", "native_name", "entity_type", "country", "birth_date")
        if column in known
    }
    aliases = known.get("alt_names", [])
    if isinstance(aliases, str):
        aliases = [alias.strip() for alias in aliases.split(";") if alias.strip()]
    if more_names or aliases:
        party["alt_names"] = [*more_names, *aliases] if isinstance(aliases, list) else aliases
    if (address := known.get("address")) is not None:
        party["addresses"] = [{"raw": address}]
    if (identifier := known.get("identifier")) is not None:
        party["identifiers"] = [{"type": known.get("identifier_type", "unknown"), "value": identifier}]
    return orjson.dumps({"transaction_id": known.get("id", fallback_id), "parties": [party]})

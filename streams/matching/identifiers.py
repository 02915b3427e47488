"""Identifiers: compared exactly, after their type and value are normalised and checked."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from rigour.ids import BIC, IMO, INN, LEI, OGRN, USCC

from streams.records.list_entry import ListEntry
from streams.records.party import Identifier, Party

_separators = re.compile(r"[^0-9A-Z]+")
_TYPES: Final = {
    "imo": IMO, "vesselimo": IMO, "imonumber": IMO, "lei": LEI, "legalentityidentifier": LEI, "bic": BIC,
    "swift": BIC, "swiftbic": BIC, "bicswift": BIC, "inn": INN, "taxidinn": INN, "ogrn": OGRN, "uscc": USCC,
    "unifiedsocialcreditcode": USCC,
}  # fmt: skip
_LEAST: Final = 5
"""Identifiers without check digit are compared from so many characters on."""


class IdentifierMatch(NamedTuple):
    """The party's field and identifier that an entry has too."""

    field: str
    ours: Identifier
    listed: Identifier


@lru_cache(maxsize=65_536)
def identifier_key(kind: str, value: str) -> str | None:
    """What two equal identifiers have in common, or None when the value is not one.

    Types with a check digit or fixed form (IMO, LEI, BIC, INN, OGRN, USCC) are validated; a value that fails is
    no identifier. Other types are compared by their letters and digits alone, whatever the type is called.
    """
    checked = _TYPES.get(re.sub(r"[^a-z]", "", kind.lower()))
    if checked is not None:
        normal = checked.normalize(value)
        return None if normal is None else _separators.sub("", normal.upper())
    plain = _separators.sub("", value.upper())
    return plain if len(plain) >= _LEAST and any(c.isdigit() for c in plain) else None


def party_keys(party: Party) -> list[tuple[str, str, Identifier]]:
    """The party's usable identifiers as field path, key and identifier."""
    keyed = [
        (f"identifiers[{i}]", identifier_key(identifier.type, identifier.value), identifier)
        for i, identifier in enumerate(party.identifiers)
    ]
    return [(field, key, identifier) for field, key, identifier in keyed if key]


def entry_keys(entry: ListEntry) -> dict[str, Identifier]:
    """An entry's usable identifiers by key."""
    keyed = [(identifier_key(identifier.type, identifier.value), identifier) for identifier in entry.identifiers]
    return {key: identifier for key, identifier in keyed if key}


def same_identifier(ours: list[tuple[str, str, Identifier]], entry: ListEntry) -> IdentifierMatch | None:
    """The first identifier of the party that ``entry`` has too."""
    if not ours or not entry.identifiers:
        return None
    listed = entry_keys(entry)
    for field, key, identifier in ours:
        if key in listed:
            return IdentifierMatch(field, identifier, listed[key])
    return None

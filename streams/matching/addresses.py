"""Addresses: which listed addresses are the same place.

Two addresses can only be the same place when they share a number and a word that is no street type,
city or country (a *key* of both); then rigour aligns them. So a listed address is found through its keys, and
nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from rigour.addresses import compare_address, compare_address_many, match_addresses
from rigour.territories import get_territory

from streams.matching.lexicon import ADDRESS_WORDS, MEANINGS
from streams.matching.romanise import clean, latin
from streams.records.list_entry import ListEntry
from streams.records.party import Address

_words = re.compile(r"[a-z]{3,}")
_numbers = re.compile(r"\d+")
_PLACE_KINDS: Final = ("place", "generic", "empty", "legal")
_NO_STREETS: Final = ADDRESS_WORDS.union([word for word, (_, kind) in MEANINGS.items() if kind in _PLACE_KINDS])
_MOST_AT_ONCE: Final = 500
"""So many lines are compared in one call, which no time-out can interrupt."""


class Line(NamedTuple):
    """An address of a party: its field path, the address as one line, and the keys it is found by."""

    field: str
    text: str
    keys: frozenset[str]


class AddressMatch(NamedTuple):
    """The party's and the listed address that are most alike; ``detail`` is rigour's alignment."""

    field: str
    ours: str
    listed: str
    similarity: float
    detail: str


def address_line(address: Address) -> str:
    """An address as one line."""
    if address.raw and not address.street:
        line = address.raw
    else:
        parts = (address.street, address.city, address.region, address.postal_code)
        line = ", ".join([part for part in parts if part])
    if line and address.country:
        name, in_small = _country_name(address.country)
        if in_small not in line.lower():
            line = f"{line}, {name}"
    return line


@lru_cache(maxsize=1024)
def _country_name(country: str) -> tuple[str, str]:
    """The country as it ends an address, and the same in small letters."""
    territory = get_territory(country)
    name = territory.name if territory is not None else country
    return name, name.lower()


@lru_cache(maxsize=8192)
def address_keys(line: str) -> frozenset[str]:
    """The number-and-word pairs through which an address is found."""
    text = (line if line.isascii() else latin(clean(line))[0]).lower()
    words = {word for word in _words.findall(text) if word not in _NO_STREETS}
    numbers = {number.lstrip("0") or "0" for number in _numbers.findall(text)}
    return frozenset([f"{number} {word}" for number in numbers for word in words])


def entry_lines(entry: ListEntry) -> tuple[str, ...]:
    """The listed addresses that name more than a place, each once."""
    return tuple(dict.fromkeys([line for line in map(address_line, entry.addresses) if address_keys(line)]))


def best_address(ours: Sequence[Line], listed: Iterable[str]) -> AddressMatch | None:
    """The best pair of addresses that share a key."""
    best: AddressMatch | None = None
    candidates = [(line, address_keys(line)) for line in listed]
    for line in ours:
        sharing = [other for other, keys in candidates if not line.keys.isdisjoint(keys)]
        found = match_addresses([line.text], sharing) if sharing else None
        if found is not None and (best is None or found.score > best.similarity):
            best = AddressMatch(line.field, line.text, found.result, found.score, found.detail)
    return best


def similar_lines(ours: str, listed: list[str], similarity: float) -> list[str]:
    """Those of the listed addresses that are at least so similar to ``ours``: mostly none, which one call tells."""
    found = []
    for start in range(0, len(listed), _MOST_AT_ONCE):
        some = listed[start : start + _MOST_AT_ONCE]
        if compare_address_many([ours], some) >= similarity:
            found += [line for line in some if compare_address(ours, line) >= similarity]
    return found

"""Addresses: which listed addresses are the same place.

Two addresses can only be the same place when they share a number and a word that is no street type,
city or country (a *key* of both); then rigour's ``match_addresses`` aligns them. So a listed address is
found through its keys, and nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from rigour.addresses import match_addresses
from rigour.territories import get_territory

from streams.matching.lexicon import ADDRESS_WORDS, MEANINGS
from streams.matching.romanise import clean, latin
from streams.records.list_entry import ListEntry
from streams.records.party import Address, Party

_tokens = re.compile(r"[a-z]+|\d+")
_PLACE_KINDS: Final = ("place", "generic", "empty", "legal")


class AddressMatch(NamedTuple):
    """The party's and the listed address that are most alike; ``detail`` is rigour's alignment."""

    field: str
    ours: str
    listed: str
    similarity: float
    detail: str


def address_line(address: Address) -> str:
    """An address as one line."""
    parts = (address.street, address.city, address.region, address.postal_code)
    line = ", ".join(part for part in parts if part)
    if address.raw and not address.street:
        line = address.raw
    country = address.country
    if line and country:
        territory = get_territory(country)
        name = territory.name if territory is not None else country
        if name.lower() not in line.lower():
            line = f"{line}, {name}"
    return line


@lru_cache(maxsize=65_536)
def address_keys(line: str) -> frozenset[str]:
    """The number-and-word pairs through which an address is found."""
    text = line if line.isascii() else latin(clean(line))[0]
    numbers, words = set(), set()
    for token in _tokens.findall(text.lower()):
        if token.isdigit():
            numbers.add(token.lstrip("0") or "0")
        elif len(token) > 2 and token not in ADDRESS_WORDS and MEANINGS.get(token, ("", "name"))[1] not in _PLACE_KINDS:
            words.add(token)
    return frozenset(f"{number} {word}" for number in numbers for word in words)


def entry_lines(entry: ListEntry) -> tuple[str, ...]:
    """The listed addresses that name more than a place."""
    return tuple(line for line in map(address_line, entry.addresses) if address_keys(line))


def party_lines(party: Party) -> list[tuple[str, str]]:
    """The party's addresses as field path and line."""
    lines = [(f"addresses[{i}]", address_line(address)) for i, address in enumerate(party.addresses)]
    return [(field, line) for field, line in lines if line]


def best_address(ours: Sequence[tuple[str, str]], listed: Iterable[str]) -> AddressMatch | None:
    """The best pair of addresses that share a key."""
    best: AddressMatch | None = None
    candidates = [(line, address_keys(line)) for line in listed]
    for field, line in ours:
        own = address_keys(line)
        sharing = [other for other, keys in candidates if not own.isdisjoint(keys)]
        found = match_addresses([line], sharing) if sharing else None
        if found is not None and (best is None or found.score > best.similarity):
            best = AddressMatch(field, line, found.result, found.score, found.detail)
    return best

"""Who takes part in an event, as diversion rules see it. Pure."""

from __future__ import annotations

import re
from collections.abc import Set
from enum import IntEnum

import msgspec

from streams.matching.places import country_code
from streams.records.party import Party


class Part(IntEnum):
    """What a role is to the rules."""

    BUYER = 1
    FINAL = 2
    """Receives the goods in the end."""
    BETWEEN = 3
    """Receives them on the way."""
    MOVER = 4
    """Carries or finances them."""
    PAYER = 5


_PARTS = {
    "purchaser": Part.BUYER,
    "ultimate_consignee": Part.FINAL,
    "end_user": Part.FINAL,
    "intermediate_consignee": Part.BETWEEN,
    "forwarder": Part.MOVER,
    "carrier": Part.MOVER,
    "bank": Part.MOVER,
    "agent": Part.MOVER,
    "payer": Part.PAYER,
}
_words = re.compile(r"\w+")
_between_words = re.compile(r"[\s-]+")


class Cast(msgspec.Struct, frozen=True, gc=False):
    """What the rules ask of a party; ``trade`` is the word of its name by which it carries or finances goods.

    ``countries`` are the one it tells and those of its addresses, each once; one empty text where nothing tells any.
    ``folded`` is its name without regard to case and spaces.

    ``key`` tells customers apart: those of one name, country and day of incorporation are one.
    """

    part: int
    role: str
    name: str
    countries: tuple[str, ...]
    incorporated_on: str
    trade: str
    key: str
    folded: str

    @property
    def country(self) -> str:
        """The country it tells, or else that of its first address that tells one."""
        return self.countries[0]


def cast_of(party: Party, words: Set[str]) -> Cast | None:
    """The party as the rules see it; None when they ask nothing of its role. ``words`` are looked for in its name."""
    part = _PARTS.get(_between_words.sub("_", party.role.strip().lower()))
    if part is None:
        return None
    found = [word for word in _words.findall(party.name.lower()) if word in words] if part == Part.FINAL else []
    told = (party.country, *(address.country for address in party.addresses))
    countries = tuple(dict.fromkeys(filter(None, map(country_code, told)))) or ("",)
    return Cast(
        part=int(part),
        role=party.role,
        name=party.name,
        countries=countries,
        incorporated_on=party.incorporated_on or "",
        trade=found[0] if found else "",
        key=f"{party.name}\n{countries[0]}\n{party.incorporated_on or ''}",
        folded=" ".join(party.name.casefold().split()),
    )

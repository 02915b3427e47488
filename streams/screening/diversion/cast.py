"""Who takes part in an event, as diversion rules see it, remembered by a party's JSON as it came. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from enum import IntEnum

import msgspec

from streams.matching.places import country_code
from streams.records.events import read_party
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
_LONGEST = 2_048
"""A party with more bytes is not remembered: whoever sends many such must not fill the worker's memory."""
_words = re.compile(r"\w+")


class Cast(msgspec.Struct, frozen=True, gc=False):
    """What the rules ask of a party; ``trade`` is the word of its name by which it carries or finances goods.

    ``key`` tells customers apart: those of one name, country and day of incorporation are one.
    """

    part: int
    role: str
    name: str
    country: str
    incorporated_on: str
    trade: str
    key: str


def cast_of(party: Party, words: Set[str]) -> Cast | None:
    """The party as the rules see it; None when they ask nothing of its role. ``words`` are looked for in its name."""
    part = _PARTS.get(party.role)
    if part is None:
        return None
    found = [word for word in _words.findall(party.name.lower()) if word in words] if part == Part.FINAL else []
    country = country_code(party.country)
    return Cast(
        part=int(part),
        role=party.role,
        name=party.name,
        country=country,
        incorporated_on=party.incorporated_on or "",
        trade=found[0] if found else "",
        key=f"{party.name}\n{country}\n{party.incorporated_on or ''}",
    )


class _Generation(dict[bytes, Cast | None]):
    """Looks a party up where it is not known yet."""

    def __init__(self, look: Callable[[bytes], Cast | None]) -> None:
        super().__init__()
        self._look = look

    def __missing__(self, content: bytes) -> Cast | None:
        return self._look(content)


class CastMemory:
    """Remembers up to ``most`` parties, in two generations as :class:`streams.screening.memory.MatchMemory` does."""

    def __init__(self, words: Set[str], most: int) -> None:
        self._words = words
        self._half = max(most // 2, 1)
        self._young = _Generation(self._look)
        self._old: dict[bytes, Cast | None] = {}

    def learn(self, content: bytes, party: Party) -> None:
        """A party that was read already, with its JSON."""
        self._keep(content, cast_of(party, self._words))

    def cast(self, parties: Sequence[bytes]) -> tuple[Cast | None, ...]:
        """All parties of an event, as valid JSON."""
        return tuple(map(self._young.__getitem__, parties))

    def _look(self, content: bytes) -> Cast | None:
        if content in self._old:
            found = self._old[content]
        else:
            party = read_party(content)
            found = cast_of(party, self._words) if party is not None else None
        self._keep(content, found)
        return found

    def _keep(self, content: bytes, found: Cast | None) -> None:
        if len(content) <= _LONGEST:
            if len(self._young) >= self._half:
                self._old, self._young = self._young, _Generation(self._look)
            self._young[content] = found

"""A realistic trade stream: parties repeat as they do in trade, and a few are listed or nearly so."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from streams.invented.names import NameMaker
from streams.invented.orders import PLACES, order
from streams.records.list_entry import ListEntry

SEED = 20250325

_ONSETS = (
    "b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "kr", "l", "m", "n", "p", "pl", "qu", "r",
    "s", "sh", "st", "t", "tr", "v", "w", "x", "z", "zh",
)  # fmt: skip
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "ei", "ia", "io", "ou", "ua")
_CODAS = ("", "", "", "l", "m", "n", "ng", "r", "s", "t", "x")
_BUSINESS = (
    "Trading", "Logistics", "Food Imports", "Textiles", "Furniture", "Machine Tools", "Packaging", "Electronics",
    "Chemicals", "Industries", "Technology", "Pump Works", "International", "Medical Supplies", "Timber", "Shipping",
    "Automation", "Steel", "Agro", "Optics", "Motors", "Components", "Energy", "Systems", "Household Goods",
)  # fmt: skip
_GIVEN = (
    "Anna", "Carlos", "Chen", "Elena", "Fatima", "Ivan", "James", "Jun", "Maria", "Mohammed", "Olga", "Paul", "Priya",
    "Rosa", "Sven", "Wei", "Yuki", "Zeynep",
)  # fmt: skip


@dataclass(frozen=True)
class Trade:
    """Orders of about a kilobyte between ``population`` invented parties; the same seed gives the same orders.

    How often a party takes part falls with its rank, as one over it (Zipf's law, which firm sizes follow:
    Axtell, Science 293, 2001); of forwarders and banks there are fewer. Without
    a population no party ever comes twice. ``hits`` and ``near_hits`` are the shares of orders in which one party is
    a listed name, as it is listed or with a letter changed and a word left out; they repeat as the others do.
    """

    entries: Sequence[ListEntry]
    population: int | None = 100_000
    hits: float = 0.001
    near_hits: float = 0.005
    seed: int = SEED

    def orders(self, count: int, start: int = 0) -> Iterator[tuple[bytes, bytes]]:
        """Orders number ``start`` to ``start + count`` as key and value."""
        party = lru_cache(maxsize=100_000)(self.party)
        listed = lru_cache(maxsize=100_000)(self._listed)
        for number in range(start, start + count):
            rng = random.Random(self.seed * 1_000_003 + number)  # noqa: S311 - invented trade, not a secret
            roles = ["purchaser", "ultimate_consignee", "forwarder"]
            roles += [role for role in ("bank", "intermediate_consignee", "notify_party") if rng.random() < 0.5]
            parties = [{"role": role, **party(self._draw(rng, role, number, at))} for at, role in enumerate(roles)]
            share = rng.random()
            if share < self.hits + self.near_hits:
                rank = int(len(self.entries) ** rng.random()) - 1
                parties[rng.randrange(2)] |= listed(rank, near=share >= self.hits)
            made = order(f"PO-{number:09d}", parties, frozenset(), rng=rng)
            yield made.transaction_id.encode(), made.payload

    def _draw(self, rng: random.Random, role: str, number: int, at: int) -> int:
        """The rank of a party that has this role in an order."""
        if self.population is None:
            return number * 8 + at
        few = {"forwarder": 50, "bank": 100}.get(role, 1)
        size = max(self.population // few, 5)
        return int(size ** rng.random()) * few + few - 1

    def party(self, rank: int) -> dict[str, Any]:
        """The party of a rank, from 0: the lower, the more often it takes part."""
        rng = random.Random(self.seed * 7_919 + rank)  # noqa: S311 - invented trade, not a secret
        place = rng.choice(PLACES)
        name = "".join(_syllable(rng) for _ in range(rng.choice((2, 2, 3)))).capitalize()
        person = rng.random() < 0.08
        if person:
            name = f"{rng.choice(_GIVEN)} {name}"
        else:
            middle = f" {_syllable(rng)}{_syllable(rng)}".title() if rng.random() < 0.3 else ""
            name = f"{name}{middle} {rng.choice(_BUSINESS)} {rng.choice(place.legal_forms)}"
        address = {
            "street": f"{rng.choice(place.streets)} {rng.randint(1, 400)}",
            "city": place.city,
            "postal_code": place.postal_code,
            "country": place.country,
        }
        kind = "person" if person else "organization"
        return {"name": name, "entity_type": kind, "country": place.country, "addresses": [address]}

    def _listed(self, rank: int, near: bool) -> dict[str, Any]:
        """The listed party of a rank: one of its names, or nearly so."""
        entry = self.entries[rank * 7_919 % len(self.entries)]
        name = entry.names[rank % len(entry.names)].name
        if near:
            words = NameMaker((), self.seed + rank).misspelt(name).split()
            name = " ".join(words[:-1] if len(words) > 2 else words)
        return {"name": name, "country": entry.countries[0] if entry.countries else ""}


def _syllable(rng: random.Random) -> str:
    return rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS)

"""One event while diversion rules look at it: where its goods go, what was found, and what nobody tells. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from streams.matching.places import country_code, is_in_georgia_us
from streams.records.decision import EventSource, Flag
from streams.records.transaction import Route, Transaction
from streams.screening.diversion.cast import Cast, Part
from streams.screening.diversion.rules import Rule

_LOCODE = re.compile(r"([A-Z]{2}) ?[A-Z2-9]{3}")


class Place(NamedTuple):
    """Where goods are: the field that says so, its text, and the country, empty when it cannot be read."""

    field: str
    text: str
    country: str


@lru_cache(maxsize=16_384)
def place_country(place: str) -> str:
    """The country of a place of a route: a country's or well-known city's name, a code, a UN/LOCODE, or what follows
    the last comma, a code only where it is that of the city before it; empty when that says nothing."""
    place = place.strip()
    if code := country_code(place):
        return code
    if (locode := _LOCODE.fullmatch(place)) is not None:
        return country_code(locode[1])
    before, _, last = map(str.strip, place.rpartition(","))
    if last.lower() in ("georgia", "ga") and is_in_georgia_us(before):
        return "us"
    code = country_code(last)
    if len(last) > 3 or last.upper() == "USA" or code == country_code(before):
        return code
    return ""  # after a comma, GA is a state as often as Gabon


class Revision(NamedTuple):
    """One revision of a transaction: its number, when it says it occurred and was recorded, where it came from, and
    its route and parties."""

    number: int
    occurred_at: datetime
    recorded_at: datetime
    source: EventSource
    route: Route | None
    parties: tuple[Cast | None, ...]


class Case:
    """An event with those of its parties that rules ask for, by their positions, and what was found so far."""

    __slots__ = ("flags", "not_checked", "parties", "transaction")

    def __init__(self, transaction: Transaction, parties: Sequence[Cast | None]) -> None:
        self.transaction = transaction
        self.parties = [(at, cast) for at, cast in enumerate(parties) if cast is not None]
        self.flags: list[Flag] = []
        self.not_checked: list[str] = []

    def flag(self, rule: Rule, field: str, text: str) -> None:
        """The rule fits; each counts once."""
        if not any(flag.rule == rule.id for flag in self.flags):
            self.flags.append(Flag(rule=rule.id, weight=rule.weight, field=field, text=text, citation=rule.citation))

    def unknown(self, rule: Rule) -> None:
        """What the rule needs is not known."""
        if rule.id not in self.not_checked:
            self.not_checked.append(rule.id)

    def of_part(self, *parts: Part) -> list[tuple[int, Cast]]:
        """The parties that are such, by position."""
        return [(at, cast) for at, cast in self.parties if cast.part in parts]

    def destinations(self) -> list[Place]:
        """Where the goods go in the end: by the route, and to whom."""
        return self._ends_of_route() + self._of_parties(Part.FINAL)

    def ends(self) -> Set[str]:
        """The countries where the goods go in the end: of the parties' only their first, so that an address they have
        on the way does not make it the end."""
        at_home = {cast.country for _, cast in self.of_part(Part.FINAL)}
        return at_home | {place.country for place in self._ends_of_route()}

    def between(self) -> list[Place]:
        """What the goods pass before: by the route, and through whose hands."""
        route = self.transaction.route
        found = []
        if route is not None:
            found = [_place(f"route.transshipments[{at}]", text) for at, text in enumerate(route.transshipments)]
            if route.final_destination and route.discharge:
                found.append(_place("route.discharge", route.discharge))
        return found + self._of_parties(Part.BETWEEN)

    def _ends_of_route(self) -> list[Place]:
        route = self.transaction.route
        if route is not None and route.final_destination:
            return [_place("route.final_destination", route.final_destination)]
        if route is not None and route.discharge:
            return [_place("route.discharge", route.discharge)]
        return []

    def _of_parties(self, part: Part) -> list[Place]:
        told = self.of_part(part)
        return [Place(f"parties[{at}]", cast.name, country) for at, cast in told for country in cast.countries]


def _place(field: str, text: str) -> Place:
    return Place(field, text, place_country(text))

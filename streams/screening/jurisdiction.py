"""Does the list apply to this event? By its topic, its exporter's country and the origin of its goods. Pure.

The topic is in the hands of those who run the platforms: a list it rules out raises no alert. Exporter and origin are
the event's own words, which may be wrong: a list that only they rule out is a review. What is not told rules out
nothing. It is judged for events with a hit alone, and never remembered with a party.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cached_property

import msgspec

from streams.errors import ScreeningError
from streams.matching import Match
from streams.matching.jurisdiction_rules import JurisdictionRule, JurisdictionRules
from streams.matching.places import country_code
from streams.records.alert import Evidence
from streams.records.decision import NotAppliedHit
from streams.records.events import read_party
from streams.records.list_entry import ListEntry
from streams.records.party import Party
from streams.records.transaction import Transaction

_Told = frozenset[str] | None
"""Country codes; None where one of them is not told, or cannot be read."""


class Jurisdiction:
    """The lists that apply to one event, which came on that topic."""

    def __init__(self, rules: JurisdictionRules, topic: str, transaction: Transaction) -> None:
        self._rules = rules
        self._topic = topic
        self._transaction = transaction

    def not_applied(self, position: int, entry: ListEntry) -> NotAppliedHit | None:
        """What the decision says of a hit of that party, where the event's topic rules the entry's list out."""
        concerned = self._concerned(entry)
        if not concerned or any(self._takes_topic(rule) for rule in concerned):
            return None
        names = ", ".join(rule.name for rule in concerned)
        reason = f"jurisdiction ({names}): the list does not apply to topic {self._topic}"
        return NotAppliedHit(source=entry.source, entry_id=entry.entry_id, party_index=position, reason=reason)

    def judged(self, match: Match) -> Match:
        """The match of a list that the topic does not rule out, with the reason as evidence where rules concern it.

        At most a review where exporter or origin rule it out.
        """
        missed = []
        for rule in self._concerned(match.entry):
            if not self._takes_topic(rule):
                continue
            if not (others := self._others(rule)):
                line = Evidence(
                    kind="jurisdiction",
                    effect="supports",
                    text=f"jurisdiction ({rule.name}): the list applies{self._untold(rule)}",
                )
                return replace(match, evidence=(*match.evidence, line))
            missed.append(f"{rule.name}: {' and '.join(others)}")
        if not missed:
            return match
        text = f"by the event's own words the list does not apply ({'; '.join(missed)})"
        line = Evidence(kind="jurisdiction", effect="contradicts", text=text)
        return replace(match, outcome="review", evidence=(*match.evidence, line), summary=f"{match.summary}; {text}")

    def _concerned(self, entry: ListEntry) -> list[JurisdictionRule]:
        return [rule for rule in self._rules.rules if rule.concerns(entry)]

    def _takes_topic(self, rule: JurisdictionRule) -> bool:
        return rule.topics is None or self._topic in rule.topics or not self._rules.knows(self._topic)

    def _others(self, rule: JurisdictionRule) -> list[str]:
        """What the event tells that is not what the rule asks for."""
        asked = (
            ("the exporter is of", self._exporters, rule.exporters),
            ("the goods are of", self._origins, rule.origins),
        )
        return [
            f"{what} {_codes(told)}, not {_codes(countries)}"
            for what, told, countries in asked
            if countries is not None and told is not None and told.isdisjoint(countries)
        ]

    def _untold(self, rule: JurisdictionRule) -> str:
        """What the rule asks for and the event does not tell."""
        untold = []
        if rule.topics is not None and not self._rules.knows(self._topic):
            untold.append(f"no rule names the topic {self._topic}")
        if rule.exporters is not None and self._exporters is None:
            untold.append("the exporter's country is not told")
        if rule.origins is not None and self._origins is None:
            untold.append("not all origins of goods are told")
        return f"; {', '.join(untold)}" if untold else ""

    @cached_property
    def _exporters(self) -> _Told:
        parties = [_read(party) for party in self._transaction.parties]
        told = [_countries(party) for party in parties if party.role in self._rules.exporter_roles]
        return _all_of([country for countries in told for country in countries])

    @cached_property
    def _origins(self) -> _Told:
        return _all_of([item.origin for item in self._transaction.items])


def _read(party: Party | msgspec.Raw) -> Party:
    """A party of a transaction, or of an outline, whose parties have all been read once."""
    read = read_party(bytes(party)) if isinstance(party, msgspec.Raw) else party
    if read is None:
        raise ScreeningError("a party of the event is not valid: it cannot tell whether it is the exporter")
    return read


def _countries(party: Party) -> list[str]:
    """The countries of a party and its addresses; an empty one where it tells none."""
    told = [party.country, *[address.country for address in party.addresses]]
    return [country for country in told if country] or [""]


def _all_of(countries: Sequence[str]) -> _Told:
    codes = frozenset(map(country_code, countries))
    return None if not codes or "" in codes else codes


def _codes(codes: Collection[str]) -> str:
    return ", ".join(sorted(codes)).upper()

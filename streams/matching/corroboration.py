"""What besides the name speaks for or against a match: country, birth date, entity type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from streams.matching.lexicon import PLACES
from streams.matching.names import ReadName
from streams.matching.places import compatible, country_codes
from streams.matching.policy import Policy
from streams.records.alert import Evidence, EvidenceKind
from streams.records.list_entry import ListEntry
from streams.records.party import Party

_YEARS_APART = 2
"""Birth years that differ by more contradict each other; lists often know a year only roughly."""


class PartyFacts(NamedTuple):
    """What is known of a party besides its names, read once."""

    countries: frozenset[str]
    birth_date: str | None
    entity_type: str | None

    @property
    def known(self) -> tuple[bool, bool, bool]:
        """Whether there is a country, a birth date and an entity type."""
        return bool(self.countries), self.birth_date is not None, self.entity_type is not None

    @classmethod
    def of(cls, party: Party, names: Iterable[ReadName]) -> PartyFacts:
        """The facts of ``party``, read as ``names``: a legal form tells an organization."""
        entity_type = party.entity_type
        if entity_type is None and any(word.kind == "legal" for read in names for word in read.words):
            entity_type = "organization"
        countries = [party.country, *[address.country for address in party.addresses]]
        return cls(country_codes(countries), party.birth_date, entity_type)


class Finding(NamedTuple):
    """One fact that corroborates or contradicts: ``factor`` is its share or multiplier in the policy."""

    evidence: Evidence
    factor: float


def findings(
    facts: PartyFacts, entry: ListEntry, asked: ReadName | None, listed: ReadName | None, policy: Policy
) -> list[Finding]:
    """All facts known on both sides; ``asked`` and ``listed`` are the names that matched, if any did."""
    found: list[Finding] = []
    supports, contradicts = policy.corroboration, policy.contradiction
    ours = facts.countries
    theirs = country_codes([*entry.countries, *(address.country for address in entry.addresses)])
    if ours and theirs:
        shared = sorted(ours & theirs)
        if shared:
            text = f"country {', '.join(shared).upper()} agrees"
            found.append(_finding("country", True, text, ours, theirs, supports.country))
        elif not compatible(ours, theirs):
            text = f"country {_listing(ours)} is not {_listing(theirs)}"
            found.append(_finding("country", False, text, ours, theirs, contradicts.country))
    if ours and listed is not None:
        # A place that both names have is agreed on, wherever the party is.
        shared_words = frozenset(word.text for word in asked.words) if asked is not None else frozenset()
        places = frozenset(
            PLACES[word.text]
            for word in listed.words
            if word.kind == "place" and word.text in PLACES and word.text not in shared_words
        )
        if places and not compatible(ours, places):
            text = f"the listed name's place is in {_listing(places)}, not {_listing(ours)}"
            found.append(_finding("country", False, text, ours, places, contradicts.place))
    if facts.birth_date and entry.birth_dates:
        found += _birth_date(facts.birth_date, entry, policy)
    if facts.entity_type and entry.entity_type:
        same = facts.entity_type == entry.entity_type
        text = f"both are {entry.entity_type}" if same else f"{facts.entity_type}, listed as {entry.entity_type}"
        factor = supports.entity_type if same else contradicts.entity_type
        found.append(_finding("entity_type", same, text, {facts.entity_type}, {entry.entity_type}, factor))
    return found


def _birth_date(ours: str, entry: ListEntry, policy: Policy) -> list[Finding]:
    for theirs in entry.birth_dates:
        if ours.startswith(theirs) or theirs.startswith(ours):
            text = f"birth date {theirs} agrees"
            return [_finding("birth_date", True, text, {ours}, {theirs}, policy.corroboration.birth_date)]
    apart = min(abs(int(ours[:4]) - int(theirs[:4])) for theirs in entry.birth_dates)
    if apart <= _YEARS_APART:
        return []
    theirs = ", ".join(entry.birth_dates)
    text = f"birth date {ours} is not {theirs}"
    return [_finding("birth_date", False, text, {ours}, {theirs}, policy.contradiction.birth_date)]


def _finding(
    kind: EvidenceKind,
    agrees: bool,
    text: str,
    ours: frozenset[str] | set[str],
    listed: frozenset[str] | set[str],
    factor: float,
) -> Finding:
    evidence = Evidence(
        kind=kind,
        effect="supports" if agrees else "contradicts",
        text=text,
        ours=", ".join(sorted(ours)),
        listed=", ".join(sorted(listed)),
    )
    return Finding(evidence, factor)


def _listing(codes: frozenset[str]) -> str:
    return ", ".join(sorted(codes)).upper()

"""From what agrees between a party and one entry to a score, an outcome and its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from rapidfuzz.distance import OSA

from streams.errors import ScreeningError
from streams.matching.addresses import AddressMatch, party_lines
from streams.matching.corroboration import Finding, PartyFacts, findings
from streams.matching.evidence import address_evidence, identifier_evidence, name_evidence, summarise
from streams.matching.identifiers import IdentifierMatch, party_keys
from streams.matching.lexicon import Kind
from streams.matching.match import Match
from streams.matching.names import ReadName, read_name
from streams.matching.policy import Policy, Score, Thresholds
from streams.matching.scoring import Agreement, Query
from streams.records.alert import Evidence
from streams.records.list_entry import ListedName, ListEntry
from streams.records.party import Identifier, Party

_ACRONYM = 3
"""Words of at most so many letters could be anyone's acronym."""
_SLIP_FROM = 6
"""In a shorter word another letter makes another word."""


class Asked(NamedTuple):
    """A party as it is asked for: names, addresses and identifiers read once, each with its field path."""

    party: Party
    facts: PartyFacts
    names: tuple[tuple[str, str, ReadName], ...]
    addresses: list[tuple[str, str]]
    identifiers: list[tuple[str, str, Identifier]]

    @classmethod
    def of(cls, party: Party, policy: Policy) -> Asked:
        """Read ``party``.

        :raises ScreeningError: no name has a readable word, and neither identifier nor address can be
            screened instead.
        """
        fields = [("name", party.name)]
        if party.native_name and policy.names.native_name:
            fields.append(("native_name", party.native_name))
        if policy.names.alt_names:
            fields += [(f"alt_names[{i}]", name) for i, name in enumerate(party.alt_names)]
        person = party.entity_type == "person"
        names = tuple([(field, text, read) for field, text in fields if (read := read_name(text, person)).words])
        addresses = party_lines(party) if party.addresses and policy.addresses.screen else []
        identifiers = party_keys(party) if party.identifiers and policy.identifiers.screen else []
        if not names and not addresses and not identifiers:
            raise ScreeningError(
                f"name: no readable word in {party.name[:80]!r}, nor an address or identifier to screen instead"
            )
        return cls(party, PartyFacts.of(party, [read for _, _, read in names]), names, addresses, identifiers)


class Named(NamedTuple):
    """The best agreement of one of the party's names with one of an entry's."""

    agreement: Agreement
    field: str
    value: str
    read: ReadName
    query: Query
    listed: ListedName
    listed_read: ReadName
    number: int


class Judgement(NamedTuple):
    """The score of one entry, and everything its evidence is made from."""

    entry: ListEntry
    score: float
    thresholds: Thresholds
    named: Named | None
    address: AddressMatch | None
    identifier: IdentifierMatch | None
    findings: Sequence[Finding]
    unproved: str
    asked_name: str

    @property
    def is_hit(self) -> bool:
        """Whether the score reaches the review threshold."""
        return self.score >= self.thresholds.review


def judge(
    asked: Asked,
    entry: ListEntry,
    named: Named | None,
    address: AddressMatch | None,
    identifier: IdentifierMatch | None,
    policy: Policy,
) -> Judgement:
    """Score ``entry`` for the party ``asked``.

    The best name's score is moved by corroboration and contradiction; an address or identifier that
    agrees gives a score of its own, and the higher of the two counts.
    """
    thresholds = policy.thresholds_for(entry.source, entry.entity_type, asked.party.role)
    facts = findings(asked.facts, entry, named.listed_read if named else None, policy)
    score, unproved = 0.0, ""
    if named is not None:
        facts += _others(named, "person" in (entry.entity_type, asked.party.entity_type), policy)
        score = named.agreement.score
        for finding in facts:
            if finding.evidence.effect == "supports":
                score = 1.0 - (1.0 - score) * (1.0 - finding.factor)
            else:
                score *= finding.factor
        if address is not None:
            score = 1.0 - (1.0 - score) * (1.0 - policy.corroboration.address)
        if address is None and identifier is None:
            unproved = _unproved(named, entry.entity_type, facts, policy)
            if unproved:
                score = min(score, policy.names.unproved)
    if address is not None:
        score = max(score, policy.addresses.score)
    if identifier is not None:
        score = max(score, policy.identifiers.score)
    return Judgement(entry, score, thresholds, named, address, identifier, facts, unproved, asked.party.name)


def _others(named: Named, person: bool, policy: Policy) -> list[Finding]:
    """What both names have left over of one kind: another place, another number, another person's name."""
    aligned = named.agreement.aligned
    ours = {i for pair in aligned for i in pair.ours}
    listed = {j for pair in aligned for j in pair.listed}
    ours_left = [word for i, word in enumerate(named.read.words) if i not in ours]
    listed_left = [word for j, word in enumerate(named.listed_read.words) if j not in listed]
    found = []
    kinds: list[tuple[Kind, float]] = [
        ("place", policy.contradiction.other_place),
        ("number", policy.contradiction.other_number),
    ]
    if person:
        kinds.append(("name", policy.contradiction.other_name))
    for kind, factor in kinds:
        one = ", ".join(word.text for word in ours_left if word.kind == kind)
        other = ", ".join(word.text for word in listed_left if word.kind == kind)
        if one and other:
            text = f"{kind} '{one}' is not '{other}'"
            evidence = Evidence(kind="name", effect="contradicts", text=text, ours=one, listed=other)
            found.append(Finding(evidence, factor))
    return found


def _unproved(named: Named, entity_type: str | None, facts: Sequence[Finding], policy: Policy) -> str:
    """Why the name alone proves too little, or empty."""
    proved = {finding.evidence.kind for finding in facts if finding.evidence.effect == "supports"}
    if named.listed.strength == "weak":
        if policy.names.weak_aliases == "never":
            return "weak alias, which the policy never counts"
        if policy.names.weak_aliases == "corroborated" and "birth_date" not in proved:
            return "weak alias without corroboration"
    craft = "entity_type" in proved and entity_type in ("vessel", "aircraft")
    if not craft and "birth_date" not in proved and _tells_too_little(named, policy.score):
        return "too little of a name to stand alone"
    return ""


def _tells_too_little(named: Named, rules: Score) -> bool:
    """Whether what agrees is too little to stand alone.

    More is needed when a name is left over on either side; and when anything but legal forms is left over, if no
    name agrees or one is only roughly alike.
    """
    query, aligned = named.query, named.agreement.aligned
    information, names, sure = named.agreement.agreeing, 0, True
    for pair in aligned:
        word = query.words[pair.ours[0]]
        kind, text = word.word.kind, word.word.text
        if kind in ("name", "common"):
            names += 1
            listed = "".join([named.listed_read.words[j].text for j in pair.listed])
            sure = sure and (pair.similarity == 1.0 or _slip(text, listed))
            if len(text) <= _ACRONYM:
                information -= max(word.weight - rules.acronym, 0.0) * pair.similarity
    kinds = _kinds_left_over(named)
    if kinds & {"name", "common", "everyday"} or not sure:
        return information < rules.partial_information
    if kinds and (not names or any(pair.similarity < 1.0 for pair in aligned)):
        return information < rules.partial_information
    return information < rules.information


def _slip(ours: str, listed: str) -> bool:
    """Whether two words differ by one slip in a word long enough for it to be one."""
    return max(len(ours), len(listed)) >= _SLIP_FROM and OSA.distance(ours, listed) <= 1


def _kinds_left_over(named: Named) -> set[Kind]:
    """The kinds of the words that only one of the two names has, but for those that say nothing."""
    aligned = named.agreement.aligned
    ours = {i for pair in aligned for i in pair.ours}
    listed = {j for pair in aligned for j in pair.listed}
    kinds: set[Kind] = {word.kind for i, word in enumerate(named.read.words) if i not in ours}
    kinds |= {word.kind for j, word in enumerate(named.listed_read.words) if j not in listed}
    return kinds - {"legal", "empty", "particle", "initial"}


def explain(judged: Judgement, weights: Sequence[float]) -> Match:
    """The match, with its evidence; ``weights`` are those of the listed name's words."""
    entry, named = judged.entry, judged.named
    evidence: list[Evidence] = []
    if judged.identifier is not None:
        evidence.append(identifier_evidence(judged.identifier))
    if judged.address is not None:
        evidence.append(address_evidence(judged.address))
    if named is not None:
        listed = named.listed_read
        evidence += name_evidence(named.read, named.query, listed, weights, named.agreement)
    evidence += [finding.evidence for finding in judged.findings]
    if judged.unproved:
        evidence.append(Evidence(kind="alias", effect="contradicts", text=judged.unproved))
    thresholds, score = judged.thresholds, judged.score
    outcome: Literal["review", "hold"] | None = None
    if judged.is_hit:
        outcome = "hold" if score >= thresholds.hold else "review"
    field, value, listed_name = _where(judged)
    return Match(
        entry=entry,
        listed_name=listed_name,
        field=field,
        value=value,
        score=score,
        threshold=thresholds.hold if outcome == "hold" else thresholds.review,
        outcome=outcome,
        evidence=tuple(evidence),
        summary=summarise(evidence),
    )


def _where(judged: Judgement) -> tuple[str, str, str]:
    """Field, value and listed name of what matched best."""
    named, primary = judged.named, judged.entry.names[0].name
    strong = named is not None and named.agreement.score >= judged.thresholds.review and not judged.unproved
    if judged.identifier is not None and not strong:
        return judged.identifier.field, judged.identifier.ours.value, primary
    if judged.address is not None and not strong:
        return judged.address.field, judged.address.ours, primary
    if named is None:
        return "name", judged.asked_name, primary
    return named.field, named.value, named.listed.name

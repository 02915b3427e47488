"""From what agrees between a party and one entry to a score, an outcome and its reasons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from rapidfuzz.distance import OSA

from streams.matching.addresses import AddressMatch
from streams.matching.asking import Asked, AskedName
from streams.matching.corroboration import Finding, findings
from streams.matching.evidence import address_evidence, identifier_evidence, name_evidence, summarise
from streams.matching.identifiers import IdentifierMatch
from streams.matching.lexicon import Kind
from streams.matching.match import Match
from streams.matching.names import ReadName
from streams.matching.pinyin import is_pinyin
from streams.matching.policy import Policy, Score, Thresholds
from streams.matching.rough import is_sure, spelling
from streams.matching.scoring import Agreement
from streams.matching.spelling import sound_of
from streams.matching.words import Word
from streams.records.alert import Evidence, EvidenceKind
from streams.records.list_entry import ListedName, ListEntry

_ACRONYM = 3
"""Words of at most so many letters could be anyone's acronym."""
_SAY_NOTHING: tuple[Kind, ...] = ("legal", "empty", "particle", "roman")
_NAMES: tuple[Kind, ...] = ("name", "common", "everyday")
_COUNT: tuple[Kind, ...] = ("number", "roman")
_NUMERALS = ("i", "v", "x")
_ROMANISED = str.maketrans("zj", "si")
_patronymic = re.compile("[oe](?:vich|vych|vitch|witsch|vna|wna)$")
_CONSONANTS = 5
_CONSONANTS_OUT_OF_ORDER = 7
"""A name in a rough script, nothing of which is exactly alike, tells too little with fewer consonants; it needs more
where given and family name are the other way round, as no script does that."""
_SLIP_FROM = 6
"""In a shorter word another letter makes another word."""


class Named(NamedTuple):
    """The best agreement of one of the party's names with one of an entry's."""

    agreement: Agreement
    asked: AskedName
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
    named: Sequence[Named],
    address: AddressMatch | None,
    identifier: IdentifierMatch | None,
    policy: Policy,
) -> Judgement:
    """Score ``entry`` for the party ``asked``, by that of the names in ``named`` which speaks for it most.

    The name's score is moved by corroboration and contradiction; an address or identifier that
    agrees gives a score of its own, and the higher of the two counts.
    """
    if len(named) < 2:
        return _judge(asked, entry, named[0] if named else None, address, identifier, policy)
    judged = [_judge(asked, entry, name, address, identifier, policy) for name in named]
    return max(judged, key=lambda each: each.score)


def _judge(
    asked: Asked,
    entry: ListEntry,
    named: Named | None,
    address: AddressMatch | None,
    identifier: IdentifierMatch | None,
    policy: Policy,
) -> Judgement:
    thresholds = policy.thresholds_for(entry.source, entry.entity_type, asked.party.role)
    asked_name, listed_name = (named.asked.read, named.listed_read) if named else (None, None)
    facts = findings(asked.facts, entry, asked_name, listed_name, policy)
    score, unproved = 0.0, ""
    if named is not None:
        facts += _others(named, entry.entity_type, policy)
        score = named.agreement.score
        in_reach = score >= policy.corroboration.reach
        for finding in facts:
            if finding.evidence.effect == "contradicts":
                score *= finding.factor
            elif in_reach:
                score = 1.0 - (1.0 - score) * (1.0 - finding.factor)
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


def _others(named: Named, entity_type: str | None, policy: Policy) -> list[Finding]:
    """What both names have left over of one kind: another place, number or name; or a number only one has.

    A single letter may be a Roman numeral, but in a person's name it is an initial.
    """
    ours_left, listed_left = _left_over(named)
    rules = policy.contradiction
    found = []
    kinds: tuple[tuple[str, tuple[Kind, ...], float], ...] = (
        ("place", ("place",), rules.other_place),
        ("number", ("number",), rules.other_number),
        ("name", ("name", "common"), rules.other_name),
    )
    for what, those, factor in kinds:
        one = ", ".join(word.text for word in ours_left if word.kind in those)
        other = ", ".join(word.text for word in listed_left if word.kind in those)
        if one and other:
            found.append(_another(f"{what} '{one}' is not '{other}'", one, other, factor))
    if entity_type not in ("vessel", "aircraft"):
        numerals = () if entity_type == "person" else _NUMERALS
        one = ", ".join(word.text for word in ours_left if word.kind in _COUNT or word.text in numerals)
        other = ", ".join(word.text for word in listed_left if word.kind in _COUNT or word.text in numerals)
        if bool(one) != bool(other):
            found.append(_another(f"only one name has the number '{one or other}'", one, other, rules.one_number))
    return found


def _another(text: str, ours: str, listed: str, factor: float) -> Finding:
    return Finding(Evidence(kind="name", effect="contradicts", text=text, ours=ours, listed=listed), factor)


def _unproved(named: Named, entity_type: str | None, facts: Sequence[Finding], policy: Policy) -> str:
    """Why the name alone proves too little, or empty."""
    proved = {finding.evidence.kind for finding in facts if finding.evidence.effect == "supports"}
    if named.listed.strength == "weak":
        if policy.names.weak_aliases == "never":
            return "weak alias, which the policy never counts"
        whole = entity_type != "person" and "country" in proved and _is_whole(named)
        if policy.names.weak_aliases == "corroborated" and "birth_date" not in proved and not whole:
            return "weak alias without corroboration"
    craft = "entity_type" in proved and entity_type in ("vessel", "aircraft")
    if (
        not craft
        and "birth_date" not in proved
        and _tells_too_little(named, entity_type == "organization", proved, policy.score)
    ):
        return "too little of a name to stand alone"
    return ""


def _is_whole(named: Named) -> bool:
    """Whether both names agree letter by letter, but for what says nothing."""
    left = [word for words in _left_over(named) for word in words if word.kind not in _SAY_NOTHING]
    return not left and all(pair.similarity == 1.0 for pair in named.agreement.aligned)


def _tells_too_little(named: Named, organization: bool, proved: set[EvidenceKind], rules: Score) -> bool:
    """Whether what agrees is too little to stand alone, but for what is ``proved``.

    More is needed when a name is left over on either side, or one is only roughly alike; and common words
    alone, or a single acronym, are only enough when nothing is left over. Up to three letters left over do not
    count as a name of an organization. A country or entity type that agrees makes up for some of it. Where a patronymic
    alone is left over, which is mostly left out abroad, another romanisation of the other names asks for no more.
    """
    names = _agreeing_names(named)
    if names is None:
        return True
    information, country = named.agreement.agreeing, "country" in proved
    known = names.weight
    if names.acronym:
        information -= max(known - rules.acronym, 0.0)
        known = min(known, rules.acronym)
    common_words = max(information - known, 0.0)
    ours_left, listed_left = _left_over(named)
    left = [word for word in (*ours_left, *listed_left) if word.kind not in _SAY_NOTHING]
    any_alike = any(pair.similarity < 1.0 for pair in named.agreement.aligned)
    if any(word.kind in _NAMES and (len(word.text) > _ACRONYM or not organization) for word in left):
        needed = rules.alike_information if country else rules.partial_information
        if any_alike and not (names.same_sound and all(_patronymic.search(word.text) for word in left)):
            needed = rules.alike_partial_information + (0.0 if names.sound_sure else rules.doubt)
        if not (country or "entity_type" in proved) and sum([word.kind in _NAMES for word in left]) > 1:
            needed += rules.doubt
        return information < needed
    if names.only_alike:
        return known + common_words / 2 < rules.only_alike_information
    if not names.sure or (left and any_alike):
        return known + common_words / 2 < rules.alike_information
    return known < rules.name_information if left else information < rules.information


class _AgreeingNames(NamedTuple):
    """What the names that agree tell: their ``weight``; whether they are one ``acronym``; whether each is the same or
    one slip from it (``sure``), or sounds so (``sound_sure``), or is the same in another romanisation (``same_sound``);
    and whether all of several are ``only_alike``."""

    weight: float
    acronym: bool
    sure: bool
    sound_sure: bool
    same_sound: bool
    only_alike: bool


def _agreeing_names(named: Named) -> _AgreeingNames | None:
    """What the names that agree tell; None when one is too unlike, or all are too rough, to tell anything."""
    words, weight, count, alike, consonants, text = named.asked.query.words, 0.0, 0, 0, 0, ""
    sure = sound_sure = same_sound = True
    for pair in named.agreement.aligned:
        word = words[pair.ours[0]].word
        if word.kind not in _NAMES:
            continue
        text = "".join([words[i].word.text for i in pair.ours])
        listed = "".join([named.listed_read.words[j].text for j in pair.listed])
        weight += min(sum(words[i].weight for i in pair.ours), len(pair.listed)) * pair.similarity
        count += 1
        if pair.similarity == 1.0:
            continue
        alike += 1
        if word.script:
            if not is_sure(text, word.script, pair.similarity):
                return None
            consonants += len(spelling(text, word.script).classes)
            same_sound = False
        elif is_pinyin(text, 1) and is_pinyin(listed, 1):
            return None  # one syllable of Chinese is not another
        else:
            slip = _slip(text, listed) and not _other_sex(text, listed)
            sure = sure and slip
            same_sound = same_sound and _romanised(text) == _romanised(listed)
            sound_sure = sound_sure and (slip or sound_of(text) == sound_of(listed))
    asked = _CONSONANTS if _in_order(named) else _CONSONANTS_OUT_OF_ORDER
    if len(words) > 1 and alike == count and 0 < consonants < asked:
        return None
    acronym = count == 1 and len(text) <= _ACRONYM
    return _AgreeingNames(weight, acronym, sure, sound_sure, same_sound, alike == count > 1 and not consonants)


def _romanised(text: str) -> str:
    """What the romanisations of one Cyrillic word have in common: z is s in German, and j is i."""
    return sound_of(text).translate(_ROMANISED).replace("ii", "i").removeprefix("i")


def _in_order(named: Named) -> bool:
    """Whether the words agree in their order; a listed name with a comma begins with the family name."""
    pairs = sorted(named.agreement.aligned)
    listed = [pair.listed[0] for pair in pairs]
    if "," in named.listed.name:
        listed = listed[-1:] + listed[:-1]
    return listed == sorted(listed)


def _other_sex(ours: str, listed: str) -> bool:
    """Whether two given names are of one stem for a woman and for a man: Maria and Mario, Antonia and Antonio."""
    return ours[:-1] == listed[:-1] and {ours[-1], listed[-1]} == {"a", "o"}


def _slip(ours: str, listed: str) -> bool:
    """Whether two words differ by one slip, in a word long enough for it to be one; other pinyin is another name."""
    long = max(len(ours), len(listed)) >= _SLIP_FROM and not (is_pinyin(ours) and is_pinyin(listed))
    return ours == listed or (long and OSA.distance(ours, listed) <= 1)


def _left_over(named: Named) -> tuple[list[Word], list[Word]]:
    """The words that only the party's name has, and those that only the listed one has."""
    aligned = named.agreement.aligned
    ours = {i for pair in aligned for i in pair.ours}
    listed = {j for pair in aligned for j in pair.listed}
    return (
        [word for i, word in enumerate(named.asked.read.words) if i not in ours],
        [word for j, word in enumerate(named.listed_read.words) if j not in listed],
    )


def explain(judged: Judgement, weights: Sequence[float]) -> Match:
    """The match, with its evidence; ``weights`` are those of the listed name's words."""
    entry, named = judged.entry, judged.named
    evidence: list[Evidence] = []
    if judged.identifier is not None:
        evidence.append(identifier_evidence(judged.identifier))
    if judged.address is not None:
        evidence.append(address_evidence(judged.address))
    if named is not None:
        asked, listed = named.asked, named.listed_read
        evidence += name_evidence(asked.read, asked.query, listed, weights, named.agreement)
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
    return named.asked.field, named.asked.value, named.listed.name

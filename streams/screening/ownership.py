"""What the listed owners of a party hold together, and what the policy's rules make of it. Pure.

A holding passes on whole through an owner that is itself owned the rule's percentage or more by listed parties
together, and not at all through any other (OFAC FAQ 401). Shares are never multiplied along a chain: half of a half
that is blocked is a holding of 50%, half of a quarter is none. Only what starts at a listed owner counts, so a cycle
gives nothing to itself, and the party's own holdings in its owners do not count. Each declared line is a holding of
its own, but what several sources tell of one holding is counted once, the largest. Shares that add up past 100% are
counted as told, and the evidence says so. Control without a share, and relations
that a list states, count in no sum: they are a review.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from streams.matching import Match
from streams.matching.ownership_rules import OwnershipRule
from streams.records.alert import Effect, Evidence
from streams.records.party import Party

PARTY: Final = ""
"""The party itself among the labels of its owners."""

_ALL: Final = Decimal(100)
_MOST_CHAINS: Final = 10
"""An alert shows no more chains of a rule than this, its own first: the sum tells of all."""

HoldingKind = Literal["share", "control", "relation"]
Verdict = Literal["reached", "unsure", "unknown", "below", "not in force"]


@dataclass(frozen=True, slots=True)
class Holding:
    """``owner`` owns ``percent`` (None when unknown) of ``owned``, which is empty for the party; ``source`` told so.

    ``teller`` is the ownership source, empty when the event declares it; of a relation, the list that states it, and
    ``source`` is what the list calls it. It counts from ``start`` (inclusive) to
    ``end`` (exclusive).
    """

    owner: str
    owned: str
    percent: Decimal | None
    source: str
    teller: str = ""
    kind: HoldingKind = "share"
    start: date | None = None
    end: date | None = None

    def counts(self, day: date) -> bool:
        """Whether it counts on that day."""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


def holdings_of(party: Party) -> tuple[Holding, ...]:
    """The holdings that a party declares; a line about nobody who is an owner is of an unknown part of the party."""
    names = {owner.name for owner in party.owners}
    found = []
    for number, owner in enumerate(party.owners):
        percent = None if owner.percent is None else Decimal(str(owner.percent))
        owned = PARTY if owner.of == party.name else owner.of
        if owned not in names and owned != PARTY:
            owned, percent = PARTY, None
        if owner.name != party.name:
            found.append(Holding(owner.name, owned, percent, f"owners[{number}]"))
    return tuple(found)


def covered(
    holdings: Sequence[Holding], listed: Collection[str], percent: Decimal, unknown: Decimal
) -> tuple[frozenset[str], Decimal]:
    """The listed owners and all whom such owners own to ``percent`` together; and the sum held of the party.

    An unknown share counts as ``unknown``.
    """
    held: dict[str, Decimal] = {}
    found = set(listed)
    waiting = deque(sorted(listed))
    of_owner = _by_owner(_shares(holdings))
    while waiting:
        for holding in of_owner.get(waiting.popleft(), ()):
            share = unknown if holding.percent is None else holding.percent
            total = held[holding.owned] = held.get(holding.owned, Decimal(0)) + share
            if total >= percent and holding.owned not in found:
                found.add(holding.owned)
                waiting.append(holding.owned)
    return frozenset(found), held.get(PARTY, Decimal(0))


def on_day(holdings: Iterable[Holding], day: date) -> tuple[Holding, ...]:
    """The holdings that count on a day; of what several tell of one holding, what gives the largest share.

    A share that somebody tells counts more than one that others leave open.
    """
    by_pair: dict[tuple[str, str, HoldingKind], dict[str, list[Holding]]] = {}
    for each in holdings:
        if each.counts(day):
            by_pair.setdefault((each.owner, each.owned, each.kind), {}).setdefault(each.teller, []).append(each)
    found: list[Holding] = []
    for tellers in by_pair.values():
        lines = max(tellers.values(), key=_told)
        found += lines
    return tuple(found)


def _told(lines: Sequence[Holding]) -> Decimal:
    return sum([each.percent for each in lines if each.percent is not None], Decimal(0))


def judged(
    labels: Mapping[str, str],
    holdings: Sequence[Holding],
    matches: Sequence[Match],
    day: date,
    recorded_on: date,
    rules: Sequence[OwnershipRule],
) -> list[Match]:
    """The matches of a party and its owners, each owner's as the rules see it; of two with one entry, the stronger.

    ``labels`` are those of the owners by the path of their fields. ``matches`` are with entries in force on ``day``, or
    reviews. A match of an owner stays a hold where a rule for its list is reached, and where no rule is about its list;
    it is a review where the owner only controls, or holds nothing on ``day`` but does on the day the event was recorded
    on; and none where it holds nothing on either.
    """
    best: dict[tuple[str, str], Match] = {}
    findings: list[_Finding] | None = None
    for match in matches:
        owner = labels.get(match.field.partition(".")[0])
        seen: Match | None = match
        if owner is not None:
            if findings is None:
                counting = on_day(holdings, day)
                findings = [_finding(rule, counting, _listed(labels, matches, rule), day) for rule in rules]
            of_list = [found for found in findings if found.rule.concerns(match.entry)]
            seen = _of_owner(match, owner, of_list, counting, holdings, (day, recorded_on))
        if seen is None:
            continue
        known = best.get(match.entry.key)
        if known is None or _strength(seen) > _strength(known):
            best[match.entry.key] = seen
    return list(best.values())


def _of_owner(
    match: Match,
    owner: str,
    findings: Sequence[_Finding],
    counting: Sequence[Holding],
    holdings: Sequence[Holding],
    days: tuple[date, date],
) -> Match | None:
    """An owner's match as the rules and the holdings see it; None where it holds nothing."""
    path = _path(owner, _by_owner(counting), None)
    if not path and not match.field.startswith("owners["):
        day, recorded_on = days
        path = _path(owner, _by_owner(on_day(holdings, recorded_on)), None)
        if not path:
            return None
        text = f"not on {day}, the day of the event, but on {recorded_on}: "
        return _added(match, [_chain(owner, match, path, "contradicts", text)], "review")
    ruled = _ruled(match, owner, findings)
    if path and not _path(owner, _by_owner(_shares(counting)), None):
        what = "control without a share" if path[0].kind != "relation" else "a relation that the list states"
        return _added(
            ruled, [_chain(owner, match, path, "contradicts", f"{what}, for a person to look at: ")], "review"
        )
    if path and not findings:
        return _added(ruled, [_chain(owner, match, path, "supports")], ruled.outcome)
    return ruled


def _added(match: Match, evidence: Sequence[Evidence], outcome: Literal["review", "hold"] | None) -> Match:
    summary = "; ".join([match.summary, *[each.text for each in evidence]])
    return replace(match, outcome=outcome, evidence=(*match.evidence, *evidence), summary=summary)


def _shares(holdings: Iterable[Holding]) -> list[Holding]:
    return [each for each in holdings if each.kind == "share"]


@dataclass(frozen=True, slots=True)
class _Finding:
    """What a rule says of a party: a sentence with the sum, and the chain of each listed owner by name."""

    rule: OwnershipRule
    holds: bool
    said: Evidence
    chains: Mapping[str, Evidence]


def _by_owner(holdings: Iterable[Holding]) -> dict[str, list[Holding]]:
    found: dict[str, list[Holding]] = {}
    for holding in holdings:
        found.setdefault(holding.owner, []).append(holding)
    return found


def _strength(match: Match) -> tuple[bool, float]:
    return (match.outcome == "hold", match.score)


def _ruled(match: Match, owner: str, findings: Sequence[_Finding]) -> Match:
    """An owner's match with the evidence of each rule that is about its list."""
    if not findings:
        return match
    lines: dict[str, Evidence] = {}  # a chain that counts under several rules is told once, by one that holds
    for found in sorted(findings, key=lambda each: not each.holds):
        others = [name for name in found.chains if name != owner]
        shown = [name for name in (owner, *others) if name in found.chains][:_MOST_CHAINS]
        for line in (*(found.chains[name] for name in shown), found.said):
            lines.setdefault(line.text, line)
    return replace(
        match,
        outcome=match.outcome if any(found.holds for found in findings) else "review",
        evidence=(*match.evidence, *lines.values()),
        summary="; ".join([match.summary, *(found.said.text for found in findings)]),
    )


def _listed(labels: Mapping[str, str], matches: Sequence[Match], rule: OwnershipRule) -> dict[str, Match]:
    """The owners that a rule counts as listed, by name, with the best match of each."""
    found: dict[str, Match] = {}
    for match in matches:
        owner = labels.get(match.field.partition(".")[0])
        if owner is not None and rule.concerns(match.entry):
            known = found.get(owner)
            if known is None or _strength(match) > _strength(known):
                found[owner] = match
    return found


def _finding(rule: OwnershipRule, holdings: Sequence[Holding], listed: Mapping[str, Match], day: date) -> _Finding:
    """What a rule says of the holdings, with the chain of each listed owner and the sum."""
    percent = Decimal(str(rule.percent))
    those, total = covered(holdings, listed, percent, Decimal(0))
    sure = [name for name, match in listed.items() if match.outcome == "hold"]
    verdict: Verdict = "below"
    if not rule.holds(day):
        verdict = "not in force"
    elif covered(holdings, sure, percent, Decimal(0))[1] >= percent:
        verdict = "reached"
    elif total >= percent:
        verdict = "unsure"
    elif covered(holdings, listed, percent, _ALL)[1] >= percent:
        verdict = "unknown"
    of_party = [each for each in _shares(holdings) if each.owned == PARTY and each.percent is not None]
    parts = " + ".join([_percent(each.percent) for each in of_party if each.owner in those])
    counted = f"listed owners hold {parts} = {_percent(total)} of the party" if parts else "no holding counts"
    text = f"{rule.name} ({rule.citation}): {counted}; {_said(verdict, rule, day)}"
    told = sum([each.percent for each in of_party if each.percent is not None], Decimal(0))
    if told > _ALL:
        text += f"; the shares told add up to {_percent(told)}"
    holds = verdict == "reached" or (verdict == "unknown" and rule.unknown == "hold")
    effect: Effect = "supports" if holds else "contradicts"
    of_owner = _by_owner(holdings)
    chains = {}
    for owner, match in sorted(listed.items()):
        # Through owners that count; where none leads to the party, through any.
        path = _path(owner, of_owner, those) or _path(owner, of_owner, None)
        if path:
            chains[owner] = _chain(owner, match, path, effect)
    return _Finding(rule, holds, Evidence(kind="ownership", effect=effect, text=text), chains)


def _said(verdict: Verdict, rule: OwnershipRule, day: date) -> str:
    limit = f"{rule.percent:g}%"
    return {
        "reached": f"{limit} is reached",
        "unsure": f"{limit} is reached only if all these owners are the listed ones",
        "unknown": f"shares that nobody told could make up {limit}",
        "below": f"{limit} is not reached",
        "not in force": f"the rule is not in force on {day}",
    }[verdict]


def _chain(owner: str, match: Match, path: Sequence[Holding], effect: Effect, why: str = "") -> Evidence:
    """How a listed owner's holding reaches the party, each link with its share and source."""
    links = ", ".join(f"{each.owner} {_does(each)} {each.owned or 'the party'} ({each.source})" for each in path)
    text = f"{why}{links}; {owner} may be {match.listed_name} ({match.entry.source} {match.entry.entry_id})"
    return Evidence(kind="ownership", effect=effect, text=text, ours=owner, listed=match.listed_name)


def _does(holding: Holding) -> str:
    if holding.kind == "share":
        return f"owns {_percent(holding.percent)} of"
    return "controls" if holding.kind == "control" else "is listed with a mention of"


def _path(owner: str, of_owner: Mapping[str, Sequence[Holding]], through: Collection[str] | None) -> list[Holding]:
    """The shortest chain from an owner to the party, through the owners given; empty when there is none."""
    came: dict[str, Holding] = {}
    waiting = deque([owner])
    while waiting and PARTY not in came:
        for each in of_owner.get(waiting.popleft(), ()):
            if each.owned in came or each.owned == owner:
                continue
            if through is None or each.owned in through or each.owned == PARTY:
                came[each.owned] = each
                waiting.append(each.owned)
    path: list[Holding] = []
    last = came.get(PARTY)
    while last is not None:
        path.append(last)
        last = came.get(last.owner)
    return path[::-1]


def _percent(share: Decimal | None) -> str:
    return "an unknown share" if share is None else f"{share.normalize():f}%"

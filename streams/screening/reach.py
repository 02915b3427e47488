"""Does the entry reach this order? Which items of an event a listed party's license requirement covers, and why. Pure.

It depends on the event, so it is judged for each event with a hit, and never remembered with a party.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from streams.lists.license_requirement import (
    EAR99,
    FOOTNOTES,
    FOREIGN_PRODUCED,
    LicenseRequirement,
    goods_code,
    item_code,
    read_requirement,
)
from streams.matching import Match
from streams.matching.places import country_code
from streams.matching.reach_rules import ReachRules
from streams.records.alert import Evidence
from streams.records.list_entry import ListEntry
from streams.records.transaction import Item

_MOST_NAMED = 10
"""Of more items than this that are covered for one reason, the rest is counted."""


def reached(match: Match, items: Sequence[Item], departed: date | None, latest: date, rules: ReachRules) -> Match:
    """The match with what its license requirement covers as evidence; at most ``not_covered`` where that is nothing.

    ``departed`` is the day the goods left, ``latest`` the last day the event and its record tell of. An entry without
    a license requirement is left as it is.
    """
    if not match.entry.license_requirement:
        return match
    requirement = read_requirement(match.entry.license_requirement)
    evidence, covered = _items(requirement, items)
    evidence += [_footnote(number, items) for number in requirement.footnotes]
    evidence += [Evidence(kind="reach", effect="ignored", text=f"to check: {text}") for text in requirement.conditions]
    text = "" if covered else "the license requirement covers none of the items"
    if departed is not None and (saved := _savings(match.entry, departed, latest, rules)) is not None:
        evidence.append(saved)
        if saved.effect == "contradicts":
            text = text or saved.text
    found = replace(match, evidence=(*match.evidence, *evidence))
    if not text:
        return found
    outcome = match.outcome if rules.not_covered == "hold" else "review"
    return replace(found, outcome=outcome, summary=f"{match.summary}; {text}")


def _items(requirement: LicenseRequirement, items: Sequence[Item]) -> tuple[list[Evidence], bool]:
    """A line for each reason why items are covered or not, and whether any is."""
    if not items:
        return [_line(True, "the event names no items: all count as covered by the license requirement")], True
    reasons: dict[tuple[bool, str], list[int]] = {}
    for position, item in enumerate(items):
        code, goods = item_code(item.eccn), goods_code(item.hs_code)
        covered = requirement.covers(code, goods)
        why = (
            _why_goods(covered, item.hs_code, goods)
            if requirement.excepted_goods
            else _why(requirement, item.eccn, code)
        )
        reasons.setdefault((covered, why), []).append(position)
    lines = [
        _line(covered, f"{_named(positions)}: {'covered' if covered else 'not covered'}, {why}")
        for (covered, why), positions in reasons.items()
    ]
    return lines, any(covered for covered, _ in reasons)


def _why(requirement: LicenseRequirement, eccn: str, code: str) -> str:
    if requirement.unread:
        return "as the license requirement is not understood whole, and counts as covering everything"
    if not (requirement.only or requirement.excepted):
        return "as the license requirement is for all items subject to the EAR"
    if not code:
        return f"as {eccn!r} is no ECCN" if eccn else "as no ECCN is given"
    if requirement.only:
        return f"as {code} is {'among' if requirement.covers(code) else 'not among'} the items it is for"
    named = "EAR99" if requirement.excepted == (EAR99,) else ", ".join(requirement.excepted)
    return f"as the license requirement is for all items but {named}, and this is {code}"


def _why_goods(covered: bool, hs_code: str, goods: str) -> str:
    if not goods:
        return f"as {hs_code!r} is no HS code" if hs_code else "as no HS code is given"
    if covered:
        return f"as the license requirement does not except the HS code {goods}"
    return f"as the license requirement excepts certain goods of the HS code, {goods}"


def _named(positions: Sequence[int]) -> str:
    named = ", ".join(f"items[{position}]" for position in positions[:_MOST_NAMED])
    more = len(positions) - _MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named


def _footnote(number: int, items: Sequence[Item]) -> Evidence:
    """What a footnote says and, where it is about items made abroad, which items are."""
    text = f"footnote {number}: {FOOTNOTES[number]}"
    origins = [country_code(item.origin) for item in items] if number in FOREIGN_PRODUCED else []
    if abroad := [position for position, origin in enumerate(origins) if origin not in ("", "us")]:
        countries = sorted({origins[position].upper() for position in abroad})
        text = f"{text}: {_named(abroad)} of origin {', '.join(countries)}"
    return Evidence(kind="reach", effect="ignored", text=text)


def _savings(entry: ListEntry, departed: date, latest: date, rules: ReachRules) -> Evidence | None:
    """What is to say of goods that left before the entry came into force."""
    if entry.effective_from is None or departed >= entry.effective_from:
        return None
    left = f"the goods left on {departed}, before the entry took effect on {entry.effective_from}"
    for clause in rules.savings:
        if clause.saves(entry, departed, latest):
            until = f" until {clause.until}" if clause.until is not None else ""
            return _line(False, f"{left}: a savings clause lets them arrive{until} ({clause.citation})")
    return Evidence(kind="reach", effect="ignored", text=f"{left}; no savings clause of the policy covers that")


def _line(covered: bool, text: str) -> Evidence:
    return Evidence(kind="reach", effect="supports" if covered else "contradicts", text=text)

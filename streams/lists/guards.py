"""What speaks against a release before anybody relies on it. Pure.

A list file can be well-formed and still be wrong: on 2024-05-03 the publication that followed 14,965 OFAC
entries was an empty file. Each guard compares a release with the one before; what it says is for a person to read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from streams.records.list_entry import ListEntry

LOST_IDS = 0.5
"""A release in which more than this share of the last one's entry ids is gone numbers its entries anew."""

CLOCKS_DIFFER = timedelta(hours=1)
"""By how much one machine's clock may be ahead of another's, where the ages of lists are days."""

FEW = 3
"""A field that fewer entries than this had may vanish with them."""


def suspicions(
    before: Sequence[ListEntry], after: Sequence[ListEntry], last_count: int, max_shrinkage: float
) -> tuple[str, ...]:
    """Why a person has to look before ``after`` replaces ``before``; nothing when all is well.

    ``before`` are the entries of the last release, empty when there is none or it does not hold; ``last_count`` is
    how many it says it has, which is known even then. ``max_shrinkage`` is the share, 0 to 1, by which a list may
    shrink at once.
    """
    if not after:
        return ("it is empty",)
    found = fewer("entries", len(after), last_count, max_shrinkage)
    old_ids = {entry.entry_id for entry in before}
    gone = len(old_ids - {entry.entry_id for entry in after})
    if gone > LOST_IDS * len(old_ids):
        found.append(f"{gone:,} of the last release's {len(old_ids):,} entry ids are not in it")
    found += _lost_fields(before, after)
    return tuple(found)


def fewer(what: str, count: int, last_count: int, max_shrinkage: float) -> list[str]:
    """What is said when there are too few of the last release's entries, or of ``what`` else it has."""
    if count >= last_count * (1 - max_shrinkage):
        return []
    return [f"it has {count:,} {what}, {1 - count / last_count:.0%} fewer than the {last_count:,} of the last release"]


def lost(what: str, field: str, had: int) -> str:
    """What is said when a field is in no entry any more, or in none of ``what`` else a release has."""
    return f"no {what} has {field} any more; {had:,} of the last release had"


def ahead(published_at: datetime, now: datetime) -> list[str]:
    """What is said when the last release is misdated."""
    if not misdated(published_at, now):
        return []
    return [
        f"its last release is dated {published_at:%Y-%m-%d %H:%M} UTC, which is to come: this clock or that of the "
        "last publication is wrong"
    ]


def misdated(published_at: datetime, now: datetime) -> bool:
    """Whether a release says it was published so far in the future that a clock must be wrong."""
    return published_at > now + CLOCKS_DIFFER


def _lost_fields(before: Sequence[ListEntry], after: Sequence[ListEntry]) -> list[str]:
    found = []
    for field, content in _CONTENT.items():
        if any(map(content, after)):
            continue
        had = sum(map(bool, map(content, before)))
        if had >= FEW:
            found.append(lost("entry", field, had))
    return found


_CONTENT: Mapping[str, Callable[[ListEntry], object]] = {
    "aliases": lambda entry: entry.names[1:],
    **{
        field: attrgetter(field)
        for field in ListEntry.__struct_fields__
        if field not in ("source", "entry_id", "names")
    },
}

"""What matching answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from streams.records.alert import Evidence
from streams.records.list_entry import ListEntry


@dataclass(frozen=True, slots=True)
class Match:
    """One listed entry that a party may be.

    ``field`` is the path of the party's field that matched best (``name``, ``native_name``,
    ``alt_names[0]``, ``addresses[1]``, ``identifiers[0]``) and ``value`` its content; ``listed_name`` is
    what it matched. ``outcome`` is None when ``score`` is below the review threshold. ``threshold`` is
    the one that was crossed, or the review threshold.
    """

    entry: ListEntry
    listed_name: str
    field: str
    value: str
    score: float
    threshold: float
    outcome: Literal["review", "hold"] | None
    evidence: tuple[Evidence, ...]
    summary: str

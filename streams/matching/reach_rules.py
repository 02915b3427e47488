"""What the policy makes of an entry's license requirement: ``[reach]``. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import msgspec

from streams.errors import PolicyError
from streams.records.list_entry import ListEntry


class SavingsClause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Shipments under way when entries of a source came into force on a day may arrive ``until`` a day (exclusive).

    The model is the clause of BIS's Entity List rules for shipments "en route aboard a carrier" on the rule's day.
    """

    source: str
    effective_from: date
    citation: str
    until: date | None = None

    def saves(self, entry: ListEntry, departed: date, latest: date) -> bool:
        """Whether it lets a shipment that departed before that day go on, as of the ``latest`` day known."""
        concerns = entry.source == self.source and entry.effective_from == self.effective_from
        return concerns and departed < self.effective_from and (self.until is None or latest < self.until)


class ReachRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``not_covered`` is what a hit becomes at most whose license requirement covers no item of the event."""

    not_covered: Literal["review", "hold"]
    savings: tuple[SavingsClause, ...] = ()


def read_reach(table: Any, where: str) -> ReachRules:
    """The ``[reach]`` table of a policy.

    :raises PolicyError: a key is unknown, missing or of the wrong type, or a clause ends before it begins.
    """
    try:
        rules = msgspec.convert(table, ReachRules)
    except msgspec.ValidationError as error:
        raise PolicyError(f"{where}: reach: {error}") from None
    for number, clause in enumerate(rules.savings):
        if clause.until is not None and clause.until <= clause.effective_from:
            raise PolicyError(
                f"{where}: reach.savings[{number}].until: {clause.until} is not after {clause.effective_from}"
            )
    return rules

"""Rules by which who owns a party makes it restricted. Part of the policy; pure."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from streams.errors import PolicyError
from streams.matching.periods import DateRange
from streams.records.list_entry import ListEntry

_Words = Annotated[str, Meta(min_length=1)]


class OwnershipRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whoever is owned ``percent`` or more by parties of these lists together is restricted as they are.

    ``lists`` are sources, or programs of entries; of ``program_lists`` only entries under one of ``programs`` count.
    ``in_force`` says on which days; ``unknown`` is the outcome where shares that nobody told could make up the
    percentage.
    """

    name: _Words
    citation: _Words
    lists: Annotated[tuple[_Words, ...], Meta(min_length=1)]
    program_lists: tuple[_Words, ...] = ()
    programs: tuple[_Words, ...] = ()
    percent: Annotated[float, Meta(gt=0, le=100)]
    in_force: Annotated[tuple[DateRange, ...], Meta(min_length=1)]
    unknown: Literal["review", "hold"]

    def concerns(self, entry: ListEntry) -> bool:
        """Whether the entry is of one of the rule's lists."""
        named = {entry.source, *entry.programs}
        if not named.isdisjoint(self.lists):
            return True
        return not (named.isdisjoint(self.program_lists) or named.isdisjoint(self.programs))

    def holds(self, day: date) -> bool:
        """Whether the rule is in force on that day."""
        return any(days.holds(day) for days in self.in_force)


def read_ownership_rules(tables: Any, where: str) -> tuple[OwnershipRule, ...]:
    """The rules of a policy, from its ``[[ownership]]`` tables.

    :raises PolicyError: a key is unknown, missing or of the wrong type, a range of days is empty, or only one of
        ``program_lists`` and ``programs`` is there.
    """
    try:
        rules = msgspec.convert(tables, tuple[OwnershipRule, ...])
    except msgspec.ValidationError as error:
        raise PolicyError(f"{where}: ownership: {error}") from None
    for number, rule in enumerate(rules):
        if bool(rule.program_lists) != bool(rule.programs):
            raise PolicyError(f"{where}: ownership[{number}]: program_lists and programs go together; one is missing")
        for days in rule.in_force:
            if days.start and days.end and days.start >= days.end:
                raise PolicyError(
                    f"{where}: ownership[{number}].in_force: {days.start} to {days.end} is no range; 'to' is exclusive"
                )
    return rules

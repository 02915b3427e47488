"""Ranges of days in which listings count: a rule that lapses and returns. Pure, and judged at the event's time.

The model is the US affiliates rule: in force from 2025-09-29, suspended from 2025-11-10, due back on 2026-11-10.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import msgspec

from streams.errors import PolicyError
from streams.records.list_entry import ListEntry


class DateRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """From a day on (inclusive) to a day (exclusive); None is no bound."""

    start: date | None = None
    end: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the day is in the range."""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


class Period(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The listings of a source, of a program, or of a source's program count in these ranges alone."""

    in_force: tuple[DateRange, ...]
    source: str | None = None
    program: str | None = None

    def allows(self, entry: ListEntry, day: date) -> bool:
        """Whether this period lets the entry count on that day; one it is not about always counts."""
        concerns = self.source in (None, entry.source) and (self.program is None or self.program in entry.programs)
        return not concerns or any(days.holds(day) for days in self.in_force)


def read_periods(tables: Any, where: str) -> tuple[Period, ...]:
    """The periods of a policy, from its ``[[periods]]`` tables.

    :raises PolicyError: a key is unknown, missing or of the wrong type, a period is about nothing, or its ranges are
        empty, out of order or overlap.
    """
    try:
        periods = msgspec.convert(tables, tuple[Period, ...])
    except msgspec.ValidationError as error:
        raise PolicyError(f"{where}: periods: {error}") from None
    for number, period in enumerate(periods):
        here = f"{where}: periods[{number}]"
        if period.source is None and period.program is None:
            raise PolicyError(f"{here}: names no source or program")
        if not period.in_force:
            raise PolicyError(f"{here}.in_force: has no range; leave the period out, or the list unpublished")
        for days in period.in_force:
            if days.start and days.end and days.start >= days.end:
                raise PolicyError(f"{here}.in_force: {days.start} to {days.end} is no range; 'to' is exclusive")
        for earlier, later in pairwise(period.in_force):
            if earlier.end is None or later.start is None or later.start < earlier.end:
                raise PolicyError(f"{here}.in_force: the ranges must follow one another without overlap")
    return periods

"""Shares, days and identifiers as ownership files write them."""

from __future__ import annotations

from datetime import date

from streams.errors import ListFormatError
from streams.records.party import Identifier

LONGEST_ID, LONGEST_TYPE, MOST_IDENTIFIERS = 512, 128, 100
"""What an edge can hold, by its schema (:mod:`streams.records.ownership`)."""


def percent_of(text: str, place: str) -> float | None:
    """A share in percent, such as ``30``, ``30.5`` or ``30%``; None when the cell is empty.

    Raises ListFormatError naming the place when it is no number from 0 to 100.
    """
    text = text.strip().removesuffix("%").strip()
    if not text:
        return None
    try:
        percent = float(text)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise ListFormatError(f"{place}: the share is {text[:40]!r}; expected a number from 0 to 100, such as 30.5")
    return percent


def day_of(text: str, column: str, place: str) -> date | None:
    """A day, of which a time of day and an offset are left out; None when the cell is empty.

    Raises ListFormatError naming the place when it is not written YYYY-MM-DD.
    """
    text = text.strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise ListFormatError(f"{place}: {column} is {text[:40]!r}; expected a day as YYYY-MM-DD") from None


def period_of(start: str, end: str, what: str, place: str) -> tuple[date | None, date | None]:
    """The days from which and to which a published edge counts; None is no bound.

    Days that contradict each other, an end before the start, bound nothing: an odd record must not take an owner away.
    Raises ListFormatError as :func:`day_of`.
    """
    first, last = day_of(start, what, place), day_of(end, what, place)
    return (None, None) if first and last and last < first else (first, last)


def identifiers_of(text: str, place: str) -> tuple[Identifier, ...]:
    """Identifiers written ``type: value``, separated by semicolons. Raises ListFormatError naming the place."""
    found = []
    for part in filter(None, map(str.strip, text.split(";"))):
        kind, colon, value = part.partition(":")
        kind, value = kind.strip(), value.strip()
        if not (colon and 0 < len(kind) <= LONGEST_TYPE and 0 < len(value) <= LONGEST_ID):
            raise ListFormatError(
                f"{place}: the identifier is {part[:40]!r}; expected 'type: value', "
                f"of at most {LONGEST_TYPE} and {LONGEST_ID} characters"
            )
        found.append(Identifier(type=kind, value=value))
    if len(found) > MOST_IDENTIFIERS:
        raise ListFormatError(f"{place}: has {len(found)} identifiers; at most {MOST_IDENTIFIERS} are read")
    return tuple(found)

"""Dates as lists write them."""

from __future__ import annotations

import re
from datetime import date

from streams.errors import ListFormatError

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ]\d{2}:.*)?)?)?")
_IN_WORDS = re.compile(r"(?:(\d{1,2})\s+)?([A-Za-z]{3})[a-z]*\.?\s+(\d{4})")
_DAY_FIRST = re.compile(r"(\d{2}|dd)/(\d{2}|mm)/(\d{4})", re.IGNORECASE)


def partial_date(text: str | None) -> str | None:
    """``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD`` for a date in ISO form, ``DD/MM/YYYY`` or ``12 Dec 1948``.

    A day or month written as 00, dd or mm is unknown. None for anything else, such as ``circa 1948``, and for a
    day that is in no calendar.
    """
    words = " ".join((text or "").split()).rstrip(".")
    if iso := _ISO.fullmatch(words):
        return _joined(iso[1], iso[2], iso[3])
    if day_first := _DAY_FIRST.fullmatch(words):
        day, month, year = (part if part.isdecimal() else None for part in day_first.groups())
        return _joined(year or "", month, day)
    if (in_words := _IN_WORDS.fullmatch(words)) and in_words[2].casefold() in _MONTHS:
        month = f"{_MONTHS.index(in_words[2].casefold()) + 1:02}"
        return _joined(in_words[3], month, in_words[1] and in_words[1].zfill(2))
    return None


def _joined(year: str, month: str | None, day: str | None) -> str | None:
    if not month or month == "00":
        return year if year > "0000" else None
    unknown_day = not day or day == "00"
    try:
        date(int(year), int(month), 1 if unknown_day else int(day or 1))
    except ValueError:
        return None
    return f"{year}-{month}" if unknown_day else f"{year}-{month}-{day}"


def day_of(text: str | None, field: str, place: str) -> date | None:
    """The day of a date that has to be whole, in ISO form or ``DD/MM/YYYY``; None when the field is empty.

    Raises :class:`~streams.errors.ListFormatError` naming the field.
    """
    if not (text or "").strip():
        return None
    found = partial_date(text)
    if found is None or len(found) != len("YYYY-MM-DD"):
        raise ListFormatError(f"{place}: {field} is {text!r}; expected a date, so the file is damaged or changed")
    return date.fromisoformat(found)


def american_day(text: str | None, field: str, place: str) -> date | None:
    """The day of a date written ``MM/DD/YYYY``; None when the field is empty.

    Raises :class:`~streams.errors.ListFormatError` naming the field.
    """
    parts = (text or "").strip().split("/")
    return day_of("-".join((parts[2], parts[0].zfill(2), parts[1].zfill(2))) if len(parts) == 3 else text, field, place)

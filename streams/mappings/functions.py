"""The JMESPath functions that mappings have beside the standard ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from jmespath import functions

from streams.errors import MappingError

_GLN = re.compile(r"urn:epc:id:[ps]gln:(\d+)\.(\d*)(?:\.|$)|/41[47]/(\d{13})(?:[/?]|$)")


class EventFunctions(functions.Functions):
    """What an expression may call while one event is mapped.

    - ``event()`` is the whole event, from wherever the expression has come to.
    - ``lookup(list, field, value)`` is the first object of the list whose field has that value, or null.
    - ``utc(text)`` is a moment; one without offset is in UTC, a day alone is its beginning. Null stays null.
    - ``gln(text)`` is the 13-digit GLN in an EPC URN (pgln, sgln) or a GS1 Digital Link (414, 417), or null.
    """

    def __init__(self, event: Mapping[str, object]) -> None:
        self._event = event

    @functions.signature()
    def _func_event(self) -> Mapping[str, object]:
        return self._event

    @functions.signature({"types": ["array", "null"]}, {"types": ["string"]}, {"types": []})
    def _func_lookup(self, among: list[object] | None, field: str, value: object) -> object:
        if value is None:
            return None
        return next((each for each in among or () if isinstance(each, dict) and each.get(field) == value), None)

    @functions.signature({"types": ["string", "null"]})
    def _func_utc(self, text: str | None) -> str | None:
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise MappingError(f"utc(): {text[:100]!r} is no moment: {error}") from error
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()

    @functions.signature({"types": ["string", "null"]})
    def _func_gln(self, text: str | None) -> str | None:
        found = _GLN.search(text or "")
        if found is None:
            return None
        if found[3]:
            return found[3]
        digits = found[1] + found[2]
        return digits + _check_digit(digits) if len(digits) == 12 else None


def _check_digit(digits: str) -> str:
    """GS1 General Specifications, 7.9.1: weights 3 and 1 in turn from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)

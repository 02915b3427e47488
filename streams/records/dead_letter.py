"""An event that could not be read or screened, kept whole."""

from __future__ import annotations

from typing import Literal

from streams.records.base import Record
from streams.records.decision import EventSource
from streams.records.transaction import Moment

Reason = Literal[
    "empty",
    "too_large",
    "not_json",
    "too_deep",
    "invalid",
    "unsupported_envelope",
    "mapping_failed",
    "screening_failed",
    "timed_out",
]


class Header(Record, frozen=True, kw_only=True):
    """A header of the event; ``value`` is base64 of its bytes, None when it had none."""

    key: str
    value: bytes | None = None


class DeadLetter(Record, frozen=True, kw_only=True, omit_defaults=False):
    """The event's key, bytes and headers untouched (base64 in JSON), why it is here, where it came from, when.

    Where no topic would take the letter, the event is left out; ``detail`` says so and tells its SHA-256.
    """

    reason: Reason
    detail: str
    transaction_id: str | None
    source: EventSource
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    failed_at: Moment

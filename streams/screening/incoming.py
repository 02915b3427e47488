"""A Kafka message as the event that is screened."""

from __future__ import annotations

import operator
from datetime import UTC, datetime

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from streams.kafka.transactions import place_of
from streams.records.decision import EventSource
from streams.records.events import Headers
from streams.screening.answer import Event

_read_headers = operator.methodcaller("headers")
"""``message.headers()``, through a call that notices an error: for a header whose name is not UTF-8 the client
leaves one behind without saying so, and a direct call in a hot loop then crashes the process."""


def event_of(message: Message, now: datetime) -> Event:
    """The Kafka message as an event; one without a timestamp, or with one that no calendar has, is of ``now``."""
    topic, partition, offset = place_of(message)
    headers = _headers(message)
    source = EventSource(topic=topic, partition=partition, offset=offset)
    return Event(message.value(), source, _recorded_at(message) or now, message.key(), headers)


def _headers(message: Message) -> Headers | None:
    try:
        headers = _read_headers(message)
    except SystemError:  # what the client raises for a name that is not UTF-8
        return None
    if not headers:
        return ()
    pairs = headers.items() if isinstance(headers, dict) else headers
    return tuple((key, content.encode() if isinstance(content, str) else content) for key, content in pairs)


def _recorded_at(message: Message) -> datetime | None:
    kind, milliseconds = message.timestamp()
    if kind == TIMESTAMP_NOT_AVAILABLE:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None

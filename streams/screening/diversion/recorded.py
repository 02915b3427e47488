"""Recorded decisions with their events: read from a file, or gathered from the topics."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from streams.errors import HighfenceError
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.kafka.transactions import place_of
from streams.mappings import Mapping
from streams.records.alert import Alert
from streams.records.codec import decode
from streams.records.decision import Decision
from streams.records.events import read_content, read_event
from streams.records.transaction import Transaction
from streams.screening.answer import Event
from streams.screening.diversion.trial import Recorded
from streams.screening.files import json_lines
from streams.screening.incoming import event_of
from streams.screening.mapped import mappings_of
from streams.settings import Settings

Place = tuple[str, int, int]
"""Topic, partition and offset of an event."""

_MOST_BYTES = 268_435_456
"""A decision with 500 alerts and its event fit well within."""


def recorded_in(file: Path, events: Path | None) -> Iterator[Recorded]:
    """The decisions of a file, a JSON object with ``decision`` a line, as ``highfence screen`` writes them.

    Where a line has no ``event``, it is the line of ``events`` whose number the decision names as its offset.
    Raises RecordError when a line of the file is no such object.
    """
    lines = dict(json_lines(events, _MOST_BYTES)) if events is not None else {}
    for number, line in json_lines(file, _MOST_BYTES):
        recorded = decode(Recorded, line, f"{file}, line {number}")
        if recorded.event is None and (content := lines.get(recorded.decision.source.offset)) is not None:
            came = Event(content, recorded.decision.source, recorded.decision.screened_at)
            recorded = msgspec.structs.replace(recorded, event=_read(came, None, _MOST_BYTES))
        yield recorded


def recorded_on_topics(settings: Settings, last: int) -> list[Recorded]:
    """The ``last`` decisions on their topic, with their alerts and what is still there of their events.

    Raises BrokerUnreachableError, TopicError.
    """
    names = TopicNames(settings.topics.prefix)
    decisions: deque[Decision] = deque(maxlen=last)
    for message in read_topic(settings, names.decisions):
        decisions.append(decode(Decision, message.value() or b"", "a decision"))
    decisions = deque(
        sorted(decisions, key=lambda each: (each.source.topic, each.source.partition, each.source.offset))
    )
    places = {(each.source.topic, each.source.partition, each.source.offset) for each in decisions}
    wanted = {alert_id for each in decisions for alert_id in each.alert_ids}
    alerts: dict[str, Alert] = {}
    for message in read_topic(settings, names.alerts) if wanted else ():
        if (key := (message.key() or b"").decode("utf-8", "replace")) in wanted:
            alerts[key] = decode(Alert, message.value() or b"", f"alert {key}")
    mappings = mappings_of(settings)
    events: dict[Place, Event] = {}
    for topic in sorted({topic for topic, _, _ in places}):
        for message in read_topic(settings, topic):
            if (place := place_of(message)) in places:
                events[place] = event_of(message, datetime.now(UTC))
    limit = settings.limits.max_event_bytes
    return [
        Recorded(
            decision=each,
            alerts=tuple([alerts[alert_id] for alert_id in each.alert_ids if alert_id in alerts]),
            event=_read(came, mappings.get(each.source.topic), limit) if came is not None else None,
            recorded_at=came.recorded_at if came is not None else None,
        )
        for each in decisions
        for came in [events.get(_place(each))]
    ]


def _place(decision: Decision) -> Place:
    source = decision.source
    return source.topic, source.partition, source.offset


def _read(came: Event, mapping: Mapping | None, limit: int) -> Transaction | None:
    """The event as a transaction; None for one that cannot be read, whose decision is an error."""
    try:
        if mapping is None:
            return read_event(came.value, came.headers, limit)
        return mapping.transaction(read_content(came.value, came.headers, limit))
    except HighfenceError:
        return None

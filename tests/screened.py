"""Events answered offline, with and without the memory of known parties, which must say the same."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

import msgspec

from streams.mappings import Mapping as EventMapping
from streams.records.decision import Decision, EventSource
from streams.records.events import DEFAULT_MAX_BYTES
from streams.screening.answer import Answer, Event, answer
from streams.screening.answers import Answering
from streams.screening.clearances import NO_CLEARANCES
from streams.screening.diversion import Diversion
from streams.screening.memory import MatchMemory
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

SOURCE = EventSource(topic="transactions", partition=0, offset=0)


def answer_from_memory(
    event: Event,
    screener: Screener,
    snapshot: Snapshot,
    now: datetime,
    memory: MatchMemory,
    max_bytes: int = DEFAULT_MAX_BYTES,
    budget: AbstractContextManager[object] | None = None,
    diversion: Diversion | None = None,
    mappings: Mapping[str, EventMapping] | None = None,
) -> Answer:
    """What a worker answers to the event, matched from its memory where it can be."""
    asked = (screener, snapshot, now, max_bytes, budget or nullcontext(), memory, NO_CLEARANCES, diversion)
    (answered,) = Answering(*asked, enough=lambda: False, mappings=mappings or {}).answers([event])
    return msgspec.structs.replace(answered, seconds=0.0)


def screened(
    event: Mapping[str, object], screener: Screener, snapshot: Snapshot, recorded: datetime, now: datetime
) -> Answer:
    """What the event gets: for a new party, and twice again from memory."""
    came = Event(msgspec.json.encode(event), SOURCE, recorded)
    answered = answer(came, screener, snapshot, now)
    memory = MatchMemory(screener, 100)
    memory.follow(snapshot)
    for _ in range(2):
        remembered = answer_from_memory(came, screener, snapshot, now, memory)
        assert (remembered.decision, remembered.alerts) == (answered.decision, answered.alerts)
        assert remembered.samples == answered.samples
    return answered


def clear(transaction_id: str, source: EventSource, at: datetime) -> Decision:
    """The decision that nothing was found, under no list."""
    return Decision(
        transaction_id=transaction_id,
        revision=0,
        outcome="clear",
        alert_ids=(),
        suppressed=(),
        releases={},
        policy_version="",
        source=source,
        screened_at=at,
    )

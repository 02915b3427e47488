"""Events answered offline, with and without the memory of known parties, which must say the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from streams.records.decision import Decision, EventSource
from streams.screening.answer import Answer, Event, answer
from streams.screening.memory import MatchMemory
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

SOURCE = EventSource(topic="transactions", partition=0, offset=0)


def screened(
    event: Mapping[str, object], screener: Screener, snapshot: Snapshot, recorded: datetime, now: datetime
) -> Answer:
    """What the event gets: for a new party, and twice again from memory."""
    came = Event(msgspec.json.encode(event), SOURCE, recorded)
    answered = answer(came, screener, snapshot, now)
    memory = MatchMemory(screener, 100)
    memory.follow(snapshot)
    for _ in range(2):
        remembered = answer(came, screener, snapshot, now, memory=memory)
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

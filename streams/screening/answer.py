"""One event as it came → everything that is published for it. Pure, and never without an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from streams.errors import ScreeningError, UnreadableEventError
from streams.records.alert import Alert
from streams.records.dead_letter import DeadLetter, Header, Reason
from streams.records.decision import Decision, EventSource
from streams.records.events import DEFAULT_MAX_BYTES, Headers, read_event
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Event:
    """An event as Kafka or a file gave it: raw bytes, where from, and when it was recorded."""

    value: bytes | None
    source: EventSource
    recorded_at: datetime
    key: bytes | None = None
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What is published for one event: always a decision, perhaps alerts, perhaps a dead letter."""

    decision: Decision
    alerts: tuple[Alert, ...] = ()
    dead_letter: DeadLetter | None = None
    parties: int = 0


def answer(
    event: Event, screener: Screener, snapshot: Snapshot, now: datetime, max_bytes: int = DEFAULT_MAX_BYTES
) -> Answer:
    """Read and screen one event.

    An event that cannot be read, or whose screening fails for whatever reason, gets the decision ``error``
    and a dead letter with its bytes untouched: nothing that was not screened is ever clear.
    """
    try:
        transaction = read_event(event.value, event.headers, max_bytes)
    except UnreadableEventError as error:
        return _refused(event, screener, snapshot, now, cast(Reason, error.reason), error.detail, error.transaction_id)
    try:
        screening = screener.screen(transaction, snapshot, event.source, now, event.recorded_at)
    except ScreeningError as error:
        reason = str(error)
    except Exception as error:
        reason = f"internal error: {type(error).__name__}: {error}"
    else:
        return Answer(screening.decision, screening.alerts, parties=len(transaction.parties))
    return _refused(
        event, screener, snapshot, now, "screening_failed", reason, transaction.transaction_id, transaction.revision
    )


def _refused(
    event: Event,
    screener: Screener,
    snapshot: Snapshot,
    now: datetime,
    reason: Reason,
    detail: str,
    transaction_id: str | None,
    revision: int = 0,
) -> Answer:
    source = event.source
    # Who waits for a decision finds it under the id, else the message's key, else the place it came from.
    identity = transaction_id or _text(event.key) or f"{source.topic}/{source.partition}/{source.offset}"
    letter = DeadLetter(
        reason=reason,
        detail=detail,
        transaction_id=transaction_id,
        source=source,
        key=event.key,
        value=event.value,
        headers=tuple(Header(key=key, value=value) for key, value in event.headers),
        failed_at=now,
    )
    decision = screener.refuse(identity, revision, f"{reason}: {detail}", snapshot, source, now)
    return Answer(decision, dead_letter=letter)


def _text(key: bytes | None) -> str | None:
    if not key:
        return None
    try:
        return key.decode("utf-8")[:512]
    except UnicodeDecodeError:
        return None

"""One event as it came → everything that is published for it. Pure, and never without an answer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import cast

import msgspec

from streams.errors import ScreeningError, ScreeningTimeoutError, UnreadableEventError
from streams.records.alert import Alert
from streams.records.codec import encode
from streams.records.dead_letter import DeadLetter, Header, Reason
from streams.records.decision import Decision, EventSource
from streams.records.events import DEFAULT_MAX_BYTES, Headers, read_event
from streams.screening.clearances import NO_CLEARANCES, Clearances
from streams.screening.diversion import Diversion
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

_UNBOUNDED = nullcontext()
_LONGEST_DETAIL = 2000


class Event(msgspec.Struct, frozen=True):
    """An event as Kafka or a file gave it: raw bytes, where from, and when it was recorded."""

    value: bytes | None
    source: EventSource
    recorded_at: datetime
    key: bytes | None = None
    headers: Headers | None = ()
    """None when they could not be read."""


class Answer(msgspec.Struct, frozen=True):
    """What is published for one event: always a decision, perhaps alerts, perhaps a dead letter.

    ``parties`` are those that were screened, as JSON; ``samples`` are no hits, and published beside the alerts.
    ``ordered`` is the customer's position among the parties and the quantity of all items, where a diversion rule asks.
    ``seconds`` is what matching its parties took, where that was measured.
    """

    decision: Decision
    alerts: tuple[Alert, ...] = ()
    dead_letter: DeadLetter | None = None
    parties: Sequence[bytes] = ()
    samples: tuple[Alert, ...] = ()
    ordered: tuple[int, float] | None = None
    seconds: float = 0.0


def answer(
    event: Event,
    screener: Screener,
    snapshot: Snapshot,
    now: datetime,
    max_bytes: int = DEFAULT_MAX_BYTES,
    budget: AbstractContextManager[object] = _UNBOUNDED,
    refused: str = "",
    clearances: Clearances = NO_CLEARANCES,
    diversion: Diversion | None = None,
) -> Answer:
    """Read and screen one event.

    An event that cannot be read, or whose screening fails for whatever reason, gets the decision ``error``
    and a dead letter with its bytes untouched: nothing that was not screened is ever clear. ``budget`` bounds
    the screening by raising ScreeningTimeoutError; ``refused`` says why this event is not to be screened.
    ``clearances`` suppress hits. ``diversion`` flags events by its rules and remembers them.

    This is the plain way. :class:`streams.screening.answers.Answering` says the same to many events, and faster.
    """
    reason: Reason = "screening_failed"
    transaction_id, revision = None, 0
    try:
        transaction = read_event(event.value, event.headers, max_bytes)
        transaction_id, revision = transaction.transaction_id, transaction.revision
        if refused:
            return refusal(event, screener, snapshot, now, reason, refused, transaction_id, revision)
        watched = diversion.watched(transaction) if diversion is not None else None
        with budget:
            screening = screener.screen(
                transaction, snapshot, event.source, now, event.recorded_at, clearances, watched
            )
        parties = [encode(party) for party in transaction.parties]
        return Answer(screening.decision, screening.alerts, None, parties, screening.samples, screening.ordered)
    except UnreadableEventError as error:
        reason, detail, transaction_id = cast(Reason, error.reason), error.detail, error.transaction_id
    except Exception as error:
        reason, detail = failure(error)
    return refusal(event, screener, snapshot, now, reason, sayable(detail), transaction_id, revision)


def failure(error: Exception) -> tuple[Reason, str]:
    """Why an event could not be screened."""
    if isinstance(error, ScreeningTimeoutError):
        return "timed_out", str(error)
    if isinstance(error, ScreeningError):
        return "screening_failed", str(error)
    return "screening_failed", f"internal error: {type(error).__name__}: {error}"


def refusal(
    event: Event,
    screener: Screener,
    snapshot: Snapshot,
    now: datetime,
    reason: Reason,
    detail: str,
    transaction_id: str | None,
    revision: int,
) -> Answer:
    """The decision ``error`` and a dead letter with the event's bytes untouched."""
    source = event.source
    # Who waits for a decision finds it under the id, else the message's key, else the place it came from.
    identity = transaction_id or _text(event.key) or f"{source.topic}/{source.partition}/{source.offset}"
    decision = screener.refuse(identity, revision, f"{reason}: {detail}", snapshot, source, now)
    return Answer(decision, dead_letter=dead_letter(event, reason, detail, transaction_id, now))


def dead_letter(event: Event, reason: Reason, detail: str, transaction_id: str | None, now: datetime) -> DeadLetter:
    """The event whole, with why it was refused."""
    return DeadLetter(
        reason=reason,
        detail=detail,
        transaction_id=transaction_id,
        source=event.source,
        key=event.key,
        value=event.value,
        headers=tuple(Header(key=key, value=value) for key, value in event.headers or ()),
        failed_at=now,
    )


def sayable(detail: str) -> str:
    """The text of an error, cut to a length and with what UTF-8 cannot say replaced."""
    return detail[:_LONGEST_DETAIL].encode("utf-8", "replace").decode()


def _text(key: bytes | None) -> str | None:
    if not key:
        return None
    try:
        return key.decode("utf-8")[:512]
    except UnicodeDecodeError:
        return None

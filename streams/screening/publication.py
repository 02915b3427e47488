"""An answer as the JSON that is published for it: it can always be written, and its topics always take it."""

from __future__ import annotations

import hashlib

import msgspec
from msgspec.structs import replace

from streams.errors import ScreeningError
from streams.kafka.clients import LARGEST_RECORD_BYTES
from streams.records.codec import encode
from streams.records.dead_letter import DeadLetter
from streams.screening.answer import Answer, Event, dead_letter, sayable

MOST_ALERT_BYTES = 32 * 1024 * 1024
"""All alerts of one event together: each repeats its party, so a small event could fill a topic with them."""
_FRAMING = 4096
"""Room for a record's key and what Kafka writes around it."""


class Publication(msgspec.Struct, frozen=True):
    """An answer and its records as JSON."""

    answer: Answer
    decision: bytes
    alerts: tuple[bytes, ...]
    """Of its alerts, and behind them of its samples."""
    dead_letter: bytes | None


def publication(answered: Answer, event: Event, largest: int) -> Publication:
    """Write the answer to ``event``.

    One that cannot be written, or has a record of more than ``largest`` bytes, becomes the decision ``error`` with
    a dead letter; a sample that large is left out. A dead letter that no topic would take goes without the event's
    bytes and tells where they are.
    """
    try:
        answered = _with_fitting_samples(answered, largest)
        decision, alerts = _written(answered, largest)
    except Exception as error:
        told = str(error) if isinstance(error, ScreeningError) else f"{type(error).__name__}: {error}"
        answered = _refused(answered, event, sayable(f"its answer cannot be written: {told}"))
        decision, alerts = encode(answered.decision), ()
    letter = answered.dead_letter
    if letter is None:
        return Publication(answered, decision, alerts, None)
    written = encode(letter)
    if len(written) + len(letter.key or b"") + _FRAMING > LARGEST_RECORD_BYTES:
        letter = _without_the_event(letter)
        answered, written = replace(answered, dead_letter=letter), encode(letter)
    return Publication(answered, decision, alerts, written)


def _with_fitting_samples(answered: Answer, largest: int) -> Answer:
    """No event is refused for a sample."""
    if not answered.samples:
        return answered
    fitting = tuple([sample for sample in answered.samples if len(encode(sample)) + _FRAMING <= largest])
    if len(fitting) == len(answered.samples):
        return answered
    decision = replace(answered.decision, samples=tuple([sample.alert_id for sample in fitting]))
    return replace(answered, decision=decision, samples=fitting)


def _written(answered: Answer, largest: int) -> tuple[bytes, tuple[bytes, ...]]:
    decision = encode(answered.decision)
    if len(decision) + _FRAMING > largest:
        raise ScreeningError(f"the decision has {len(decision):,} bytes; its topic takes {largest:,}")
    alerts: list[bytes] = []
    total = 0
    for alert in answered.alerts:
        alerts.append(encode(alert))
        total += len(alerts[-1])
        if len(alerts[-1]) + _FRAMING > largest:
            raise ScreeningError(f"an alert has {len(alerts[-1]):,} bytes; its topic takes {largest:,}")
        if total > MOST_ALERT_BYTES:
            raise ScreeningError(f"its alerts have more than {MOST_ALERT_BYTES:,} bytes")
    return decision, (*alerts, *map(encode, answered.samples))


def _refused(answered: Answer, event: Event, detail: str) -> Answer:
    decision = replace(
        answered.decision,
        outcome="error",
        alert_ids=(),
        suppressed=(),
        not_applied=(),
        samples=(),
        flags=(),
        not_checked=(),
        flags_version="",
        reason=f"screening_failed: {detail}",
    )
    letter = dead_letter(event, "screening_failed", detail, decision.transaction_id, decision.screened_at)
    return Answer(decision, dead_letter=letter)


def _without_the_event(letter: DeadLetter) -> DeadLetter:
    source, value = letter.source, letter.value or b""
    detail = (
        f"{letter.detail}; too large for a dead letter, the event stays at {source.topic}/{source.partition}/"
        f"{source.offset} while that topic keeps it: {len(value):,} bytes, SHA-256 {hashlib.sha256(value).hexdigest()}"
    )
    return replace(letter, key=None, value=None, headers=(), detail=detail)

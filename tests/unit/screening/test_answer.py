"""Answers to events whose screening fails in every way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from streams.errors import ScreeningError, ScreeningTimeoutError
from streams.lists.loading import load_list
from streams.matching import Policy
from streams.records.decision import EventSource
from streams.screening import answer as module
from streams.screening.answer import Event, answer
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

NOW = datetime(2025, 10, 1, tzinfo=UTC)
EVENT = Event(
    b'{"transaction_id": "T", "revision": 2, "parties": [{"name": "A B"}]}',
    EventSource(topic="transactions", partition=0, offset=7),
    NOW,
)


def raising(error: BaseException) -> Callable[..., object]:
    def fail(*_: object, **__: object) -> object:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "reason", "told"),
    [
        (ScreeningError("no word"), "screening_failed", "no word"),
        (ScreeningTimeoutError("it took too long"), "timed_out", "it took too long"),
        (ZeroDivisionError("1/0"), "screening_failed", "internal error: ZeroDivisionError: 1/0"),
        (MemoryError(), "screening_failed", "internal error: MemoryError"),
        (RecursionError("deep"), "screening_failed", "internal error: RecursionError"),
        (ValueError("x" * 1_000_000), "screening_failed", "internal error: ValueError: xxx"),
    ],
)
def test_failed_screening_is_an_error_with_a_dead_letter(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str, told: str
) -> None:
    monkeypatch.setattr(Screener, "screen", raising(error))
    answered = answer(EVENT, Screener(Policy.default()), Snapshot(), NOW)
    assert (answered.decision.outcome, answered.decision.revision) == ("error", 2)
    assert answered.dead_letter is not None
    assert (answered.dead_letter.reason, answered.dead_letter.value) == (reason, EVENT.value)
    assert told in answered.dead_letter.detail
    assert len(answered.decision.reason) < 3000


def test_a_reader_that_fails_is_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "read_event", raising(OverflowError("made by the test")))
    answered = answer(EVENT, Screener(Policy.default()), Snapshot.of_lists([load_list("bundled")], NOW), NOW)
    assert answered.decision.outcome == "error"
    assert answered.dead_letter is not None


def test_an_event_that_a_person_refused_is_not_screened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Screener, "screen", raising(AssertionError("screened")))
    answered = answer(EVENT, Screener(Policy.default()), Snapshot(), NOW, refused="a person refused it")
    assert (answered.decision.outcome, answered.decision.transaction_id) == ("error", "T")
    assert answered.decision.reason == "screening_failed: a person refused it"
    assert answered.dead_letter is not None
    assert answered.dead_letter.value == EVENT.value

"""What is published for an answer can always be written, and is never larger than its topics take."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import msgspec
import pytest

from streams.kafka.clients import LARGEST_RECORD_BYTES
from streams.lists.loading import load_list
from streams.matching import Policy
from streams.records.decision import EventSource
from streams.screening import publication as module
from streams.screening.answer import Answer, Event, answer
from streams.screening.publication import publication
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

NOW = datetime(2025, 10, 1, tzinfo=UTC)
LARGEST = 100_000
EVENT = Event(
    b'{"transaction_id": "T", "revision": 2, "parties": [{"name": "Inspur Taiwan"}]}',
    EventSource(topic="transactions", partition=0, offset=7),
    NOW,
    b"K",
    (("trace", b"\xff"),),
)


@pytest.fixture(scope="module")
def answered() -> Answer:
    found = answer(EVENT, Screener(Policy.default()), Snapshot.of_lists([load_list("bundled")], NOW), NOW)
    assert found.alerts
    return found


def with_summary(answered: Answer, summary: str) -> Answer:
    alerts = tuple(msgspec.structs.replace(each, summary=summary) for each in answered.alerts)
    return msgspec.structs.replace(answered, alerts=alerts)


def test_an_answer_is_written_as_it_is(answered: Answer) -> None:
    published = publication(answered, EVENT, LARGEST)
    assert published.answer is answered
    assert json.loads(published.decision)["outcome"] == "hold"
    assert [json.loads(each)["alert_id"] for each in published.alerts] == list(answered.decision.alert_ids)
    assert published.dead_letter is None


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        ("\ud800", "cannot be written: UnicodeEncodeError"),
        ("x" * LARGEST, "bytes; its topic takes 100,000"),
    ],
)
def test_an_answer_that_no_topic_would_take_is_an_error(answered: Answer, summary: str, told: str) -> None:
    published = publication(with_summary(answered, summary), EVENT, LARGEST)
    decision, letter = json.loads(published.decision), json.loads(published.dead_letter or b"")
    assert (decision["outcome"], decision["revision"], decision["alert_ids"]) == ("error", 2, [])
    assert told in decision["reason"]
    assert not published.alerts
    assert not published.answer.alerts
    assert published.answer.dead_letter is not None
    assert (published.answer.dead_letter.value, published.answer.dead_letter.key) == (EVENT.value, b"K")
    assert (letter["reason"], letter["transaction_id"]) == ("screening_failed", "T")


def test_a_decision_that_is_too_large_is_an_error(answered: Answer) -> None:
    decision = msgspec.structs.replace(answered.decision, alert_ids=("x" * 32,) * 5000)
    published = publication(msgspec.structs.replace(answered, decision=decision), EVENT, LARGEST)
    assert "the decision has" in json.loads(published.decision)["reason"]


def test_small_alerts_that_are_many_are_an_error(answered: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ALERT_BYTES", 10_000)
    many = msgspec.structs.replace(answered, alerts=answered.alerts * 50)
    assert "its alerts have more than 10,000 bytes" in json.loads(publication(many, EVENT, LARGEST).decision)["reason"]


@pytest.mark.parametrize(("size", "kept"), [(70_000_000, True), (80_000_000, False)])
def test_a_dead_letter_holds_what_a_topic_takes(size: int, kept: bool) -> None:
    event = msgspec.structs.replace(EVENT, value=b"0" * size)
    published = publication(answer(event, Screener(Policy.default()), Snapshot(), NOW), event, LARGEST)
    letter = published.answer.dead_letter
    assert letter is not None
    assert published.dead_letter is not None
    assert len(published.dead_letter) < LARGEST_RECORD_BYTES
    assert (letter.value == event.value, letter.key == b"K", bool(letter.headers)) == (kept, kept, kept)
    assert ("transactions/0/7" in letter.detail) is not kept
    assert (hashlib.sha256(event.value or b"").hexdigest() in letter.detail) is not kept


def test_a_key_counts_too() -> None:
    event = msgspec.structs.replace(EVENT, value=b"{", key=b"k" * 50_000_000)
    published = publication(answer(event, Screener(Policy.default()), Snapshot(), NOW), event, LARGEST)
    assert published.answer.dead_letter is not None
    assert published.answer.dead_letter.key is None

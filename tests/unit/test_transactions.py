"""Waiting for the brokers at the start until they answer, the time is over, or somebody says stop; what errors mean."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from streams.errors import FencedError
from streams.kafka.transactions import AbortedError, TransactionalProducer

SILENCE = KafkaException(KafkaError(KafkaError._TIMED_OUT, "no answer", retriable=True))
FENCED = KafkaException(KafkaError(KafkaError._FENCED, "another took over", fatal=True))


class Client:
    """A client whose brokers answer as given, one after the other."""

    def __init__(self, *answers: KafkaException | None) -> None:
        self.answers = list(answers)

    def init_transactions(self, _seconds: float) -> None:
        answered = self.answers.pop(0)
        if answered is not None:
            raise answered

    def poll(self, _seconds: float) -> int:
        return 0


def made(client: Any, seconds: float = 60, *stopped: bool) -> TransactionalProducer:
    left = list(stopped)
    return TransactionalProducer(client, seconds, lambda: bool(left) and left.pop(0))


def test_brokers_that_answer_late_are_waited_for() -> None:
    client = Client(SILENCE, SILENCE, None)
    made(client)
    assert not client.answers


def test_a_stop_ends_the_wait() -> None:
    client = Client(SILENCE, SILENCE, None)
    with pytest.raises(AbortedError, match="no answer"):
        made(client, 60, False, True)
    assert client.answers == [None]


def test_so_does_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((0.0, 1.0, 2.0, 3.0))
    # Its own alone: other threads ask the machine's clock, too.
    monkeypatch.setattr("streams.kafka.transactions.time", SimpleNamespace(monotonic=lambda: next(clock)))
    client = Client(SILENCE, SILENCE, None)
    with pytest.raises(AbortedError, match="no answer"):
        made(client, 2)


def test_who_was_fenced_does_not_try_again() -> None:
    client = Client(FENCED, None)
    with pytest.raises(FencedError):
        made(client)
    assert client.answers == [None]


def test_a_fatal_error_that_the_client_covers_up_is_seen() -> None:
    class Covering(Client):
        def flush(self, _seconds: float) -> int:
            raise SystemError("a log line returned a result with an exception set") from FENCED

    producer = made(Covering(None))
    with pytest.raises(FencedError, match="another took over"):
        producer.commit()

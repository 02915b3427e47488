"""A batch that was taken while the group changed is not this worker's to decide, and partitions are not left unread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import OFFSET_INVALID, KafkaError, TopicPartition

from streams.errors import StreamError
from streams.kafka.transactions import Membership
from streams.matching import Policy
from streams.screening.worker import Worker
from streams.settings import Settings


class Message:
    """What the worker asks of a message."""

    def __init__(self, offset: int, error: KafkaError | None = None) -> None:
        self._offset = offset
        self._error = error

    def error(self) -> KafkaError | None:
        return self._error

    def topic(self) -> str:
        return "transactions"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._offset


class Consumer:
    """A consumer to which something happens between two reads."""

    def __init__(self, between: Callable[[], None]) -> None:
        self._between = between
        self._next = 10
        self.sought: list[tuple[int, int]] = []
        self.assigned: list[tuple[int, int]] = []
        self.paused: list[int] = []
        self.error: KafkaError | None = None

    def memberid(self) -> str:
        return "me"

    def consumer_group_metadata(self) -> object:
        return "generation"

    def consume(self, count: int, timeout: float) -> list[Message]:
        if count > 1:
            self._between()
        self._next += 1
        return [Message(self._next - 1, self.error if count > 1 else None)]

    def assignment(self) -> list[TopicPartition]:
        return [TopicPartition("transactions", 0)]

    def committed(self, partitions: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        return [TopicPartition("transactions", 0, 4)]

    def seek(self, position: TopicPartition) -> None:
        self.sought.append((position.partition, position.offset))

    def assign(self, partitions: list[TopicPartition]) -> None:
        self.assigned = [(each.partition, each.offset) for each in partitions]

    def pause(self, partitions: list[TopicPartition]) -> None:
        self.paused = [each.partition for each in partitions]


@pytest.fixture
def worker() -> Worker:
    return Worker(Settings(), Policy.default(), threading.Event())


def take(worker: Worker, between: Callable[[], None]) -> tuple[list[Any], Consumer]:
    consumer = Consumer(between)
    worker._membership.assigned(consumer)  # type: ignore[arg-type]
    return worker._take(consumer), consumer  # type: ignore[arg-type]


def test_a_quiet_batch_is_taken(worker: Worker) -> None:
    events, consumer = take(worker, lambda: None)
    assert [event.offset() for event in events] == [10, 11]
    assert consumer.sought == []


def test_a_batch_across_a_rebalance_is_read_again(worker: Worker) -> None:
    """Its first event came under the generation before, whose partitions may be another worker's by now."""

    def rebalance() -> None:
        worker._membership.revoked(None, [])  # type: ignore[arg-type]
        worker._membership.assigned(Consumer(lambda: None))  # type: ignore[arg-type]

    events, consumer = take(worker, rebalance)
    assert events == []
    assert consumer.sought == [(0, 4)]


def test_what_is_read_first_after_an_assignment_is_read_again_from_what_is_committed(worker: Worker) -> None:
    """librdkafka may have begun where nobody is: at the partition's beginning."""
    consumer = Consumer(lambda: None)
    worker._assigned(consumer, consumer.assignment())  # type: ignore[arg-type]
    assert worker._take(consumer) == []  # type: ignore[arg-type]
    assert consumer.sought == [(0, 4)]
    assert [event.offset() for event in worker._take(consumer)] == [12, 13]  # type: ignore[arg-type]
    assert consumer.sought == [(0, 4)]


def test_a_partition_whose_committed_offset_is_not_told_is_not_read_from_anywhere(worker: Worker) -> None:
    class Doubtful(Consumer):
        def committed(self, partitions: list[TopicPartition], timeout: float) -> list[Any]:
            error = KafkaError(KafkaError.UNSTABLE_OFFSET_COMMIT)
            return [SimpleNamespace(topic="transactions", partition=0, offset=OFFSET_INVALID, error=error)]

    consumer = Doubtful(lambda: None)
    worker._assigned(consumer, consumer.assignment())  # type: ignore[arg-type]
    with pytest.raises(StreamError, match="cannot go back"):
        worker._take(consumer)  # type: ignore[arg-type]
    assert consumer.sought == []


@pytest.mark.parametrize("paused", [False, True])
def test_partitions_whose_offsets_a_broker_did_not_tell_are_assigned_anew(worker: Worker, paused: bool) -> None:
    """librdkafka leaves them unread; what was taken is read again from what is committed."""
    consumer = Consumer(lambda: None)
    consumer.error = KafkaError(KafkaError.NOT_COORDINATOR)
    worker._paused = paused
    assert worker._take(consumer) == []  # type: ignore[arg-type]
    assert consumer.assigned == [(0, OFFSET_INVALID)]
    assert consumer.paused == [0] * paused


def test_an_error_of_the_client_changes_no_assignment(worker: Worker) -> None:
    consumer = Consumer(lambda: None)
    worker._membership.assigned(consumer)  # type: ignore[arg-type]
    consumer.error = KafkaError(KafkaError._TRANSPORT)
    assert [event.offset() for event in worker._take(consumer)] == [10]  # type: ignore[arg-type]
    assert consumer.assigned == []


def test_without_a_member_id_there_is_no_generation_to_commit_under() -> None:
    class Nobody(Consumer):
        def memberid(self) -> str:
            return ""

    membership = Membership()
    membership.assigned(Nobody(lambda: None))  # type: ignore[arg-type]
    assert membership.group is None

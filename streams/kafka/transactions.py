"""Consume and produce in one Kafka transaction, and what each error of it means.

Rules, from the Kafka transaction protocol and librdkafka's ``txn_requires_abort`` / ``fatal`` marks:
an abortable error undoes the batch and the consumer goes back to what is committed; a fatal error or a fenced
producer ends the process; a retriable error of the commit itself is tried again, as its outcome is unknown.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from streams import failpoints
from streams.errors import FencedError, StreamError
from streams.kafka.clients import reason_of
from streams.kafka.cloud_events import RecordHeaders

_log = logging.getLogger("highfence.transactions")

_FENCED = frozenset({KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH})
_TRIES = 3
PARTITION_BY_KEY = -1
"""What librdkafka takes for: the partition that the key gives."""
_LOOK_UP_SECONDS = 1.0
"""Signals are heard between calls only, so a long wait is cut into pieces of this length."""


class AbortedError(Exception):
    """The transaction must be undone. Never leaves the code that opened it."""


class TransactionalProducer:
    """A producer whose records and consumed offsets become visible together or not at all."""

    def __init__(
        self, producer: Producer, timeout_seconds: float, is_stopped: Callable[[], bool] = lambda: False
    ) -> None:
        """``timeout_seconds`` bounds each call to the broker.

        Raises AbortedError when no broker answers in time or ``is_stopped`` says to wait no longer, FencedError when
        another process with the same transactional id has taken over already.
        """
        self.sent: Counter[str] = Counter()
        """How many records the open transaction has, by topic; or the last one had."""
        self._producer = producer
        self._timeout = timeout_seconds
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                producer.init_transactions(_LOOK_UP_SECONDS)
            except KafkaException as error:
                with contextlib.suppress(KafkaException):  # a fatal error comes again
                    _uncovered(producer.poll, 0)  # lets the client tell its error callback why
                if error.args[0].retriable() and time.monotonic() < deadline and not is_stopped():
                    continue  # the client resumes where it was
                raise self._judged(error) from error
            else:
                return

    def begin(self) -> None:
        """Open a transaction."""
        self._call(self._producer.begin_transaction)
        self.sent.clear()
        failpoints.reach("transaction.begun")

    def send(
        self,
        topic: str,
        key: bytes,
        value: bytes | None,
        headers: RecordHeaders,
        partition: int = PARTITION_BY_KEY,
    ) -> None:
        """Hand one record (a tombstone without value) to the client; waits when its queue is full."""
        failpoints.reach("transaction.between_records")
        while True:
            try:
                # The client's type of a header's value is wider than ours, and lists are invariant.
                self._producer.produce(topic, value, key, partition, headers=headers)  # type: ignore[arg-type]
            except BufferError:
                self._call(self._producer.poll, 0.1)
            except KafkaException as error:
                raise self._judged(error) from error
            else:
                self.sent[topic] += 1
                return

    def commit(self, group: object = None, positions: Sequence[TopicPartition] = ()) -> None:
        """Commit the records sent and, with a :attr:`Membership.group`, the positions of its consumer.

        Raises AbortedError when the transaction must be undone (call :meth:`abort`), FencedError when another
        process has taken over.
        """
        # Without the flush, sending the offsets stalls for about 100 ms now and then.
        self._call(self._producer.flush, self._timeout)
        failpoints.reach("transaction.before_offsets")
        if group is not None:
            self._call(self._producer.send_offsets_to_transaction, list(positions), group, self._timeout)
        failpoints.reach("transaction.before_commit")
        self._call(self._producer.commit_transaction, self._timeout)
        failpoints.reach("transaction.committed")

    def abort(self) -> None:
        """Undo the open transaction."""
        self._call(self._producer.abort_transaction, self._timeout)

    def _call(self, call: Callable[..., object], *arguments: object) -> None:
        for attempt in range(_TRIES):
            try:
                _uncovered(call, *arguments)
            except KafkaException as error:
                problem = error.args[0]
                if problem.retriable() and not problem.txn_requires_abort() and attempt < _TRIES - 1:
                    _log.warning("trying again: %s", reason_of(error))
                    continue
                raise self._judged(error) from error
            else:
                return

    @staticmethod
    def _judged(error: KafkaException) -> Exception:
        problem = error.args[0]
        if problem.code() in _FENCED:
            return FencedError(
                "another process has taken over this one's transactional id, or the broker has ended a transaction "
                f"that outlived its time-out: {reason_of(error)}"
            )
        if problem.fatal():
            return StreamError(f"the transactional producer cannot go on: {reason_of(error)}")
        return AbortedError(reason_of(error))


def _uncovered(call: Callable[..., object], *arguments: object) -> None:
    """Call the client, and raise a fatal error as such.

    The client (2.16.1, confluent_kafka.c) keeps a fatal error pending while it passes on the log lines that follow it,
    of which Python makes a SystemError: when a fenced producer has sent to several partitions, for one.
    """
    try:
        call(*arguments)
    except SystemError as error:
        if isinstance(error.__cause__, KafkaException):
            raise error.__cause__ from None
        raise


class Membership:
    """What a consumer owns in its group, and under which generation of the group it got it.

    The broker compares the generation a transaction's offsets are sent under with the group's, and not the
    partitions with the member's. A generation asked for at the commit would pass for partitions that have gone
    to another member meanwhile; so it is kept from the moment the partitions came.
    """

    def __init__(self) -> None:
        self.group: object = None
        """The group's metadata as of the last assignment; None without one."""
        self.changes = 0
        """How often something was assigned or revoked."""

    def assigned(self, consumer: Consumer) -> None:
        """Call from ``on_assign``."""
        self.changes += 1
        # Without a member id the broker would not check the generation at all.
        self.group = consumer.consumer_group_metadata() if consumer.memberid() else None

    def revoked(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        """The consumer's ``on_revoke``, which covers lost partitions, too."""
        self.changes += 1
        self.group = None


def place_of(message: Message) -> tuple[str, int, int]:
    """Topic, partition and offset of a consumed message."""
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    if topic is None or partition is None or offset is None:
        raise StreamError("the client handed out a message without its place")
    return topic, partition, offset


def next_positions(messages: Sequence[Message]) -> list[TopicPartition]:
    """Per partition, the offset after the last message of the batch."""
    last = {(message.topic(), message.partition()): message for message in messages}
    return [TopicPartition(topic, partition, offset + 1) for topic, partition, offset in map(place_of, last.values())]


def seek_to_committed(consumer: Consumer, messages: Sequence[Message], timeout_seconds: float) -> None:
    """Go back to what is committed on the partitions of an aborted batch that are still this consumer's.

    A partition without any commit goes back to the batch's first message, which is where it started.
    Raises KafkaException when the broker does not tell in time what is committed.
    """
    first: dict[tuple[str, int], int] = {}
    for topic, partition, offset in map(place_of, messages):
        first.setdefault((topic, partition), offset)
    mine = {(held.topic, held.partition) for held in consumer.assignment()}
    wanted = [TopicPartition(topic, partition) for topic, partition in first if (topic, partition) in mine]
    if not wanted:
        return
    for committed in consumer.committed(wanted, timeout=timeout_seconds):
        if committed.error is not None:
            raise KafkaException(committed.error)
        if committed.offset == OFFSET_INVALID:
            committed.offset = first[committed.topic, committed.partition]
        consumer.seek(committed)

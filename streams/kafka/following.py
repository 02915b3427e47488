"""Following a topic of one partition in a thread: all of it at the start, then each record as it comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Self

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams import failpoints
from streams.errors import BrokerUnreachableError, StreamError, TopicError
from streams.kafka.clients import Heard, connect

POLL_SECONDS = 0.2
"""How long the thread waits for a record before it looks whether it shall stop; a record ends the wait."""

PROBE_SECONDS = 1.0
"""How often a quiet topic's broker is asked for its end, to know that it can still be reached."""

_BATCH = 1000
_LOOK_UP_SECONDS = 0.05
_NO_TOPIC = frozenset({KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION})
_NO_ACCESS = frozenset(
    {
        KafkaError._AUTHENTICATION,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    }
)


class TopicFollower:
    """Reads a topic's one partition from its beginning, committed records only, and goes on as it grows.

    A subclass says what becomes of each record (:meth:`take`) and of the end reached for the first time
    (:meth:`catch_up`); both are called from the thread. An exception in either ends the thread, like any error of
    Kafka's that does not pass by itself; it is then in :attr:`failed`.
    """

    def __init__(self, consumer_config: Mapping[str, str | int | float | bool], topic: str) -> None:
        self.ready = threading.Event()
        """Set when the end of the topic was reached and :meth:`catch_up` has returned for it."""
        self.last_contact = float("-inf")
        """``time.monotonic()`` of the last answer from the broker: a record, or the end of the topic."""
        self.failed: Exception | None = None
        """Why the thread has died; None while it is well."""
        self._config = {
            **consumer_config,
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
        self._partition = TopicPartition(topic, 0, OFFSET_BEGINNING)
        self._heard = Heard()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"follower of {topic}", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def take(self, key: str, value: bytes | None) -> None:
        """The next record; without value, a tombstone."""
        raise NotImplementedError

    def catch_up(self) -> None:
        """What was there at the start has been taken; does nothing of its own."""

    def start(self) -> None:
        """Start the thread; a follower can be started once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def wait(self, stop: threading.Event, most_seconds: float = float("inf")) -> None:
        """Return when the topic was read to its end or cannot be, when told to stop, or after ``most_seconds``."""
        deadline = time.monotonic() + most_seconds
        while not (stop.is_set() or self.failed or self.ready.wait(_LOOK_UP_SECONDS) or time.monotonic() > deadline):
            pass

    def silence(self) -> float:
        """Seconds since the broker last answered."""
        return time.monotonic() - self.last_contact

    def _run(self) -> None:
        try:
            consumer = connect(Consumer, dict(self._config), self._heard)
            try:
                consumer.assign([self._partition])
                self._follow(consumer)
            finally:
                consumer.close()
        except Exception as error:  # whatever ends the thread has to be seen by those who rely on it
            self.failed = error

    def _follow(self, consumer: Consumer) -> None:
        while not self._stopping.is_set():
            first = consumer.poll(POLL_SECONDS)
            # A lone record is taken at once, and whatever else has arrived with it.
            messages = [first, *consumer.consume(_BATCH, timeout=0)] if first is not None else []
            for message in messages:
                self._take(message)
            for heard in self._heard.errors:
                self._check_access(heard)
            if not messages and self.ready.is_set() and self.silence() > PROBE_SECONDS:
                self._probe(consumer)

    def _take(self, message: Message) -> None:
        error = message.error()
        if error is None:
            self.last_contact = time.monotonic()
            failpoints.reach("follower.between_records")
            self.take((message.key() or b"").decode(errors="replace"), message.value())
        elif error.code() == KafkaError._PARTITION_EOF:
            self.last_contact = time.monotonic()
            if not self.ready.is_set():
                self.catch_up()
                self.ready.set()
        elif error.code() in _NO_TOPIC:
            raise TopicError(f"topic {self._partition.topic} is missing: run 'highfence topics apply'")
        else:
            self._check_access(error)
            if error.fatal() or not error.retriable():
                raise StreamError(f"reading {self._partition.topic}: {error.str()}")

    def _check_access(self, error: KafkaError) -> None:
        if error.code() in _NO_ACCESS:
            raise BrokerUnreachableError(
                f"the broker refused access to {self._partition.topic}: {error.str()}; "
                "check the credentials in kafka.properties"
            )

    def _probe(self, consumer: Consumer) -> None:
        """Ask for the topic's end: an answer shows that a quiet topic is one nothing was written to."""
        try:
            consumer.get_watermark_offsets(self._partition, timeout=PROBE_SECONDS, cached=False)
        except KafkaException:
            return  # not reached: last_contact stays where it is, and who reads it decides
        self.last_contact = time.monotonic()

"""Reading what the topics hold when a desk starts. Blocking.

librdkafka reads many times as fast as Faust hands single events to an agent, so a desk that comes back after ten years
of alerts reads them here, and Faust goes on where this ends.
"""

from __future__ import annotations

from collections.abc import Collection

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from streams.desk.book import Taken
from streams.errors import StreamError
from streams.kafka.clients import Heard, connect, consumer_config, unreachable
from streams.settings import Settings

_BATCH = 2000
_POLL_SECONDS = 0.2


class Past:
    """The committed records of all partitions of some topics; a context manager. Raises BrokerUnreachableError."""

    def __init__(self, settings: Settings, topics: Collection[str]) -> None:
        heard = Heard()
        config = consumer_config(settings, "highfence-reader", {"enable.partition.eof": True})
        self._consumer = connect(Consumer, config, heard)
        try:
            known = self._consumer.list_topics(timeout=settings.kafka.timeout_seconds).topics
        except KafkaException as error:
            self._consumer.close()
            raise unreachable(settings, heard.reason(error)) from error
        partitions = [(topic, partition) for topic in topics for partition in known[topic].partitions]
        self._unfinished = set(partitions)
        self.ends: dict[tuple[str, int], int] = {}
        """The offset at which each partition ended when its end was reached, markers passed."""
        self._consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for topic, partition in partitions])

    def __enter__(self) -> Past:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def batch(self) -> list[Taken] | None:
        """The next records, perhaps none yet; None when the end of every partition has been reached."""
        if not self._unfinished:
            return None
        taken: list[Taken] = []
        for message in self._consumer.consume(_BATCH, timeout=_POLL_SECONDS):
            error, topic, partition, offset = message.error(), message.topic(), message.partition(), message.offset()
            if topic is None or partition is None or offset is None:
                continue  # an error of no partition: librdkafka tries again
            if error is None:
                taken.append(Taken(topic, partition, offset, message.key(), message.value()))
            elif error.code() == KafkaError._PARTITION_EOF:
                self._unfinished.discard((topic, partition))
                self.ends[topic, partition] = offset
            elif not error.retriable():
                raise StreamError(f"reading {topic}: {error.str()}")
        return taken

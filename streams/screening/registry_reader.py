"""Reading the registry of parties, a partition at a time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from types import TracebackType

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.errors import StreamError
from streams.kafka.clients import Heard, connect, consumer_config
from streams.kafka.topics import TopicNames
from streams.settings import Settings

_BATCH = 500


class RegistryReader:
    """Reads partitions of the registry from their beginning to the end they have when it is reached, or had before.

    It commits nothing and takes part in no group; ``group_id`` is a name that the user may use.
    """

    def __init__(self, settings: Settings, group_id: str = "highfence-reader") -> None:
        self.end = 0
        """The offset after the last record, once :meth:`read` has come to the partition's end."""
        self._timeout_seconds = settings.kafka.timeout_seconds
        self._topic = TopicNames(settings.topics.prefix).parties
        self._heard = Heard()
        config = consumer_config(settings, group_id, {"enable.partition.eof": True})
        self._consumer = connect(Consumer, config, self._heard)

    def __enter__(self) -> RegistryReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let the consumer go; the reader reads no more."""
        self._consumer.close()

    def ends(self, partitions: int) -> list[int]:
        """The offset after the last committed record of each partition, now. Raises StreamError."""
        asked = [TopicPartition(self._topic, partition) for partition in range(partitions)]
        ask = partial(self._consumer.get_watermark_offsets, timeout=self._timeout_seconds, cached=False)
        try:
            return [ask(each)[1] for each in asked]
        except KafkaException as error:
            raise StreamError(f"where {self._topic} ends: {self._heard.reason(error)}") from error

    def read(self, partition: int, end: int | None = None) -> Iterator[list[Message]]:
        """The committed records in batches, some of them empty, so that whoever reads can look at other things.

        With ``end``, only those before that offset. Raises StreamError.
        """
        self._consumer.assign([TopicPartition(self._topic, partition, OFFSET_BEGINNING)])
        at_end = False
        while not at_end:
            batch = []
            for message in self._consumer.consume(_BATCH, timeout=0.1):
                offset = message.offset() or 0
                if (error := message.error()) is None:
                    if end is not None and offset >= end:
                        at_end = True
                        break
                    batch.append(message)
                elif error.code() == KafkaError._PARTITION_EOF:
                    at_end, self.end = True, offset
                elif not error.retriable():
                    raise StreamError(f"reading {self._topic}: {error.str()}")
            yield batch
        self._consumer.unassign()

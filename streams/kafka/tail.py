"""Reading a topic without a consumer group: from its beginning or from now on, committed records only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Literal

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.errors import StreamError, TopicError
from streams.kafka.clients import Heard, connect, consumer_config, unreachable
from streams.settings import Settings

Start = Literal["beginning", "end"] | datetime
"""Where reading starts: at the topic's beginning, at its end, or at a moment."""


def read_topic(
    settings: Settings,
    topic: str,
    *,
    start: Start = "beginning",
    until: Callable[[], bool] | None = None,
    enough: Callable[[Message], bool] | None = None,
) -> Iterator[Message]:
    """The committed records of a topic, in order within each partition.

    Without ``until`` the reading ends at the end the topic has when it is reached; with it, it goes on until
    that says True, asked some twenty times a second. A partition is left after a message that is ``enough``.
    Raises BrokerUnreachableError, TopicError.
    """
    heard = Heard()
    consumer = connect(Consumer, consumer_config(settings, "highfence-reader", {"enable.partition.eof": True}), heard)
    try:
        positions = _positions(consumer, settings, topic, start, heard)
        consumer.assign(positions)
        left: set[int] = set()
        unfinished = {position.partition for position in positions}
        while unfinished if until is None else not until():
            for message in consumer.consume(500, timeout=0.05):
                if (error := message.error()) is None:
                    if message.partition() in left:
                        continue
                    yield message
                    if enough is not None and enough(message):
                        leave = [position for position in positions if position.partition == message.partition()]
                        consumer.pause(leave)
                        left.update(position.partition for position in leave)
                        unfinished -= left
                elif error.code() == KafkaError._PARTITION_EOF:
                    unfinished.discard(message.partition())
                elif not error.retriable():
                    raise StreamError(f"reading {topic}: {error.str()}")
    finally:
        consumer.close()


def _positions(consumer: Consumer, settings: Settings, topic: str, start: Start, heard: Heard) -> list[TopicPartition]:
    timeout = settings.kafka.timeout_seconds
    try:
        found = consumer.list_topics(topic, timeout=timeout).topics[topic]
        if found.error is not None:
            if found.error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                raise TopicError(f"topic {topic}: this user may not read it")
            raise TopicError(f"topic {topic}: {found.error.str()}: run 'highfence topics apply'")
        if start == "beginning":
            return [TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in found.partitions]
        if start == "end":
            # Asked for now, so that nothing produced after this call is missed.
            ends = {
                partition: consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=timeout)[1]
                for partition in found.partitions
            }
            return [TopicPartition(topic, partition, end) for partition, end in ends.items()]
        moment_ms = int(start.timestamp() * 1000)
        asked = [TopicPartition(topic, partition, moment_ms) for partition in found.partitions]
        return list(consumer.offsets_for_times(asked, timeout=timeout))
    except KafkaException as error:
        consumer.poll(0)
        raise unreachable(settings, heard.reason(error)) from error

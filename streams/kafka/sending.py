"""Sending many records that no transaction holds together."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import Producer

from streams.errors import StreamError
from streams.kafka.clients import connect, producer_config
from streams.settings import Settings

_PATIENCE = 900


def send_all(
    settings: Settings,
    topic: str,
    records: Iterable[tuple[bytes, bytes]],
    headers: dict[str, str | bytes | None] | None = None,
) -> None:
    """Send records, each a key and a value, and wait until the broker has them.

    Raises StreamError when it does not take them.
    """
    producer = connect(Producer, producer_config(settings))
    for key, value in records:
        while True:
            try:
                producer.produce(topic, value, key, headers=headers)
                break
            except BufferError:
                producer.poll(0.1)
    if left := producer.flush(_PATIENCE):
        raise StreamError(f"{left} events could not be sent to {topic}")

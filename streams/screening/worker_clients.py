"""The Kafka clients of a worker."""

from __future__ import annotations

from collections.abc import Callable

from confluent_kafka import Consumer, Producer

from streams.kafka.clients import Heard, connect, consumer_config, producer_config, unreachable
from streams.kafka.transactions import AbortedError, TransactionalProducer
from streams.settings import Settings


def worker_producer(settings: Settings, is_stopped: Callable[[], bool]) -> TransactionalProducer | None:
    """The producer, or None when told to stop while the brokers did not answer.

    Raises BrokerUnreachableError and FencedError.
    """
    heard = Heard()
    producer = connect(
        Producer,
        producer_config(
            settings,
            {
                "transactional.id": f"{settings.topics.prefix}{settings.worker.group_id}-{settings.worker.replica}",
                "transaction.timeout.ms": int(settings.worker.transaction_timeout_seconds * 1000),
            },
        ),
        heard,
    )
    try:
        return TransactionalProducer(producer, settings.worker.transaction_timeout_seconds, is_stopped)
    except AbortedError as error:
        if is_stopped():
            return None
        raise unreachable(settings, heard.reason(error)) from error


def worker_consumer(settings: Settings) -> Consumer:
    """The consumer, a member of the workers' group."""
    worker = settings.worker
    own: dict[str, str | int | float | bool] = {
        "session.timeout.ms": int(worker.session_timeout_seconds * 1000),
        "heartbeat.interval.ms": max(100, int(worker.session_timeout_seconds * 1000 / 3)),
        # A batch is done well within this; a worker that hangs longer loses its partitions.
        "max.poll.interval.ms": int(max(worker.transaction_timeout_seconds, worker.session_timeout_seconds) * 1000),
        "partition.assignment.strategy": "range",
    }
    return connect(Consumer, consumer_config(settings, worker.group_id, own))

"""Kafka client configuration from settings, and clear errors when no broker answers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from streams.errors import BrokerUnreachableError, SettingsError
from streams.settings import Settings

Config = dict[str, str | int | float | bool]
LARGEST_RECORD_BYTES = 96 * 1024 * 1024
"""The largest record a producer sends: a dead letter carries its event whole, in base64, and a broker takes
requests of at most 100 MiB by default (socket.request.max.bytes)."""

Client = TypeVar("Client", AdminClient, Consumer, Producer)

logger = logging.getLogger("highfence.kafka")
"""librdkafka's own log lines; the command line shows them only with ``--verbose``."""


def common_config(settings: Settings) -> Config:
    """What every client gets: the brokers and the properties passed through."""
    return {
        "bootstrap.servers": settings.kafka.bootstrap_servers,
        **settings.kafka.properties,
    }


def consumer_config(settings: Settings, group_id: str, more: Config | None = None) -> Config:
    """A consumer that sees committed records only and commits nothing by itself."""
    return {
        "group.id": group_id,
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        # A lone record must not wait for others: the broker answers a fetch after 20 ms at most.
        "fetch.wait.max.ms": 20,
        **(more or {}),
        **common_config(settings),
    }


def producer_config(settings: Settings, more: Config | None = None) -> Config:
    """An idempotent producer."""
    return {
        "enable.idempotence": True,
        # The default, rebootstrap, takes a broker that is down for good-bye: a producer that was in a transaction
        # then hangs when the broker is back (librdkafka 2.16.0), until the transaction's time-out. Without it a
        # consumer hangs for good once a broker has told it that there is none, which one does that was halted.
        "metadata.recovery.strategy": "none",
        "compression.type": "lz4",
        "linger.ms": 5,
        "message.max.bytes": LARGEST_RECORD_BYTES,
        # The partitioner of Kafka's Java clients, so that a key has the same partition whoever produces it.
        "partitioner": "murmur2_random",
        **(more or {}),
        **common_config(settings),
    }


def roomy_message_bytes(settings: Settings) -> int:
    """The largest decision or alert: it carries one party of an event and one listed entry."""
    return max(2 * settings.limits.max_event_bytes, 2_097_152)


class Heard:
    """Remembers what a client was told by brokers, for a clear message when nothing works."""

    def __init__(self) -> None:
        self.errors: list[KafkaError] = []

    def __call__(self, error: KafkaError) -> None:
        """The client's ``error_cb``."""
        del self.errors[:-9]
        self.errors.append(error)

    def reason(self, error: Exception | None = None) -> str:
        """The most telling thing heard: a refusal says more than "all brokers down"."""
        telling = [problem for problem in self.errors if problem.code() != KafkaError._ALL_BROKERS_DOWN]
        if telling:
            return str(telling[-1].str())
        return reason_of(error) if error is not None else "no answer"


def reason_of(error: Exception) -> str:
    """The client's reason, without its codes."""
    first = error.args[0] if error.args else error
    return str(first.str()) if isinstance(first, KafkaError) else str(first)


def connect(make: Callable[..., Client], config: Config, heard: Heard | None = None) -> Client:
    """Make a client; raises SettingsError when librdkafka does not accept a property."""
    try:
        return make({**config, "error_cb": heard or Heard()}, logger=logger)
    except (KafkaException, TypeError, ValueError) as error:
        raise SettingsError(f"kafka.properties: {reason_of(error)}") from error


def unreachable(settings: Settings, reason: str) -> BrokerUnreachableError:
    """The error for a broker that does not answer."""
    return BrokerUnreachableError(
        f"no Kafka broker at {settings.kafka.bootstrap_servers}: {reason}. "
        "Check kafka.bootstrap_servers and kafka.properties, or start one with 'highfence broker start'"
    )


def existing_topics(admin: AdminClient, settings: Settings, heard: Heard) -> dict[str, int]:
    """The broker's topics with their partition counts.

    Raises BrokerUnreachableError with the client's own reason (refused, wrong password, wrong certificate).
    """
    try:
        metadata = admin.list_topics(timeout=settings.kafka.timeout_seconds)
    except KafkaException as error:
        admin.poll(0)  # lets the client tell `heard` why
        raise unreachable(settings, heard.reason(error)) from error
    return {name: len(topic.partitions) for name, topic in metadata.topics.items()}

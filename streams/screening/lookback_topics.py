"""What a lookback reads from topics and writes to them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from queue import Empty, SimpleQueue

from confluent_kafka import Message, Producer

from streams import failpoints
from streams.errors import RecordError, ReleaseRefusedError
from streams.kafka.clients import Heard, connect, consumer_config, producer_config, unreachable
from streams.kafka.cloud_events import headers, version_of
from streams.kafka.following import TopicFollower
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.kafka.transactions import AbortedError, TransactionalProducer
from streams.lists.state import Change, ListState
from streams.records.alert import Alert
from streams.records.codec import decode, encode
from streams.records.lookback import LookbackCoverage
from streams.records.registered_party import RegisteredParty
from streams.screening.lookback import Lookback
from streams.screening.lookback_work import Coverage
from streams.settings import Settings

_log = logging.getLogger("highfence.lookback")


class ReleaseFollower(TopicFollower):
    """Judges each release of the history in a thread and hands out what it changed."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            consumer_config(settings, f"{settings.lookback.group_id}-lists"),
            TopicNames(settings.topics.prefix).list_history,
        )
        self._state = ListState()
        self._state.caught_up()  # the history is whole, so each marker is judged, not only the last
        self._changes: SimpleQueue[Change] = SimpleQueue()

    def take(self, key: str, value: bytes | None) -> None:
        """The next record of the history."""
        try:
            change = self._state.feed(key, value)
        except ReleaseRefusedError as error:
            _log.error("release refused: %s", error)
            return
        if change is not None:
            self._changes.put(change)

    def arrived(self) -> list[Change]:
        """The changes since the last call, in order."""
        changes = []
        while True:
            try:
                changes.append(self._changes.get_nowait())
            except Empty:
                return changes


def take(message: Message, lookback: Lookback, *, late: bool) -> None:
    """Hand a message of the registry to a lookback; one that cannot be read is told as not covered."""
    failpoints.reach("lookback.between_records")
    if (value := message.value()) is None:
        return
    where = f"{message.topic()}[{message.partition()}] at {message.offset()}"
    try:
        record = decode(RegisteredParty, value, where)
    except RecordError as error:
        lookback.refuse(str(error))
        return
    lookback.take(record, late=late)


def read_coverage(settings: Settings) -> Coverage:
    """Everything on the topic ``lookbacks``. Raises BrokerUnreachableError, TopicError and RecordError."""
    coverage = Coverage()
    topic = TopicNames(settings.topics.prefix).lookbacks
    for message in read_topic(settings, topic):
        if (value := message.value()) is not None:
            coverage.add(decode(LookbackCoverage, value, f"{topic} at {message.offset()}"))
    return coverage


def lookback_producer(settings: Settings, replica: str) -> TransactionalProducer:
    """The producer of a lookback. Raises BrokerUnreachableError, FencedError."""
    heard = Heard()
    seconds = settings.lookback.transaction_timeout_seconds
    config = producer_config(
        settings,
        {
            "transactional.id": f"{settings.topics.prefix}{settings.lookback.group_id}-{replica}",
            "transaction.timeout.ms": int(seconds * 1000),
        },
    )
    try:
        return TransactionalProducer(connect(Producer, config, heard), seconds)
    except AbortedError as error:
        raise unreachable(settings, heard.reason(error)) from error


def write(
    alerts: Iterable[Alert], records: Iterable[LookbackCoverage], producer: TransactionalProducer, names: TopicNames
) -> None:
    """Open a transaction and hand over the alerts, then the coverage; raises AbortedError."""
    producer.begin()
    now = datetime.now(UTC)
    for alert in alerts:
        about = headers(names.alerts, "alert", alert.alert_id, now)
        producer.send(names.alerts, alert.alert_id.encode(), encode(alert), about)
    for record in records:
        written = encode(record)
        about = headers(names.lookbacks, "lookback_coverage", version_of(record.key, written), now)
        producer.send(names.lookbacks, record.key.encode(), written, about)

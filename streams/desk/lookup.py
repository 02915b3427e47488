"""Finding single records again on their topics: a case's alerts, and the decisions they belong to. Blocking."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from aiokafka.partitioner import DefaultPartitioner
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.desk.case_file import Gathered, Place
from streams.errors import RecordError, StreamError
from streams.kafka.clients import Heard, connect, consumer_config, unreachable
from streams.kafka.topics import TopicNames
from streams.records.alert import Alert
from streams.records.codec import decode
from streams.records.decision import Decision
from streams.settings import Settings

_NEAR = 2000
"""Offsets this near to each other are read through; further ones are sought."""
_WITHIN = timedelta(seconds=60)
"""A decision is written with its alerts, so it is looked for around the moment they were raised."""
_PATIENCE_SECONDS = 20.0


class Lookup:
    """A consumer of its own for one look into the topics; a context manager.

    Raises BrokerUnreachableError when nobody answers, and StreamError when it takes too long.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._names = TopicNames(settings.topics.prefix)
        self._heard = Heard()
        config = consumer_config(settings, "highfence-reader", {"enable.partition.eof": True})
        self._consumer = connect(Consumer, config, self._heard)
        self._until = time.monotonic() + _PATIENCE_SECONDS

    def __enter__(self) -> Lookup:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def alerts(self, places: Iterable[Place]) -> dict[Place, Alert]:
        """The alerts at those places that are still there."""
        by_partition: dict[int, list[int]] = {}
        for place in places:
            by_partition.setdefault(place.partition, []).append(place.offset)
        found: dict[Place, Alert] = {}
        for partition, offsets in by_partition.items():
            wanted = sorted(offsets)
            while wanted:
                near = [offset for offset in wanted if offset - wanted[0] < _NEAR]
                for message in self._read(self._names.alerts, partition, near[0], near[-1]):
                    place = Place(partition, _offset(message))
                    if place.offset in near:
                        found[place] = decode(Alert, message.value() or b"", f"alerts[{partition}] at {place.offset}")
                wanted = wanted[len(near) :]
        return found

    def decisions(self, alerts: Iterable[Gathered]) -> dict[str, Decision]:
        """The decisions of live alerts, by alert id; those that are not found are left out."""
        try:
            topics = self._consumer.list_topics(self._names.decisions, timeout=self._settings.kafka.timeout_seconds)
        except KafkaException as error:
            raise unreachable(self._settings, self._heard.reason(error)) from error
        partitions = sorted(topics.topics[self._names.decisions].partitions)
        found: dict[str, Decision] = {}
        for alert in alerts:
            if alert.trigger == "live" and alert.alert_id not in found and partitions:
                key = alert.transaction_id.encode()
                decision = self._decision(alert, DefaultPartitioner()(key, partitions, partitions), key)
                if decision is not None:
                    found.update((alert_id, decision) for alert_id in decision.alert_ids)
        return found

    def _decision(self, alert: Gathered, partition: int, key: bytes) -> Decision | None:
        begin = TopicPartition(self._names.decisions, partition, _milliseconds(alert.raised_at - timedelta(seconds=1)))
        try:
            (start,) = self._consumer.offsets_for_times([begin], timeout=self._settings.kafka.timeout_seconds)
        except KafkaException as error:
            raise unreachable(self._settings, self._heard.reason(error)) from error
        if start.offset < 0:
            return None
        for message in self._read(self._names.decisions, partition, start.offset, None):
            if message.timestamp()[1] > _milliseconds(alert.raised_at + _WITHIN):
                return None
            if message.key() == key:
                try:
                    decision = decode(Decision, message.value() or b"", "decision")
                except RecordError:
                    continue  # not this one: the desk reads the alerts, and shows the decisions it can read
                if alert.alert_id in decision.alert_ids:
                    return decision
        return None

    def _read(self, topic: str, partition: int, first: int, last: int | None) -> Iterator[Message]:
        """Committed records from ``first`` to ``last``, or to the end there is."""
        self._consumer.assign([TopicPartition(topic, partition, first)])
        while time.monotonic() < self._until:
            for message in self._consumer.consume(500, timeout=0.2):
                error = message.error()
                if error is None:
                    if last is not None and _offset(message) > last:
                        return
                    yield message
                    if _offset(message) == last:
                        return
                elif error.code() == KafkaError._PARTITION_EOF:
                    return
                elif not error.retriable():
                    raise StreamError(f"reading {topic}: {error.str()}")
        raise StreamError(f"{topic} could not be read within {_PATIENCE_SECONDS:.0f} s")


def _offset(message: Message) -> int:
    offset = message.offset()
    return -1 if offset is None else offset


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)

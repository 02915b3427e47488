"""How the stream does, as the brokers tell it: lag, throughput and the workers' group, sampled. Blocking."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from streams.kafka.clients import Heard, common_config, connect, existing_topics, reason_of
from streams.kafka.topics import TopicNames
from streams.settings import Settings

SAMPLE_SECONDS = 5.0
_KEPT = 60


@dataclass(frozen=True, slots=True)
class Sample:
    """The ends of the topics at a moment of ``time.monotonic()``, offsets summed over partitions."""

    at: float
    ends: dict[str, int]


@dataclass(frozen=True, slots=True)
class Vitals:
    """How the stream does. ``lag`` is None while nothing was ever committed; ``problem`` is why nothing is known.

    ``rates`` are offsets a second over the last minutes, by topic: records and commit markers.
    """

    lag: int | None = None
    lag_by_partition: dict[int, int] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    workers: int | None = None
    group_state: str = ""
    problem: str = ""


class Sampler:
    """Takes samples; one thread at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        names = TopicNames(settings.topics.prefix)
        self._transactions = names.transactions
        self._topics = (names.transactions, names.decisions, names.alerts, names.dead_letters, names.dispositions)
        self._samples: deque[Sample] = deque(maxlen=_KEPT)
        self._admin = connect(AdminClient, common_config(settings))

    def sample(self) -> Vitals:
        """Ask the brokers."""
        timeout = self._settings.kafka.timeout_seconds
        try:
            ends = self._ends(timeout)
            committed = self._committed(timeout)
            group = self._settings.worker.group_id
            described = self._admin.describe_consumer_groups([group], request_timeout=timeout)[group].result()
        except KafkaException as error:
            return Vitals(problem=reason_of(error))
        sums: dict[str, int] = dict.fromkeys(self._topics, 0)
        for (topic, _), end in ends.items():
            sums[topic] += end
        self._samples.append(Sample(time.monotonic(), sums))
        lags = {
            partition: max(0, ends.get((self._transactions, partition), 0) - offset)
            for partition, offset in committed.items()
        }
        return Vitals(
            lag=sum(lags.values()) if lags else None,
            lag_by_partition=lags,
            rates=self._rates(),
            ends=sums,
            workers=len(described.members),
            group_state=described.state.name.lower(),
        )

    def _rates(self) -> dict[str, float]:
        first, last = self._samples[0], self._samples[-1]
        seconds = last.at - first.at
        if seconds <= 0:
            return {}
        return {topic: max(0, last.ends[topic] - first.ends[topic]) / seconds for topic in self._topics}

    def _ends(self, timeout: float) -> dict[tuple[str, int], int]:
        existing = existing_topics(self._admin, self._settings, Heard())
        asked = {
            TopicPartition(topic, partition): OffsetSpec.latest()
            for topic in self._topics
            for partition in range(existing.get(topic, 0))
        }
        answers = self._admin.list_offsets(asked, request_timeout=timeout) if asked else {}
        return {(place.topic, place.partition): answer.result().offset for place, answer in answers.items()}

    def _committed(self, timeout: float) -> dict[int, int]:
        group = self._settings.worker.group_id
        asked = [ConsumerGroupTopicPartitions(group)]
        answer = self._admin.list_consumer_group_offsets(asked, request_timeout=timeout)[group].result()
        return {
            place.partition: place.offset
            for place in answer.topic_partitions or ()
            if place.topic == self._transactions and place.offset >= 0
        }

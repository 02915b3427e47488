"""Topics of one's own for each integration test."""

from __future__ import annotations

import pytest
from live import PATIENCE

from streams.kafka.local import LocalBroker
from streams.kafka.topics import apply_topics
from streams.settings import KafkaSettings, MetricsSettings, Settings, TopicSettings, WorkerSettings


@pytest.fixture
def settings(kafka: LocalBroker, topic_prefix: str) -> Settings:
    """Settings for topics of their own, which exist, on the session's Kafka."""
    made = Settings(
        kafka=KafkaSettings(bootstrap_servers=kafka.bootstrap_servers, timeout_seconds=PATIENCE),
        topics=TopicSettings(prefix=topic_prefix, partitions=2),
        worker=WorkerSettings(group_id=f"{topic_prefix}worker", batch_events=50),
        metrics=MetricsSettings(port=0),
    )
    apply_topics(made)
    return made

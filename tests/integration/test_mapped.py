"""Other platforms' events on a real Kafka: from their own topics through the ready-made mappings to decisions."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from live import PATIENCE, running
from msgspec import UNSET

from streams.demo.cases import cases
from streams.errors import TopicError
from streams.kafka.clients import common_config, connect, producer_config
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.lists.loading import load_list
from streams.lists.publisher import publish
from streams.mappings import load_mapping, ready_made
from streams.matching import Policy
from streams.records.codec import decode
from streams.records.dead_letter import DeadLetter
from streams.records.decision import Decision
from streams.screening.worker import Worker
from streams.settings import Settings

pytestmark = pytest.mark.kafka
SAMPLES = Path(__file__).parents[1] / "samples" / "events"


def test_sample_events_are_screened_from_their_topics(settings: Settings) -> None:
    topics = {f"{settings.topics.prefix}shop.{name}": name for name in ready_made()}
    mapped = settings.worker.model_copy(update={"mappings": topics})
    settings = settings.model_copy(update={"worker": mapped})
    with pytest.raises(TopicError, match=r"shop\.shopify_order"), running(lambda stop: _worker(settings, stop)):
        pass
    admin = connect(AdminClient, common_config(settings))
    for created in admin.create_topics([NewTopic(topic, num_partitions=1) for topic in topics]).values():
        created.result(timeout=PATIENCE)
    publish(load_list("bundled"), settings)
    producer = connect(Producer, producer_config(settings))
    for topic, name in topics.items():
        producer.produce(topic, (SAMPLES / f"{name}.json").read_bytes(), b"key")
        producer.produce(topic, b'{"nobody": true}', f"broken {name}".encode(), headers=[("shop", b"\xff")])
    names = TopicNames(settings.topics.prefix)
    own = cases()[0]
    producer.produce(names.transactions, own.payload)
    assert producer.flush(PATIENCE) == 0
    found: list[Decision] = []
    deadline = time.monotonic() + PATIENCE
    with running(lambda stop: _worker(settings, stop)):
        messages = read_topic(settings, names.decisions, until=lambda: len(found) == 9 or time.monotonic() > deadline)
        found.extend(decode(Decision, message.value() or b"", "decision") for message in messages)
    assert {(each.source.topic, each.source.offset, each.outcome) for each in found} == {
        *((topic, 0, "hold") for topic in topics),
        *((topic, 1, "error") for topic in topics),
        (names.transactions, 0, "hold"),
    }
    versions = {(topic, load_mapping(name).version) for topic, name in topics.items()}
    assert {(each.source.topic, each.mapping_version) for each in found} == {*versions, (names.transactions, UNSET)}
    letters = [decode(DeadLetter, each.value() or b"", "letter") for each in read_topic(settings, names.dead_letters)]
    assert {(each.source.topic, each.reason, each.value, each.headers[0].value) for each in letters} == {
        (topic, "mapping_failed", b'{"nobody": true}', b"\xff") for topic in topics
    }


def _worker(settings: Settings, stop: threading.Event) -> Worker:
    return Worker(settings, Policy.default(), stop)

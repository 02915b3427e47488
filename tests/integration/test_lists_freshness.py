"""A list past its maximum age: told, and by the settings waited for or marked in every decision."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka import Producer

from streams.demo.cases import waiting_order
from streams.kafka.clients import connect, producer_config
from streams.kafka.local import LocalBroker, free_port
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames, apply_topics
from streams.lists.loading import LoadedList, load_list
from streams.lists.publisher import publish
from streams.matching import Policy
from streams.records.codec import decode
from streams.records.decision import Decision
from streams.records.list_entry import ListedName, ListEntry
from streams.screening.worker import Worker
from streams.settings import KafkaSettings, ListSettings, MetricsSettings, Settings, TopicSettings, WorkerSettings

pytestmark = pytest.mark.kafka

PATIENCE = 30.0
AN_INSTANT = 0.01 / 86_400
OWN = LoadedList("own", (ListEntry(source="own", entry_id="1", names=(ListedName(name="Never Ship Here Ltd"),)),))


def _settings(kafka: LocalBroker, prefix: str, lists: ListSettings) -> Settings:
    made = Settings(
        kafka=KafkaSettings(bootstrap_servers=kafka.bootstrap_servers),
        topics=TopicSettings(prefix=prefix, partitions=1),
        worker=WorkerSettings(group_id=f"{prefix}worker"),
        metrics=MetricsSettings(port=free_port()),
        lists=lists,
    )
    apply_topics(made)
    publish(load_list("bundled"), made)
    publish(OWN, made)
    return made


@contextmanager
def _working(settings: Settings) -> Iterator[Worker]:
    stop = threading.Event()
    worker = Worker(settings, Policy.default(), stop)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def _send(settings: Settings) -> None:
    producer = connect(Producer, producer_config(settings))
    each = waiting_order()
    producer.produce(TopicNames(settings.topics.prefix).transactions, each.payload, each.transaction_id.encode())
    assert producer.flush(PATIENCE) == 0


def _decisions(settings: Settings) -> list[Decision]:
    topic = TopicNames(settings.topics.prefix).decisions
    return [decode(Decision, message.value() or b"", topic) for message in read_topic(settings, topic)]


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def _ready(settings: Settings) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{settings.metrics.port}/readyz") as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except urllib.error.URLError:
        return 0, ""


def _stale(worker: Worker, source: str) -> float | None:
    return worker.metrics.registry.get_sample_value("highfence_list_stale", {"source": source})


def test_by_default_a_stale_list_stops_screening(kafka: LocalBroker, topic_prefix: str) -> None:
    settings = _settings(kafka, topic_prefix, ListSettings(max_age_days_of={"own": AN_INSTANT}))
    with _working(settings) as worker:
        _until(lambda: "list own was published" in _ready(settings)[1])
        assert _ready(settings)[0] == 503
        _until(lambda: _stale(worker, "own") == 1)
        assert _stale(worker, "us_bis_additions") == 0
        _send(settings)
        time.sleep(0.5)
        assert _decisions(settings) == []


def test_if_so_set_it_goes_on_and_every_decision_says_so(kafka: LocalBroker, topic_prefix: str) -> None:
    lists = ListSettings(max_age_days_of={"own": AN_INSTANT}, when_stale="mark")
    settings = _settings(kafka, topic_prefix, lists)
    with _working(settings) as worker:
        _send(settings)
        _until(lambda: len(_decisions(settings)) == 1)
        (decision,) = _decisions(settings)
        assert (decision.outcome, decision.stale_lists) == ("clear", ("own",))
        status, said = _ready(settings)
        assert status == 200
        assert said.startswith("ok, but list own was published")
        _until(lambda: _stale(worker, "own") == 1)
        _until(lambda: worker.metrics.registry.get_sample_value("highfence_ready") == 1)

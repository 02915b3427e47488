"""A list past its maximum age: told, and by the settings waited for or marked in every decision."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from live import running, send, wait_until

from streams.demo.cases import waiting_order
from streams.kafka.local import free_port
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.lists.loading import LoadedList, load_list
from streams.lists.publisher import publish
from streams.matching import Policy
from streams.records.codec import decode
from streams.records.decision import Decision
from streams.records.list_entry import ListedName, ListEntry
from streams.screening.worker import Worker
from streams.settings import MetricsSettings, Settings

pytestmark = pytest.mark.kafka

AN_INSTANT = 0.01 / 86_400
OWN = LoadedList("own", (ListEntry(source="own", entry_id="1", names=(ListedName(name="Never Ship Here Ltd"),)),))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With two lists published, and a port that the test can ask at."""
    publish(load_list("bundled"), settings)
    publish(OWN, settings)
    return settings.model_copy(update={"metrics": MetricsSettings(port=free_port())})


@contextmanager
def _working(settings: Settings, **lists: object) -> Iterator[Worker]:
    changed = settings.model_copy(update={"lists": settings.lists.model_copy(update=lists)})
    with running(lambda stop: Worker(changed, Policy.default(), stop)) as worker:
        yield worker


def _decisions(settings: Settings) -> list[Decision]:
    topic = TopicNames(settings.topics.prefix).decisions
    return [decode(Decision, message.value() or b"", topic) for message in read_topic(settings, topic)]


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


def test_by_default_a_stale_list_stops_screening(settings: Settings) -> None:
    with _working(settings, max_age_days_of={"own": AN_INSTANT}) as worker:
        wait_until(lambda: "list own was published" in _ready(settings)[1])
        assert _ready(settings)[0] == 503
        wait_until(lambda: _stale(worker, "own") == 1)
        assert _stale(worker, "us_bis_additions") == 0
        send(settings, [waiting_order()])
        time.sleep(0.5)
        assert _decisions(settings) == []


def test_if_so_set_it_goes_on_and_every_decision_says_so(settings: Settings) -> None:
    with _working(settings, max_age_days_of={"own": AN_INSTANT}, when_stale="mark") as worker:
        send(settings, [waiting_order()])
        wait_until(lambda: len(_decisions(settings)) == 1)
        (decision,) = _decisions(settings)
        assert (decision.outcome, decision.stale_lists) == ("clear", ("own",))
        status, said = _ready(settings)
        assert status == 200
        assert said.startswith("ok, but list own was published")
        wait_until(lambda: _stale(worker, "own") == 1)
        wait_until(lambda: worker.metrics.registry.get_sample_value("highfence_ready") == 1)

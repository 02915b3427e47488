"""The worker on a real Kafka: from a list and events to decisions, alerts and dead letters."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from live import PATIENCE, cloud_event_kinds, running, send, wait_until

from streams.demo.cases import STOPPED, broken_events, cases, second_release_entries, waiting_order
from streams.errors import BrokerUnreachableError, FencedError, TopicError
from streams.invented.orders import Order, order, ordinary_orders
from streams.kafka.clients import common_config, connect
from streams.kafka.local import LocalBroker
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.lists.loading import LoadedList, load_list
from streams.lists.publisher import publish
from streams.matching import Policy
from streams.matching.jurisdiction_rules import JurisdictionRule, JurisdictionRules
from streams.records.alert import Alert
from streams.records.base import Record
from streams.records.codec import decode
from streams.records.dead_letter import DeadLetter
from streams.records.decision import Decision
from streams.screening.worker import Worker
from streams.settings import KafkaSettings, MetricsSettings, Settings, TopicSettings

pytestmark = pytest.mark.kafka


def worker_of(settings: Settings) -> Callable[[threading.Event], Worker]:
    return lambda stop: Worker(settings, Policy.default(), stop)


def worker_thread(settings: Settings) -> str:
    return f"worker of {settings.worker.group_id}"


def read(settings: Settings, topic: str, kind: type[Record], count: int = 0) -> list[Record]:
    """All committed records of a topic, waiting until there are ``count``."""
    found: list[Record] = []
    deadline = time.monotonic() + PATIENCE

    def enough() -> bool:
        return len(found) >= count or time.monotonic() > deadline

    messages = read_topic(settings, topic, until=enough if count else None)
    found.extend(decode(kind, message.value() or b"", topic) for message in messages)
    assert len(found) >= count, f"{len(found)} of {count} records on {topic}"
    return found


def decisions_of(settings: Settings, count: int) -> list[Decision]:
    read(settings, TopicNames(settings.topics.prefix).decisions, Decision, count)
    # Read again to the end: one too many would be as wrong as one too few.
    return [
        each
        for each in read(settings, TopicNames(settings.topics.prefix).decisions, Decision)
        if isinstance(each, Decision)
    ]


def test_every_event_gets_its_one_decision(settings: Settings) -> None:
    publish(load_list("bundled"), settings)
    orders = [*cases(), waiting_order(), *broken_events(), *ordinary_orders(300)]
    with running(worker_of(settings)) as worker:
        send(settings, orders)
        decisions = decisions_of(settings, len(orders))
        metrics = worker.metrics
    outcomes = {decision.transaction_id: decision.outcome for decision in decisions}
    assert len(decisions) == len(orders)
    assert {each.transaction_id: outcomes[each.transaction_id] in each.expected for each in orders} == {
        each.transaction_id: True for each in orders
    }
    names = TopicNames(settings.topics.prefix)
    alerts = [each for each in read(settings, names.alerts, Alert) if isinstance(each, Alert)]
    assert {alert.alert_id for alert in alerts} == {each for decision in decisions for each in decision.alert_ids}
    assert len({alert.alert_id for alert in alerts}) == len(alerts)
    assert all(alert.evidence and alert.summary and alert.score >= alert.threshold for alert in alerts)
    letters = [each for each in read(settings, names.dead_letters, DeadLetter) if isinstance(each, DeadLetter)]
    assert {letter.value for letter in letters} == {each.payload for each in broken_events()}
    assert {header for letter in letters for header in [(letter.headers[0].key, letter.headers[0].value)]} == {
        ("trace", b"\x00\xff")
    }
    assert cloud_event_kinds(settings, names.decisions) == {"highfence.decision"}
    assert cloud_event_kinds(settings, names.alerts) == {"highfence.alert"}
    assert cloud_event_kinds(settings, names.dead_letters) == {"highfence.dead_letter"}
    assert cloud_event_kinds(settings, names.parties) == {"highfence.registered_party"}
    for topic in (names.list_updates, names.list_history):
        assert cloud_event_kinds(settings, topic) == {"highfence.list_entry", "highfence.list_release"}
    counted = Counter(decision.outcome for decision in decisions)
    for outcome, count in counted.items():
        assert metrics.registry.get_sample_value("highfence_events_total", {"outcome": outcome}) == count
    for name, value in (("index_entries", 80), ("index_names", 300), ("release_age_seconds", 0)):
        assert (metrics.registry.get_sample_value(f"highfence_{name}", {"source": "us_bis_additions"}) or 0) > value - 1


def test_second_release_holds_what_was_clear(settings: Settings) -> None:
    bundled = load_list("bundled")
    first = publish(bundled, settings)
    with running(worker_of(settings)) as worker:
        send(settings, [waiting_order()])
        (before,) = decisions_of(settings, 1)
        added = second_release_entries(bundled.source)
        second = publish(LoadedList(bundled.source, (*bundled.entries, *added)), settings)
        wait_until(
            lambda: (
                worker.metrics.registry.get_sample_value("highfence_releases_applied_total", {"source": bundled.source})
                == 2
            )
        )
        send(settings, [waiting_order()])
        after = max(decisions_of(settings, 2), key=lambda decision: decision.source.offset)
    assert before.outcome == "clear"
    assert before.releases[bundled.source].release_id == first.release_id
    assert after.outcome in STOPPED
    assert after.releases[bundled.source].release_id == second.release_id
    assert after.releases[bundled.source].digest == second.digest != first.digest


def test_a_list_that_the_topic_rules_out_is_named_in_the_decision(settings: Settings) -> None:
    bundled = load_list("bundled")
    publish(bundled, settings)
    names = TopicNames(settings.topics.prefix)
    abroad = JurisdictionRule(name="abroad", lists=(bundled.source,), topics=("abroad",))
    here = JurisdictionRule(name="here", lists=("other_list",), topics=(names.transactions,))
    policy = replace(Policy.default(), jurisdiction=JurisdictionRules(rules=(abroad, here)))
    with running(lambda stop: Worker(settings, policy, stop)) as worker:
        send(settings, [order("T", [{"name": "Inspur Software Co., Ltd."}], STOPPED)])
        (decision,) = decisions_of(settings, 1)
    assert decision.outcome == "clear"
    assert [each.source for each in decision.not_applied] == [bundled.source]
    assert read(settings, names.alerts, Alert) == []
    counted = worker.metrics.registry.get_sample_value
    assert counted("highfence_not_applied_hits_total", {"source": bundled.source}) == 1


def test_without_a_list_nothing_is_decided(settings: Settings) -> None:
    with running(worker_of(settings)) as worker:
        send(settings, [waiting_order()])
        wait_until(lambda: "no list" in (worker.not_ready() or ""))
        time.sleep(1)
        assert read(settings, TopicNames(settings.topics.prefix).decisions, Decision) == []
        publish(load_list("bundled"), settings)
        (decision,) = decisions_of(settings, 1)
    assert decision.outcome == "clear"


def test_a_stale_list_stops_screening(settings: Settings) -> None:
    publish(load_list("bundled"), settings)
    stale = settings.model_copy(update={"lists": settings.lists.model_copy(update={"max_age_days": 0.5 / 86_400})})
    with running(worker_of(stale)) as worker:
        wait_until(lambda: "max_age_days" in (worker.not_ready() or "") and worker._paused)
        send(settings, [waiting_order()])
        # At most 1 while nothing waits.
        wait_until(lambda: (worker.metrics.registry.get_sample_value("highfence_lag_seconds") or 0) > 2)
        assert read(settings, TopicNames(settings.topics.prefix).decisions, Decision) == []


def test_an_error_inside_screening_is_an_error_decision(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from streams.matching import EntityIndex

    asked = EntityIndex.asked

    def broken(self: EntityIndex, party: object, policy: Policy) -> object:
        if getattr(party, "name", "") == "Breaks Inside Ltd":
            raise ZeroDivisionError("made by the test")
        return asked(self, party, policy)  # type: ignore[arg-type]

    monkeypatch.setattr(EntityIndex, "asked", broken)
    publish(load_list("bundled"), settings)
    breaking = order("BREAKS", [{"name": "Breaks Inside Ltd"}], frozenset({"error"}))
    with running(worker_of(settings)):
        send(settings, [breaking, waiting_order()])
        decisions = {decision.transaction_id: decision for decision in decisions_of(settings, 2)}
    assert decisions["BREAKS"].outcome == "error"
    assert "ZeroDivisionError" in decisions["BREAKS"].reason
    assert decisions[waiting_order().transaction_id].outcome == "clear"
    (letter,) = read(settings, TopicNames(settings.topics.prefix).dead_letters, DeadLetter)
    assert isinstance(letter, DeadLetter)
    assert (letter.reason, letter.value) == ("screening_failed", breaking.payload)


def test_an_event_of_ten_megabytes_is_a_dead_letter_with_all_its_bytes(settings: Settings) -> None:
    publish(load_list("bundled"), settings)
    topic = TopicNames(settings.topics.prefix).transactions
    largest = ConfigEntry("max.message.bytes", "20000000", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[largest])
    admin = connect(AdminClient, common_config(settings))
    for outcome in admin.incremental_alter_configs([resource]).values():
        outcome.result(PATIENCE)
    huge = Order("HUGE", b'{"transaction_id": "HUGE", "x": "' + b"y" * 10_000_000 + b'"}', frozenset({"error"}))
    with running(worker_of(settings)):
        send(settings, [huge, waiting_order()])
        outcomes = {decision.transaction_id: decision.outcome for decision in decisions_of(settings, 2)}
    assert outcomes == {"HUGE": "error", waiting_order().transaction_id: "clear"}
    (letter,) = read(settings, TopicNames(settings.topics.prefix).dead_letters, DeadLetter)
    assert isinstance(letter, DeadLetter)
    assert (letter.reason, letter.value) == ("too_large", huge.payload)


def worker_process(settings: Settings, log: Path) -> subprocess.Popen[bytes]:
    environment = {
        "PATH": "/usr/bin:/bin",
        "HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "HIGHFENCE_TOPICS__PREFIX": settings.topics.prefix,
        "HIGHFENCE_WORKER__GROUP_ID": settings.worker.group_id,
        "HIGHFENCE_WORKER__BATCH_EVENTS": "20",
        "HIGHFENCE_WORKER__SESSION_TIMEOUT_SECONDS": "2",
        "HIGHFENCE_METRICS__PORT": "0",
    }
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "streams.cli", "worker"], env=environment, stdout=output, stderr=output
        )


def test_killed_and_restarted_without_loss_or_doubling(settings: Settings, tmp_path: Path) -> None:
    publish(load_list("bundled"), settings)
    orders = list(ordinary_orders(4000))
    send(settings, orders)
    log = tmp_path / "worker.log"
    decisions = TopicNames(settings.topics.prefix).decisions
    killed_between = []
    for _ in range(2):
        process = worker_process(settings, log)
        before = len(read(settings, decisions, Decision))
        wait_until(lambda before=before: len(read(settings, decisions, Decision)) > before)  # type: ignore[misc]
        process.kill()
        process.wait()
        killed_between.append(len(read(settings, decisions, Decision)))
    process = worker_process(settings, log)
    decided = decisions_of(settings, len(orders))
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0, log.read_text()
    counted = Counter(decision.transaction_id for decision in decided)
    assert counted == Counter(each.transaction_id for each in orders)
    assert any(0 < count < len(orders) for count in killed_between), "both kills came too late to prove anything"


def test_a_second_worker_of_the_same_name_fences_the_first(settings: Settings) -> None:
    publish(load_list("bundled"), settings)

    def run_two() -> None:
        with running(worker_of(settings), worker_thread(settings)):
            send(settings, [waiting_order()])
            decisions_of(settings, 1)
            (first,) = (thread for thread in threading.enumerate() if thread.name == worker_thread(settings))
            with running(worker_of(settings)):
                deadline = time.monotonic() + PATIENCE
                while first.is_alive() and time.monotonic() < deadline:
                    send(settings, list(ordinary_orders(20)))

    with pytest.raises(FencedError, match="transactional id"):
        run_two()


def test_unreachable_broker_is_told() -> None:
    settings = Settings(
        kafka=KafkaSettings(bootstrap_servers="127.0.0.1:1", timeout_seconds=2), metrics=MetricsSettings(port=0)
    )
    with pytest.raises(BrokerUnreachableError, match=r"127\.0\.0\.1:1.*refused"):
        Worker(settings, Policy.default(), threading.Event()).run()


def test_missing_topic_is_told(kafka: LocalBroker, topic_prefix: str) -> None:
    settings = Settings(
        kafka=KafkaSettings(bootstrap_servers=kafka.bootstrap_servers),
        topics=TopicSettings(prefix=topic_prefix),
        metrics=MetricsSettings(port=0),
    )
    with pytest.raises(TopicError, match="topics apply"):
        Worker(settings, Policy.default(), threading.Event()).run()

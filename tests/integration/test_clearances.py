"""A worker honours clearances as they come and go, and clears nothing when it cannot read them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from live import PATIENCE, running, wait_until

from streams.kafka.clients import common_config, connect, producer_config
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.lists.loading import LoadedList
from streams.lists.publisher import publish
from streams.lists.release import entry_hash
from streams.matching import Policy
from streams.records.alert import Alert
from streams.records.clearance import Clearance
from streams.records.codec import decode, encode
from streams.records.decision import Decision
from streams.records.list_entry import ListedName, ListEntry
from streams.records.party import Party, party_fingerprint
from streams.screening.live_clearances import LiveClearances
from streams.screening.worker import Worker
from streams.settings import Settings

pytestmark = pytest.mark.kafka

ENTRY = ListEntry(source="a_list", entry_id="1", names=(ListedName(name="Inspur Software Co., Ltd."),))
PARTY = Party(name="Inspur Software Co., Ltd.", country="CN")


def screening(settings: Settings) -> AbstractContextManager[Worker]:
    return running(lambda stop: Worker(settings, Policy.default(), stop))


def write(settings: Settings, topic: str, key: str, value: bytes | None) -> None:
    producer = connect(Producer, producer_config(settings))
    producer.produce(settings.topics.prefix + topic, value, key.encode())
    assert producer.flush(PATIENCE) == 0


def ordered(settings: Settings, transaction_id: str, role: str = "") -> Decision:
    """Send an order to the party and wait for its decision."""
    party = msgspec.to_builtins(msgspec.structs.replace(PARTY, role=role))
    order = {"transaction_id": transaction_id, "parties": [{"name": "Velavia Toys GmbH"}, party]}
    write(settings, "transactions", transaction_id, msgspec.json.encode(order))
    found: list[Decision] = []

    def decided() -> bool:
        topic = TopicNames(settings.topics.prefix).decisions
        decisions = [decode(Decision, message.value() or b"", topic) for message in read_topic(settings, topic)]
        found[:] = [each for each in decisions if each.transaction_id == transaction_id]
        return bool(found)

    wait_until(decided)
    (decision,) = found
    return decision


def alerts(settings: Settings) -> list[Alert]:
    topic = TopicNames(settings.topics.prefix).alerts
    return [decode(Alert, message.value() or b"", topic) for message in read_topic(settings, topic)]


def test_an_order_is_cleared_until_the_entry_changes_or_the_clearance_ends(settings: Settings) -> None:
    publish(LoadedList("a_list", (ENTRY,)), settings)
    clearance = Clearance(
        clearance_id="C-1",
        fingerprint=party_fingerprint(PARTY),
        source="a_list",
        entry_id="1",
        entry_hash=entry_hash(ENTRY),
        reason="another company",
        maker="m",
        checker="c",
        disposition_id="D-1",
        at=datetime.now(UTC),
        expires_at=datetime.now(UTC) + timedelta(days=30),
    )
    with screening(settings) as worker:
        held = ordered(settings, "T1")
        assert held.outcome == "hold"
        write(settings, "clearances", clearance.key, encode(clearance))
        wait_until(lambda: worker._clearances.picture)
        cleared = ordered(settings, "T2", role="end_user")
        assert (cleared.outcome, cleared.alert_ids) == ("clear", ())
        assert [hit.clearance_id for hit in cleared.suppressed] == ["C-1"]
        counted = worker.metrics.registry.get_sample_value
        wait_until(lambda: counted("highfence_suppressed_hits_total", {"source": "a_list"}) == 1)
    with screening(settings) as worker:  # one that starts knows it before it screens
        assert ordered(settings, "T3").outcome == "clear"
        withdrawn = msgspec.structs.replace(clearance, withdrawn_at=datetime.now(UTC), withdrawn_by="c")
        write(settings, "clearances", clearance.key, encode(withdrawn))
        wait_until(lambda: worker._clearances.picture.by_key[clearance.key].withdrawn_at)
        assert ordered(settings, "T4").outcome == "hold"
        write(settings, "clearances", clearance.key, encode(clearance))
        wait_until(lambda: not worker._clearances.picture.by_key[clearance.key].withdrawn_at)
        assert ordered(settings, "T5").outcome == "clear"
        changed = publish(LoadedList("a_list", (msgspec.structs.replace(ENTRY, remarks="moved"),)), settings)
        wait_until(lambda: worker._index.snapshot.refs["a_list"].release_id == changed.release_id)
        assert ordered(settings, "T6").outcome == "hold"
        write(settings, "clearances", clearance.key, b"no clearance")
        wait_until(lambda: clearance.key not in worker._clearances.picture.by_key)
    found = alerts(settings)
    assert [alert.transaction_id for alert in sorted(found, key=lambda each: each.transaction_id)] == ["T1", "T4", "T6"]
    assert {alert.party_fingerprint for alert in found} == {clearance.fingerprint}


def test_without_clearances_every_hit_is_an_alert_and_that_is_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(LoadedList("a_list", (ENTRY,)), settings)
    topic = TopicNames(settings.topics.prefix).clearances
    admin = connect(AdminClient, common_config(settings))
    admin.delete_topics([topic])[topic].result(PATIENCE)
    wait_until(lambda: topic not in admin.list_topics(timeout=PATIENCE).topics)
    # A worker waits for clearances as long as for any answer; here for a second.
    wait = LiveClearances.wait
    monkeypatch.setattr(LiveClearances, "wait", lambda self, stop, _seconds: wait(self, stop, 1.0))
    with screening(settings) as worker:
        assert ordered(settings, "T1").outcome == "hold"
        assert worker.not_ready() is None
        assert "every one is an alert" in (worker._remark() or "")

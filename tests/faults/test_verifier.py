"""The verifier itself: it must not let anything wrong pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from faults.rig import Rig, wait_for
from faults.traffic import Sent, trade

pytestmark = pytest.mark.kafka

EARLY = str(Path(__file__).with_name("early_offsets.py"))


def test_offsets_committed_before_the_transaction_lose_events(rig: Rig) -> None:
    rig.send(trade(1000))
    worker = rig.start(program=(EARLY, "worker"), failpoints="transaction.before_commit=kill@4")
    wait_for(lambda: not worker.runs, told=rig.logs)
    rig.kills += 1
    rig.start(program=(EARLY, "worker"))
    rig.wait_decided(900)
    verdict = rig.verdict()
    assert verdict.missing > 0
    assert not verdict.holds


def _spoilt(rig: Rig, topic: str, key: str, record: dict[str, Any]) -> None:
    producer = Producer({"bootstrap.servers": rig.servers})
    producer.produce(rig.settings.topics.prefix + topic, json.dumps(record).encode(), key.encode())
    assert producer.flush(30) == 0


def test_every_kind_of_wrong_is_found(rig: Rig) -> None:
    """One wrong record after the other is added to a right run, and found."""
    listed = b'{"transaction_id": "L", "parties": [{"name": "Inspur Taiwan", "country": "TW"}]}'
    rig.send([Sent(b"L", listed), Sent(b"P", b"poison")])
    rig.start()
    rig.wait_decided()
    assert rig.verdict().holds
    decisions = {decision["transaction_id"]: decision for decision in rig.read("decisions")}
    assert decisions["L"]["outcome"] == "hold"
    (letter,) = rig.read("dead-letters")
    alert = rig.read("alerts")[0]

    _spoilt(rig, "dead-letters", "P", {**letter, "value": "AAAA"})
    assert "dead letter" in str(rig.verdict())
    _spoilt(rig, "alerts", "x", {**alert, "alert_id": "another"})
    assert "other alerts than offline" in str(rig.verdict())
    _spoilt(rig, "decisions", "L", {**decisions["L"], "outcome": "clear", "alert_ids": []})
    verdict = rig.verdict()
    assert (verdict.doubled, verdict.wrongly_clear) == (1, 1)
    rig.send(trade(1))
    assert rig.verdict().missing == 1


def test_a_party_that_is_not_in_the_registry_is_found(rig: Rig) -> None:
    rig.send(trade(20))
    rig.start()
    rig.wait_decided()
    rig.close()
    admin = AdminClient({"bootstrap.servers": rig.servers})
    topic = f"{rig.settings.topics.prefix}parties"
    admin.delete_topics([topic])[topic].result(30)
    wait_for(lambda: topic not in admin.list_topics(timeout=10).topics)
    admin.create_topics([NewTopic(topic, rig.settings.topics.partitions, 1)])[topic].result(30)
    assert "is not in the registry" in str(rig.verdict())

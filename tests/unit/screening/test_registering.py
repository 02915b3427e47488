"""When a worker writes to the registry what it has still to tell of parties."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import msgspec

from streams.kafka.transactions import TransactionalProducer
from streams.lists.loading import LoadedList
from streams.matching import Policy
from streams.metrics import Metrics
from streams.records.decision import EventSource
from streams.records.list_entry import ListedName, ListEntry
from streams.screening.answer import Event, answer
from streams.screening.registering import RegistryWriter
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot
from streams.settings import Settings

NOW = datetime(2025, 10, 1, tzinfo=UTC)


class Written:
    """Takes what would go to Kafka."""

    def __init__(self) -> None:
        self.keys: list[bytes] = []

    def send(self, topic: str, key: bytes, value: bytes, headers: object, partition: int) -> None:
        self.keys.append(key)


def snapshot(name: str) -> Snapshot:
    entry = ListEntry(source="list", entry_id="1", names=(ListedName(name=name),))
    return Snapshot.of_lists([LoadedList("list", (entry,))], NOW)


def batch(registry: RegistryWriter, under: Snapshot, offset: int) -> int:
    """Screen one transaction of always the same party; how many records were written with it."""
    registry.follow(under)
    value = msgspec.json.encode({"transaction_id": f"T-{offset}", "parties": [{"name": "Ordinary Toys"}]})
    event = Event(value, EventSource(topic="transactions", partition=0, offset=offset), NOW)
    registry.note(answer(event, Screener(Policy.default()), under, NOW), event)
    written = Written()
    registry.write(cast(TransactionalProducer, written))
    registry.committed()
    return len(written.keys)


def test_what_waits_when_a_release_comes_is_written_with_the_second_batch_under_it() -> None:
    registry = RegistryWriter(Settings(), "parties", Metrics())
    first, second = snapshot("Velmora Dynamics"), snapshot("Quarvex Institute")
    assert [batch(registry, first, offset) for offset in range(3)] == [1, 0, 0]  # the party, and what waits
    assert not registry.waits()
    assert batch(registry, second, 3) == 0
    registry.follow(second)  # as when no event comes
    assert registry.waits()
    assert batch(registry, second, 4) == 1
    assert batch(registry, second, 5) == 0

"""What is missing is the difference between what the brokers say and what is in the cases."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import IllegalStateError
from faust.types import TP

from streams.desk.book import CaseBook
from streams.desk.committed import CommittedConsumer
from streams.desk.reconcile import Reconciliation, reconcile
from streams.errors import BrokerUnreachableError
from streams.kafka.topics import TopicNames

ALERTS = (TP("alerts", 0), TP("alerts", 1))


class Consumer(CommittedConsumer):
    """Says what a test tells it to."""

    def __init__(self, ends: dict[TP, int], positions: dict[TP, int], fetched: dict[TP, int]) -> None:
        self.ends, self.positions, self.fetched = ends, positions, fetched

    def assignment(self) -> set[TP]:
        return set(self.ends)

    async def highwaters(self, *partitions: TP) -> dict[TP, int]:
        return {partition: self.ends[partition] for partition in partitions}

    async def position(self, tp: TP) -> int:
        if tp not in self.positions:
            raise IllegalStateError(f"{tp} is not assigned")
        return self.positions[tp]


def reconciled(consumer: Consumer, reached: dict[tuple[str, int], int]) -> Reconciliation:
    book = CaseBook(TopicNames())
    book.passed(reached)
    app: Any = SimpleNamespace(consumer=consumer)
    return asyncio.run(reconcile(app, book, {"alerts": 2}))


@pytest.mark.parametrize(
    ("end", "position", "fetched", "reached", "missing"),
    [
        (10, 10, 9, 10, 0),  # all is in the cases
        (10, 10, 9, 4, 6),  # fetched, not in the cases yet
        (10, 4, 3, 4, 6),  # not fetched yet
        (12, 12, 9, 10, 0),  # behind the last record are commit markers, passed
        (12, 10, 9, 10, 2),  # markers that are not passed yet may be records
        (0, 0, -1, 0, 0),  # empty
    ],
)
def test_missing(end: int, position: int, fetched: int, reached: int, missing: int) -> None:
    consumer = Consumer(dict.fromkeys(ALERTS, end), dict.fromkeys(ALERTS, position), dict.fromkeys(ALERTS, fetched))
    found = reconciled(consumer, {("alerts", 0): reached, ("alerts", 1): end})
    assert found.missing["alerts", 0] == missing
    assert found.is_complete is (missing == 0)


def test_a_partition_that_is_not_read_is_told() -> None:
    found = reconciled(Consumer({ALERTS[0]: 0}, {ALERTS[0]: 0}, {}), {})
    assert (found.unassigned, found.is_complete) == ((("alerts", 1),), False)


def test_a_moment_without_assignment_passes() -> None:
    with pytest.raises(BrokerUnreachableError, match="not assigned"):
        reconciled(Consumer(dict.fromkeys(ALERTS, 5), {}, {}), {("alerts", 0): 1, ("alerts", 1): 1})


def test_nothing_known_is_not_complete() -> None:
    assert not Reconciliation().is_complete

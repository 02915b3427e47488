"""What the desk has read, held against what the topics hold."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiokafka.errors import KafkaError
from faust import App
from faust.types import TP

from streams.desk.book import CaseBook
from streams.desk.committed import CommittedConsumer
from streams.errors import BrokerUnreachableError


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How many offsets of each partition are not in the cases yet, and which partitions are not read.

    Offsets count commit markers and undone records, too, as long as the consumer has not passed them.
    """

    missing: dict[tuple[str, int], int] = field(default_factory=dict)
    unassigned: tuple[tuple[str, int], ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether everything committed until now is in the cases."""
        return bool(self.missing) and not self.unassigned and not any(self.missing.values())


async def reconcile(app: App, book: CaseBook, partitions: dict[str, int]) -> Reconciliation:
    """Ask the brokers for the end of each partition and compare; ``partitions`` counts those of each topic.

    Raises BrokerUnreachableError when they do not answer, or partitions are being assigned anew at this moment.
    """
    try:
        return await _reconcile(app, book, partitions)
    except (KafkaError, TimeoutError) as error:
        raise BrokerUnreachableError(f"the ends of the topics are not known: {error}") from error


async def _reconcile(app: App, book: CaseBook, partitions: dict[str, int]) -> Reconciliation:
    consumer = app.consumer
    assert isinstance(consumer, CommittedConsumer)  # noqa: S101 - the app's transport makes it
    assigned = consumer.assignment()
    wanted = {TP(topic, partition) for topic, count in partitions.items() for partition in range(count)}
    ends = await consumer.highwaters(*(wanted & assigned)) if wanted & assigned else {}
    missing: dict[tuple[str, int], int] = {}
    for partition, end in ends.items():
        reached = book.reached.get((partition.topic, partition.partition), 0)
        if reached > consumer.fetched.get(TP(partition.topic, partition.partition), -1):
            # All that was fetched is in the cases; behind it there may be markers, which the position has passed.
            reached = max(reached, await consumer.position(partition) or 0)
        missing[partition.topic, partition.partition] = max(0, end - reached)
    unassigned = tuple(sorted((left.topic, left.partition) for left in wanted - assigned))
    return Reconciliation(missing, unassigned)

"""A broken worker, which commits its offsets before the transaction: the verifier must not let it pass."""

from __future__ import annotations

from collections.abc import Sequence

from confluent_kafka import Consumer, TopicPartition

from streams.cli import main
from streams.kafka.transactions import Membership, TransactionalProducer

_assigned = Membership.assigned
_commit = TransactionalProducer.commit
_consumers: list[Consumer] = []


def _remember(self: Membership, consumer: Consumer) -> None:
    _consumers[:] = [consumer]
    _assigned(self, consumer)


def _commit_early(self: TransactionalProducer, group: object = None, positions: Sequence[TopicPartition] = ()) -> None:
    _consumers[0].commit(offsets=list(positions), asynchronous=False)
    _commit(self)


Membership.assigned = _remember  # type: ignore[method-assign] # that is what is broken
TransactionalProducer.commit = _commit_early  # type: ignore[method-assign]
main()

"""What is remembered for diversion flags: the last revision of each transaction, and how much customers ordered.

Bounded, and of this process alone, but for what it is told of customers' past
(:mod:`streams.screening.diversion.past`). What is forgotten, or another one saw, is not known, and a rule that needs
it is then named in the decision as not checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from streams.records.decision import EventSource
from streams.records.registered_party import NOTHING_BOUGHT, Bought
from streams.records.transaction import Route
from streams.screening.diversion.cast import Cast

V = TypeVar("V")


class Revision(msgspec.Struct, frozen=True, gc=False):
    """One revision of a transaction: its number, when it says it occurred and was recorded, where it came from, and
    its route and parties."""

    number: int
    occurred_at: datetime
    recorded_at: datetime
    source: EventSource
    route: Route | None
    parties: tuple[Cast | None, ...]


class _Kept(Generic[V]):
    """At most ``most`` by key, in two generations: one that is written moves to the young one; when that has half of
    ``most`` it becomes the old one, and the former old one is forgotten. What the batch in hand has ``overwritten``,
    each key with what was known before, can be put back."""

    def __init__(self, most: int) -> None:
        self._half = max(most // 2, 1)
        self.young: dict[str, V] = {}
        self.old: dict[str, V] = {}
        self.overwritten: list[tuple[str, V | None]] = []

    def __len__(self) -> int:
        return len(self.young) + len(self.old)

    def committed(self) -> None:
        self.overwritten.clear()
        if len(self.young) >= self._half:
            self.old, self.young = self.young, {}

    def undone(self) -> None:
        for key, before in reversed(self.overwritten):
            if before is None:
                self.young.pop(key, None)  # not there when the budget ran out before it was written
            else:
                self.young[key] = before
        self.overwritten.clear()


class DiversionMemory:
    """Remembers up to ``most`` transactions and as many customers.

    After each batch say :meth:`committed` or :meth:`undone`, so that an event that comes again finds what it found.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._revisions: _Kept[Revision] = _Kept(most)
        self._bought: _Kept[Bought] = _Kept(most)

    def __len__(self) -> int:
        """How many transactions are remembered, at most, beside those of the batch in hand."""
        return len(self._revisions)

    def revised(self, transaction_id: str, revision: Revision) -> Revision | None:
        """The revision of this transaction that was seen before this one, which is remembered in its place."""
        kept = self._revisions
        before = kept.young.get(transaction_id)
        if before is None:
            before = kept.old.get(transaction_id)
        if before is not None and before.number > revision.number:
            return None
        kept.overwritten.append((transaction_id, before))
        kept.young[transaction_id] = revision
        return before

    def bought(self, customer: str, transaction_id: str, quantity: float) -> Bought:
        """What the customer, by :attr:`Cast.key`, had bought before this transaction, which is remembered with it."""
        kept = self._bought
        before = kept.young.get(customer)
        if before is None:
            before = kept.old.get(customer)
        bought = NOTHING_BOUGHT if before is None else before
        kept.overwritten.append((customer, before))
        kept.young[customer] = bought.after(transaction_id, quantity)
        return bought

    def learn(self, past: Mapping[str, Bought]) -> None:
        """What customers bought before everything seen here; to be told between batches, and once.

        It is added to what is known of them; of others, as many are remembered as there is room for.
        """
        kept = self._bought
        room = self._most - len(kept)
        for customer, before in past.items():
            if (known := kept.young.get(customer)) is not None:
                kept.young[customer] = before.then(known)
            elif (known := kept.old.get(customer)) is not None:
                kept.old[customer] = before.then(known)
            elif room > 0:
                kept.old[customer] = before
                room -= 1

    def committed(self) -> None:
        """What was asked is decided."""
        self._revisions.committed()
        self._bought.committed()

    def undone(self) -> None:
        """The Kafka transaction was undone: its events come again, here or elsewhere."""
        self._revisions.undone()
        self._bought.undone()

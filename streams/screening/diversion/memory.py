"""What is remembered for diversion flags: the last revision of each transaction, and how much customers ordered.

Bounded, and of this process alone: what it has forgotten, or another one saw, is not known, and a rule that needs it
is then named in the decision as not checked.
"""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from streams.records.decision import EventSource
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


class Bought(msgspec.Struct, frozen=True, gc=False):
    """What a customer's transactions came to: how many, the largest, and the largest of any other transaction."""

    transactions: int
    largest: float
    largest_id: str
    second: float
    second_id: str
    last_id: str

    def without(self, transaction_id: str) -> tuple[float, str]:
        """The largest quantity, and of which transaction, leaving this one out."""
        if self.largest_id == transaction_id:
            return self.second, self.second_id
        return self.largest, self.largest_id

    def after(self, transaction_id: str, quantity: float) -> Bought:
        """With one more; revisions of one transaction that follow each other count once."""
        transactions = self.transactions + (transaction_id != self.last_id)
        largest, largest_id, second, second_id = self.largest, self.largest_id, self.second, self.second_id
        if transaction_id == largest_id:
            largest = max(largest, quantity)
        elif quantity > largest:
            largest, largest_id, second, second_id = quantity, transaction_id, largest, largest_id
        elif quantity > second:
            second, second_id = quantity, transaction_id
        return Bought(transactions, largest, largest_id, second, second_id, transaction_id)


NOTHING_BOUGHT = Bought(0, 0.0, "", 0.0, "", "")


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

    def committed(self) -> None:
        """What was asked is decided."""
        self._revisions.committed()
        self._bought.committed()

    def undone(self) -> None:
        """The Kafka transaction was undone: its events come again, here or elsewhere."""
        self._revisions.undone()
        self._bought.undone()

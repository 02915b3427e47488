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

_MOST_BYTES = 268_435_456
"""Of large transactions fewer are remembered: so much JSON in all."""

V = TypeVar("V")


class Seen(msgspec.Struct, frozen=True, gc=False):
    """One revision of a transaction: its number, itself as JSON, when it was recorded, and where it came from.

    Few come again, so it is read only then: what is in it would take more time and memory than its bytes.
    """

    number: int
    content: bytes
    recorded_at: datetime
    source: EventSource


class _Kept(Generic[V]):
    """At most ``most`` by key, in two generations, beside what the batch in ``hand`` has written.

    That becomes young when it is committed; when the young one has half of ``most`` it becomes the old one, and the
    former old one is forgotten.
    """

    def __init__(self, most: int) -> None:
        self._half = max(most // 2, 1)
        self.hand: dict[str, V] = {}
        self.young: dict[str, V] = {}
        self.old: dict[str, V] = {}

    def __len__(self) -> int:
        return len(self.young) + len(self.old)

    def committed(self, full: bool = False) -> bool:
        """Whether the young one became the old one, as it does when it is ``full`` otherwise, too."""
        self.young.update(self.hand)
        self.hand = {}
        turns = full or len(self.young) >= self._half
        if turns:
            self.old, self.young = self.young, {}
        return turns


class DiversionMemory:
    """Remembers up to ``most`` transactions and as many customers.

    After each batch say :meth:`committed` or :meth:`undone`, so that an event that comes again finds what it found.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: _Kept[Seen] = _Kept(most)
        self._young_bytes = 0
        self._bought: _Kept[Bought] = _Kept(most)

    def __len__(self) -> int:
        """How many transactions are remembered, at most, beside those of the batch in hand."""
        return len(self._seen)

    def seen(self, transaction_id: str, revision: Seen) -> Seen | None:
        """The revision of this transaction that was seen before this one, which is remembered in its place."""
        kept = self._seen
        before = kept.hand.get(transaction_id) or kept.young.get(transaction_id) or kept.old.get(transaction_id)
        if before is not None and before.number > revision.number:
            return None
        kept.hand[transaction_id] = revision
        return before

    def bought(self, customer: str, transaction_id: str, quantity: float) -> Bought:
        """What the customer, by :attr:`Cast.key`, had bought before this transaction, which is remembered with it."""
        kept = self._bought
        before = kept.hand.get(customer) or kept.young.get(customer) or kept.old.get(customer) or NOTHING_BOUGHT
        kept.hand[customer] = before.after(transaction_id, quantity)
        return before

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
        self._young_bytes += sum([len(seen.content) for seen in self._seen.hand.values()])
        if self._seen.committed(full=self._young_bytes > _MOST_BYTES // 2):
            self._young_bytes = 0
        self._bought.committed()

    def undone(self) -> None:
        """The Kafka transaction was undone: its events come again, here or elsewhere."""
        self._seen.hand.clear()
        self._bought.hand.clear()

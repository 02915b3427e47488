"""What the registry remembers of the parties that were screened, so that a later list can be held against them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from streams.records.base import Identity, Record
from streams.records.list_release import Count
from streams.records.party import Fingerprint, Party
from streams.records.transaction import Moment

Quantity = Annotated[float, Meta(ge=0)]
"""Pieces or units sold, of all items of a transaction."""

_IdOrNone = Annotated[str, Meta(max_length=512)]

LATEST_TRANSACTIONS = 10
"""How many of a party's latest transactions one record keeps, beside its first."""


class PastTransaction(Record, frozen=True, kw_only=True):
    """A transaction a party took part in: in which role, and as which of its parties; ``at`` is when it was recorded.

    ``party_index`` counts from 0, as an alert's does.
    """

    transaction_id: Identity
    at: Moment
    revision: Count = 0
    party_index: Count = 0
    role: str = ""


class Bought(Record, frozen=True, gc=False):
    """What a customer's transactions came to: how many, the largest, and the largest of any other transaction.

    Quantities are those of all items of a transaction. ``last_id`` is the transaction that came last. A revision of
    one of the three that are named does not count again, so those of two transactions may take turns.
    """

    transactions: Count
    largest: Quantity
    largest_id: _IdOrNone
    second: Quantity = 0.0
    second_id: _IdOrNone = ""
    last_id: _IdOrNone = ""

    def without(self, transaction_id: str) -> tuple[float, str]:
        """The largest quantity, and of which transaction, leaving this one out."""
        if self.largest_id == transaction_id:
            return self.second, self.second_id
        return self.largest, self.largest_id

    def after(self, transaction_id: str, quantity: float) -> Bought:
        """With one more."""
        largest, largest_id, second, second_id = self.largest, self.largest_id, self.second, self.second_id
        is_new = transaction_id != self.last_id and transaction_id != largest_id and transaction_id != second_id
        if quantity > second:
            if transaction_id == largest_id:
                largest = max(largest, quantity)
            elif quantity > largest:
                largest, largest_id, second, second_id = quantity, transaction_id, largest, largest_id
            else:
                second, second_id = quantity, transaction_id
        return Bought(self.transactions + is_new, largest, largest_id, second, second_id, transaction_id)

    def then(self, later: Bought) -> Bought:
        """Both together, of the same customer; a transaction that both name counts once."""
        quantities: dict[str, float] = {}
        for each in (self, later):
            for transaction_id, quantity in ((each.largest_id, each.largest), (each.second_id, each.second)):
                quantities[transaction_id] = max(quantity, quantities.get(transaction_id, 0.0))
        (largest_id, largest), (second_id, second), *_ = [
            *sorted(quantities.items(), key=lambda each: -each[1]),
            ("", 0.0),
            ("", 0.0),
        ]
        twice = self._named() & later._named()
        transactions = self.transactions + later.transactions - len(twice)
        return Bought(transactions, largest, largest_id, second, second_id, later.last_id or self.last_id)

    def _named(self) -> set[str]:
        return {self.largest_id, self.second_id, self.last_id} - {""}


NOTHING_BOUGHT = Bought(0, 0.0, "")


class RegisteredParty(Record, frozen=True, kw_only=True):
    """A party in one role as one worker has come to know it, on the topic ``parties`` under :attr:`key`.

    A worker remembers a bounded number of parties and forgets them when it ends. For a party it does not remember it
    opens a new record, named after the place of the party in the event that opened it, so no record ever overwrites
    what another one knows; what is known of a party is all its records together
    (:func:`streams.screening.registry.merged`).

    ``first`` is the first transaction of this record, ``latest`` are the last ten in the order they were screened,
    ``count`` is how many there were. ``releases`` is, list by list, the release that was in force when the record was
    opened. ``addition`` is true when this version of the record only adds transactions to one published before.
    ``bought`` is what those of this record's transactions came to in which the party was the customer, as a diversion
    rule asks for it.
    """

    fingerprint: Fingerprint
    opened_by: Annotated[str, Meta(min_length=1, max_length=100)]
    party: Party
    first: PastTransaction
    latest: tuple[PastTransaction, ...]
    count: Annotated[int, Meta(ge=1)]
    releases: dict[str, str]
    addition: bool = False
    bought: Bought | None = None

    @property
    def key(self) -> str:
        """The record's key on the topic, ``{fingerprint}/{opened_by}``."""
        return f"{self.fingerprint}/{self.opened_by}"


def registry_partition(fingerprint: str, partitions: int) -> int:
    """The partition of the topic ``parties`` that holds all records of a party.

    Fingerprints are evenly spread already, and the records of one party have different keys, so this is not left to
    the client's partitioner.
    """
    return int(fingerprint[:8], 16) % partitions

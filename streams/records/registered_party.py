"""What the registry remembers of the parties that were screened, so that a later list can be held against them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from streams.records.base import Identity, Record
from streams.records.list_release import Count
from streams.records.party import Fingerprint, Party
from streams.records.transaction import Moment

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


class RegisteredParty(Record, frozen=True, kw_only=True):
    """A party in one role as one worker has come to know it, on the topic ``parties`` under :attr:`key`.

    A worker remembers a bounded number of parties and forgets them when it ends. For a party it does not remember it
    opens a new record, named after the place of the party in the event that opened it, so no record ever overwrites
    what another one knows; what is known of a party is all its records together
    (:func:`streams.screening.registry.merged`).

    ``first`` is the first transaction of this record, ``latest`` are the last ten in the order they were screened,
    ``count`` is how many there were. ``releases`` is, list by list, the release that was in force when the record was
    opened. ``addition`` is true when this version of the record only adds transactions to one published before.
    """

    fingerprint: Fingerprint
    opened_by: Annotated[str, Meta(min_length=1, max_length=100)]
    party: Party
    first: PastTransaction
    latest: tuple[PastTransaction, ...]
    count: Annotated[int, Meta(ge=1)]
    releases: dict[str, str]
    addition: bool = False

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

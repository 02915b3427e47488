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
    """A party as one worker has come to know it, on the topic ``parties`` under ``{fingerprint}/{opened_by}``.

    A worker remembers a bounded number of parties and forgets them when it ends. For a party it does not remember it
    opens a new record, named after the place of the event that opened it, so no record ever overwrites what another
    one knows; what is known of a party is all its records together (``streams.screening.registry.merged``).

    ``party`` has no role; ``roles`` are all it was screened in. ``first`` is the first transaction of this record,
    ``latest`` the last ten in their order, ``count`` how many there were. ``releases`` is, list by list, the release
    in force when the record was opened or last got a new role. ``addition`` is true when this version of the record
    only adds transactions: neither a new party nor a new role.
    """

    fingerprint: Fingerprint
    opened_by: Annotated[str, Meta(min_length=1, max_length=320)]
    party: Party
    roles: tuple[str, ...]
    first: PastTransaction
    latest: tuple[PastTransaction, ...]
    count: Annotated[int, Meta(ge=1)]
    releases: dict[str, str]
    addition: bool = False

    @property
    def key(self) -> str:
        """The record's key on the topic."""
        return f"{self.fingerprint}/{self.opened_by}"

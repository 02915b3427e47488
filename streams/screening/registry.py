"""The parties a worker remembers, and which records of them to publish. Pure: no I/O, and the time is the caller's.

A party that is not remembered is published in the same Kafka transaction as the decision, so the registry knows of
every party that was ever screened. Its later transactions are collected and published together, at most
``refresh_seconds`` after the first of them, or at once when asked (at a new release, and at the end).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from streams.records.decision import EventSource
from streams.records.party import Party, party_fingerprint
from streams.records.registered_party import LATEST_TRANSACTIONS, PastTransaction, RegisteredParty
from streams.records.transaction import Transaction

MOST_TRANSACTIONS = 50
"""How many past transactions are told of one party: the first, and the latest."""


_Seen = tuple[str, datetime, int, int]
"""A transaction in short: its id, when it was recorded, its revision, and as which of its parties."""


class _Remembered:
    """What is known of one party in one role."""

    __slots__ = ("count", "fingerprint", "first", "latest", "opened_by", "party", "releases")

    def __init__(self, party: Party, opened_by: str, releases: dict[str, str], first: _Seen) -> None:
        self.party = party
        self.fingerprint = party_fingerprint(party)
        self.opened_by = opened_by
        self.releases = releases
        self.first = first
        self.latest: deque[_Seen] = deque((first,), LATEST_TRANSACTIONS)
        self.count = 1

    def add(self, seen: _Seen) -> None:
        self.latest.append(seen)
        self.count += 1

    def record(self, addition: bool) -> RegisteredParty:
        return RegisteredParty(
            fingerprint=self.fingerprint,
            opened_by=self.opened_by,
            party=self.party,
            first=_past(self.first, self.party),
            latest=tuple(_past(seen, self.party) for seen in self.latest),
            count=self.count,
            releases=self.releases,
            addition=addition,
        )


def _past(seen: _Seen, party: Party) -> PastTransaction:
    transaction_id, at, revision, position = seen
    return PastTransaction(
        transaction_id=transaction_id, at=at, revision=revision, party_index=position, role=party.role
    )


class PartyMemory:
    """Remembers at most ``capacity`` parties; what it is told counts only once the Kafka transaction is committed.

    For each batch: :meth:`note` each screened transaction, publish what :meth:`due` gives, then say
    :meth:`committed` or :meth:`undone`. Parties are kept in two generations: one that is met moves to the young one;
    when that has half of the capacity it becomes the old one, whose parties are forgotten.
    """

    def __init__(self, capacity: int, refresh_seconds: float) -> None:
        self._half = max(1, capacity // 2)
        self._refresh_seconds = refresh_seconds
        self._young: dict[Party, _Remembered] = {}
        self._old: dict[Party, _Remembered] = {}
        self._unpublished: dict[_Remembered, float] = {}  # since when, oldest first
        # Of the batch in hand:
        self._new: dict[Party, _Remembered] = {}
        self._again: list[tuple[_Remembered, _Seen]] = []
        self._due: list[_Remembered] = []

    def note(self, transaction: Transaction, source: EventSource, at: datetime, releases: dict[str, str]) -> None:
        """A transaction was screened: the event at ``source``, recorded ``at``, under these releases by list."""
        for position, party in enumerate(transaction.parties):
            seen = (transaction.transaction_id, at, transaction.revision, position)
            known = self._young.get(party)
            if known is None and (known := self._old.pop(party, None)) is not None:
                self._young[party] = known
            if known is not None:
                self._again.append((known, seen))
            elif (new := self._new.get(party)) is not None:
                new.add(seen)
            else:
                opened_by = f"{source.partition}-{source.offset}-{position}"
                self._new[party] = _Remembered(party, opened_by, releases, seen)

    def due(self, now: float, everything: bool = False) -> list[RegisteredParty]:
        """The records to publish now: new parties, and additions whose time has come, or all of them.

        ``now`` is in seconds of the clock that :meth:`committed` is told.
        """
        for known, since in self._unpublished.items():
            if not everything and now - since < self._refresh_seconds:
                break
            self._due.append(known)
        records = [new.record(addition=False) for new in self._new.values()]
        return records + [known.record(addition=True) for known in self._due]

    def is_due(self, now: float) -> bool:
        """Whether an addition's time has come."""
        oldest = next(iter(self._unpublished.values()), None)
        return oldest is not None and now - oldest >= self._refresh_seconds

    def committed(self, now: float) -> None:
        """What was noted is decided, and what was due is published."""
        for known in self._due:
            del self._unpublished[known]
        for known, seen in self._again:
            known.add(seen)
            self._unpublished.setdefault(known, now)
        self._young.update(self._new)
        self.undone()
        if len(self._young) >= self._half:
            # What the old ones have unpublished stays to be published.
            self._old, self._young = self._young, {}

    def undone(self) -> None:
        """The Kafka transaction was undone: its events come again, here or elsewhere."""
        self._new.clear()
        self._again.clear()
        self._due.clear()

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


@dataclass(frozen=True, slots=True)
class KnownParty:
    """All that the registry's records say of one party.

    ``party`` is without role, ``roles`` are all it was screened in. ``transactions`` are the first known one and the
    latest, oldest first, at most 50; ``count`` is how many were counted.
    """

    fingerprint: str
    party: Party
    roles: tuple[str, ...]
    transactions: tuple[PastTransaction, ...]
    count: int

    @property
    def first(self) -> PastTransaction:
        """The earliest known transaction."""
        return self.transactions[0]

    @property
    def last(self) -> PastTransaction:
        """The latest known transaction."""
        return self.transactions[-1]


def merged(records: Iterable[RegisteredParty]) -> KnownParty:
    """One party of all its records, of which there must be at least one, in any order."""
    newest: dict[str, RegisteredParty] = {}
    for record in records:
        known = newest.get(record.opened_by)
        if known is None or record.count > known.count:
            newest[record.opened_by] = record
    found = {
        (past.transaction_id, past.revision, past.party_index): past
        for record in newest.values()
        for past in (record.first, *record.latest)
    }
    past = sorted(found.values(), key=lambda each: (each.at, each.transaction_id, each.revision, each.party_index))
    if len(past) > MOST_TRANSACTIONS:
        past = [past[0], *past[1 - MOST_TRANSACTIONS :]]
    some = next(iter(newest.values()))
    return KnownParty(
        fingerprint=some.fingerprint,
        party=msgspec.structs.replace(some.party, role=""),
        roles=tuple(sorted({record.party.role for record in newest.values()})),
        transactions=tuple(past),
        count=sum(record.count for record in newest.values()),
    )

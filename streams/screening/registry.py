"""The parties that were screened, for lookback: what a worker writes to the registry, and what its records say. Pure.

A party that the worker does not remember is registered in the same Kafka transaction as the decision, so the registry
knows every party that was ever screened. Its later transactions are collected and written together, within
``refresh_seconds`` of the first of them, or soon when asked (at a new release, and at the end).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from streams.records.decision import Decision
from streams.records.party import Party, party_fingerprint
from streams.records.registered_party import (
    LATEST_TRANSACTIONS,
    NOTHING_BOUGHT,
    Bought,
    PastTransaction,
    RegisteredParty,
)

MOST_TRANSACTIONS = 50
"""How many past transactions are told of one party: the first, and the latest."""

_LONGEST = 2_048
"""A party with more bytes is not remembered but registered anew each time: such must not fill the worker's memory."""

_LARGEST = sys.float_info.max
"""No quantity is more, whatever items come to together: JSON cannot say infinity."""

_Seen = tuple[str, datetime, int, int, float]
"""A transaction in short: its id, when it was recorded, its revision, as which of its parties, and how much it ordered
as the customer."""

_CUT_FROM = 3 * LATEST_TRANSACTIONS
"""So many are kept before all but the latest are forgotten: now and then costs less than each time."""

_PARTY = msgspec.json.Decoder(Party)


class _Open(msgspec.Struct, gc=False):
    """The open record of one party, known by its JSON as it came, role included.

    ``bought`` is what those transactions came to that are not among the ``latest``, or the first ``added`` of these.
    """

    content: bytes
    opened_by: str
    releases: dict[str, str]
    first: _Seen
    latest: list[_Seen]
    bought: Bought = NOTHING_BOUGHT
    added: int = 0
    cut_off: int = 0
    unpublished: bool = False

    def cut(self) -> None:
        """Forget all but the latest."""
        self._add_up()
        self.cut_off += len(self.latest) - LATEST_TRANSACTIONS
        del self.latest[:-LATEST_TRANSACTIONS]
        self.added = len(self.latest)

    def _add_up(self) -> None:
        for transaction_id, _, _, _, quantity in self.latest[self.added :]:
            if quantity:
                self.bought = self.bought.after(transaction_id, quantity)
        self.added = len(self.latest)

    def record(self, addition: bool) -> RegisteredParty:
        self._add_up()
        party = _PARTY.decode(self.content)
        return RegisteredParty(
            fingerprint=party_fingerprint(party),
            opened_by=self.opened_by,
            party=party,
            first=_past(self.first, party),
            latest=tuple([_past(seen, party) for seen in self.latest[-LATEST_TRANSACTIONS:]]),
            count=self.cut_off + len(self.latest),
            releases=self.releases,
            addition=addition,
            bought=self.bought if self.bought.transactions else None,
        )


def _past(seen: _Seen, party: Party) -> PastTransaction:
    transaction_id, at, revision, position, _ = seen
    return PastTransaction(
        transaction_id=transaction_id, at=at, revision=revision, party_index=position, role=party.role
    )


class Registrar:
    """Knows which parties this worker has registered, at most ``most``, and gives the records to write.

    For each batch: :meth:`note` each decision, write what :meth:`due` gives in the same Kafka transaction, then say
    :meth:`committed` or :meth:`undone`. Parties are kept in two generations: one that comes moves to the young one;
    when that has half of ``most`` it becomes the old one, and the former old one is forgotten.
    """

    def __init__(self, most: int, refresh_seconds: float) -> None:
        self._half = max(1, most // 2)
        self._refresh_seconds = refresh_seconds
        self._young: dict[bytes, _Open] = {}
        self._old: dict[bytes, _Open] = {}
        self._unpublished: list[tuple[float, _Open]] = []  # oldest first, each with when it got something to tell
        # Of the batch in hand:
        self._new: dict[bytes, _Open] = {}
        self._again: list[_Open] = []
        self._seen_again: list[_Seen] = []  # one for each of them
        self._due = 0

    def __len__(self) -> int:
        """How many are remembered, at most."""
        return len(self._young) + len(self._old)

    def note(
        self,
        decision: Decision,
        parties: Sequence[bytes],
        at: datetime,
        releases: dict[str, str],
        ordered: tuple[int, float] | None = None,
    ) -> None:
        """A transaction with these ``parties``, as JSON, was screened under ``releases``; it was recorded ``at``.

        ``ordered`` is the position of its customer among them and the quantity of all items, where that was asked for.
        """
        transaction_id, revision = decision.transaction_id, decision.revision
        customer, quantity = ordered or (-1, 0.0)
        quantity = min(quantity, _LARGEST)
        young = self._young
        for position, content in enumerate(parties):
            known = young.get(content)
            if known is None and (known := self._old.pop(content, None)) is not None:
                young[content] = known
            seen = (transaction_id, at, revision, position, quantity if position == customer else 0.0)
            if known is not None:
                self._again.append(known)
                self._seen_again.append(seen)
            elif (new := self._new.get(content)) is not None:
                new.latest.append(seen)
            else:
                source = decision.source
                opened_by = f"{source.partition}-{source.offset}-{position}"
                self._new[content] = _Open(content, opened_by, releases, seen, [seen])

    def due(self, now: float, behind: float = -math.inf, most: int = sys.maxsize) -> list[RegisteredParty]:
        """The records to write now: new parties, and additions whose time has come.

        Of those for which it has not, but which wait since ``behind``, or before, so many that ``most`` are written in
        all. ``now`` is in seconds of the clock that :meth:`committed` is told.
        """
        latest, self._due = now - self._refresh_seconds, 0
        for since, _ in self._unpublished:
            if since > latest and (since > behind or self._due >= most):
                break
            self._due += 1
        records = [new.record(addition=False) for new in self._new.values()]
        return records + [known.record(addition=True) for _, known in self._unpublished[: self._due]]

    def oldest(self) -> float | None:
        """Since when something waits to be written; None when nothing does."""
        return self._unpublished[0][0] if self._unpublished else None

    def committed(self, now: float) -> tuple[int, int]:
        """What was noted is decided, and what was due is written: so many new parties, so many additions."""
        written = len(self._new), self._due
        for _, known in self._unpublished[: self._due]:
            known.unpublished = False
        del self._unpublished[: self._due]
        for known, seen in zip(self._again, self._seen_again, strict=True):
            latest = known.latest
            latest.append(seen)
            if not known.unpublished:
                known.unpublished = True
                self._unpublished.append((now, known))
            elif len(latest) >= _CUT_FROM:
                known.cut()
        self._young.update((content, new) for content, new in self._new.items() if len(content) <= _LONGEST)
        self.undone()
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}  # what these have still to tell stays to be told
        return written

    def undone(self) -> None:
        """The Kafka transaction was undone: its events come again, here or elsewhere."""
        self._new.clear()
        self._again.clear()
        self._seen_again.clear()
        self._due = 0


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

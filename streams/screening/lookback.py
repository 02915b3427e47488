"""Holding past parties against what has changed since they were screened. Pure.

A party owes a lookback to an entry when a release added or changed the entry after the party's registry record was
opened, or when the clearance that covered the two has ended. It is screened as a live party is, against everything
that is in force, and of the hits those with the entries it owes a lookback to are raised: exactly what offline
screening of the party gives for these entries.

A lookback alert's id is that of party, entry, the entry's form and what made the lookback necessary (the release
that brought this form, or the clearance that ended). So the same lookback run twice gives the same ids; a live alert
of the same hit has another id, as it is about one transaction; and an entry that comes back, or a hit that was
cleared for a while, is a new alert.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time

import msgspec

from streams.errors import ScreeningError
from streams.matching.index import Key
from streams.records.alert import Alert
from streams.records.clearance import Clearance
from streams.records.decision import EventSource
from streams.records.party import Party
from streams.records.registered_party import RegisteredParty
from streams.records.transaction import Transaction
from streams.screening.clearances import Clearances
from streams.screening.list_changes import ListChanges, ReleaseKey
from streams.screening.registry import merged
from streams.screening.screener import Screener

_UNBOUNDED = nullcontext()
_REGISTRY = EventSource(topic="parties", partition=0, offset=0)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a lookback gave: alerts and suppressed hits by what made it necessary, ``(source, trigger_id)``."""

    parties: int
    alerts: tuple[Alert, ...]
    suppressed: Counter[tuple[str, str]]
    unscreened: tuple[str, ...]
    """What went wrong, a line for each party that could not be screened."""


@dataclass(slots=True)
class _Hits:
    """A party with hits: its records so far, and the best live form of each hit."""

    records: list[RegisteredParty] = field(default_factory=list)
    best: dict[Key, Alert] = field(default_factory=dict)


class Lookback:
    """One pass over registry records: each party is screened once, however many records it has.

    ``among`` are the releases this lookback is for, ``ended`` the clearances that ended, by fingerprint. ``covered``
    are the releases whose lookbacks are done: a record that came late owes them, too. With ``everyone`` a party is
    screened whatever it was screened under before. ``budget`` bounds the screening of a party by raising
    ScreeningTimeoutError. Some 150 bytes of each party are kept.
    """

    def __init__(
        self,
        changes: ListChanges,
        screener: Screener,
        clearances: Clearances,
        now: datetime,
        among: Collection[ReleaseKey],
        ended: Mapping[str, tuple[Clearance, ...]],
        *,
        covered: Collection[ReleaseKey] = (),
        everyone: bool = False,
        budget: AbstractContextManager[object] = _UNBOUNDED,
    ) -> None:
        self._changes = changes
        # A registered party may have come with any event: no list is ruled out by what one of them tells of itself.
        self._screener = Screener(replace(screener.policy, jurisdiction=None))
        self._clearances = clearances
        self._now = now
        self._among = frozenset(among)
        self._among_late = self._among | frozenset(covered)
        self._ended = ended
        self._everyone = everyone
        self._budget = budget
        self._snapshot = changes.snapshot()
        # The first match under a policy weighs all names, which counts against no party's budget.
        self._snapshot.index.match(Party(name="Highfence", country="Germany"), screener.policy)
        self._by_role = any(rule.role is not None for rule in screener.policy.thresholds)
        # An entry counts as of the newest release; one that takes effect later, as of then.
        self._day = max((release.published_at for release in self._snapshot.releases.values()), default=now)
        self._owed_since: dict[tuple[bool, tuple[tuple[str, str], ...]], frozenset[Key]] = {}
        self._as_of_entries: dict[frozenset[Key], datetime] = {}
        self._screened: dict[tuple[bytes, str], frozenset[Key]] = {}
        self._parties: set[bytes] = set()
        self._hits: dict[str, _Hits] = {}
        self._suppressed: dict[tuple[str, Key], tuple[str, str]] = {}
        self._unscreened: list[str] = []

    def take(self, record: RegisteredParty, *, late: bool = False) -> None:
        """The next record; a ``late`` one came after the lookbacks that are done, and may owe them."""
        identity = bytes.fromhex(record.fingerprint)
        self._parties.add(identity)
        owed = self._owed(record, late and not record.addition)
        if not owed:
            return
        screened = (identity, record.party.role if self._by_role else "")
        before = self._screened.get(screened)
        if before is not owed and not (before is not None and owed <= before):
            self._screened[screened] = owed if before is None else owed | before
            self._screen(record, owed)
        if (hits := self._hits.get(record.fingerprint)) is not None:
            hits.records.append(record)

    def refuse(self, why: str) -> None:
        """A record that cannot be read: a party that is not covered."""
        self._unscreened.append(why)

    def findings(self, since: datetime | None = None) -> Findings:
        """What was found, each hit of a party once; the alerts in the order of their ids.

        With ``since``, only alerts of parties with a transaction at or after that moment.
        """
        alerts = [
            self._raised(hits, alert, key) for hits in self._hits.values() for key, alert in sorted(hits.best.items())
        ]
        if since is not None:
            alerts = [alert for alert in alerts if alert.transactions[-1].at >= since]
        return Findings(
            parties=len(self._parties),
            alerts=tuple(sorted(alerts, key=lambda alert: alert.alert_id)),
            suppressed=Counter(self._suppressed.values()),
            unscreened=tuple(self._unscreened),
        )

    def _owed(self, record: RegisteredParty, late: bool) -> frozenset[Key]:
        releases = {} if self._everyone else record.releases
        known = (late, tuple(sorted(releases.items())))
        owed = self._owed_since.get(known)
        if owed is None:
            owed = self._owed_since[known] = self._changes.since(releases, self._among_late if late else self._among)
        if (ended := self._ended.get(record.fingerprint)) is not None:
            owed |= {_entry_of(clearance) for clearance in ended if self._still_covers(clearance)}
        return owed

    def _still_covers(self, clearance: Clearance) -> bool:
        """Whether the entry stands as it was when it was cleared; a changed one is its release's to look back for."""
        standing = self._changes.standing.get(_entry_of(clearance))
        return standing is not None and standing.entry_hash == clearance.entry_hash

    def _screen(self, record: RegisteredParty, owed: frozenset[Key]) -> None:
        last = record.latest[-1]
        asked = Transaction(
            transaction_id=last.transaction_id,
            revision=last.revision,
            parties=(record.party,),
            occurred_at=self._day,
        )
        try:
            with self._budget:
                screening = self._screener.screen(
                    asked, self._snapshot, _REGISTRY, self._now, self._as_of(owed), self._clearances
                )
        except ScreeningError as error:
            self.refuse(f"{record.fingerprint} ({last.transaction_id}): {error}")
            return
        except Exception as error:  # whatever it is, the others are still to be screened
            self.refuse(f"{record.fingerprint} ({last.transaction_id}): {type(error).__name__}: {error}")
            return
        for suppressed in screening.decision.suppressed:
            key = (suppressed.source, suppressed.entry_id)
            if key in owed:
                self._suppressed[record.fingerprint, key] = (key[0], self._trigger_id(record.fingerprint, key))
        for alert in screening.alerts:
            key = (alert.listed.source, alert.listed.entry_id)
            if key in owed:
                best = self._hits.setdefault(record.fingerprint, _Hits()).best
                if key not in best or _strength(alert) > _strength(best[key]):
                    best[key] = alert

    def _as_of(self, owed: frozenset[Key]) -> datetime:
        """The newest release's time or, where one of the entries takes effect later, that day."""
        as_of = self._as_of_entries.get(owed)
        if as_of is None:
            entries = self._snapshot.index.entries
            days = [day for key in owed if (day := entries[key].effective_from) is not None]
            latest = [datetime.combine(max(days), time(), UTC)] if days else []
            as_of = self._as_of_entries[owed] = max([self._day, *latest])
        return as_of

    def _raised(self, hits: _Hits, alert: Alert, key: Key) -> Alert:
        """The hit as a lookback's alert, with all that is known of the party."""
        known = merged(hits.records)
        in_role = [past for past in known.transactions if past.role == alert.party.role]
        last = in_role[-1] if self._by_role and in_role else known.last
        content = self._changes.standing[key].entry_hash
        trigger_id = self._trigger_id(known.fingerprint, key)
        return msgspec.structs.replace(
            alert,
            alert_id=lookback_alert_id(known.fingerprint, *key, content, trigger_id),
            trigger="lookback",
            transaction_id=last.transaction_id,
            revision=last.revision,
            party_index=last.party_index,
            party=msgspec.structs.replace(known.party, role=last.role),
            trigger_id=trigger_id,
            transactions=known.transactions,
        )

    def _trigger_id(self, fingerprint: str, key: Key) -> str:
        """Why this party owes a lookback to this entry: a clearance that ended, or the release that brought it."""
        for clearance in self._ended.get(fingerprint, ()):
            if _entry_of(clearance) == key and self._still_covers(clearance):
                return clearance.clearance_id
        return self._changes.standing[key].release_id


def _entry_of(clearance: Clearance) -> Key:
    return (clearance.source, clearance.entry_id)


def _strength(alert: Alert) -> tuple[bool, float]:
    return (alert.outcome == "hold", alert.score)


def lookback_alert_id(fingerprint: str, source: str, entry_id: str, entry_hash: str, trigger_id: str) -> str:
    """32 hex digits over the party, the entry, its form, and the release or clearance that is the reason."""
    parts = ("lookback", fingerprint, source, entry_id, entry_hash, trigger_id)
    # Lengths make the parts unambiguous whatever characters the ids hold.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]

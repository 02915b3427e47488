"""Holding past parties against what has changed since they were screened. Pure.

A party owes a lookback to an entry when a release added or changed the entry after the party's registry record was
opened, or when the clearance that covered the two has ended. It is screened as a live party is, against everything
that is in force, and of the hits those with the entries it owes a lookback to are raised: exactly what offline
screening of the party gives for these entries. When an ownership release brought somebody behind the party since, the
party is screened with and without what that release brought, and the hits that this makes or makes a hold are raised.

A lookback alert's id is that of party, entry, the entry's form and what made the lookback necessary (the release
that brought this form, the clearance that ended, or the ownership release). So the same lookback run twice gives the
same ids; a live alert of the same hit has another id, as it is about one transaction; and an entry that comes back, or
a hit that was cleared for a while, is a new alert.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from types import MappingProxyType

import msgspec

from streams.errors import ScreeningError
from streams.matching.index import Key
from streams.ownership.graph import NO_OWNERSHIP, OwnershipGraph
from streams.records.alert import Alert
from streams.records.clearance import Clearance
from streams.records.decision import EventSource
from streams.records.party import Party
from streams.records.registered_party import RegisteredParty
from streams.records.transaction import Transaction
from streams.screening.clearances import Clearances
from streams.screening.list_changes import ListChanges, ReleaseKey
from streams.screening.owners import behind
from streams.screening.registry import merged
from streams.screening.screener import Screener, Screening
from streams.screening.snapshot import Snapshot, ownership_ref

_UNBOUNDED = nullcontext()
_NOTHING: Mapping[str, str] = MappingProxyType({})
_REGISTRY = EventSource(topic="parties", partition=0, offset=0)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a lookback gave: alerts, and how many, and suppressed hits, by what made them necessary.

    That is ``(source, trigger_id)``; of an ownership release, the source is ``ownership/{source}``.
    """

    parties: int
    alerts: tuple[Alert, ...]
    raised: Counter[tuple[str, str]]
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
    screened whatever it was screened under before. ``graph`` is who owns whom, and ``owners_covered`` is the last
    ownership release of each source whose lookback is done. ``budget`` bounds the screening of a party by raising
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
        graph: OwnershipGraph = NO_OWNERSHIP,
        owners_covered: Mapping[str, str] = _NOTHING,
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
        self._snapshot = changes.snapshot().with_ownership(graph)
        self._owners_covered = owners_covered
        self._owners_before: dict[tuple[str, str], Snapshot] = {}
        # The first match under a policy weighs all names, which counts against no party's budget.
        self._snapshot.index.match(Party(name="Highfence", country="Germany"), screener.policy)
        self._by_role = any(rule.role is not None for rule in screener.policy.thresholds)
        # An entry counts as of the newest release; one that takes effect later, as of then.
        published = [release.published_at for release in self._snapshot.releases.values()]
        published += [release.published_at for release in graph.releases.values()]
        self._day = max(published, default=now)
        self._owed_since: dict[tuple[bool, tuple[tuple[str, str], ...]], frozenset[Key]] = {}
        self._as_of_entries: dict[frozenset[Key], datetime] = {}
        self._screened: dict[tuple[bytes, str], frozenset[Key]] = {}
        self._parties: set[bytes] = set()
        self._hits: dict[str, _Hits] = {}
        self._because_of: dict[tuple[str, Key], tuple[str, str]] = {}  # hits that an ownership release made
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
            raised=Counter(
                self._trigger(alert.party_fingerprint, (alert.listed.source, alert.listed.entry_id)) for alert in alerts
            ),
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
        if self._snapshot.ownership and not self._everyone and (owners := self._owners_owed(record, late)):
            owed |= owners
        return owed

    def _owners_owed(self, record: RegisteredParty, late: bool) -> set[Key]:
        """The ownership sources by which others stand behind the party than before, and the last release until then."""
        graph = self._snapshot.ownership
        owed: set[Key] = set()
        for source, release in graph.releases.items():
            ref = ownership_ref(source)
            until = record.releases.get(ref, "")
            if not late:
                until = max(until, self._owners_covered.get(source, ""))
            if until < release.release_id:
                before = self._before(ref, until).ownership
                try:
                    if behind(record.party, before) == behind(record.party, graph):
                        continue
                except ScreeningError:
                    pass  # it says so again when the party is screened, which then counts as not covered
                owed.add((ref, until))
        return owed

    def _before(self, ref: str, until: str) -> Snapshot:
        """What is in force, but of one ownership source without the edges that came later."""
        before = self._owners_before.get((ref, until))
        if before is None:
            source = ref.removeprefix(ownership_ref(""))
            graph = self._snapshot.ownership.until({source: until})
            before = self._owners_before[ref, until] = self._snapshot.with_ownership(graph)
        return before

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
            owed |= self._made_by_owners(record, asked, owed, screening)
        except ScreeningError as error:
            self.refuse(f"{record.fingerprint} ({last.transaction_id}): {error}")
            return
        except Exception as error:  # whatever it is, the others are still to be screened
            self.refuse(f"{record.fingerprint} ({last.transaction_id}): {type(error).__name__}: {error}")
            return
        for suppressed in screening.decision.suppressed:
            key = (suppressed.source, suppressed.entry_id)
            if key in owed:
                self._suppressed[record.fingerprint, key] = self._trigger(record.fingerprint, key)
        for alert in screening.alerts:
            key = (alert.listed.source, alert.listed.entry_id)
            if key in owed:
                best = self._hits.setdefault(record.fingerprint, _Hits()).best
                if key not in best or _strength(alert) > _strength(best[key]):
                    best[key] = alert

    def _made_by_owners(
        self, record: RegisteredParty, asked: Transaction, owed: frozenset[Key], screening: Screening
    ) -> set[Key]:
        """The entries whose hits are there, or are holds, only by what ownership releases brought."""
        made: set[Key] = set()
        for ref, until in sorted(key for key in owed if _is_ownership(key)):
            with self._budget:
                before = self._screener.screen(
                    asked, self._before(ref, until), _REGISTRY, self._now, self._as_of(owed), self._clearances
                )
            had = _outcomes(before)
            for key, outcome in _outcomes(screening).items():
                if key not in owed and (key not in had or _RANK[outcome] > _RANK[had[key]]):
                    release = self._snapshot.refs[ref]
                    self._because_of.setdefault((record.fingerprint, key), (ref, release.release_id))
                    made.add(key)
        return made

    def _as_of(self, owed: frozenset[Key]) -> datetime:
        """The newest release's time or, where one of the entries takes effect later, that day."""
        as_of = self._as_of_entries.get(owed)
        if as_of is None:
            entries = self._snapshot.index.entries
            days = [day for key in owed if not _is_ownership(key) and (day := entries[key].effective_from) is not None]
            latest = [datetime.combine(max(days), time(), UTC)] if days else []
            as_of = self._as_of_entries[owed] = max([self._day, *latest])
        return as_of

    def _raised(self, hits: _Hits, alert: Alert, key: Key) -> Alert:
        """The hit as a lookback's alert, with all that is known of the party."""
        known = merged(hits.records)
        in_role = [past for past in known.transactions if past.role == alert.party.role]
        last = in_role[-1] if self._by_role and in_role else known.last
        content = self._changes.standing[key].entry_hash
        _, trigger_id = self._trigger(known.fingerprint, key)
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

    def _trigger(self, fingerprint: str, key: Key) -> tuple[str, str]:
        """Why this party owes a lookback to this entry, ``(source, trigger_id)``: a clearance that ended, an ownership
        release, or the release that brought the entry."""
        source, _ = key
        for clearance in self._ended.get(fingerprint, ()):
            if _entry_of(clearance) == key and self._still_covers(clearance):
                return source, clearance.clearance_id
        return self._because_of.get((fingerprint, key)) or (source, self._changes.standing[key].release_id)


def _is_ownership(key: Key) -> bool:
    return key[0].startswith(ownership_ref(""))


def _entry_of(clearance: Clearance) -> Key:
    return (clearance.source, clearance.entry_id)


_RANK = {"suppressed": 0, "review": 1, "hold": 2}


def _outcomes(screening: Screening) -> dict[Key, str]:
    """The outcome of each hit, by entry."""
    found: dict[Key, str] = {(hit.source, hit.entry_id): "suppressed" for hit in screening.decision.suppressed}
    found.update({(alert.listed.source, alert.listed.entry_id): alert.outcome for alert in screening.alerts})
    return found


def _strength(alert: Alert) -> tuple[bool, float]:
    return (alert.outcome == "hold", alert.score)


def lookback_alert_id(fingerprint: str, source: str, entry_id: str, entry_hash: str, trigger_id: str) -> str:
    """32 hex digits over the party, the entry, its form, and the release or clearance that is the reason."""
    parts = ("lookback", fingerprint, source, entry_id, entry_hash, trigger_id)
    # Lengths make the parts unambiguous whatever characters the ids hold.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]

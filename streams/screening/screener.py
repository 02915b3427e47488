"""Screening itself: Transaction × Snapshot × Policy → Decision and Alerts. Pure: no I/O, no clock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from datetime import date, datetime

import msgspec

from streams.errors import ScreeningError, ScreeningTimeoutError
from streams.lists.release import entry_hash
from streams.matching import Match, Policy
from streams.matching.asking import Asked
from streams.matching.index import Key
from streams.records.alert import Alert, Evidence, ListedParty
from streams.records.decision import Decision, EventSource, NotAppliedHit, Outcome, SuppressedHit
from streams.records.list_entry import ListEntry
from streams.records.party import Party, party_fingerprint
from streams.records.transaction import Transaction
from streams.screening.clearances import NO_CLEARANCES, Clearances
from streams.screening.diversion import NO_FLAGS, Flags, Watched
from streams.screening.jurisdiction import Jurisdiction
from streams.screening.owners import Behind, behind
from streams.screening.ownership import judged
from streams.screening.reach import reached
from streams.screening.snapshot import Snapshot
from streams.software import software_version

Found = tuple[int, Party, Sequence[Match], Behind]
"""A party of a transaction by its position, what it and its owners match, and who these are."""

MOST_SAMPLES = 10
"""A transaction has no more quality samples than this, those of its first parties: they must not fill a topic."""
_OWNERS = ("owners[", "ownership[")
"""Where the fields of owners are."""
MOST_RELATED = 10
"""A party that more entries name beside them is a review by the first: the others would tell a person nothing new."""
MOST_ALERTS = 500
"""A transaction with more alerts than this is refused: no analyst can work with it, and it must not fill a topic."""


class Screening(msgspec.Struct, frozen=True):
    """The answer to one transaction; ``samples`` are matches below the review threshold, for the desk alone.

    ``ordered`` is as :class:`streams.screening.diversion.Flags` has it.
    """

    decision: Decision
    alerts: tuple[Alert, ...]
    samples: tuple[Alert, ...] = ()
    ordered: tuple[int, float] | None = None


class Hits(msgspec.Struct, frozen=True):
    """What the parties of one transaction match: hits, as ``alerts``, those that do not count, and samples."""

    alerts: tuple[Alert, ...] = ()
    suppressed: tuple[SuppressedHit, ...] = ()
    not_applied: tuple[NotAppliedHit, ...] = ()
    samples: tuple[Alert, ...] = ()


NO_HITS = Hits()


class Screener:
    """Screens transactions under one policy; as if they came on ``topic``, where it is given, not on their source's."""

    def __init__(self, policy: Policy, topic: str = "") -> None:
        self.policy = policy
        self._software = software_version()
        self._topic = topic

    def screen(
        self,
        transaction: Transaction,
        snapshot: Snapshot,
        source: EventSource,
        screened_at: datetime,
        event_time: datetime,
        clearances: Clearances = NO_CLEARANCES,
        watched: Watched | None = None,
    ) -> Screening:
        """Screen every party of the transaction, and its owners, against the entries in force.

        ``source`` is where the event came from, ``screened_at`` the moment written into the records,
        ``event_time`` when the event was recorded, which is its day where it has no ``occurred_at``. A hit that a
        clearance covers then and now is no alert; the decision names it as suppressed. ``watched`` is what
        :meth:`Diversion.watched` says of the transaction: with it the decision has the flags of these rules.
        Raises ScreeningError when a party cannot be screened or no list is in force; nothing is clear then.
        """
        found = self._found(transaction.parties, snapshot)
        return self.decide(transaction, found, snapshot, source, screened_at, event_time, clearances, watched)

    def decide(
        self,
        transaction: Transaction,
        found: Iterable[Found],
        snapshot: Snapshot,
        source: EventSource,
        screened_at: datetime,
        event_time: datetime,
        clearances: Clearances = NO_CLEARANCES,
        watched: Watched | None = None,
    ) -> Screening:
        """The answer of :meth:`screen`, given what its parties match; those without match may be left out.

        ``found`` is in the order of the parties, and may raise ScreeningError when it is iterated. ``watched`` is as in
        :meth:`screen`.
        """
        if not snapshot.releases:
            raise ScreeningError("no list is in force: publish one with 'highfence lists publish'")
        hits = self.hits(transaction, found, snapshot, source, screened_at, event_time, clearances)
        flags, flags_version = NO_FLAGS, ""
        if watched is not None:
            diversion, casts, content = watched
            flags = diversion.judge(transaction, casts, content, hits.alerts, source, event_time)
            flags_version = diversion.version
        return self.screening(transaction, hits, flags, flags_version, snapshot, source, screened_at)

    def hits(
        self,
        transaction: Transaction,
        found: Iterable[Found],
        snapshot: Snapshot,
        source: EventSource,
        screened_at: datetime,
        event_time: datetime,
        clearances: Clearances = NO_CLEARANCES,
    ) -> Hits:
        """What :meth:`decide` makes of the matches ``found``; it raises as that does."""
        alerts: list[Alert] = []
        suppressed: list[SuppressedHit] = []
        not_applied: list[NotAppliedHit] = []
        samples: list[Alert] = []
        rules = self.policy.jurisdiction
        lists = Jurisdiction(rules, self._topic or source.topic, transaction) if rules is not None else None
        for position, party, matches, owners in found:
            day = (transaction.occurred_at or event_time).date()
            departed = transaction.departed_at.date() if transaction.departed_at is not None else None
            standing, below = [], []
            for match in matches:
                published = snapshot.releases[match.entry.source].published_at
                stood = self._standing(match, day, departed, max(event_time.date(), published.date()))
                if stood is None:
                    continue
                ruled_out = lists.not_applied(position, match.entry) if lists is not None else None
                if match.outcome is None:
                    if stood is match and ruled_out is None:
                        below.append(match)
                elif ruled_out is None:
                    standing.append(stood)
                else:
                    not_applied.append(ruled_out)
            owned_by: Set[Key] = set()
            if owners and standing:
                owned_by = {match.entry.key for match in standing if match.field.startswith(_OWNERS)}
                recorded_on = event_time.date()
                standing = judged(owners.labels, owners.holdings, standing, day, recorded_on, self.policy.ownership)
                standing.sort(key=_is_related)
            listed: set[str] = set()
            related = 0
            for stands in standing:
                if _is_related(stands) and (stands.entry.source in listed or related == MOST_RELATED):
                    continue
                hit = lists.judged(stands) if lists is not None else stands
                if self.policy.reach is not None:
                    latest = max(day, event_time.date())
                    hit = reached(hit, transaction.items, departed, latest, self.policy.reach)
                alert = self._alert(transaction, position, party, hit, snapshot, screened_at)
                cleared = clearances.suppressed(alert, max(event_time, screened_at)) if clearances else None
                owned = hit.entry.key in owned_by
                if cleared is not None and owned and _owned_anew(party, snapshot, clearances.given_at(alert)):
                    cleared = None
                if cleared is None:
                    alerts.append(alert)
                    if _is_related(hit):
                        related += 1
                    else:
                        listed.add(hit.entry.source)
                else:
                    suppressed.append(cleared)
            seen = {match.entry.key for match in standing} if below else set()
            for match in below:
                if match.entry.key not in seen:
                    seen.add(match.entry.key)
                    samples.append(self._alert(transaction, position, party, _sample(match), snapshot, screened_at))
            if len(alerts) > MOST_ALERTS:
                raise ScreeningError(f"more than {MOST_ALERTS} alerts: split the transaction, or look at its parties")
        return Hits(tuple(alerts), tuple(suppressed), tuple(not_applied), tuple(samples[:MOST_SAMPLES]))

    def screening(
        self,
        transaction: Transaction,
        hits: Hits,
        flags: Flags,
        flags_version: str,
        snapshot: Snapshot,
        source: EventSource,
        screened_at: datetime,
    ) -> Screening:
        """The answer of :meth:`decide`, given hits and flags."""
        outcome: Outcome = "clear"
        if hits.alerts:
            outcome = "hold" if any(alert.outcome == "hold" for alert in hits.alerts) else "review"
        elif flags.review:
            outcome = "review"
        decision = Decision(
            transaction_id=transaction.transaction_id,
            revision=transaction.revision,
            outcome=outcome,
            alert_ids=tuple([alert.alert_id for alert in hits.alerts]),
            suppressed=hits.suppressed,
            releases=snapshot.refs,
            policy_version=self.policy.version,
            software_version=self._software,
            source=source,
            screened_at=screened_at,
            stale_lists=snapshot.stale,
            not_applied=hits.not_applied,
            samples=tuple([sample.alert_id for sample in hits.samples]),
            flags=flags.flags,
            not_checked=flags.not_checked,
            flags_version=flags_version,
        )
        return Screening(decision, hits.alerts, hits.samples, flags.ordered)

    def _found(self, parties: Iterable[Party], snapshot: Snapshot) -> Iterator[Found]:
        for position, party in enumerate(parties):
            matches, owners, _ = self.matches(position, party, snapshot)
            yield position, party, matches, owners

    def matches(self, position: int, party: Party, snapshot: Snapshot) -> tuple[list[Match], Behind, list[Asked]]:
        """What the party and each of its owners may be, who owns it, and how all of them were read.

        A match without an outcome is drawn as a sample.
        Raises ScreeningError, naming the party by its ``position``, when it cannot be screened.
        """
        index, policy = snapshot.index, self.policy
        path = ""
        try:
            owners = behind(party, snapshot.ownership, snapshot.relations)
            everybody = [index.asked(party, policy)]
            found = [*index.match_and_sample(everybody[0], policy)]
            for owner in owners.owners:
                path = f"{owner.path}."
                everybody.append(index.asked(owner.party, policy))
                matches = index.match_and_sample(everybody[-1], policy)
                found += [_of_owner(match, path) for match in matches if owner.only in (None, match.entry.key)]
        except ScreeningTimeoutError:
            raise
        except ScreeningError as error:
            raise ScreeningError(f"parties[{position}].{path}{error}") from error
        return found, owners, everybody

    def _standing(self, match: Match, day: date, departed: date | None, told: date) -> Match | None:
        """The match as the entry stands: whole when in force on the event's ``day``, else for a person to look at.

        A license is needed on the day goods leave, so an entry with a license requirement counts on that day, too.

        An entry that is not in force on the day the event names, past or future, but is on the day that its record and
        the release tell of (``told``, the later), is a review: a date in an event, or a producer's clock, must not
        clear a listed party.
        """
        entry = match.entry
        days = (day, departed) if departed is not None and entry.license_requirement else (day,)
        if any(in_force(entry, on) and self.policy.counts(entry, on) for on in days):
            return match
        if not (in_force(entry, told) and self.policy.counts(entry, told)):
            return None
        text = f"not in force on {day}, the day of the event, but on {told}"
        return replace(
            match,
            outcome="review",
            evidence=(*match.evidence, Evidence(kind="effective", effect="contradicts", text=text)),
            summary=f"{match.summary}; {text}",
        )

    def refuse(
        self, transaction_id: str, revision: int, reason: str, snapshot: Snapshot, source: EventSource, at: datetime
    ) -> Decision:
        """The decision ``error`` for an event that could not be read or screened, with the reason."""
        return Decision(
            transaction_id=transaction_id,
            revision=revision,
            outcome="error",
            alert_ids=(),
            suppressed=(),
            releases=snapshot.refs,
            policy_version=self.policy.version,
            software_version=self._software,
            source=source,
            screened_at=at,
            reason=reason,
            stale_lists=snapshot.stale,
        )

    def _alert(
        self,
        transaction: Transaction,
        position: int,
        party: Party,
        match: Match,
        snapshot: Snapshot,
        raised_at: datetime,
    ) -> Alert:
        entry = match.entry
        return Alert(
            alert_id=alert_id(transaction.transaction_id, transaction.revision, position, entry),
            trigger="live",
            transaction_id=transaction.transaction_id,
            revision=transaction.revision,
            outcome=match.outcome or "sample",
            party_index=position,
            party=party,
            field=match.field,
            value=match.value,
            listed=ListedParty(
                source=entry.source,
                entry_id=entry.entry_id,
                name=match.listed_name,
                names=entry.names,
                countries=entry.countries,
                programs=entry.programs,
                license_requirement=entry.license_requirement,
                license_policy=entry.license_policy,
                citation=entry.citation,
                effective_from=entry.effective_from,
                effective_to=entry.effective_to,
            ),
            score=match.score,
            threshold=match.threshold,
            evidence=match.evidence,
            summary=match.summary,
            release_id=snapshot.releases[entry.source].release_id,
            policy_version=self.policy.version,
            raised_at=raised_at,
            party_fingerprint=party_fingerprint(party),
            entry_hash=entry_hash(entry),
        )


def _sample(match: Match) -> Match:
    return replace(match, summary=f"quality sample, below the review threshold: {match.summary}")


def _of_owner(match: Match, path: str) -> Match:
    kinds = {"owners": "a declared owner", "ownership": "an owner", "related": "an entry that names the party"}
    kind = kinds[path.partition("[")[0]]
    return replace(match, field=f"{path}{match.field}", summary=f"{kind}: {match.summary}")


def _is_related(match: Match) -> bool:
    """Whether the entry only names the party."""
    return match.field.startswith("related[")


def _owned_anew(party: Party, snapshot: Snapshot, cleared_at: datetime | None) -> bool:
    """Whether a hit with an owner was cleared before an edge came by which others stand behind the party now."""
    if cleared_at is None:
        return False
    return behind(party, snapshot.ownership.at(cleared_at)) != behind(party, snapshot.ownership)


def in_force(entry: ListEntry, day: date) -> bool:
    """Whether the entry is in force on that day: from ``effective_from`` on, before ``effective_to``."""
    if entry.effective_from is not None and day < entry.effective_from:
        return False
    return entry.effective_to is None or day < entry.effective_to


def alert_id(transaction_id: str, revision: int, party_index: int, entry: ListEntry) -> str:
    """The same hit always has the same id: 32 hex digits over transaction, revision, party and entry."""
    parts = (transaction_id, str(revision), str(party_index), entry.source, entry.entry_id)
    # Lengths make the parts unambiguous whatever characters the ids hold.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]

"""Screening itself: Transaction × Snapshot × Policy → Decision and Alerts. Pure: no I/O, no clock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from streams.errors import ScreeningError
from streams.matching import Match, Policy
from streams.records.alert import Alert, ListedParty
from streams.records.decision import Decision, EventSource, Outcome
from streams.records.list_entry import ListEntry
from streams.records.party import Party
from streams.records.transaction import Transaction
from streams.screening.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Screening:
    """The answer to one transaction."""

    decision: Decision
    alerts: tuple[Alert, ...]


class Screener:
    """Screens transactions under one policy."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def screen(
        self,
        transaction: Transaction,
        snapshot: Snapshot,
        source: EventSource,
        screened_at: datetime,
        event_time: datetime,
    ) -> Screening:
        """Screen every party of the transaction against the entries in force on the day of the event.

        ``source`` is where the event came from, ``screened_at`` the moment written into the records,
        ``event_time`` when the event was recorded, used where the transaction has no ``occurred_at``.
        Raises ScreeningError when a party cannot be screened or no list is in force; nothing is clear then.
        """
        if not snapshot.releases:
            raise ScreeningError("no list is in force: publish one with 'highfence lists publish'")
        day = (transaction.occurred_at or event_time).date()
        alerts: list[Alert] = []
        for position, party in enumerate(transaction.parties):
            try:
                matches = snapshot.index.match(party, self.policy)
            except ScreeningError as error:
                raise ScreeningError(f"parties[{position}]: {error}") from error
            alerts += [
                self._alert(transaction, position, party, match, snapshot, screened_at)
                for match in matches
                if in_force(match.entry, day) and self.policy.counts(match.entry, day)
            ]
        outcome: Outcome = "clear"
        if alerts:
            outcome = "hold" if any(alert.outcome == "hold" for alert in alerts) else "review"
        decision = Decision(
            transaction_id=transaction.transaction_id,
            revision=transaction.revision,
            outcome=outcome,
            alert_ids=tuple(alert.alert_id for alert in alerts),
            suppressed=(),
            releases=snapshot.refs,
            policy_version=self.policy.version,
            source=source,
            screened_at=screened_at,
            stale_lists=snapshot.stale,
        )
        return Screening(decision, tuple(alerts))

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
        if match.outcome is None:
            raise ScreeningError(f"{entry.source}/{entry.entry_id} scored below the review threshold")
        return Alert(
            alert_id=alert_id(transaction.transaction_id, transaction.revision, position, entry),
            trigger="live",
            transaction_id=transaction.transaction_id,
            revision=transaction.revision,
            outcome=match.outcome,
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
        )


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

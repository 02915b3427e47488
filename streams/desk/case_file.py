"""One case as a state machine. Pure: fed with its alerts and dispositions, it says what they come to.

Alerts of one case come from any partition in any order, dispositions from one partition in order. So alerts only ever
add to a set, by ``alert_id``, and whether a disposition counts depends on the dispositions before it alone. Whether an
alert reopens a closed case follows from the alert and the closure. The outcome is the same in every interleaving.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

import msgspec

from streams.records.alert import Alert
from streams.records.case import Case, CaseState, Closure, Proposal, case_id
from streams.records.clearance import Clearance
from streams.records.disposition import Disposition
from streams.records.party import party_fingerprint

_OUTCOMES = ("sample", "review", "hold")
"""From the least to the most."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where on a topic a record is."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a case keeps of each alert; the whole of it stays on the topic, at ``place``.

    ``transactions`` counts those the alert is about: one, or the past ones of a lookback.
    """

    alert_id: str
    transaction_id: str
    revision: int
    role: str
    trigger: str
    outcome: str
    score: float
    raised_at: datetime
    entry_hash: str
    transactions: int
    place: Place


@dataclass(frozen=True, slots=True)
class CaseKey:
    """A party and a listed entry."""

    fingerprint: str
    source: str
    entry_id: str

    @classmethod
    def of_alert(cls, alert: Alert) -> CaseKey:
        """The case an alert belongs to."""
        fingerprint = alert.party_fingerprint or party_fingerprint(alert.party)
        return cls(fingerprint, alert.listed.source, alert.listed.entry_id)

    @classmethod
    def of_act(cls, act: Disposition) -> CaseKey:
        """The case a disposition is about."""
        return cls(act.fingerprint, act.source, act.entry_id)

    @property
    def case_id(self) -> str:
        """The id of the case."""
        return case_id(self.fingerprint, self.source, self.entry_id)


@dataclass(slots=True)
class CaseFile:
    """The alerts and dispositions of one case, and what they come to so far.

    ``acts`` are the dispositions that count, in order, ``void`` those that do not: they came after another one, or
    were not allowed. ``latest`` is the alert raised last, ``reopening`` the first one that the closure does not cover.
    ``clearance`` is what the topic must say of this party and entry, None as long as nothing was ever cleared.
    """

    key: CaseKey
    alerts: dict[str, Gathered] = field(default_factory=dict)
    acts: list[Disposition] = field(default_factory=list)
    void: list[Disposition] = field(default_factory=list)
    latest: Alert | None = None
    proposal: Proposal | None = None
    closure: Closure | None = None
    reopening: Gathered | None = None
    clearance: Clearance | None = None
    assignee: str = ""
    outcome: Literal["sample", "review", "hold"] = "sample"
    score: float = 0.0
    first_seen: datetime | None = None
    _working: CaseState = "open"
    _roles: set[str] = field(default_factory=set)
    _acts_known: set[str] = field(default_factory=set)

    def add_alert(self, alert: Alert, place: Place) -> bool:
        """Gather an alert; False when it is known already."""
        if alert.alert_id in self.alerts:
            return False
        gathered = self.alerts[alert.alert_id] = Gathered(
            alert.alert_id,
            alert.transaction_id,
            alert.revision,
            alert.party.role,
            alert.trigger,
            alert.outcome,
            alert.score,
            alert.raised_at,
            alert.entry_hash,
            max(1, len(alert.transactions)),
            place,
        )
        if self.latest is None or _order(alert) > _order(self.latest):
            self.latest = alert
        if self.first_seen is None or alert.raised_at < self.first_seen:
            self.first_seen = alert.raised_at
        self.outcome = max(self.outcome, alert.outcome, key=_OUTCOMES.index)
        self.score = max(self.score, alert.score)
        self._roles.update([alert.party.role] if alert.party.role else [])
        self._weigh(gathered)
        return True

    def add_act(self, act: Disposition) -> bool:
        """Take a disposition; True when it counts, False when it does not, or is known already."""
        if act.disposition_id in self._acts_known:
            return False
        self._acts_known.add(act.disposition_id)
        if not self._counts(act):
            self.void.append(act)
            return False
        if act.reopened_by and self.closure is not None:
            self._reopen()
        self.acts.append(act)
        self._follow(act)
        return True

    def as_it_stands(self) -> CaseFile:
        """A copy that nothing comes to any more, to be read in another thread."""
        return replace(
            self, alerts=dict(self.alerts), acts=list(self.acts), void=list(self.void), _roles=set(self._roles)
        )

    @property
    def last_act(self) -> str:
        """The id of the last disposition that counts, empty when there is none."""
        return self.acts[-1].disposition_id if self.acts else ""

    @property
    def state(self) -> CaseState:
        """Where the case stands."""
        if self.closure is None:
            return self._working
        return self.closure.finding if self.reopening is None else "reopened"

    def case(self) -> Case | None:
        """The case as a record; None while none of its alerts has come."""
        latest = self.latest
        if latest is None or self.first_seen is None:
            return None
        return Case(
            case_id=self.key.case_id,
            fingerprint=self.key.fingerprint,
            source=self.key.source,
            entry_id=self.key.entry_id,
            state=self.state,
            outcome=self.outcome,
            score=self.score,
            count=len(self.alerts),
            first_seen=self.first_seen,
            last_seen=latest.raised_at,
            party=latest.party,
            roles=tuple(sorted(self._roles)),
            listed=latest.listed,
            summary=latest.summary,
            alert_id=latest.alert_id,
            entry_hash=latest.entry_hash,
            assignee=self.assignee,
            proposal=self.proposal,
            closure=self.closure,
            reopened_by=self.reopening.alert_id if self.reopening is not None else "",
            last_act=self.last_act,
            changed_at=max([latest.raised_at, *(act.at for act in self.acts[-1:])]),
        )

    def _counts(self, act: Disposition) -> bool:
        """Whether the act follows the case's last one and is allowed where the case stands then."""
        if act.after != self.last_act:
            return False
        if act.action == "comment":
            return bool(act.reason)
        if act.action == "reopen":
            return self.closure is not None and self.closure.finding == "false_positive" and bool(act.reason)
        if self.closure is not None and not act.reopened_by:
            return False
        if act.action == "assign":
            return bool(act.assignee)
        if act.action == "escalate":
            return bool(act.reason)
        if act.action == "propose":
            holds = act.finding == "true_match" or (act.expires_at is not None and act.expires_at > act.at)
            return self.proposal is None and act.finding is not None and holds and bool(act.reason)
        return self.proposal is not None and _answers(act, self.proposal)

    def _follow(self, act: Disposition) -> None:
        if act.action == "assign":
            self.assignee = act.assignee
            self._working = "escalated" if self._working == "escalated" else "assigned"
        elif act.action == "escalate":
            self._working = "escalated"
        elif act.action == "propose" and act.finding is not None:
            self.proposal = Proposal(
                proposal_id=act.disposition_id,
                finding=act.finding,
                by=act.by,
                at=act.at,
                reason=act.reason,
                entry_hash=act.entry_hash,
                expires_at=act.expires_at if act.finding == "false_positive" else None,
            )
        elif act.action in ("reject", "withdraw"):
            self.proposal = None
        elif act.action == "confirm" and self.proposal is not None:
            self._close(self.proposal, act)
        elif act.action == "reopen":
            self._end_clearance(act)
            self._reopen()

    def _close(self, proposal: Proposal, act: Disposition) -> None:
        self.proposal = None
        self.closure = Closure(
            disposition_id=act.disposition_id,
            finding=proposal.finding,
            maker=proposal.by,
            checker=act.by,
            at=act.at,
            reason=proposal.reason,
            entry_hash=proposal.entry_hash,
            expires_at=proposal.expires_at,
        )
        self.reopening = None
        if proposal.finding == "false_positive" and proposal.expires_at is not None:
            self.clearance = Clearance(
                clearance_id=act.disposition_id,
                fingerprint=self.key.fingerprint,
                source=self.key.source,
                entry_id=self.key.entry_id,
                entry_hash=proposal.entry_hash,
                reason=proposal.reason,
                maker=proposal.by,
                checker=act.by,
                disposition_id=act.disposition_id,
                at=act.at,
                expires_at=proposal.expires_at,
            )
        else:  # a true match must not stay cleared in an older form of the entry
            self._end_clearance(act)
        for gathered in self.alerts.values():
            self._weigh(gathered)

    def _end_clearance(self, act: Disposition) -> None:
        if self.clearance is not None and self.clearance.withdrawn_at is None:
            self.clearance = msgspec.structs.replace(self.clearance, withdrawn_at=act.at, withdrawn_by=act.by)

    def _reopen(self) -> None:
        self.closure = self.reopening = None
        self._working = "reopened"

    def _weigh(self, alert: Gathered) -> None:
        """An alert raised after the closure reopens the case unless it is about the same form of the entry in time.

        A sample never does: it is no hit.
        """
        closure = self.closure
        if closure is None or alert.raised_at <= closure.at or alert.outcome == "sample":
            return
        in_time = closure.expires_at is None or alert.raised_at < closure.expires_at
        if alert.entry_hash == closure.entry_hash and in_time:
            return
        if self.reopening is None or _order(alert) < _order(self.reopening):
            self.reopening = alert


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's; case and outer spaces, which a proxy may change, do not count."""
    return one.strip().casefold() == other.strip().casefold()


def _answers(act: Disposition, proposal: Proposal) -> bool:
    if act.proposal_id != proposal.proposal_id:
        return False
    if act.action == "withdraw":
        return same_person(act.by, proposal.by)
    if same_person(act.by, proposal.by):
        return False  # four eyes
    if act.action == "reject":
        return bool(act.reason)
    return act.action == "confirm" and (act.finding, act.entry_hash) == (proposal.finding, proposal.entry_hash)


def _order(alert: Alert | Gathered) -> tuple[datetime, str]:
    return (alert.raised_at, alert.alert_id)

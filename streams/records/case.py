"""Everything that is known about one party and one listed entry, as the desk sees it."""

from __future__ import annotations

import hashlib
from typing import Literal

from streams.records.alert import ListedParty, Ratio
from streams.records.base import Identity, Record
from streams.records.disposition import Finding
from streams.records.list_release import Count, Digest
from streams.records.party import Fingerprint, Party
from streams.records.transaction import Moment

CaseState = Literal["open", "assigned", "escalated", "true_match", "false_positive", "reopened"]


class Proposal(Record, frozen=True, kw_only=True):
    """A finding that waits for a second person."""

    proposal_id: Identity
    finding: Finding
    by: Identity
    at: Moment
    reason: str
    entry_hash: Digest
    expires_at: Moment | None = None


class Closure(Record, frozen=True, kw_only=True):
    """What two people found, about which form of the entry; a false positive's clearance ends at ``expires_at``."""

    disposition_id: Identity
    finding: Finding
    maker: Identity
    checker: Identity
    at: Moment
    reason: str
    entry_hash: Digest
    expires_at: Moment | None = None


class Case(Record, frozen=True, kw_only=True, omit_defaults=False):
    """The alerts of one party and one listed entry, and what people did about them, on ``cases`` under ``case_id``.

    It follows from the alerts and the dispositions alone, whenever they are read. ``outcome`` and ``score`` are the
    highest of its ``count`` alerts, ``first_seen`` and ``last_seen`` when they were raised; ``party``, ``listed``,
    ``summary``, ``alert_id`` and ``entry_hash`` are those of the last raised. ``closure`` is what was last found and
    stands, unless ``reopened_by`` names an alert that it does not cover. ``last_act`` is the last disposition.
    """

    case_id: Identity
    fingerprint: Fingerprint
    source: Identity
    entry_id: Identity
    state: CaseState
    outcome: Literal["review", "hold", "sample"]
    score: Ratio
    count: Count
    first_seen: Moment
    last_seen: Moment
    party: Party
    roles: tuple[str, ...]
    listed: ListedParty
    summary: str
    alert_id: Identity
    entry_hash: str
    assignee: str = ""
    proposal: Proposal | None = None
    closure: Closure | None = None
    reopened_by: str = ""
    last_act: str = ""
    changed_at: Moment


def case_id(fingerprint: str, source: str, entry_id: str) -> str:
    """The id of the case of a party and a listed entry: 32 hex digits over the three."""
    # Lengths make the parts unambiguous whatever characters the ids hold.
    text = "".join(f"{len(part)}:{part}" for part in (fingerprint, source, entry_id))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]

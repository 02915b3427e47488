"""What a person did with a case."""

from __future__ import annotations

from typing import Literal

from streams.records.base import Identity, Record, Text
from streams.records.list_release import Digest
from streams.records.party import Fingerprint
from streams.records.transaction import Moment

DispositionAction = Literal["assign", "escalate", "comment", "propose", "confirm", "reject", "withdraw", "reopen"]
"""``propose`` is the maker's, ``confirm`` and ``reject`` answer it and are the checker's; ``withdraw`` takes one's own
proposal back; ``reopen`` takes up a false positive again and ends its clearance."""

Finding = Literal["true_match", "false_positive"]


class Disposition(Record, frozen=True, kw_only=True):
    """One act on one case, on the topic ``dispositions`` under ``case_id``; never changed, never removed.

    ``fingerprint``, ``source`` and ``entry_id`` say which party and listed entry the case is about, ``entry_hash``
    and ``alert_id`` which form of the entry and which alert the person had before them. ``finding`` is what is
    proposed, confirmed or rejected; ``proposal_id`` is the disposition that is answered. ``expires_at`` is how long
    the clearance of a false positive is to hold. ``assignee`` is who is to work on the case.

    ``after`` is the disposition that was the case's last when the person acted, empty for the first: an act after
    another one counts only if it follows the case's last, so of two acts at once the first one on the topic counts.
    ``reopened_by`` is the alert that had reopened a closed case before the act.
    """

    disposition_id: Identity
    case_id: Identity
    action: DispositionAction
    by: Identity
    at: Moment
    fingerprint: Fingerprint
    source: Identity
    entry_id: Identity
    entry_hash: Digest
    reason: Text = ""
    finding: Finding | None = None
    proposal_id: str = ""
    alert_id: str = ""
    assignee: str = ""
    expires_at: Moment | None = None
    after: str = ""
    reopened_by: str = ""

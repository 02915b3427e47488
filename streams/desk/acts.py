"""What a person asks to do with a case, judged and made into a disposition. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from streams.desk.case_file import CaseFile, same_person
from streams.desk.people import Person
from streams.errors import ActRefusedError
from streams.records.base import Record, Text
from streams.records.case import Case
from streams.records.disposition import Disposition, DispositionAction, Finding
from streams.settings import Role

ROLES_OF: dict[DispositionAction, frozenset[Role]] = {
    "assign": frozenset({"maker", "checker"}),
    "escalate": frozenset({"maker", "checker"}),
    "comment": frozenset({"maker", "checker"}),
    "propose": frozenset({"maker"}),
    "withdraw": frozenset({"maker"}),
    "confirm": frozenset({"checker"}),
    "reject": frozenset({"checker"}),
    "reopen": frozenset({"maker", "checker"}),
}
"""Who may do what: a person needs one of the roles."""

NEEDS_REASON: frozenset[DispositionAction] = frozenset({"escalate", "comment", "propose", "reject", "reopen"})


class Act(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person asks for.

    ``after`` is the case's ``last_act`` that they had before them. ``finding`` and ``days``, how long the clearance of
    a false positive shall hold, come with ``propose``; ``assignee`` with ``assign``.
    """

    action: DispositionAction
    after: Annotated[str, Meta(max_length=64)] = ""
    reason: Text = ""
    finding: Finding | None = None
    assignee: Annotated[str, Meta(max_length=512)] = ""
    days: Annotated[int, Meta(ge=1, le=36_500)] | None = None


def disposition(file: CaseFile, act: Act, person: Person, now: datetime, most_days: int) -> Disposition:
    """The disposition that an act comes to.

    Its id follows from case, person and act, so the same request sent again is the same disposition. ``most_days`` is
    the longest a clearance may hold, and what it holds unless the act says less. Raises ActRefusedError.
    """
    allowed = ROLES_OF[act.action]
    if not allowed & person.roles:
        raise ActRefusedError("forbidden", f"{act.action} needs the role {' or '.join(sorted(allowed))}")
    case = file.case()
    if case is None:
        raise ActRefusedError("unknown", "no alert of this case has been read")
    made = Disposition(
        disposition_id=_disposition_id(case.case_id, act, person),
        case_id=case.case_id,
        action=act.action,
        by=person.name,
        at=now,
        fingerprint=case.fingerprint,
        source=case.source,
        entry_id=case.entry_id,
        entry_hash=case.entry_hash,
        reason=act.reason.strip(),
        alert_id=case.alert_id,
        after=act.after,
        reopened_by=case.reopened_by,
    )
    for known in file.acts:
        if known.disposition_id == made.disposition_id:
            return known  # sent again: it is done
    if act.after != case.last_act:
        raise ActRefusedError("conflict", "the case has changed since you read it: look at it again")
    if not case.entry_hash:
        raise ActRefusedError("conflict", "its last alert does not say which form of the entry it is about")
    if act.action in NEEDS_REASON and not made.reason:
        raise ActRefusedError("invalid", f"{act.action} needs a reason")
    return _completed(case, act, made, most_days)


def open_to(case: Case, person: Person) -> tuple[DispositionAction, ...]:
    """What the person may do with the case where it stands, for showing; :func:`disposition` decides."""
    actions: list[DispositionAction] = []
    closed = case.state in ("true_match", "false_positive")
    if closed:
        actions += ["reopen"] if case.state == "false_positive" else []
    else:
        actions += ["assign", "escalate"] if case.state != "escalated" else ["assign"]
        if case.proposal is None:
            actions.append("propose")
        elif same_person(case.proposal.by, person.name):
            actions.append("withdraw")
        else:
            actions += ["confirm", "reject"]
    actions.append("comment")
    return tuple(action for action in actions if ROLES_OF[action] & person.roles)


def _completed(case: Case, act: Act, made: Disposition, most_days: int) -> Disposition:
    """The disposition with what its action needs; refused where the case does not stand so."""
    if act.action == "comment":
        return made
    if act.action == "reopen":
        if case.state == "true_match":
            raise ActRefusedError("conflict", "a true match stays one; a changed entry reopens the case by itself")
        if case.state != "false_positive":
            raise ActRefusedError("conflict", "only a closed case can be reopened")
        return made
    if case.state in ("true_match", "false_positive"):
        raise ActRefusedError("conflict", f"the case is closed as {case.state.replace('_', ' ')}")
    if act.action == "assign":
        if not act.assignee.strip():
            raise ActRefusedError("invalid", "assign needs an assignee")
        return replace(made, assignee=act.assignee.strip())
    if act.action == "escalate":
        return made
    if act.action == "propose":
        return _proposed(case, act, made, most_days)
    return _answered(case, act, made)


def _proposed(case: Case, act: Act, made: Disposition, most_days: int) -> Disposition:
    if case.proposal is not None:
        raise ActRefusedError("conflict", f"{case.proposal.by} has proposed already; a checker answers that first")
    if act.finding is None:
        raise ActRefusedError("invalid", "propose needs a finding: true_match or false_positive")
    if act.finding == "true_match":
        return replace(made, finding=act.finding)
    if act.days is not None and act.days > most_days:
        raise ActRefusedError("invalid", f"a clearance holds {most_days:,} days at most")
    return replace(made, finding=act.finding, expires_at=made.at + timedelta(days=act.days or most_days))


def _answered(case: Case, act: Act, made: Disposition) -> Disposition:
    proposal = case.proposal
    if proposal is None:
        raise ActRefusedError("conflict", f"there is no proposal to {act.action}")
    own = same_person(proposal.by, made.by)
    if act.action == "withdraw" and not own:
        raise ActRefusedError("forbidden", "only who proposed can withdraw it")
    if act.action != "withdraw" and own:
        raise ActRefusedError("forbidden", "four eyes: another person than who proposed has to answer")
    if act.action == "confirm" and proposal.entry_hash != case.entry_hash:
        raise ActRefusedError("conflict", "the listed entry has changed since the proposal: reject it, propose anew")
    if act.action == "confirm" and proposal.expires_at is not None and proposal.expires_at <= made.at:
        raise ActRefusedError("conflict", "the proposed clearance would have ended already: reject it, propose anew")
    return replace(made, finding=proposal.finding, proposal_id=proposal.proposal_id, expires_at=proposal.expires_at)


def _disposition_id(case_id: str, act: Act, person: Person) -> str:
    parts = (case_id, person.name, act.action, act.after, act.reason, act.finding or "", act.assignee, str(act.days))
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]

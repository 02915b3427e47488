"""A case's alerts and dispositions, made short."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from streams.desk.case_file import CaseFile, CaseKey, Place
from streams.records.alert import Alert, ListedParty
from streams.records.case import case_id
from streams.records.disposition import Disposition
from streams.records.party import Party, party_fingerprint

START = datetime(2025, 3, 25, 12, tzinfo=UTC)
PARTY = Party(name="Incpur Electronic Ltd", country="CN")
FINGERPRINT = party_fingerprint(PARTY)
SOURCE, ENTRY = "us_bis_additions", "inspur-taiwan"
CASE = case_id(FINGERPRINT, SOURCE, ENTRY)
FORM, OTHER_FORM = "a" * 64, "b" * 64


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def alert(number: int, minutes: float, form: str = FORM, **more: Any) -> Alert:
    return Alert(
        **{
            "alert_id": f"alert-{number}",
            "trigger": "live",
            "transaction_id": f"PO-{number}",
            "revision": 0,
            "outcome": "review",
            "party_index": 0,
            "party": PARTY,
            "field": "name",
            "value": PARTY.name,
            "listed": ListedParty(source=SOURCE, entry_id=ENTRY, name="Inspur Taiwan"),
            "score": 0.8,
            "threshold": 0.7,
            "evidence": (),
            "summary": "1 of 2 words agree",
            "release_id": "r1",
            "policy_version": "p1",
            "raised_at": at(minutes),
            "party_fingerprint": FINGERPRINT,
            "entry_hash": form,
            **more,
        }
    )


def act(number: int, action: str, by: str, minutes: float, **more: Any) -> Disposition:
    """Follows ``number`` - 1 unless told otherwise."""
    return Disposition(
        **{
            "disposition_id": f"d{number}",
            "case_id": CASE,
            "action": action,
            "by": by,
            "at": at(minutes),
            "fingerprint": FINGERPRINT,
            "source": SOURCE,
            "entry_id": ENTRY,
            "entry_hash": FORM,
            "after": f"d{number - 1}" if number > 1 else "",
            **more,
        }
    )


def cleared(first: int = 1, minutes: float = 10, form: str = FORM, **more: Any) -> list[Disposition]:
    """A proposal of a false positive and its confirmation by another person."""
    expires_at = at(60 * 24 * 30)
    return [
        act(
            first, "propose", "mia", minutes, finding="false_positive", reason="another company", expires_at=expires_at,
            entry_hash=form, **more,
        ),
        act(
            first + 1, "confirm", "chen", minutes + 1, finding="false_positive", proposal_id=f"d{first}",
            expires_at=expires_at, entry_hash=form,
        ),
    ]  # fmt: skip


def filed(*events: Alert | Disposition) -> CaseFile:
    """The case file after these, in order."""
    file = CaseFile(CaseKey(FINGERPRINT, SOURCE, ENTRY))
    for offset, event in enumerate(events):
        if isinstance(event, Alert):
            file.add_alert(event, Place(0, offset))
        else:
            file.add_act(event)
    return file

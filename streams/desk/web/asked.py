"""Answering what both the console and the API ask: cases by filter, one case, one act, one screening."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from streams.desk.acts import Act
from streams.desk.app import Desk
from streams.desk.audit import AuditFile, audit_file
from streams.desk.case_file import CaseFile
from streams.desk.filters import CaseFilter, newest_first
from streams.desk.people import Person
from streams.errors import ActRefusedError, ScreeningError
from streams.records.alert import Alert
from streams.records.base import Record
from streams.records.case import Case
from streams.records.decision import EventSource, Outcome, ReleaseRef, SuppressedHit
from streams.records.disposition import Disposition
from streams.records.party import Party
from streams.records.transaction import Moment, Transaction
from streams.screening.clearances import Clearances
from streams.screening.screener import Screener

SCREENING_SECONDS = 5.0
_AT_ONCE = asyncio.Semaphore(4)


class PartyScreening(Record, frozen=True, kw_only=True, omit_defaults=False):
    """The answer for one party. It is not written anywhere: an event on ``transactions`` gets a decision on record."""

    outcome: Outcome
    alerts: tuple[Alert, ...]
    suppressed: tuple[SuppressedHit, ...]
    releases: dict[str, ReleaseRef]
    policy_version: str
    screened_at: Moment
    stale_lists: tuple[str, ...] = ()


def cases_of(desk: Desk, wanted: CaseFilter) -> list[Case]:
    """The cases a filter takes, by when something last happened, newest first."""
    now = datetime.now(UTC)
    book = desk.book
    return newest_first(
        case for case in book.cases.values() if wanted.takes(case, now, book.transactions_of(case.case_id))
    )


def alerts_of(desk: Desk, wanted: CaseFilter) -> list[Alert]:
    """The latest alerts whose case the filter takes, newest first."""
    now = datetime.now(UTC)
    taken = []
    for alert in desk.book.latest_alerts():
        case = desk.book.case_of(alert)
        outcome_fits = not wanted.outcome or alert.outcome == wanted.outcome
        if case is not None and outcome_fits and wanted.takes(case, now, (alert.transaction_id,)):
            taken.append(alert)
    return taken


def file_of(desk: Desk, case_id: str) -> tuple[CaseFile, Case]:
    """A case with its file. Raises ActRefusedError (``unknown``)."""
    file, case = desk.book.files.get(case_id), desk.book.cases.get(case_id)
    if file is None or case is None:
        raise ActRefusedError("unknown", "there is no such case")
    return file, case


async def act_on(desk: Desk, case_id: str, act: Act, person: Person) -> Disposition:
    """Do what a person asks. Raises ActRefusedError."""
    if not desk.caught_up.is_set():
        raise ActRefusedError("unconfirmed", "the desk is still reading its topics: try again in a moment")
    now = datetime.now(UTC)
    return await desk.writer.act(case_id, act, person, now, desk.settings.desk.clearance_days)


async def audit_of(desk: Desk, case_id: str, person: Person) -> AuditFile:
    """A case's audit file. Raises ActRefusedError and StreamError."""
    file, _ = file_of(desk, case_id)
    return await asyncio.to_thread(audit_file, file.as_it_stands(), desk.settings, person.name, datetime.now(UTC))


async def screen(desk: Desk, party: Party) -> PartyScreening:
    """Screen one party now, against the lists in force.

    Raises ActRefusedError (``unconfirmed``) when it may not be screened now, or takes too long: it is not clear then.
    """
    if (problem := desk.index.problem()) is not None:
        raise ActRefusedError("unconfirmed", f"nothing is screened now: {problem}")
    try:
        async with asyncio.timeout(SCREENING_SECONDS), _AT_ONCE:
            return await asyncio.to_thread(_screened, desk, party)
    except TimeoutError as error:
        raise ActRefusedError("unconfirmed", f"not screened within {SCREENING_SECONDS:.0f} s") from error
    except ScreeningError as error:
        raise ActRefusedError("invalid", str(error)) from error


def _screened(desk: Desk, party: Party) -> PartyScreening:
    now = datetime.now(UTC)
    transaction = Transaction(transaction_id="screen", parties=(party,))
    source = EventSource(topic="screen", partition=0, offset=0)
    screening = Screener(desk.policy).screen(
        transaction, desk.index.snapshot, source, now, now, Clearances(desk.book.clearances)
    )
    decision = screening.decision
    return PartyScreening(
        outcome=decision.outcome,
        alerts=screening.alerts,
        suppressed=decision.suppressed,
        releases=decision.releases,
        policy_version=decision.policy_version,
        screened_at=now,
        stale_lists=decision.stale_lists,
    )

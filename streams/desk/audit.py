"""A case's audit file: all that is known of it, for whoever asks years later. Blocking, as it looks into the topics."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from streams.desk.case_file import CaseFile
from streams.desk.lookup import Lookup
from streams.errors import ActRefusedError, ListError
from streams.lists import history
from streams.records.alert import Alert
from streams.records.base import Record
from streams.records.case import Case
from streams.records.clearance import Clearance
from streams.records.decision import Decision
from streams.records.disposition import Disposition
from streams.records.list_release import ListRelease
from streams.records.transaction import Moment
from streams.settings import Settings

MOST_ALERTS = 500
"""So many alerts are looked up whole; the case says how many there are."""


class AuditFile(Record, frozen=True, kw_only=True, omit_defaults=False):
    """What happened in a case, with what it rests on.

    ``alerts`` are whole, with their evidence, oldest first, at most the last 500; ``decisions`` those they belong to,
    as far as they are found; ``releases`` the list releases the alerts were raised under. ``dispositions`` count,
    ``void_dispositions`` came after another one or were not allowed.
    """

    case: Case
    alerts: tuple[Alert, ...]
    decisions: tuple[Decision, ...]
    releases: tuple[ListRelease, ...]
    policy_versions: tuple[str, ...]
    dispositions: tuple[Disposition, ...]
    void_dispositions: tuple[Disposition, ...]
    clearance: Clearance | None
    exported_by: str
    exported_at: Moment


def audit_file(file: CaseFile, settings: Settings, by: str, now: datetime) -> AuditFile:
    """Put a case's audit file together.

    Raises ActRefusedError when none of the case's alerts has been read, StreamError for what Kafka cannot do.
    """
    case = file.case()
    if case is None:
        raise ActRefusedError("unknown", "no alert of this case has been read")
    newest = sorted(file.alerts.values(), key=lambda each: (each.raised_at, each.alert_id), reverse=True)
    chosen = list(islice(newest, MOST_ALERTS))
    with Lookup(settings) as lookup:
        whole = lookup.alerts([each.place for each in chosen])
        decisions = lookup.decisions(chosen)
    alerts = sorted(whole.values(), key=lambda alert: (alert.raised_at, alert.alert_id))
    decided = {(each.transaction_id, each.revision): each for each in decisions.values()}
    return AuditFile(
        case=case,
        alerts=tuple(alerts),
        decisions=tuple(decided[key] for key in sorted(decided)),
        releases=_releases(settings, {alert.release_id for alert in alerts}),
        policy_versions=tuple(sorted({alert.policy_version for alert in alerts})),
        dispositions=tuple(file.acts),
        void_dispositions=tuple(file.void),
        clearance=file.clearance,
        exported_by=by,
        exported_at=now,
    )


def _releases(settings: Settings, wanted: set[str]) -> tuple[ListRelease, ...]:
    try:
        return tuple(release for release in history.releases(history.records(settings)) if release.release_id in wanted)
    except ListError:
        return ()  # a damaged history is shown on the lists page; the rest of the file is whole

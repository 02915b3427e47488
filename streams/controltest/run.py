"""Running a control test offline: every test party as an event of its own, answered by the code that screens files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from streams.controltest.report import Finding, Report, points, rate, rows
from streams.controltest.sample import CLEAN, Case, draw, list_of
from streams.evaluation.measures import count
from streams.lists.loading import LoadedList
from streams.records.decision import EventSource
from streams.records.list_entry import ListEntry
from streams.screening.answer import Answer, Event, answer
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot


def run_offline(
    lists: Sequence[LoadedList], screener: Screener, size: int, seed: int, run_by: str, now: datetime
) -> Report:
    """Draw a sample of the lists and screen it; ``now`` is the day the entries must be in force on.

    Nothing is published, so no alert of a test party reaches anybody.
    """
    started = time.monotonic()
    snapshot = Snapshot.of_lists(lists, now)
    entries = [entry for each in lists for entry in each.entries]
    sample = draw(entries, size, seed, screener.policy, now.date())
    outcomes: list[tuple[str, str, bool]] = []
    scored: list[tuple[bool, float]] = []
    misses: list[Finding] = []
    false_alarms: list[Finding] = []
    for number, case in enumerate(sample.cases):
        source = EventSource(topic="controltest", partition=0, offset=number)
        found = answer(Event(case.event, source, now), screener, snapshot, now)
        if case.entry is None:
            alarm = _false_alarm(case, found)
            scored.append((False, alarm.score if alarm else _best(case, screener, snapshot)))
            if alarm:
                false_alarms.append(alarm)
            continue
        hits = [each for each in found.alerts if (each.listed.source, each.listed.entry_id) == case.entry.key]
        outcomes.append((case.mutation, list_of(case.entry), bool(hits)))
        miss = None if hits else _miss(case, case.entry, found, screener, snapshot)
        scored.append((True, miss.score if miss else hits[0].score))
        if miss:
            misses.append(miss)
    thresholds = [0.5 + step / 100 for step in range(51)]
    swept = [(each, count((match, score >= each) for match, score in scored)) for each in thresholds]
    return Report(
        run_by=run_by,
        started_at=now,
        seconds=round(time.monotonic() - started, 1),
        lists=tuple(each.source for each in lists),
        seed=seed,
        size=size,
        entries=sample.entries,
        no_name=sample.no_name,
        not_applicable=sample.not_applicable,
        releases=snapshot.refs,
        policy_version=screener.policy.version,
        rows=rows(outcomes),
        clean=rate(len(false_alarms), sum(case.mutation == CLEAN for case in sample.cases)),
        misses=tuple(misses),
        false_alarms=tuple(false_alarms),
        sweep=points(swept),
    )


def _miss(case: Case, entry: ListEntry, found: Answer, screener: Screener, snapshot: Snapshot) -> Finding:
    """Why the party's entry is not among the alerts: its score, or that it could not be screened."""
    threshold = screener.policy.thresholds_for(entry.source, entry.entity_type, case.party.role).review
    score, listed_name, reason = 0.0, entry.names[0].name, found.decision.reason
    if found.decision.outcome != "error":
        match = snapshot.index.compare(case.party, entry, screener.policy)
        score, listed_name, reason = match.score, match.listed_name, match.summary or "nothing agrees"
    return Finding(
        case_id=case.case_id,
        mutation=case.mutation,
        list=list_of(entry),
        entry="/".join(entry.key),
        listed_name=listed_name,
        asked_name=case.party.name,
        score=round(score, 4),
        threshold=threshold,
        reason=reason,
    )


def _false_alarm(case: Case, found: Answer) -> Finding | None:
    best = max(found.alerts, key=lambda alert: alert.score, default=None)
    if best is None:
        return None
    return Finding(
        case_id=case.case_id,
        mutation=CLEAN,
        list=best.listed.source,
        entry=f"{best.listed.source}/{best.listed.entry_id}",
        listed_name=best.listed.name,
        asked_name=case.party.name,
        score=round(best.score, 4),
        threshold=best.threshold,
        reason=best.summary,
    )


def _best(case: Case, screener: Screener, snapshot: Snapshot) -> float:
    """The best score of a clean party that raised no alert, for the sweep."""
    return max((match.score for match in snapshot.index.candidates(case.party, screener.policy, 1)), default=0.0)

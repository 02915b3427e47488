"""Running a control test: every test party as an event of its own, and what its answer tells."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from streams.controltest.report import Finding, Report, points, rate, rows
from streams.controltest.sample import CLEAN, Case, Sample, draw, list_of
from streams.evaluation.measures import count
from streams.lists.loading import LoadedList
from streams.records.decision import EventSource
from streams.records.list_entry import ListEntry
from streams.screening.answer import Answer, Event, answer
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot
from streams.software import software_version


class Run(msgspec.Struct, frozen=True):
    """Who runs a control test and when; so many entries, in force on that day, are drawn by a seed."""

    run_by: str
    now: datetime
    size: int
    seed: int


def run_offline(lists: Sequence[LoadedList], screener: Screener, run: Run) -> Report:
    """Draw a sample of the lists and screen it as a file is. Nothing is published."""
    started = time.monotonic()
    snapshot = Snapshot.of_lists(lists, run.now)
    entries = [entry for each in lists for entry in each.entries]
    sample = draw(entries, run.size, run.seed, screener.policy, run.now.date())
    events = (
        Event(case.event, EventSource(topic="controltest", partition=0, offset=number), run.now)
        for number, case in enumerate(sample.cases)
    )
    answers = (answer(event, screener, snapshot, run.now) for event in events)
    report = report_of(run, [each.source for each in lists], sample, answers, screener, snapshot)
    return msgspec.structs.replace(report, seconds=round(time.monotonic() - started, 1))


def report_of(
    run: Run,
    lists: Sequence[str],
    sample: Sample,
    answers: Iterable[Answer],
    screener: Screener,
    snapshot: Snapshot,
) -> Report:
    """The report of a sample of these lists, given the answer to each of its cases in their order."""
    outcomes: list[tuple[str, str, bool]] = []
    scored: list[tuple[bool, float]] = []
    misses: list[Finding] = []
    false_alarms: list[Finding] = []
    for case, found in zip(sample.cases, answers, strict=True):
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
        run_by=run.run_by,
        started_at=run.now,
        seconds=0.0,
        lists=tuple(lists),
        seed=run.seed,
        size=run.size,
        entries=sample.entries,
        no_name=sample.no_name,
        not_applicable=sample.not_applicable,
        releases=snapshot.refs,
        policy_version=screener.policy.version,
        software_version=software_version(),
        rows=rows(outcomes),
        clean=rate(len(false_alarms), sum(case.mutation == CLEAN for case in sample.cases)),
        misses=tuple(misses),
        false_alarms=tuple(false_alarms),
        sweep=points(swept),
    )


def _miss(case: Case, entry: ListEntry, found: Answer, screener: Screener, snapshot: Snapshot) -> Finding:
    """Why the party's entry is not among the alerts: its score, a clearance, jurisdiction, or no screening at all."""
    threshold = screener.policy.thresholds_for(entry.source, entry.entity_type, case.party.role).review
    score, listed_name, reason = 0.0, entry.names[0].name, found.decision.reason
    if found.decision.outcome != "error":
        match = snapshot.index.compare(case.party, entry, screener.policy)
        score, listed_name, reason = match.score, match.listed_name, match.summary or "nothing agrees"
    for cleared in found.decision.suppressed:
        if (cleared.source, cleared.entry_id) == entry.key:
            reason = f"found, and suppressed by clearance {cleared.clearance_id}"
    for ruled_out in found.decision.not_applied:
        if (ruled_out.source, ruled_out.entry_id) == entry.key:
            reason = f"found, and left out: {ruled_out.reason}"
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

"""Running a control test through the live stream: topics of its own, and a worker over the lists in force.

The worker is the one that screens the stream, with the settings and the policy it is given; it follows the real list
topic and the real clearances. Its events, decisions, alerts, dead letters and registry have topics of their own, so no
test party reaches a desk, a lookback or a platform.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

import msgspec

from streams.controltest.force import policies_since, times_to_force
from streams.controltest.report import Report
from streams.controltest.run import Run, report_of
from streams.controltest.sample import MARK, Sample, draw
from streams.errors import StreamError
from streams.kafka.sending import send_all
from streams.kafka.tail import read_topic
from streams.kafka.topics import CONTROL_TEST, TopicNames, apply_topics, control_test_topics
from streams.matching import Policy
from streams.records.alert import Alert
from streams.records.codec import decode
from streams.records.decision import Decision
from streams.screening.answer import Answer
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot
from streams.screening.worker import STARTING, Worker
from streams.settings import MetricsSettings, Settings

_PATIENCE = 120.0
"""Seconds within which the worker must have started, and must go on deciding."""
_LOOK_SECONDS = 0.1
_CLOCKS = timedelta(minutes=1)
"""This clock may be so much ahead of the broker's."""
_LATELY = timedelta(minutes=10)
"""So old may be the decisions on the platforms' events that tell under which policy these are decided."""
_REPLICA = "controltest"


def run_live(settings: Settings, policy: Policy, sources: Sequence[str], run: Run) -> Report:
    """Draw a sample of these lists in force, of all when none is named, and send it through the stream.

    Of two runs at once under one prefix, the first ends with FencedError. Raises StreamError when a list is not in
    force, the worker may not screen, an event is not answered, or a release came into force in between, and what
    :meth:`Worker.run` raises.
    """
    started = time.monotonic()
    names = TopicNames(settings.topics.prefix, CONTROL_TEST)
    apply_topics(settings, control_test_topics(settings))
    with _worker(settings, policy) as (worker, running):
        _wait_for_start(worker, running)
        snapshot = worker.snapshot
        lists = _lists(sources, snapshot)
        entries = [entry for entry in snapshot.index.entries.values() if entry.source in lists]
        mark = f"{MARK}-{run.now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        sample = draw(entries, run.size, run.seed, policy, run.now.date(), mark)
        send_all(
            settings,
            names.transactions,
            ((case.case_id.encode(), case.event) for case in sample.cases),
            {"highfence-controltest": mark.encode()},
        )
        answers = _answers(settings, names, mark, sample, run.now - _CLOCKS, worker, running)
    _under_one_state(answers, snapshot, policy)
    report = report_of(run, lists, sample, answers, Screener(policy), snapshot)
    return msgspec.structs.replace(
        report,
        topic=names.transactions,
        stream_policies=policies_since(settings, run.now - _LATELY),
        in_force=times_to_force(settings, {source: snapshot.releases[source] for source in lists}),
        seconds=round(time.monotonic() - started, 1),
    )


@contextmanager
def _worker(settings: Settings, policy: Policy) -> Iterator[tuple[Worker, Future[None]]]:
    """The worker in a thread of its own; what ends it early is raised."""
    own = settings.worker.model_copy(
        update={"group_id": f"{settings.worker.group_id}-controltest", "replica": _REPLICA}
    )
    metrics = MetricsSettings(host=settings.metrics.host, port=0)
    stop = threading.Event()
    worker = Worker(settings.model_copy(update={"worker": own, "metrics": metrics}), policy, stop, CONTROL_TEST)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(worker.run)
        try:
            yield worker, running
        finally:
            stop.set()
    running.result()


def _wait_for_start(worker: Worker, running: Future[None]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while (why := worker.not_ready()) is not None:
        if running.done():
            running.result()
        if why != STARTING or time.monotonic() > deadline:
            raise StreamError(f"the control test's worker does not screen: {why}")
        time.sleep(_LOOK_SECONDS)


def _wait_for_decisions(events: int, worker: Worker, running: Future[None]) -> None:
    """Return when the worker has decided so many since its start."""
    before, deadline = -1, 0.0
    while (decided := worker.decided) < events:
        if running.done():
            running.result()
        if decided != before:
            before, deadline = decided, time.monotonic() + _PATIENCE
        elif time.monotonic() > deadline:
            why = worker.not_ready() or "no event arrives"
            raise StreamError(f"{decided:,} of {events:,} test events were decided: {why}")
        time.sleep(_LOOK_SECONDS)


def _lists(sources: Sequence[str], snapshot: Snapshot) -> list[str]:
    if unknown := sorted(set(sources) - snapshot.releases.keys()):
        known = ", ".join(sorted(snapshot.releases))
        raise StreamError(f"not in force: {', '.join(unknown)}; with --live, --list names one of {known}")
    return sorted(set(sources) or snapshot.releases)


def _answers(
    settings: Settings,
    names: TopicNames,
    mark: str,
    sample: Sample,
    since: datetime,
    worker: Worker,
    running: Future[None],
) -> list[Answer]:
    """The answer to each case, from the topics, in the order of the cases; waits until all are there."""
    decisions: dict[str, Decision] = {}
    decided = 0
    # Some that the worker decides may be of a run that was killed, so counting is not enough.
    while missing := len(sample.cases) - len(decisions):
        _wait_for_decisions(decided + missing, worker, running)
        decided = worker.decided
        for message in read_topic(settings, names.decisions, start=since):
            if (message.key() or b"").startswith(mark.encode()):
                decision = decode(Decision, message.value() or b"", names.decisions)
                decisions[decision.transaction_id] = decision
    # Of a decision that was read, the alerts are there: they were committed together.
    alerts: dict[str, Alert] = {}
    for message in read_topic(settings, names.alerts, start=since):
        if mark.encode() in (value := message.value() or b""):
            alert = decode(Alert, value, names.alerts)
            alerts[alert.alert_id] = alert
    made = [decisions[case.case_id] for case in sample.cases]
    return [Answer(decision, tuple([alerts[each] for each in decision.alert_ids])) for decision in made]


def _under_one_state(answers: Sequence[Answer], snapshot: Snapshot, policy: Policy) -> None:
    """Refuse answers that were not all given under what the sample was drawn from."""
    for each in answers:
        decision = each.decision
        for source, ref in decision.releases.items():
            if snapshot.refs.get(source) != ref:
                raise StreamError(
                    f"release {ref.release_id} of {source} came into force during the control test: run it again"
                )
        if decision.policy_version != policy.version or decision.releases.keys() != snapshot.refs.keys():
            raise StreamError(
                f"{decision.transaction_id} was decided under other lists or another policy: run it again"
            )

"""One lookback over the whole registry, when a person asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from streams.errors import ListError, StreamError
from streams.kafka.topics import TopicNames, require_topics
from streams.kafka.transactions import AbortedError
from streams.lists import history
from streams.matching import Policy
from streams.ownership.graph import NO_OWNERSHIP
from streams.ownership.publisher import replay
from streams.records.lookback import LookbackCoverage
from streams.screening.budget import ScreeningBudget
from streams.screening.list_changes import ListChanges, ReleaseKey, replayed
from streams.screening.live_clearances import read_clearances
from streams.screening.lookback import Lookback
from streams.screening.lookback_topics import lookback_producer, take, write
from streams.screening.lookback_work import Pass, Work, coverage_records
from streams.screening.registry_reader import RegistryReader
from streams.screening.screener import Screener
from streams.settings import Settings


def look_back(
    settings: Settings, policy: Policy, release_id: str, since: datetime | None = None
) -> Iterator[LookbackCoverage]:
    """Screen every registered party against what a release added or changed, whatever was done before.

    Each partition's alerts are one transaction, and its coverage is given when that is committed. The ids are those
    that a lookback by itself gives, so whoever acts once on an alert acts once. With ``since`` only parties with a
    transaction at or after that moment raise alerts, and nothing is recorded as covered.

    Raises ListError when there is no such release, BrokerUnreachableError, TopicError and StreamError.
    """
    names = TopicNames(settings.topics.prefix)
    needed = (names.parties, names.lookbacks, names.alerts, names.clearances, names.list_history, names.ownership)
    partitions = require_topics(settings, needed)[names.parties]
    changes = replayed(history.records(settings))
    release = _release(changes, release_id)
    clearances = read_clearances(settings)
    graph = NO_OWNERSHIP.after(*replay(settings)[1])
    screener, budget = Screener(policy), ScreeningBudget(settings.limits.screening_seconds)
    producer = lookback_producer(settings, "by-hand")
    work = Work((release,))
    with RegistryReader(settings) as reader:
        for partition in range(partitions):
            started = datetime.now(UTC)
            lookback = Lookback(
                changes, screener, clearances, started, work.releases, {}, everyone=True, graph=graph, budget=budget
            )
            for batch in reader.read(partition):
                for message in batch:
                    take(message, lookback, late=False)
            findings = lookback.findings(since)
            made = Pass(partition, partitions, reader.end, started, datetime.now(UTC), policy.version)
            (record,) = coverage_records(made, work, findings, changes)
            try:
                write(findings.alerts, [] if since else [record], producer, names)
                producer.commit()
            except AbortedError as error:
                producer.abort()
                raise StreamError(f"partition {partition} was not looked back at: {error}; run it again") from error
            yield record


def _release(changes: ListChanges, release_id: str) -> ReleaseKey:
    for source, known in changes.releases:
        if known == release_id:
            return (source, known)
    raise ListError(
        f"no release {release_id!r} added or changed an entry; 'highfence lookback status' shows those that did"
    )

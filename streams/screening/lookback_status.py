"""How far the lookbacks have come: one line for each release and each ended clearance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from streams.kafka.topics import TopicNames, require_topics
from streams.lists import history
from streams.ownership.publisher import replay
from streams.records.clearance import Clearance
from streams.records.lookback import LookbackCoverage
from streams.records.ownership import OwnershipRelease
from streams.screening.clearances import has_ended
from streams.screening.list_changes import ListChanges, replayed
from streams.screening.live_clearances import read_clearances
from streams.screening.lookback_topics import read_coverage
from streams.screening.lookback_work import Coverage
from streams.screening.snapshot import ownership_ref
from streams.settings import Settings


@dataclass(frozen=True, slots=True)
class LookbackStatus:
    """Of one release that added or changed something, or one clearance that ended, over all partitions.

    Of ownership it is the last release of each source, with ``ownership/{source}`` as source and edges as entries.

    ``since`` is when the release was published or the clearance ended.
    """

    trigger: Literal["release", "clearance"]
    source: str
    trigger_id: str
    since: datetime
    entries: int
    partitions: int
    partitions_done: int
    parties: int
    alerts: int
    suppressed: int
    unscreened: int

    @property
    def complete(self) -> bool:
        """Whether every partition of the registry was covered, and every party in it could be screened."""
        return self.partitions_done >= self.partitions and not self.unscreened


def statuses(settings: Settings) -> list[LookbackStatus]:
    """The status of every lookback there is to do or was done, oldest trigger first.

    Raises BrokerUnreachableError, TopicError and ListError.
    """
    names = TopicNames(settings.topics.prefix)
    partitions = require_topics(
        settings, (names.parties, names.lookbacks, names.clearances, names.list_history, names.ownership)
    )
    coverage = read_coverage(settings)
    found = list(_of_releases(replayed(history.records(settings)), coverage, partitions[names.parties]))
    found += _of_ownership([change.release for change in replay(settings)[1]], coverage, partitions[names.parties])
    found += _of_clearances(read_clearances(settings).by_key.values(), coverage, datetime.now(UTC))
    return sorted(found, key=lambda status: (status.since, status.source, status.trigger_id))


def _of_releases(changes: ListChanges, coverage: Coverage, partitions: int) -> Iterator[LookbackStatus]:
    for (source, release_id), release in changes.releases.items():
        done = [each for partition, each in coverage.of((source, release_id)).items() if partition < partitions]
        entries = len(changes.brought_by((source, release_id)))
        yield _status("release", source, release_id, release.published_at, entries, partitions, done)


def _of_ownership(
    releases: Iterable[OwnershipRelease], coverage: Coverage, partitions: int
) -> Iterator[LookbackStatus]:
    for release in releases:
        ref = ownership_ref(release.source)
        done = [each for partition, each in coverage.of((ref, release.release_id)).items() if partition < partitions]
        yield _status("release", ref, release.release_id, release.published_at, release.added, partitions, done)


def _of_clearances(clearances: Iterable[Clearance], coverage: Coverage, now: datetime) -> Iterator[LookbackStatus]:
    for clearance in clearances:
        if has_ended(clearance, now):
            done = list(coverage.of((clearance.source, clearance.clearance_id)).values())
            ended_at = min(filter(None, (clearance.withdrawn_at, clearance.expires_at)))
            yield _status("clearance", clearance.source, clearance.clearance_id, ended_at, 1, 1, done)


def _status(
    trigger: Literal["release", "clearance"],
    source: str,
    trigger_id: str,
    since: datetime,
    entries: int,
    partitions: int,
    done: list[LookbackCoverage],
) -> LookbackStatus:
    return LookbackStatus(
        trigger=trigger,
        source=source,
        trigger_id=trigger_id,
        since=since,
        entries=max([entries, *(each.entries for each in done)]),
        partitions=partitions,
        partitions_done=len(done),
        parties=sum(each.parties for each in done),
        alerts=sum(each.alerts for each in done),
        suppressed=sum(each.suppressed for each in done),
        unscreened=sum(each.unscreened for each in done),
    )

"""What a lookback has to do in a partition of the registry, and what it writes when that is done. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from streams.records.clearance import Clearance
from streams.records.lookback import LookbackCoverage
from streams.records.ownership import OwnershipRelease
from streams.records.registered_party import registry_partition
from streams.screening.clearances import Clearances, has_ended
from streams.screening.list_changes import ListChanges, ReleaseKey
from streams.screening.lookback import Findings
from streams.screening.snapshot import ownership_ref
from streams.software import software_version


@dataclass(frozen=True, slots=True)
class Work:
    """The releases, ended clearances and ownership releases that a partition has still to be screened for."""

    releases: tuple[ReleaseKey, ...] = ()
    ended: tuple[Clearance, ...] = ()
    ownership: tuple[OwnershipRelease, ...] = ()

    def __len__(self) -> int:
        return len(self.releases) + len(self.ended) + len(self.ownership)

    def ended_by_fingerprint(self) -> dict[str, tuple[Clearance, ...]]:
        """The ended clearances of each party."""
        found: dict[str, tuple[Clearance, ...]] = defaultdict(tuple)
        for clearance in self.ended:
            found[clearance.fingerprint] += (clearance,)
        return dict(found)


class Coverage:
    """Which triggers are covered in which partitions, as the topic ``lookbacks`` says."""

    def __init__(self) -> None:
        self._covered: dict[tuple[str, str], dict[int, LookbackCoverage]] = defaultdict(dict)

    def add(self, record: LookbackCoverage) -> None:
        """The next record of the topic."""
        self._covered[record.source, record.trigger_id][record.partition] = record

    def of(self, trigger: tuple[str, str]) -> dict[int, LookbackCoverage]:
        """The records of one release or clearance, ``(source, trigger_id)``, by partition."""
        return self._covered.get(trigger, {})

    def end(self, partition: int) -> int:
        """Up to which offset of a partition some lookback has read."""
        return max((found[partition].end_offset for found in self._covered.values() if partition in found), default=0)

    def open(
        self,
        partition: int,
        partitions: int,
        releases: Collection[ReleaseKey],
        clearances: Clearances,
        now: datetime,
        ownership: Collection[OwnershipRelease] = (),
    ) -> Work:
        """What of these releases, clearances and ownership releases is not covered in a partition."""
        return Work(
            tuple(release for release in releases if partition not in self.of(release)),
            tuple(
                clearance
                for clearance in clearances.by_key.values()
                if has_ended(clearance, now)
                and registry_partition(clearance.fingerprint, partitions) == partition
                and partition not in self.of((clearance.source, clearance.clearance_id))
            ),
            tuple(
                release
                for release in ownership
                if partition not in self.of((ownership_ref(release.source), release.release_id))
            ),
        )

    def owners_covered(self, partition: int, sources: Collection[str]) -> dict[str, str]:
        """The last release of each ownership source that is covered in a partition."""
        refs = {ownership_ref(source): source for source in sources}
        found: dict[str, str] = {}
        for (ref, release_id), records in self._covered.items():
            if ref in refs and partition in records:
                found[refs[ref]] = max(found.get(refs[ref], ""), release_id)
        return found

    def covered(self, partition: int, releases: Collection[ReleaseKey]) -> tuple[ReleaseKey, ...]:
        """Those of the releases that are covered in a partition."""
        return tuple(release for release in releases if partition in self.of(release))


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over a whole partition: which, up to which offset, and when."""

    partition: int
    partitions: int
    end: int
    started_at: datetime
    finished_at: datetime
    policy_version: str


def coverage_records(made: Pass, work: Work, findings: Findings, changes: ListChanges) -> Iterator[LookbackCoverage]:
    """A record for each release and clearance the pass was for."""
    raised = findings.raised

    def record(
        kind: str, source: str, trigger_id: str, partitions: int, entries: int, parties: int
    ) -> LookbackCoverage:
        return LookbackCoverage(
            trigger="release" if kind == "release" else "clearance",
            trigger_id=trigger_id,
            source=source,
            partition=made.partition,
            partitions=partitions,
            entries=entries,
            parties=parties,
            alerts=raised[source, trigger_id],
            suppressed=findings.suppressed[source, trigger_id],
            unscreened=len(findings.unscreened),
            end_offset=made.end,
            policy_version=made.policy_version,
            software_version=software_version(),
            started_at=made.started_at,
            finished_at=made.finished_at,
        )

    for source, release_id in work.releases:
        entries = len(changes.brought_by((source, release_id)))
        yield record("release", source, release_id, made.partitions, entries, findings.parties)
    for clearance in work.ended:
        # A clearance is about one party, which is in one partition.
        yield record("clearance", clearance.source, clearance.clearance_id, 1, 1, 1)
    for brought in work.ownership:
        ref = ownership_ref(brought.source)
        yield record("release", ref, brought.release_id, made.partitions, brought.added, findings.parties)

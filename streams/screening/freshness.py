"""The snapshot that is in force in this process, and whether it may be screened with."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from streams.errors import ReleaseRefusedError
from streams.kafka.clients import consumer_config
from streams.kafka.topics import TopicNames
from streams.lists.follower import Follower
from streams.lists.guards import misdated
from streams.lists.state import Change
from streams.logs import TOLD
from streams.matching import Policy
from streams.metrics import Metrics
from streams.ownership.follower import OwnershipFollower
from streams.ownership.state import OwnershipChange
from streams.records.party import Party
from streams.screening.snapshot import Snapshot
from streams.settings import Settings

_log = logging.getLogger("highfence.index")


class LiveIndex:
    """Follows the lists and the ownership and holds the newest snapshot; readers take it and keep it for a batch.

    The reference is replaced whole, so a reader never sees half a release.
    """

    def __init__(self, settings: Settings, policy: Policy, metrics: Metrics) -> None:
        self._policy = policy
        self._snapshot = Snapshot()
        self._settings = settings
        self._metrics = metrics
        self._follower = Follower(
            consumer_config(settings, f"{settings.worker.group_id}-lists"),
            TopicNames(settings.topics.prefix).list_updates,
            on_changes=self._apply,
            on_refused=self._refused,
        )
        self._ownership = OwnershipFollower(
            consumer_config(settings, f"{settings.worker.group_id}-ownership"),
            TopicNames(settings.topics.prefix).ownership,
            on_changes=self._apply_ownership,
            on_refused=self._refused,
        )
        self._replacing = threading.Lock()  # lists and ownership come from a thread each

    @property
    def snapshot(self) -> Snapshot:
        """The newest snapshot, with the lists named that are stale now."""
        snapshot = self._snapshot
        stale = tuple(self._stale(snapshot, datetime.now(UTC)))
        return replace(snapshot, stale=stale) if stale else snapshot

    def __enter__(self) -> LiveIndex:
        self._follower.start()
        self._ownership.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._follower.stop()
        self._ownership.stop()

    def wait(self, stop: threading.Event) -> None:
        """Return when both topics have been read to the ends they had at the start, or when told to stop."""
        self._follower.wait(stop)
        self._ownership.wait(stop)

    def problem(self) -> str | None:
        """Why this snapshot must not be screened with, or None when it may."""
        if (failed := self._follower.failed) is not None:
            return f"the list follower has failed: {failed}"
        if not self._follower.ready.is_set():
            return "the list topic has not been read to its end yet"
        if not self._snapshot.releases:
            return "no list is in force: publish one with 'highfence lists publish'"
        if (silence := self._follower.silence()) > self._settings.lists.max_silence_seconds:
            return f"the list topic could not be read for {silence:.0f} s"
        if (unknown := self._ownership_unknown()) is not None:
            return unknown
        return self._staleness() if self._settings.lists.when_stale == "pause" else None

    def _ownership_unknown(self) -> str | None:
        """Why it is not known who owns whom, or None when it is."""
        follower = self._ownership
        if follower.failed is not None:
            return f"the ownership follower has failed: {follower.failed}"
        if not follower.ready.is_set():
            return "the ownership topic has not been read to its end yet"
        if follower.unknown:
            return "; ".join(map(str, follower.unknown.values()))
        if (silence := follower.silence()) > self._settings.lists.max_silence_seconds:
            return f"the ownership topic could not be read for {silence:.0f} s"
        return None

    def remark(self) -> str | None:
        """What is wrong although this snapshot is screened with: the lists that are stale."""
        return self._staleness() if self._settings.lists.when_stale == "mark" else None

    def report_ages(self) -> None:
        """Bring the release ages, and which lists are stale, up to date in the metrics."""
        now = datetime.now(UTC)
        snapshot = self._snapshot
        stale = self._stale(snapshot, now)
        for source, release in snapshot.releases.items():
            self._metrics.release_age.labels(source).set((now - release.published_at).total_seconds())
            self._metrics.list_stale.labels(source).set(source in stale)

    def _stale(self, snapshot: Snapshot, now: datetime) -> list[str]:
        """The lists past their maximum age, or of an unknown age because a clock is wrong."""
        lists = self._settings.lists
        stale = []
        for source, release in sorted(snapshot.releases.items()):
            oldest = timedelta(days=lists.max_age_days_of.get(source, lists.max_age_days))
            if now - release.published_at > oldest or misdated(release.published_at, now):
                stale.append(source)
        return stale

    def _staleness(self) -> str | None:
        """Which lists are stale, in words."""
        now = datetime.now(UTC)
        snapshot = self._snapshot
        told = []
        for source in self._stale(snapshot, now):
            days = (now - snapshot.releases[source].published_at).total_seconds() / 86_400
            told.append(
                f"list {source} was published {days:.1f} days ago: older than lists.max_age_days allows"
                if days > 0
                else f"list {source} was published {-days:.1f} days from now: this clock or its publisher's is wrong"
            )
        return "; ".join(told) or None

    def _apply(self, changes: Sequence[Change]) -> None:
        started = time.perf_counter()
        with self._replacing:
            snapshot = self._snapshot.after(changes)
            if not self._follower.ready.is_set():
                self._warm_up(snapshot)
            self._snapshot = snapshot
        # Nothing of the index is garbage, so the collector need not look through it again and again.
        gc.freeze()
        seconds = time.perf_counter() - started
        self._metrics.apply_seconds.observe(seconds)
        for change in changes:
            release = change.release
            self._metrics.releases_applied.labels(release.source).inc()
            self._metrics.index_entries.labels(release.source).set(release.entries)
            names = sum(
                len(entry.names) for (source, _), entry in snapshot.index.entries.items() if source == release.source
            )
            self._metrics.index_names.labels(release.source).set(names)
            self._metrics.release_published.labels(release.source).set(release.published_at.timestamp())
            _log.info(
                "release %s of %s in force: %d entries, applied in %.3f s",
                release.release_id,
                release.source,
                release.entries,
                seconds,
                extra={TOLD: {"source": release.source, "release_id": release.release_id}},
            )
        self.report_ages()

    def _apply_ownership(self, changes: Sequence[OwnershipChange]) -> None:
        if not changes:
            return
        started = time.perf_counter()
        graph = self._snapshot.ownership.after(*changes)
        with self._replacing:
            self._snapshot = self._snapshot.with_ownership(graph)
        for release in [change.release for change in changes]:
            self._metrics.ownership_edges.labels(release.source).set(release.edges)
            self._metrics.ownership_published.labels(release.source).set(release.published_at.timestamp())
            _log.info(
                "ownership release %s of %s in force: %d edges, applied in %.3f s",
                release.release_id,
                release.source,
                release.edges,
                time.perf_counter() - started,
            )

    def _warm_up(self, snapshot: Snapshot) -> None:
        """Do before screening begins what would else hold up an event for a second, or some."""
        # The first match weighs all names and compiles loops, the first country name loads all territories, and the
        # first name in another script groups the listed words by how such scripts would spell them. The first
        # address that is like a listed one loads the words of addresses.
        addresses = next((entry.addresses[:1] for entry in snapshot.index.entries.values() if entry.addresses), ())
        party = Party(name="Highfence", native_name="海栏", country="Germany", addresses=addresses)
        snapshot.index.match(party, self._policy)
        gc.collect()

    def _refused(self, error: ReleaseRefusedError) -> None:
        self._metrics.releases_refused.inc()
        _log.error("release refused, the last good one stays in force: %s", error)

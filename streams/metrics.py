"""Every metric of every process, in one place.

Names follow the Prometheus conventions: base units, ``_total`` on counters.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from streams.records.dead_letter import Reason
from streams.records.decision import Outcome

_SCREENING_SECONDS = (
    0.00001,
    0.000025,
    0.00005,
    0.0001,
    0.00025,
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.05,
    0.25,
    1,
)
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_EVENTS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000)


def _registry() -> CollectorRegistry:
    """A registry that also tells when the process started, and its memory, processor time and open files."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry


class BatchHistogram(Collector):
    """A histogram that takes many observations at once, for a fraction of what each alone would cost."""

    def __init__(self, name: str, text: str, buckets: Sequence[float], registry: CollectorRegistry) -> None:
        self._name, self._text, self._bounds = name, text, buckets
        self._within = [0] * len(buckets)
        self._count, self._sum = 0, 0.0
        self._lock = threading.Lock()
        registry.register(self)

    def observe(self, values: Sequence[float]) -> None:
        """Add the values."""
        ordered = sorted(values)
        with self._lock:
            self._within = [
                count + bisect_right(ordered, bound) for count, bound in zip(self._within, self._bounds, strict=True)
            ]
            self._count += len(ordered)
            self._sum += sum(ordered)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """What the registry asks for."""
        with self._lock:
            bounds = [(str(float(bound)), count) for bound, count in zip(self._bounds, self._within, strict=True)]
            yield HistogramMetricFamily(self._name, self._text, [*bounds, ("+Inf", self._count)], self._sum)


class Metrics:
    """The metrics of one process, in a registry of its own."""

    def __init__(self) -> None:
        registry = self.registry = _registry()
        self.events = Counter("highfence_events", "Events decided, by outcome", ["outcome"], registry=registry)
        for outcome in get_args(Outcome):
            self.events.labels(outcome)  # there from the start: of a series that begins with 1, no increase is seen
        self.consumed = Counter(
            "highfence_consumed_events", "Events whose offsets were committed, as consumed", registry=registry
        )
        self.decisions = Counter(
            "highfence_decisions", "Decisions that went to Kafka in committed transactions", registry=registry
        )
        self.parties = Counter("highfence_parties", "Parties screened", registry=registry)
        self.alerts = Counter(
            "highfence_alerts", "Alerts raised, by list and outcome", ["source", "outcome"], registry=registry
        )
        self.dead_letters = Counter(
            "highfence_dead_letters",
            "Events that became dead letters, by reason",
            ["reason"],
            registry=registry,
        )
        for reason in get_args(Reason):
            self.dead_letters.labels(reason)
        self.screening_seconds = BatchHistogram(
            "highfence_screening_seconds",
            "Screening one event: matching its parties, and its share of what it took with the others of its batch",
            _SCREENING_SECONDS,
            registry,
        )
        self.batch_events = Histogram(
            "highfence_batch_events", "Events in one Kafka transaction", buckets=_EVENTS, registry=registry
        )
        self.transaction_seconds = Histogram(
            "highfence_transaction_seconds",
            "From a batch's first event in hand to its Kafka transaction committed",
            buckets=_SECONDS,
            registry=registry,
        )
        self.aborts = Counter("highfence_transaction_aborts", "Kafka transactions aborted", registry=registry)
        self.end_to_end_seconds = BatchHistogram(
            "highfence_end_to_end_seconds",
            "From the event's Kafka timestamp to its decision committed",
            _SECONDS,
            registry,
        )
        self.lag = Gauge(
            "highfence_consumer_lag",
            "Offsets between the partition's end and the worker's position; commit markers count",
            ["topic", "partition"],
            registry=registry,
        )
        self.decided_up_to = time.time()
        """The time of the oldest event of the last batch, or when there was last nothing to decide."""
        self.lag_seconds = Gauge(
            "highfence_lag_seconds",
            "Age of the oldest event of the last batch, and what has passed since; at most 1 while nothing comes",
            registry=registry,
        )
        self.lag_seconds.set_function(lambda: max(0.0, time.time() - self.decided_up_to))
        self.ready = Gauge("highfence_ready", "1 when the process does its work, else 0", registry=registry)
        self.index_entries = Gauge(
            "highfence_index_entries", "Listed entries in the index, by list", ["source"], registry=registry
        )
        self.index_names = Gauge(
            "highfence_index_names", "Listed names in the index, by list", ["source"], registry=registry
        )
        self.release_published = Gauge(
            "highfence_release_published_timestamp_seconds",
            "When the release in force was published, by list",
            ["source"],
            registry=registry,
        )
        self.ownership_edges = Gauge(
            "highfence_ownership_edges",
            "Edges of the ownership release in force, by source",
            ["source"],
            registry=registry,
        )
        self.ownership_published = Gauge(
            "highfence_ownership_published_timestamp_seconds",
            "When the ownership release in force was published, by source",
            ["source"],
            registry=registry,
        )
        self.release_age = Gauge(
            "highfence_release_age_seconds",
            "Age of the release in force, by list",
            ["source"],
            registry=registry,
        )
        self.list_stale = Gauge(
            "highfence_list_stale", "1 when a list is past its maximum age, else 0", ["source"], registry=registry
        )
        self.releases_applied = Counter(
            "highfence_releases_applied", "Releases put in force, by list", ["source"], registry=registry
        )
        self.releases_refused = Counter(
            "highfence_releases_refused", "Releases that did not hold and were refused", registry=registry
        )
        self.apply_seconds = Histogram(
            "highfence_release_apply_seconds",
            "Putting releases into the index",
            buckets=_SECONDS,
            registry=registry,
        )
        self.registered = Counter(
            "highfence_registered_parties",
            "Records written to the registry: new parties, and additions to known ones",
            ["what"],
            registry=registry,
        )
        self.flags = Counter("highfence_flags", "Diversion flags, by rule", ["rule"], registry=registry)
        self.suppressed = Counter(
            "highfence_suppressed_hits", "Hits that a clearance covers, by list", ["source"], registry=registry
        )
        self.not_applied = Counter(
            "highfence_not_applied_hits", "Hits of lists that do not apply, by list", ["source"], registry=registry
        )
        self.samples = Counter(
            "highfence_quality_samples",
            "Matches below the review threshold that went to the desk, by list",
            ["source"],
            registry=registry,
        )
        self.build = Info("highfence_build", "Version and policy of this process", registry=registry)


class DeskMetrics:
    """The metrics of a desk."""

    def __init__(self) -> None:
        registry = self.registry = _registry()
        self.cases = Gauge("highfence_cases", "Cases, by state", ["state"], registry=registry)
        self.proposals = Gauge(
            "highfence_case_proposals", "Cases with a proposal that waits for a second person", registry=registry
        )
        self.acts = Counter(
            "highfence_dispositions", "Dispositions read, by action and whether they count", ["action", "counts"],
            registry=registry,
        )  # fmt: skip
        self.missing = Gauge(
            "highfence_desk_missing",
            "Offsets of a topic that are not in the cases yet, commit markers included while they are not passed",
            ["topic"],
            registry=registry,
        )
        self.unassigned = Gauge(
            "highfence_desk_unassigned_partitions", "Partitions this desk does not read", registry=registry
        )
        self.unreadable = Gauge(
            "highfence_desk_unreadable", "Records the desk could not read since it started", ["topic"],
            registry=registry,
        )  # fmt: skip
        self.written = Counter("highfence_desk_records_written", "Cases and clearances written", registry=registry)
        self.requests = Counter(
            "highfence_desk_requests", "Requests to console and API, by status", ["status"], registry=registry
        )
        self.followers = Gauge("highfence_desk_followers", "Browsers and clients that follow live", registry=registry)
        self.ready = Gauge("highfence_ready", "1 when the process does its work, else 0", registry=registry)
        self.build = Info("highfence_build", "Version and policy of this process", registry=registry)


class SyncMetrics:
    """The metrics of the process that keeps the lists current."""

    def __init__(self) -> None:
        registry = self.registry = _registry()
        self.syncs = Counter(
            "highfence_list_syncs",
            "Synchronisations, by download and result",
            ["download", "result"],
            registry=registry,
        )
        self.last_sync = Gauge(
            "highfence_list_sync_timestamp_seconds",
            "When the download was last synchronised, by result",
            ["download", "result"],
            registry=registry,
        )
        self.sync_seconds = Gauge(
            "highfence_list_sync_duration_seconds",
            "How long the last synchronisation took",
            ["download"],
            registry=registry,
        )
        self.quarantines = Counter(
            "highfence_list_quarantines", "Files and lists put in quarantine", ["source"], registry=registry
        )
        self.quarantined = Gauge(
            "highfence_list_quarantined",
            "1 while the newest file of a list is in quarantine, else 0",
            ["source"],
            registry=registry,
        )
        self.entries = Gauge("highfence_list_entries", "Entries of the release in force", ["source"], registry=registry)
        self.release_age = Gauge(
            "highfence_list_release_age_seconds", "Age of the release in force", ["source"], registry=registry
        )
        self.ready = Gauge(
            "highfence_list_sync_ready", "1 when the last synchronisation of every download succeeded, else 0",
            registry=registry,
        )  # fmt: skip
        self._published: dict[str, datetime] = {}

    def synced(self, download: str, result: str, seconds: float) -> None:
        """A synchronisation came to an end."""
        self.syncs.labels(download, result).inc()
        self.last_sync.labels(download, result).set_to_current_time()
        self.sync_seconds.labels(download).set(seconds)

    def released(self, source: str, entries: int, published_at: datetime) -> None:
        """This is the release in force of a list."""
        self.entries.labels(source).set(entries)
        self._published[source] = published_at

    def report_ages(self, now: datetime) -> None:
        """Bring the ages up to date."""
        for source, published_at in self._published.items():
            self.release_age.labels(source).set((now - published_at).total_seconds())


class LookbackMetrics:
    """The metrics of a lookback."""

    def __init__(self) -> None:
        registry = self.registry = _registry()
        self.passes = Counter(
            "highfence_lookback_passes", "Passes over a whole partition of the registry", registry=registry
        )
        self.parties = Counter("highfence_lookback_parties", "Parties covered by these passes", registry=registry)
        self.alerts = Counter(
            "highfence_lookback_alerts",
            "Lookback alerts raised, by list and outcome",
            ["source", "outcome"],
            registry=registry,
        )
        self.unscreened = Counter(
            "highfence_lookback_unscreened_parties", "Parties that could not be screened", registry=registry
        )
        self.pass_seconds = Histogram(
            "highfence_lookback_pass_seconds",
            "One pass, its Kafka transaction included",
            buckets=_SECONDS,
            registry=registry,
        )
        self.pending = Gauge(
            "highfence_lookback_pending",
            "Lookbacks, of a release or an ended clearance in a partition, that this process has still to do",
            registry=registry,
        )
        self.ready = Gauge("highfence_lookback_ready", "1 when the process does its work, else 0", registry=registry)

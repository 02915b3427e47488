"""The lookback as a process: each partition of the registry held against each release, in Kafka transactions.

For a partition and all that it has still to be screened for, the whole partition is read; the alerts, the coverage
records and the position up to which it was read are one transaction, so a lookback that dies or loses the partition
has written nothing and another one begins anew. Then the partition is followed: a party that a worker registered
under an older release, after the lookback of a newer one had passed, is screened when it comes.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.errors import StreamError
from streams.health import HealthServer
from streams.kafka.clients import connect, consumer_config, reason_of
from streams.kafka.topics import TopicNames, require_topics
from streams.kafka.transactions import AbortedError, Membership, TransactionalProducer, next_positions
from streams.matching import Policy
from streams.metrics import LookbackMetrics
from streams.ownership.follower import OwnershipFollower
from streams.ownership.graph import NO_OWNERSHIP
from streams.ownership.state import OwnershipChange
from streams.records.alert import Alert
from streams.records.lookback import LookbackCoverage
from streams.screening.budget import ScreeningBudget
from streams.screening.list_changes import ListChanges, ReleaseKey
from streams.screening.live_clearances import LiveClearances
from streams.screening.lookback import Findings, Lookback
from streams.screening.lookback_topics import (
    ReleaseFollower,
    lookback_producer,
    read_coverage,
    take,
    write,
)
from streams.screening.lookback_work import Coverage, Pass, Work, coverage_records
from streams.screening.registry_reader import RegistryReader
from streams.screening.screener import Screener
from streams.screening.snapshot import ownership_ref
from streams.settings import Settings

_log = logging.getLogger("highfence.lookback")

_IDLE_SECONDS = 0.2
_BATCH = 500
_STALLED_SECONDS = 120.0


class LookbackService:
    """One lookback process; :meth:`run` returns when ``stop`` is set."""

    def __init__(self, settings: Settings, policy: Policy, stop: threading.Event) -> None:
        self.metrics = LookbackMetrics()
        self._settings = settings
        self._screener = Screener(policy)
        self._stop = stop
        self._names = TopicNames(settings.topics.prefix)
        self._releases = ReleaseFollower(settings)
        self._clearances = LiveClearances(settings, settings.lookback.group_id)
        self._changes = ListChanges()
        self._known_since: dict[ReleaseKey, float] = {}
        self._owners = OwnershipFollower(
            consumer_config(settings, f"{settings.lookback.group_id}-ownership"),
            self._names.ownership,
            on_changes=self._take_ownership,
            on_refused=lambda error: _log.error("release refused: %s", error),
        )
        self._newest_graph = self._graph = NO_OWNERSHIP
        self._coverage = Coverage()
        self._partitions = 0
        self._followed: dict[int, int] = {}  # the partitions of this process, and up to where each is done
        self._membership = Membership()
        self._budget: AbstractContextManager[object] = nullcontext()
        self._alive_at = time.monotonic()
        self._started = False
        self.metrics.ready.set_function(lambda: self._not_ready() is None)

    def run(self) -> None:
        """Serve health, read the lists, then look back until told to stop.

        Raises BrokerUnreachableError, TopicError, FencedError (another lookback has this one's transactional id),
        StreamError and SettingsError.
        """
        settings, names = self._settings, self._names
        needed = (names.parties, names.list_history, names.ownership, names.clearances, names.lookbacks, names.alerts)
        self._partitions = require_topics(settings, needed)[names.parties]
        metrics = settings.metrics
        with (
            HealthServer(metrics.host, metrics.port, self.metrics.registry, self._stalled, self._not_ready) as health,
            self._releases,
            self._clearances,
            self._owners,
            RegistryReader(settings) as reader,
        ):
            _log.info("lookback %s: metrics at %s/metrics", settings.lookback.replica, health.url)
            self._releases.wait(self._stop)
            self._clearances.wait(self._stop)
            self._owners.wait(self._stop)
            if self._stop.is_set():
                return
            producer = lookback_producer(settings, settings.lookback.replica)
            self._budget = ScreeningBudget(settings.limits.screening_seconds)
            consumer = connect(Consumer, self._consumer_config())
            try:
                consumer.subscribe([names.parties], on_assign=self._assigned, on_revoke=self._revoked)
                while not self._stop.is_set():
                    self._step(consumer, producer, reader)
            finally:
                consumer.close()
        _log.info("lookback %s: stopped", settings.lookback.replica)

    def _consumer_config(self) -> dict[str, str | int | float | bool]:
        lookback = self._settings.lookback
        return consumer_config(
            self._settings,
            lookback.group_id,
            {
                "session.timeout.ms": int(lookback.session_timeout_seconds * 1000),
                "heartbeat.interval.ms": max(100, int(lookback.session_timeout_seconds * 1000 / 3)),
                "partition.assignment.strategy": "range",
            },
        )

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        # Asked first: the broker answers once no transaction that moves these positions is open any more, so what the
        # partition's last owner has committed is in the coverage read next.
        positions = consumer.committed(partitions, timeout=self._settings.kafka.timeout_seconds)
        self._coverage = read_coverage(self._settings)
        for position in positions:
            if position.offset < 0:
                position.offset = self._coverage.end(position.partition)
        consumer.assign(positions)
        self._followed = {position.partition: position.offset for position in positions}
        self._membership.assigned(consumer)

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._followed = {}
        self._membership.revoked(consumer, partitions)

    def _step(self, consumer: Consumer, producer: TransactionalProducer, reader: RegistryReader) -> None:
        self._alive_at = time.monotonic()
        self._learn()
        self._started = True
        works = self._works(datetime.now(UTC))
        self.metrics.pending.set(sum(map(len, works.values())))
        for partition, work in works.items():
            if work and not self._pass(partition, work, consumer, producer, reader):
                return
        self._follow(consumer, producer)

    def _learn(self) -> None:
        """Take in the releases that have arrived. Raises StreamError when one of the topics cannot be followed."""
        for follower in (self._releases, self._clearances, self._owners):
            if follower.failed is not None:
                raise StreamError(f"lookback cannot go on: {follower.failed}") from follower.failed
        for unknown in self._owners.unknown.values():
            raise StreamError(f"lookback cannot go on: {unknown}") from unknown
        self._graph = self._newest_graph
        for change in self._releases.arrived():
            self._changes.feed(change)
            self._known_since[change.source, change.release.release_id] = time.monotonic()

    def _take_ownership(self, changes: Sequence[OwnershipChange]) -> None:
        """Called from the follower's thread."""
        for release in [change.release for change in changes]:
            self._known_since[ownership_ref(release.source), release.release_id] = time.monotonic()
        self._newest_graph = self._newest_graph.after(*changes)

    def _works(self, now: datetime) -> dict[int, Work]:
        """What is to be done in each partition of this process."""
        settled = time.monotonic() - self._settings.lookback.settle_seconds
        releases = [key for key in self._changes.releases if self._known_since[key] <= settled]
        owners = [
            release
            for source, release in self._graph.releases.items()
            if self._known_since[ownership_ref(source), release.release_id] <= settled
        ]
        picture = self._clearances.picture
        return {
            partition: self._coverage.open(partition, self._partitions, releases, picture, now, owners)
            for partition in sorted(self._followed)
        }

    def _pass(
        self, partition: int, work: Work, consumer: Consumer, producer: TransactionalProducer, reader: RegistryReader
    ) -> bool:
        """Hold all parties of a partition against the work; False when something came between and it is to do anew."""
        started, began = datetime.now(UTC), time.perf_counter()
        changes = self._membership.changes
        lookback = self._lookback(partition, work, started)
        consumer.pause(consumer.assignment())
        try:
            for batch in reader.read(partition):
                self._alive_at = time.monotonic()
                consumer.poll(0)  # stays a member of its group; paused, it gets nothing
                if self._stop.is_set() or self._membership.changes != changes:
                    return False
                for message in batch:
                    take(message, lookback, late=(message.offset() or 0) >= self._followed[partition])
        finally:
            consumer.resume(consumer.assignment())
        findings = lookback.findings()
        made = Pass(partition, self._partitions, reader.end, started, datetime.now(UTC), self._screener.policy.version)
        records = list(coverage_records(made, work, findings, self._changes))
        end = TopicPartition(self._names.parties, partition, reader.end)
        if not self._commit(findings.alerts, records, [end], producer):
            return False
        for record in records:
            self._coverage.add(record)
        self._followed[partition] = reader.end
        consumer.seek(end)
        self._tell(findings)
        self.metrics.passes.inc()
        self.metrics.parties.inc(findings.parties)
        self.metrics.pass_seconds.observe(time.perf_counter() - began)
        _log.info(
            "partition %d: %d parties held against %d releases and %d ended clearances, %d alerts",
            partition,
            findings.parties,
            len(work.releases) + len(work.ownership),
            len(work.ended),
            len(findings.alerts),
        )
        return True

    def _follow(self, consumer: Consumer, producer: TransactionalProducer) -> None:
        """Screen parties that were registered late: under a release whose successors have been looked back for."""
        changes = self._membership.changes
        messages = [each for each in consumer.consume(_BATCH, timeout=_IDLE_SECONDS) if self._is_record(each)]
        if not messages:
            return
        if self._membership.changes != changes:
            self._go_back(consumer)  # some may have come under an assignment that is over
            return
        now = datetime.now(UTC)
        lookbacks: dict[int, Lookback] = {}
        for message in messages:
            partition = message.partition() or 0
            if partition not in lookbacks:
                lookbacks[partition] = self._lookback(partition, Work(), now)
            take(message, lookbacks[partition], late=True)
        found = [lookback.findings() for lookback in lookbacks.values()]
        positions = next_positions(messages)
        if not self._commit([alert for findings in found for alert in findings.alerts], [], positions, producer):
            self._go_back(consumer)
            return
        self._followed.update({position.partition: position.offset for position in positions})
        for findings in found:
            self._tell(findings)

    def _is_record(self, message: Message) -> bool:
        error = message.error()
        if error is None:
            return True
        if error.code() in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED):
            raise StreamError(f"not allowed: {error.str()}")
        _log.warning("consumer: %s", error.str())
        return False

    def _go_back(self, consumer: Consumer) -> None:
        """Follow again from what is committed, where that is still this process's."""
        try:
            for partition, offset in self._followed.items():
                consumer.seek(TopicPartition(self._names.parties, partition, offset))
        except KafkaException as error:
            raise StreamError(f"cannot go back to what is committed: {reason_of(error)}") from error

    def _lookback(self, partition: int, work: Work, now: datetime) -> Lookback:
        return Lookback(
            self._changes,
            self._screener,
            self._clearances.picture,
            now,
            work.releases,
            work.ended_by_fingerprint(),
            covered=self._coverage.covered(partition, self._changes.releases),
            graph=self._graph,
            owners_covered=self._coverage.owners_covered(partition, self._graph.releases),
            budget=self._budget,
        )

    def _commit(
        self,
        alerts: Sequence[Alert],
        records: Sequence[LookbackCoverage],
        positions: Sequence[TopicPartition],
        producer: TransactionalProducer,
    ) -> bool:
        """Write all in one transaction; False when it was undone."""
        if self._membership.group is None:
            return False
        try:
            write(alerts, records, producer, self._names)
            producer.commit(self._membership.group, positions)
        except AbortedError as error:
            _log.warning("undone and done again: %s", error)
            try:
                producer.abort()
            except AbortedError as again:
                raise StreamError(f"a lookback could not be undone ({error}): {again}") from again
            return False
        return True

    def _tell(self, findings: Findings) -> None:
        for alert in findings.alerts:
            self.metrics.alerts.labels(alert.listed.source, alert.outcome).inc()
        self.metrics.unscreened.inc(len(findings.unscreened))
        for told in findings.unscreened:
            _log.error("a party could not be screened: %s", told)

    def _not_ready(self) -> str | None:
        return self._stalled() if self._started else "starting"

    def _stalled(self) -> str | None:
        still = time.monotonic() - self._alive_at
        return f"no step for {still:.0f} s" if still > _STALLED_SECONDS else None

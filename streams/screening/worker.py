"""The transactional loop: events in; decisions, alerts, dead letters and offsets out in one transaction."""

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
from streams.kafka.clients import reason_of, roomy_message_bytes
from streams.kafka.topics import TopicNames, require_topics
from streams.kafka.transactions import (
    AbortedError,
    Membership,
    TransactionalProducer,
    next_positions,
    place_of,
    seek_to_committed,
)
from streams.matching import Policy
from streams.metrics import Metrics
from streams.screening.answers import Answering
from streams.screening.budget import ScreeningBudget, ending_after
from streams.screening.diversion import Diversion
from streams.screening.freshness import LiveIndex
from streams.screening.garbage import GarbageCollection
from streams.screening.incoming import event_of
from streams.screening.live_clearances import LiveClearances
from streams.screening.mapped import mappings_of
from streams.screening.memory import MatchMemory
from streams.screening.outgoing import outgoing
from streams.screening.publication import publication
from streams.screening.registered_past import RegisteredPast
from streams.screening.registering import RegistryWriter
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot
from streams.screening.tally import Tally, tell_lag
from streams.screening.worker_clients import worker_consumer, worker_producer
from streams.settings import Settings
from streams.software import software_version
from streams.tracing import ScreeningTracer, tracing

_log = logging.getLogger("highfence.worker")

STARTING = "starting"
"""Why a worker that has not taken its first step does not screen."""
_REPORT_SECONDS = 2.0
_STALLED_SECONDS = 120.0
"""A worker is given up after this, or two time-outs of a transaction: told in /healthz, and ended if it screens."""
_IDLE_SECONDS = 1.0
"""When no event has come for so long, there is none that waits."""
_FIRST_BATCH = 100
_BATCH_SECONDS = 0.25
"""A batch takes about so long under load: the longer, the less its commit counts, and the longer decisions wait."""
_TOGETHER = 256
"""So many events are answered together."""
_SCREENING_SHARE = 1 / 3
"""A batch is screened for at most this share of its transaction's time-out; what is left comes in the next."""


class Worker:
    """One screening worker; :meth:`run` returns when ``stop`` is set and the batch in hand is done.

    ``stream`` names the topics of events and answers, when they are not those of the platforms; the lists and the
    clearances are the same. ``flags`` are the rules for diversion flags, of this worker alone.
    """

    def __init__(
        self,
        settings: Settings,
        policy: Policy,
        stop: threading.Event,
        stream: str = "",
        flags: Diversion | None = None,
    ) -> None:
        self.metrics = Metrics()
        self.decided = self.batches = 0
        """How many events were decided since the start, and in how many batches."""
        self._settings = settings
        # Events of another stream are screened as those of the platforms.
        self._screener = Screener(policy, TopicNames(settings.topics.prefix).transactions if stream else "")
        self._memory = MatchMemory(self._screener, settings.worker.remembered_parties)
        self._diversion = flags
        self._stop = stop
        self._names = TopicNames(settings.topics.prefix, stream)
        self._longest_step = max(_STALLED_SECONDS, 2 * settings.worker.transaction_timeout_seconds)
        self._largest = roomy_message_bytes(settings)
        self._index = LiveIndex(settings, policy, self.metrics)
        self._clearances = LiveClearances(settings, settings.worker.group_id)
        self._registry = RegistryWriter(settings, self._names.parties, self.metrics)
        self._past = RegisteredPast(settings, flags)
        self._mappings = {} if stream else mappings_of(settings)
        self._budget: AbstractContextManager[object] = nullcontext()
        self._tracer: ScreeningTracer | None = None
        self._refused = frozenset(settings.worker.refuse)
        self._names_places = _log.isEnabledFor(logging.DEBUG)
        self._together = 1 if self._names_places or settings.tracing.otlp_endpoint else _TOGETHER
        self._membership = Membership()
        self._unproven: set[tuple[str, int]] = set()
        self._garbage = GarbageCollection()
        self._batch = min(_FIRST_BATCH, settings.worker.batch_events)
        self._paused = False
        self._started = False
        self._alive_at = time.monotonic()
        self._reported_at = 0.0
        self._eventful_at = 0.0
        self.metrics.build.info({"version": software_version(), "policy": policy.version})
        self.metrics.ready.set_function(lambda: self.not_ready() is None)

    def run(self) -> None:
        """Serve health, wait for the index, then screen until told to stop.

        Raises BrokerUnreachableError, TopicError, FencedError (another worker has this one's transactional id) and
        SettingsError (a Kafka property or the metrics address).
        """
        settings = self._settings
        names = self._names
        needed = (
            names.list_updates,
            names.ownership,
            names.decisions,
            names.alerts,
            names.dead_letters,
            names.parties,
        )
        read = sorted({names.transactions, *self._mappings})
        self._registry.partitions = require_topics(settings, (*needed, *read))[names.parties]
        with (
            HealthServer(
                settings.metrics.host,
                settings.metrics.port,
                self.metrics.registry,
                self._stalled,
                self.not_ready,
                self._remark,
            ) as health,
            self._index,
            self._clearances,
            self._garbage,
            tracing(settings.tracing, settings.worker.replica) as self._tracer,
        ):
            _log.info("worker %s: metrics at %s/metrics", settings.worker.replica, health.url)
            if (rules := self._screener.policy.jurisdiction) is not None:
                _log.info("jurisdiction: on topic %s %s", names.transactions, rules.told_of(names.transactions))
            self._index.wait(self._stop)
            self._clearances.wait(self._stop, settings.kafka.timeout_seconds)
            if self._stop.is_set():
                return
            producer = worker_producer(settings, self._stop.is_set)
            if producer is None:
                return
            self._budget = ScreeningBudget(settings.limits.screening_seconds)
            consumer = worker_consumer(settings)
            self._past.start(self._registry.partitions)
            try:
                consumer.subscribe(read, on_assign=self._assigned, on_revoke=self._membership.revoked)
                while not self._stop.is_set():
                    self._step(consumer, producer)
                if self._registry.waits(everything=True):
                    self._register(producer, everything=True)
            finally:
                consumer.close()
                self._past.stop()
            _log.info("worker %s: stopped", settings.worker.replica)

    def _step(self, consumer: Consumer, producer: TransactionalProducer) -> None:
        self._alive_at = time.monotonic()
        self._started = True
        self._report(consumer)
        problem = self._index.problem()
        if (problem is not None) != self._paused:
            self._pause(consumer, problem)
        self._past.hand_over()
        batch = self._take(consumer)
        idle = not batch and self._alive_at - self._eventful_at > _IDLE_SECONDS
        if batch:
            self._decide(batch, consumer, producer)
        elif problem is None:
            if idle:
                self.metrics.decided_up_to = time.time()
            self._registry.follow(self._index.snapshot)
            if self._registry.waits():
                self._register(producer)
        self._garbage.between_batches(self._alive_at, idle)

    def _pause(self, consumer: Consumer, problem: str | None) -> None:
        if problem is None:
            _log.info("screening")
            consumer.resume(consumer.assignment())
        else:
            _log.error("not screening: %s", problem)
            consumer.pause(consumer.assignment())
        self._paused = problem is not None

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._read(consumer, partitions)
        self._membership.assigned(consumer)

    def _read(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Read these partitions from what is committed, or hold them ready while not screening."""
        consumer.assign(partitions)
        self._unproven = {(each.topic, each.partition) for each in partitions}
        self._eventful_at = time.monotonic()  # what waits there has still to be fetched
        if self._paused:
            consumer.pause(partitions)

    def _take(self, consumer: Consumer) -> list[Message]:
        """Wait for a first event, then take what else has already arrived."""
        changes = self._membership.changes
        messages = consumer.consume(1, timeout=self._settings.worker.batch_wait_seconds)
        if messages and self._batch > 1:
            messages += consumer.consume(self._batch - 1, timeout=0)
        events = []
        refused = False
        for message in messages:
            if (error := message.error()) is None:
                events.append(message)
            elif error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise StreamError(f"topic {message.topic()} is missing: run 'highfence topics apply'")
            elif error.code() in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED):
                raise StreamError(f"not allowed: {error.str()}")
            else:
                _log.warning("consumer: %s", error.str())
                refused = refused or error.code() > 0  # a broker's answer; the client's own are below
        if refused:
            self._assign_anew(consumer)
            return []
        if events and (self._membership.changes != changes or self._membership.group is None):
            # Some of these may have come under an assignment that is over: another worker's by now.
            self._go_back(consumer, events)
            return []
        return [] if self._unproven and self._go_back_once(consumer, events) else events

    def _go_back_once(self, consumer: Consumer, events: list[Message]) -> bool:
        """Whether some partition was read for the first time since it was assigned: from what is committed then.

        When an open transaction of another worker holds the committed offset back and the group changes meanwhile,
        librdkafka reads the partition from its beginning (2.16.0, rdkafka_assignment.c).
        """
        read = {(topic, partition) for topic, partition, _ in map(place_of, events)} & self._unproven
        if read:
            self._go_back(consumer, events)
            self._unproven -= read
        return bool(read)

    def _assign_anew(self, consumer: Consumer) -> None:
        """Read on from what is committed.

        A partition whose committed offset a broker refused to tell, as one does that is just coming back, is not read
        by librdkafka until it is assigned again (2.16.0, rdkafka_assignment.c).
        """
        held = [TopicPartition(each.topic, each.partition) for each in consumer.assignment()]
        if held:
            self._read(consumer, held)

    def _decide(self, batch: list[Message], consumer: Consumer, producer: TransactionalProducer) -> None:
        started = time.perf_counter()
        latest = started + self._settings.worker.transaction_timeout_seconds * _SCREENING_SHARE
        snapshot = self._index.snapshot
        self._memory.follow(snapshot)
        self._registry.follow(snapshot)
        answering = Answering(
            self._screener,
            snapshot,
            datetime.now(UTC),
            self._settings.limits.max_event_bytes,
            self._budget,
            self._memory,
            self._clearances.picture,
            self._diversion,
            lambda: time.perf_counter() > latest or self._stop.is_set(),
            self._mappings,
            self._refused,
        )
        tally = Tally()
        try:
            producer.begin()
            with ending_after(self._longest_step):
                while (done := len(tally.seconds)) < len(batch) and not (done and answering.enough()):
                    self._settle(batch[done : done + self._together], answering, producer, tally)
            clock = time.perf_counter()
            decided = batch[: len(tally.seconds)]
            self._registry.write(producer)
            producer.commit(self._membership.group, next_positions(decided))
        except AbortedError as error:
            self._undo(str(error), batch, consumer, producer)
            return
        self._registry.committed()
        if self._diversion is not None:
            self._diversion.memory.committed()
        self._adapt(len(batch), clock - started)
        seconds = time.perf_counter() - started
        tally.tell(self.metrics, decided, producer.sent[self._names.decisions], seconds)
        tally.log(self._settings.worker.replica, decided, snapshot.refs, seconds)
        self._eventful_at = time.monotonic()
        self.decided += len(decided)
        self.batches += 1
        if len(decided) < len(batch) and not self._stop.is_set():
            _log.warning("slow screening: %d of a batch of %d events decided so far", len(decided), len(batch))
            self._go_back(consumer, batch[len(decided) :])

    def _adapt(self, events: int, seconds: float) -> None:
        """After a full batch, let the next be of as many events as take :data:`_BATCH_SECONDS`, doubled at most."""
        if events >= self._batch:
            fitting = int(events * _BATCH_SECONDS / max(seconds, 1e-6))
            self._batch = max(1, min(fitting, 2 * self._batch, self._settings.worker.batch_events))

    def _settle(
        self, messages: Sequence[Message], answering: Answering, producer: TransactionalProducer, tally: Tally
    ) -> None:
        """Answer these events, or the first of them, and hand what is published for them to the producer."""
        started = time.perf_counter()
        events = [event_of(message, answering.now) for message in messages]
        trace = self._tracer.begin(events[0].headers, events[0].source) if self._tracer is not None else None
        if self._names_places:  # before the first, so that one that ends the process is known
            _log.debug("screening %s", "/".join(map(str, place_of(messages[0]))))
        answers = answering.answers(events)
        for answered, event in zip(answers, events, strict=False):
            published = publication(answered, event, self._largest)
            for topic, key, value, headers in outgoing(published, self._names):
                if trace is not None:
                    headers.extend(trace.headers)
                producer.send(topic, key, value, headers)
            self._registry.note(published.answer, event)
            tally.add(published.answer)
        tally.took([each.seconds for each in answers], time.perf_counter() - started)
        if trace is not None:
            trace.end(published.answer.decision)

    def _undo(self, reason: str, batch: list[Message], consumer: Consumer, producer: TransactionalProducer) -> None:
        _log.warning("batch of %d undone and read again: %s", len(batch), reason)
        self._abort(reason, producer)
        self._go_back(consumer, batch)

    def _register(self, producer: TransactionalProducer, everything: bool = False) -> None:
        """Write to the registry what waits, in a transaction of its own."""
        try:
            producer.begin()
            self._registry.write(producer, everything)
            producer.commit()
        except AbortedError as error:
            _log.warning("the registry is written to again: %s", error)
            self._abort(str(error), producer)
        else:
            self._registry.committed()

    def _abort(self, reason: str, producer: TransactionalProducer) -> None:
        self.metrics.aborts.inc()
        self._registry.undone()
        if self._diversion is not None:
            self._diversion.memory.undone()
        try:
            producer.abort()
        except AbortedError as error:
            # What is committed is unknown now. Leaving keeps it right: a new start reads it from the broker.
            raise StreamError(f"a batch could not be undone ({reason}): {error}") from error

    def _go_back(self, consumer: Consumer, messages: list[Message]) -> None:
        """Read from what is committed again, where that is still this worker's."""
        self._eventful_at = time.monotonic()
        try:
            seek_to_committed(consumer, messages, self._settings.kafka.timeout_seconds)
        except KafkaException as error:
            raise StreamError(f"cannot go back to what is committed: {reason_of(error)}") from error

    def _report(self, consumer: Consumer) -> None:
        """Now and then: lag and ages in the metrics."""
        now = time.monotonic()
        if now - self._reported_at < _REPORT_SECONDS:
            return
        self._reported_at = now
        self._index.report_ages()
        tell_lag(self.metrics, consumer)

    @property
    def snapshot(self) -> Snapshot:
        """What is in force for this worker."""
        return self._index.snapshot

    def not_ready(self) -> str | None:
        """Why it does not screen, or None when it does.

        Asked by others at any time, so it looks for itself and does not wait for the next step.
        """
        return (self._index.problem() or self._stalled()) if self._started else STARTING

    def _remark(self) -> str | None:
        """What is wrong although events are screened."""
        remarks = (self._index.remark(), self._clearances.problem(), self._past.problem())
        return "; ".join(filter(None, remarks)) or None

    def _stalled(self) -> str | None:
        still = time.monotonic() - self._alive_at
        return f"no step for {still:.0f} s" if still > self._longest_step else None

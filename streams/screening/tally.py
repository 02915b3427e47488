"""What came of a batch, counted while it is answered and told to the metrics once it is committed."""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from confluent_kafka import Consumer, Message, TopicPartition

from streams.kafka.transactions import place_of
from streams.logs import TOLD
from streams.metrics import Metrics
from streams.records.decision import ReleaseRef
from streams.screening.answer import Answer

_log = logging.getLogger("highfence.batch")

_MOST_IDS = 20
"""So many transactions of each outcome are named in a batch's line, where all are counted."""


class Tally:
    """The counts of one batch; ``seconds`` is what each event took."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._outcomes: Counter[str] = Counter()
        self._alerts: Counter[tuple[str, str]] = Counter()
        self._suppressed: Counter[str] = Counter()
        self._flags: Counter[str] = Counter()
        self._not_applied: Counter[str] = Counter()
        self._samples: Counter[str] = Counter()
        self._dead_letters: Counter[str] = Counter()
        self._parties = 0
        self._stopped: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, answered: Answer) -> None:
        """Count one event's answer."""
        outcome = answered.decision.outcome
        self._outcomes[outcome] += 1
        if outcome != "clear" and len(self._stopped[outcome]) < _MOST_IDS:
            self._stopped[outcome].append(answered.decision.transaction_id)
        self._parties += len(answered.parties)
        for flag in answered.decision.flags:
            self._flags[flag.rule] += 1
        for suppressed in answered.decision.suppressed:
            self._suppressed[suppressed.source] += 1
        for not_applied in answered.decision.not_applied:
            self._not_applied[not_applied.source] += 1
        for alert in answered.alerts:
            self._alerts[alert.listed.source, alert.outcome] += 1
        for sample in answered.samples:
            self._samples[sample.listed.source] += 1
        if answered.dead_letter is not None:
            self._dead_letters[answered.dead_letter.reason] += 1

    def took(self, own: Sequence[float], seconds: float) -> None:
        """Events that were answered together took so many ``seconds``; ``own`` are those that each took alone."""
        shared = (seconds - sum(own)) / len(own)
        self.seconds += [shared + each for each in own]

    def tell(self, metrics: Metrics, batch: Sequence[Message], decisions: int, transaction_seconds: float) -> None:
        """Count a committed ``batch``, whose events these are, and the ``decisions`` that went out with it."""
        metrics.consumed.inc(len(batch))
        metrics.decisions.inc(decisions)
        metrics.batch_events.observe(len(batch))
        metrics.transaction_seconds.observe(transaction_seconds)
        metrics.screening_seconds.observe(self.seconds)
        now = time.time()
        ages = [max(0.0, now - message.timestamp()[1] / 1000) for message in batch]
        metrics.end_to_end_seconds.observe(ages)
        metrics.decided_up_to = now - max(ages)
        metrics.parties.inc(self._parties)
        for outcome, count in self._outcomes.items():
            metrics.events.labels(outcome).inc(count)
        for (source, outcome), count in self._alerts.items():
            metrics.alerts.labels(source, outcome).inc(count)
        for rule, count in self._flags.items():
            metrics.flags.labels(rule).inc(count)
        for source, count in self._suppressed.items():
            metrics.suppressed.labels(source).inc(count)
        for source, count in self._not_applied.items():
            metrics.not_applied.labels(source).inc(count)
        for source, count in self._samples.items():
            metrics.samples.labels(source).inc(count)
        for reason, count in self._dead_letters.items():
            metrics.dead_letters.labels(reason).inc(count)

    def log(self, replica: str, batch: Sequence[Message], releases: Mapping[str, ReleaseRef], seconds: float) -> None:
        """Log a committed ``batch`` in one line: where its events were, what came of them, under which releases."""
        if not _log.isEnabledFor(logging.INFO):
            return
        offsets: dict[str, list[int]] = {}
        for topic, partition, offset in map(place_of, batch):
            offsets.setdefault(f"{topic}/{partition}", [offset, offset])[1] = offset
        told = {
            "replica": replica,
            "events": len(batch),
            "outcomes": self._outcomes,
            "alerts": self._alerts.total(),
            "dead_letters": self._dead_letters,
            "offsets": offsets,
            "transactions": self._stopped,
            "releases": {source: release.release_id for source, release in releases.items()},
            "seconds": round(seconds, 6),
        }
        _log.info("batch of %d events decided in %.3f s", len(batch), seconds, extra={TOLD: told})


def tell_lag(metrics: Metrics, consumer: Consumer) -> None:
    """Set the lag in offsets of each partition the consumer has, as far as it has been told the partition's end."""
    told: list[tuple[TopicPartition, int]] = []
    for position in consumer.position(consumer.assignment()):
        _, end = consumer.get_watermark_offsets(position, cached=True)
        if position.offset >= 0 and end >= 0:
            told.append((position, max(0, end - position.offset)))
    metrics.lag.clear()  # only now: a scrape may come at any moment
    for position, lag in told:
        metrics.lag.labels(position.topic, str(position.partition)).set(lag)

"""What came of a batch, counted while it is answered and told to the metrics once it is committed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from confluent_kafka import Message

from streams.metrics import Metrics
from streams.screening.answer import Answer


class Tally:
    """The counts of one batch; ``seconds`` is what each event took."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._outcomes: Counter[str] = Counter()
        self._alerts: Counter[tuple[str, str]] = Counter()
        self._suppressed: Counter[str] = Counter()
        self._not_applied: Counter[str] = Counter()
        self._samples: Counter[str] = Counter()
        self._dead_letters: Counter[str] = Counter()
        self._parties = 0

    def add(self, answered: Answer) -> None:
        """Count one event's answer."""
        self._outcomes[answered.decision.outcome] += 1
        self._parties += len(answered.parties)
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
        for source, count in self._suppressed.items():
            metrics.suppressed.labels(source).inc(count)
        for source, count in self._not_applied.items():
            metrics.not_applied.labels(source).inc(count)
        for source, count in self._samples.items():
            metrics.samples.labels(source).inc(count)
        for reason, count in self._dead_letters.items():
            metrics.dead_letters.labels(reason).inc(count)

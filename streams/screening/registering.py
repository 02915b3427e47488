"""Writing the parties a worker screens to the registry, in the Kafka transactions of their decisions."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime

from streams.kafka.cloud_events import headers, version_of
from streams.kafka.transactions import TransactionalProducer
from streams.metrics import Metrics
from streams.records.codec import encode
from streams.records.registered_party import registry_partition
from streams.screening.answer import Answer, Event
from streams.screening.registry import Registrar
from streams.screening.snapshot import Snapshot
from streams.settings import Settings

_MOST = 500
"""So many additions are written in one transaction before their time: its decisions wait for them."""


class RegistryWriter:
    """The registry's side of a worker; see :class:`Registrar` for what is written when."""

    def __init__(self, settings: Settings, topic: str, metrics: Metrics) -> None:
        self.partitions = 1
        """How many partitions the registry has; to be set before anything is written."""
        self._topic = topic
        self._registrar = Registrar(settings.worker.remembered_parties, settings.worker.registry_seconds)
        self._refresh_seconds = settings.worker.registry_seconds
        self._metrics = metrics
        self._releases: dict[str, str] = {}
        self._released_at = -math.inf  # since when another release is in force
        self._behind = -math.inf  # what waits since then, or before, is to be written soon

    def follow(self, snapshot: Snapshot) -> None:
        """From now on this is screened with; what waits when a release comes is written from the next batch on.

        The first decisions under a release shall not wait for it.
        """
        releases = {source: ref.release_id for source, ref in snapshot.refs.items()}
        if releases != self._releases:
            self._releases = releases
            self._released_at = time.monotonic()
        else:
            self._behind = self._released_at

    def note(self, answered: Answer, event: Event) -> None:
        """An event was answered; parties of one that could not be screened are not registered."""
        if answered.parties:
            self._registrar.note(
                answered.decision, answered.parties, event.recorded_at, self._releases, answered.ordered
            )

    def waits(self, everything: bool = False) -> bool:
        """Whether something is to be written though no event has come, or waits at all."""
        since = self._registrar.oldest()
        if since is None:
            return False
        return everything or since <= self._behind or time.monotonic() - since >= self._refresh_seconds

    def write(self, producer: TransactionalProducer, everything: bool = False) -> None:
        """Hand what is due to the producer, within its transaction, or ``everything`` that waits.

        Raises AbortedError.
        """
        now, clock = datetime.now(UTC), time.monotonic()
        due = self._registrar.due(clock, math.inf) if everything else self._registrar.due(clock, self._behind, _MOST)
        for record in due:
            partition = registry_partition(record.fingerprint, self.partitions)
            written = encode(record)
            about = headers(self._topic, "registered_party", version_of(record.key, written), now)
            producer.send(self._topic, record.key.encode(), written, about, partition)

    def committed(self) -> None:
        """The transaction is committed."""
        new, additions = self._registrar.committed(time.monotonic())
        self._metrics.registered.labels("new").inc(new)
        self._metrics.registered.labels("addition").inc(additions)

    def undone(self) -> None:
        """The transaction was undone."""
        self._registrar.undone()

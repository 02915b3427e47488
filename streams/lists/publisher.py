"""Publishing a list: one Kafka transaction with what changed, the release marker last.

The same records go to the list topic, which is compacted, and to its history, which is kept for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain

import msgspec
from confluent_kafka import Producer

from streams import failpoints
from streams.errors import FencedError, ListError, ReleaseRefusedError, StreamError
from streams.kafka.clients import Config, Heard, connect, producer_config, unreachable
from streams.kafka.cloud_events import headers
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames, require_topics
from streams.kafka.transactions import AbortedError, TransactionalProducer
from streams.lists.guards import ahead, misdated, suspicions
from streams.lists.loading import LoadedList
from streams.lists.release import Diff, canonical_bytes, diff, digest, marker_key, topic_key, value_hash
from streams.lists.state import CaughtUp, ListState
from streams.records.codec import encode
from streams.records.list_release import ForcedBy, ListRelease
from streams.settings import Settings

TRANSACTION_TIMEOUT_SECONDS = 120
"""After this the broker undoes a publication whose publisher has gone; the largest list takes seconds."""


class Publisher:
    """Publishes releases of one list, each in one Kafka transaction, knowing what it has published before.

    Being made it takes the source's transactional id, which shuts out any other publisher of the source and waits
    for the end of its transaction, and only then reads the topic; so what it knows stays true until its commit, or
    another publisher takes over and the commit fails with :class:`~streams.errors.FencedError`.
    """

    def __init__(self, source: str, settings: Settings) -> None:
        """Take over the source.

        Raises :class:`~streams.errors.BrokerUnreachableError` and :class:`~streams.errors.TopicError`.
        """
        names = TopicNames(settings.topics.prefix)
        require_topics(settings, (names.list_updates, names.list_history))
        self.source = source
        self._topics = (names.list_updates, names.list_history)
        self._max_shrinkage = settings.lists.max_shrinkage
        self._producer = publishing_producer(settings, f"lists-publish-{source}")
        state, caught_up = replay(settings)
        self._hashes: Mapping[str, str] = state.on_topic(source)
        self._previous = state.last_release(source)
        self._entries = next((change.upserts for change in caught_up.changes if change.source == source), ())

    def publish(
        self, loaded: LoadedList, forced_by: ForcedBy | None = None, file_sha256: str | None = None
    ) -> ListRelease:
        """Publish the list and return its release, which is committed.

        Only what differs from the topic is written. A list that did not change gets a new marker all the same:
        it confirms that the list is current. A list the guards suspect is refused unless ``forced_by`` says who
        lets it through; the marker records that and what the guards said. ``file_sha256`` is that of the
        official file.

        Raises :class:`~streams.errors.ReleaseRefusedError` for a suspicious list,
        :class:`~streams.errors.FencedError` when another publication of the same source began meanwhile,
        :class:`~streams.errors.ListError` for an id the topic cannot hold, and
        :class:`~streams.errors.StreamError` for what Kafka cannot do.
        """
        values = _values(loaded)
        hashes = {entry_id: value_hash(value) for entry_id, value in values.items()}
        last_count = self._previous.entries if self._previous else len(self._hashes)
        now = datetime.now(UTC)
        reasons = suspicions(self._entries, loaded.entries, last_count, self._max_shrinkage)
        if self._previous:
            reasons += (*ahead(self._previous.published_at, now),)
        if reasons and not forced_by:
            raise ReleaseRefusedError(
                f"{self.source}: not published, because {'; '.join(reasons)}; check the file, or let it through with "
                "--force"
            )
        difference = diff(self._hashes, hashes)
        written = [(topic_key(self.source, each), values[each]) for each in (*difference.added, *difference.changed)]
        removed = [(topic_key(self.source, each), None) for each in difference.removed]
        release = self._release(hashes, difference, now)
        if reasons and forced_by:
            release = msgspec.structs.replace(release, forced_by=msgspec.structs.replace(forced_by, overruled=reasons))
        release = msgspec.structs.replace(release, file_sha256=file_sha256)
        self._write(chain(written, removed, [(marker_key(self.source), encode(release))]), release)
        self._hashes, self._previous, self._entries = hashes, release, loaded.entries
        return release

    def _release(self, hashes: Mapping[str, str], difference: Diff, now: datetime) -> ListRelease:
        previous = self._previous
        if previous and not misdated(previous.published_at, now):
            # Releases of a list are in the order of their times, even if the clock was set back a little.
            now = max(now, previous.published_at + timedelta(microseconds=1))
        content = digest(hashes)
        return ListRelease(
            source=self.source,
            release_id=f"{now:%Y%m%dT%H%M%S.%fZ}-{content[:8]}",
            published_at=now,
            entries=len(hashes),
            digest=content,
            previous_release_id=previous.release_id if previous else None,
            added=len(difference.added),
            changed=len(difference.changed),
            removed=len(difference.removed),
        )

    def _write(self, records: Iterable[tuple[str, bytes | None]], release: ListRelease) -> None:
        """Write all records to the list topic and to its history in one transaction, or none of them."""
        try:
            self._producer.begin()
            for key, value in records:
                kind = "list_entry"
                if key == marker_key(self.source):
                    failpoints.reach("publisher.before_marker")
                    kind = "list_release"
                for topic in self._topics:
                    about = headers(topic, kind, f"{release.release_id}/{key}", release.published_at)
                    self._producer.send(topic, key.encode(), value, about)
            self._producer.commit()
        except FencedError as error:
            raise FencedError(
                "another publication of the same list began meanwhile; see which one is in force"
            ) from error
        except AbortedError as error:
            self._producer.abort()
            raise StreamError(f"the list was not published: {error}") from error


def publish(
    loaded: LoadedList, settings: Settings, forced_by: ForcedBy | None = None, file_sha256: str | None = None
) -> ListRelease:
    """Publish one release of one list; see :meth:`Publisher.publish`."""
    return Publisher(loaded.source, settings).publish(loaded, forced_by, file_sha256)


def replay(settings: Settings) -> tuple[ListState, CaughtUp]:
    """The list topic read to its end: its state and what is in force.

    Raises :class:`~streams.errors.BrokerUnreachableError` and :class:`~streams.errors.TopicError`.
    """
    state = ListState()
    for message in read_topic(settings, TopicNames(settings.topics.prefix).list_updates):
        state.feed((message.key() or b"").decode(errors="replace"), message.value())
    return state, state.caught_up()


def publishing_producer(settings: Settings, name: str) -> TransactionalProducer:
    """A producer that shuts out whoever else publishes under this name. Raises BrokerUnreachableError."""
    heard = Heard()
    more: Config = {
        "transactional.id": f"{settings.topics.prefix}{name}",
        "transaction.timeout.ms": TRANSACTION_TIMEOUT_SECONDS * 1000,
    }
    try:
        return TransactionalProducer(
            connect(Producer, producer_config(settings, more), heard), settings.kafka.timeout_seconds
        )
    except AbortedError as error:
        raise unreachable(settings, heard.reason(error)) from error


def _values(loaded: LoadedList) -> dict[str, bytes]:
    values = {entry.entry_id: canonical_bytes(entry) for entry in loaded.entries}
    if len(values) != len(loaded.entries) or any(entry.source != loaded.source for entry in loaded.entries):
        raise ListError(f"{loaded.source}: entries of another source, or several of one id; make the ids unique")
    return values

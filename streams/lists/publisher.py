"""Publishing a list: one Kafka transaction with what changed, the release marker last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import chain

import msgspec
import orjson
from confluent_kafka import Producer

from streams.errors import FencedError, ListError, ReleaseRefusedError, StreamError
from streams.kafka.clients import Config, Heard, connect, producer_config, unreachable
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.kafka.transactions import AbortedError, TransactionalProducer
from streams.lists.loading import LoadedList
from streams.lists.release import canonical_bytes, diff, digest, marker_key, suspicion, topic_key, value_hash
from streams.lists.state import CaughtUp, ListState
from streams.records.list_release import ForcedBy, ListRelease
from streams.settings import Settings

TRANSACTION_TIMEOUT_SECONDS = 120
"""After this the broker undoes a publication whose publisher has gone; the largest list takes seconds."""


def publish(loaded: LoadedList, settings: Settings, forced_by: ForcedBy | None = None) -> ListRelease:
    """Publish a list and return its release, which is committed.

    Only what differs from the topic is written. A list that did not change gets a new marker all the same: it
    confirms that the list is current. An empty list, or one that shrank suspiciously against the last release,
    is refused unless ``forced_by`` says who lets it through; the marker records that.

    Raises :class:`~streams.errors.ReleaseRefusedError` for a suspicious list,
    :class:`~streams.errors.FencedError` when another publication of the same source began meanwhile,
    :class:`~streams.errors.ListError` for an id the topic cannot hold, and
    :class:`~streams.errors.StreamError` for what Kafka cannot do.
    """
    values = {entry.entry_id: canonical_bytes(entry) for entry in loaded.entries}
    if len(values) != len(loaded.entries) or any(entry.source != loaded.source for entry in loaded.entries):
        raise ListError(f"{loaded.source}: entries of another source, or several of one id; make the ids unique")
    keys = {entry_id: topic_key(loaded.source, entry_id) for entry_id in values}
    topic = TopicNames(settings.topics.prefix).list_updates
    # Taking the transactional id first shuts out any other publisher of the source and waits for the end of
    # its transaction, so the state read next stays true until the commit.
    producer = _open_transaction(settings, loaded.source)
    state, _ = replay(settings)
    before = state.on_topic(loaded.source)
    previous = state.last_release(loaded.source)
    hashes = {entry_id: value_hash(value) for entry_id, value in values.items()}
    reason = suspicion(previous.entries if previous else len(before), len(values))
    if reason and not forced_by:
        raise ReleaseRefusedError(
            f"{loaded.source}: not published, because {reason}; check the file, or let it through with --force"
        )
    difference = diff(before, hashes)
    content = digest(hashes)
    now = datetime.now(UTC)
    release = ListRelease(
        source=loaded.source,
        release_id=f"{now:%Y%m%dT%H%M%S.%fZ}-{content[:8]}",
        published_at=now,
        entries=len(values),
        digest=content,
        previous_release_id=previous.release_id if previous else None,
        added=len(difference.added),
        changed=len(difference.changed),
        removed=len(difference.removed),
        forced_by=forced_by if reason else None,
    )
    _write(
        producer,
        topic,
        chain(
            ((keys[entry_id], values[entry_id]) for entry_id in (*difference.added, *difference.changed)),
            ((topic_key(loaded.source, entry_id), None) for entry_id in difference.removed),
            ((marker_key(loaded.source), orjson.dumps(msgspec.to_builtins(release))),),
        ),
    )
    return release


def replay(settings: Settings) -> tuple[ListState, CaughtUp]:
    """The list topic read to its end: its state and what is in force.

    Raises :class:`~streams.errors.BrokerUnreachableError` and :class:`~streams.errors.TopicError`.
    """
    state = ListState()
    for message in read_topic(settings, TopicNames(settings.topics.prefix).list_updates):
        state.feed((message.key() or b"").decode(errors="replace"), message.value())
    return state, state.caught_up()


def _open_transaction(settings: Settings, source: str) -> TransactionalProducer:
    heard = Heard()
    more: Config = {
        "transactional.id": f"{settings.topics.prefix}lists-publish-{source}",
        "transaction.timeout.ms": TRANSACTION_TIMEOUT_SECONDS * 1000,
    }
    try:
        return TransactionalProducer(
            connect(Producer, producer_config(settings, more), heard), settings.kafka.timeout_seconds
        )
    except AbortedError as error:
        raise unreachable(settings, heard.reason(error)) from error


def _write(producer: TransactionalProducer, topic: str, records: Iterable[tuple[str, bytes | None]]) -> None:
    """Write all records in one transaction, or none of them."""
    try:
        producer.begin()
        for key, value in records:
            producer.send(topic, key.encode(), value)
        producer.commit()
    except FencedError as error:
        raise FencedError("another publication of the same list began meanwhile; see which one is in force") from error
    except AbortedError as error:
        producer.abort()
        raise StreamError(f"the list was not published: {error}") from error

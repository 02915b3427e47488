"""Publishing a list: one Kafka transaction with what changed, the release marker last."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import orjson
from confluent_kafka import KafkaError, KafkaException, Producer

from streams.errors import FencedError, ListError, ReleaseRefusedError, StreamError
from streams.kafka.clients import Config, Heard, connect, producer_config, reason_of, unreachable
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.lists.loading import LoadedList
from streams.lists.release import canonical_bytes, diff, digest, marker_key, suspicion, topic_key, value_hash
from streams.lists.state import CaughtUp, ListState
from streams.records.list_release import ForcedBy, ListRelease
from streams.settings import Settings

TRANSACTION_TIMEOUT_SECONDS = 120
"""After this the broker undoes a publication whose publisher has gone; the largest list takes seconds."""

_FENCED = frozenset({KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH})


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
    producer = _Transaction(settings, f"{settings.topics.prefix}lists-publish-{loaded.source}")
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
    producer.begin()
    for entry_id in (*difference.added, *difference.changed):
        producer.send(topic, keys[entry_id], values[entry_id])
    for entry_id in difference.removed:
        producer.send(topic, f"{loaded.source}/{entry_id}", None)
    producer.send(topic, marker_key(loaded.source), orjson.dumps(msgspec.to_builtins(release)))
    producer.commit()
    return release


def replay(settings: Settings) -> tuple[ListState, CaughtUp]:
    """The list topic read to its end: its state and what is in force.

    Raises :class:`~streams.errors.BrokerUnreachableError` and :class:`~streams.errors.TopicError`.
    """
    state = ListState()
    for message in read_topic(settings, TopicNames(settings.topics.prefix).list_updates):
        state.feed((message.key() or b"").decode(errors="replace"), message.value())
    return state, state.caught_up()


class _Transaction:
    """A producer for one transaction, which is committed whole or not at all."""

    def __init__(self, settings: Settings, transactional_id: str) -> None:
        self._heard = Heard()
        self._settings = settings
        self._timeout = settings.kafka.timeout_seconds
        more: Config = {
            "transactional.id": transactional_id,
            "transaction.timeout.ms": TRANSACTION_TIMEOUT_SECONDS * 1000,
        }
        self._producer = connect(Producer, producer_config(settings, more), self._heard)
        self._call(self._producer.init_transactions, self._timeout)

    def begin(self) -> None:
        """Open the transaction."""
        self._call(self._producer.begin_transaction)

    def send(self, topic: str, key: str, value: bytes | None) -> None:
        """Hand over one record; waits while the client's queue is full."""
        while True:
            try:
                self._producer.produce(topic, value=value, key=key.encode())
            except BufferError:
                self._producer.poll(0.1)
            except KafkaException as error:
                raise self._explained(error) from error
            else:
                return

    def commit(self) -> None:
        """Make all of it visible; a record that could not be delivered fails the commit."""
        self._call(self._producer.flush, TRANSACTION_TIMEOUT_SECONDS)
        self._call(self._producer.commit_transaction, self._timeout)

    def _call(self, call: Callable[..., object], *arguments: object) -> None:
        try:
            call(*arguments)
        except KafkaException as error:
            problem = error.args[0]
            if problem.txn_requires_abort():
                # Followers read no further than an open transaction, so it is not left to time out.
                self._producer.abort_transaction(self._timeout)
            if not problem.fatal():
                self._producer.poll(0)  # lets the client tell `heard` why
            raise self._explained(error) from error

    def _explained(self, error: KafkaException) -> StreamError:
        code = error.args[0].code()
        if code in _FENCED:
            return FencedError("another publication of the same list began meanwhile; see which one is in force")
        if code in (KafkaError._TIMED_OUT, KafkaError._TRANSPORT):
            return unreachable(self._settings, self._heard.reason(error))
        return StreamError(f"the list was not published: {reason_of(error)}")

"""What the decisions on the platforms' events tell: how soon the releases were in force, and under which policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice

import msgspec
from confluent_kafka import Message

from streams.controltest.report import TimeToForce
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.lists.release import MARKER
from streams.records.codec import decode
from streams.records.decision import ReleaseRef
from streams.records.list_release import ListRelease
from streams.settings import Settings

_MOST = 100_000
"""Of decisions after a publication so many are read, at most."""
_CLOCKS = timedelta(minutes=1)
"""A publisher's clock may be this much ahead of the broker's."""


class _Decided(msgspec.Struct):
    """What of a decision is needed here."""

    releases: dict[str, ReleaseRef]
    policy_version: str
    screened_at: datetime


def policies_since(settings: Settings, since: datetime) -> tuple[str, ...]:
    """The policies of each partition's first decision since then. Raises BrokerUnreachableError, TopicError."""
    topic = TopicNames(settings.topics.prefix).decisions
    messages = read_topic(settings, topic, start=since, enough=lambda message: True)
    return tuple(sorted({_decided(message).policy_version for message in messages}))


def times_to_force(settings: Settings, releases: Mapping[str, ListRelease]) -> tuple[TimeToForce, ...]:
    """For each of these releases in force, by list, how soon decisions named it. Nothing is published for it.

    Raises BrokerUnreachableError, TopicError.
    """
    names = TopicNames(settings.topics.prefix)
    since = min(release.published_at for release in releases.values()) - _CLOCKS
    markers: dict[str, datetime] = {}
    for message in read_topic(settings, names.list_updates, start=since):
        source, _, entry_id = (message.key() or b"").decode(errors="replace").partition("/")
        if entry_id == MARKER and source in releases and (value := message.value()) is not None:
            marker = decode(ListRelease, value, f"the marker of {source}")
            if marker.release_id == releases[source].release_id:
                markers[source] = datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC)
    return tuple(
        _time_to_force(settings, names.decisions, releases[source], marked)
        for source, marked in sorted(markers.items())
    )


def _time_to_force(settings: Settings, topic: str, release: ListRelease, published_at: datetime) -> TimeToForce:
    first: list[datetime] = []
    earlier: list[datetime] = []

    def names_it(message: Message) -> bool:
        named = _decided(message).releases.get(release.source)
        return named is not None and named.release_id == release.release_id

    for message in islice(read_topic(settings, topic, start=published_at, enough=names_it), _MOST):
        at = _decided(message).screened_at
        if names_it(message):
            first.append(at)
        elif at > published_at:
            earlier.append(at)
    return TimeToForce(
        source=release.source,
        release_id=release.release_id,
        published_at=published_at,
        seconds=_after(published_at, min(first, default=None)),
        earlier=len(earlier),
        earlier_seconds=_after(published_at, max(earlier, default=None)),
    )


def _decided(message: Message) -> _Decided:
    return msgspec.json.decode(message.value() or b"", type=_Decided)


def _after(published_at: datetime, moment: datetime | None) -> float | None:
    return None if moment is None else round((moment - published_at).total_seconds(), 3)

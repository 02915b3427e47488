"""How soon the releases in force were in force: from their markers on the list topic to decisions that name them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice

import msgspec

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
    screened_at: datetime


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

    def decided(value: bytes | None) -> tuple[bool, datetime]:
        decision = msgspec.json.decode(value or b"", type=_Decided)
        named = decision.releases.get(release.source)
        return named is not None and named.release_id == release.release_id, decision.screened_at

    messages = read_topic(settings, topic, start=published_at, enough=lambda message: decided(message.value())[0])
    for message in islice(messages, _MOST):
        names_it, at = decided(message.value())
        if names_it:
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


def _after(published_at: datetime, moment: datetime | None) -> float | None:
    return None if moment is None else round((moment - published_at).total_seconds(), 3)

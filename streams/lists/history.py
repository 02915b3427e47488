"""Lists as they stood: every release there ever was, and what was in force at a moment.

Rebuilt from the topic ``list-history``, which holds the same records as the list topic but is never compacted.
All functions but :func:`records` are pure; they take its records in the topic's order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from streams.errors import ListError, RecordError, ReleaseRefusedError
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.lists.release import MARKER
from streams.lists.state import Change, ListState
from streams.records.codec import decode
from streams.records.list_entry import ListEntry
from streams.records.list_release import ListRelease
from streams.settings import Settings

R = TypeVar("R", ListEntry, ListRelease)

ListRecord = tuple[str, bytes | None]
"""Key and value of a record of the list topic or its history."""


def records(settings: Settings) -> Iterator[ListRecord]:
    """The history from its beginning. Raises BrokerUnreachableError and TopicError."""
    for message in read_topic(settings, TopicNames(settings.topics.prefix).list_history):
        yield (message.key() or b"").decode(errors="replace"), message.value()


def releases(history: Iterable[ListRecord]) -> Iterator[ListRelease]:
    """Every release of every list, oldest first. Raises ListError for a marker that cannot be read."""
    for key, value in history:
        if key.endswith(f"/{MARKER}") and value is not None:
            yield _marker(key, value)


def as_of(history: Iterable[ListRecord], moment: datetime) -> dict[str, Change]:
    """What was in force at a moment: per list, its last release until then with all entries.

    A release that a clock ahead dated later than its successor is as old as that one.

    Raises :class:`~streams.errors.ListError` when there was none yet, and
    :class:`~streams.errors.ReleaseRefusedError` when a release cannot be rebuilt as it was.
    """
    state = ListState()
    undated: defaultdict[str, list[ListRecord]] = defaultdict(list)  # what waits for the marker it belongs to
    for key, value in history:
        source, _, entry_id = key.partition("/")
        undated[source].append((key, value))
        if entry_id == MARKER and value is not None and _marker(key, value).published_at <= moment:
            for record in undated.pop(source):
                state.feed(*record)
    caught_up = state.caught_up()
    if caught_up.refused:
        raise ReleaseRefusedError(f"the lists cannot be rebuilt as of {moment.isoformat()}: {caught_up.refused[0]}")
    if not caught_up.changes:
        raise ListError(f"no list was in force at {moment.isoformat()}; 'highfence lists log' shows every release")
    return {change.source: change for change in caught_up.changes}


def at_release(history: Iterable[ListRecord], release_id: str) -> Change:
    """One release with all its entries.

    Raises :class:`~streams.errors.ListError` when there is none of that id, and
    :class:`~streams.errors.ReleaseRefusedError` when it cannot be rebuilt as it was.
    """
    state = ListState()
    for key, value in history:
        state.feed(key, value)
        source, _, entry_id = key.partition("/")
        if entry_id == MARKER and value is not None and _marker(key, value).release_id == release_id:
            break
    else:
        raise ListError(f"there is no release {release_id!r}; 'highfence lists log' shows every release")
    caught_up = state.caught_up()
    for change in caught_up.changes:
        if change.source == source:
            return change
    raise ReleaseRefusedError("; ".join(map(str, caught_up.refused)))


@dataclass(frozen=True)
class Version:
    """How an entry was from a release on; ``entry`` is None from the release that removed it."""

    release: ListRelease
    entry: ListEntry | None


def versions(history: Iterable[ListRecord], source: str, entry_id: str) -> tuple[Version, ...]:
    """An entry through the releases that added, changed or removed it, oldest first."""
    found: list[Version] = []
    published: bytes | None = None
    written: bytes | None = None
    for key, value in history:
        if key == f"{source}/{entry_id}":
            written = value
        elif key == f"{source}/{MARKER}" and value is not None and written != published:
            published = written
            entry = None if published is None else _read(ListEntry, published, f"entry {source}/{entry_id}")
            found.append(Version(_marker(key, value), entry))
    return tuple(found)


@dataclass
class Verified:
    """What recomputing the releases of one list said: how many held, the last of them, and what did not hold."""

    held: int = 0
    last: ListRelease | None = None
    problems: list[str] = field(default_factory=list)


def verify(history: Iterable[ListRecord]) -> dict[str, Verified]:
    """Recompute the digest of every release and compare it with its marker, list by list."""
    state = ListState()
    state.caught_up()  # from here on every marker is judged, not only the last
    found: dict[str, Verified] = {}
    for key, value in history:
        verified = found.setdefault(key.partition("/")[0], Verified())
        try:
            change = state.feed(key, value)
        except ReleaseRefusedError as error:
            verified.problems.append(str(error))
            continue
        if change is not None:
            verified.held += 1
            verified.last = change.release
    return found


def _marker(key: str, value: bytes) -> ListRelease:
    return _read(ListRelease, value, f"release marker {key}")


def _read(kind: type[R], value: bytes, what: str) -> R:
    try:
        return decode(kind, value, f"{what} in the list history")
    except RecordError as error:
        raise ListError(str(error)) from error

"""What the list topic says, record by record, and which whole releases of it are in force. Pure.

For each source two pictures are kept apart: the topic's (as of the last marker, and behind it) and what is in
force, the last release that held. A release is in force whole or not at all, whatever arrives in which state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from streams.errors import RecordError, ReleaseRefusedError
from streams.lists.release import MARKER, digest, value_hash
from streams.records.codec import decode
from streams.records.list_entry import ListEntry
from streams.records.list_release import ListRelease

_ENTRY = msgspec.json.Decoder(ListEntry)


@dataclass(frozen=True)
class Change:
    """What one release changes against what was in force before: entries to put and ids to take away."""

    source: str
    release: ListRelease
    upserts: tuple[ListEntry, ...]
    removals: tuple[str, ...]


@dataclass(frozen=True)
class CaughtUp:
    """The outcome of a replay: a change per source in force, and the releases that did not hold."""

    changes: tuple[Change, ...]
    refused: tuple[ReleaseRefusedError, ...]


@dataclass
class _Source:
    in_force: dict[str, str] = field(default_factory=dict)  # entry id → hash
    at_marker: dict[str, str] = field(default_factory=dict)  # the same on the topic, as of the last marker
    unapplied: dict[str, bytes] = field(default_factory=dict)  # values at the marker that are not in force
    behind_marker: dict[str, bytes | None] = field(default_factory=dict)
    marker: bytes | None = None
    has_marker: bool = False  # a deleted one counts: the source was published once

    def pass_marker(self) -> None:
        """What came before the marker belongs to it."""
        for entry_id, value in self.behind_marker.items():
            self.unapplied.pop(entry_id, None)
            self.at_marker.pop(entry_id, None)
            if value is None:
                continue
            self.at_marker[entry_id] = value_hash(value)
            if self.at_marker[entry_id] != self.in_force.get(entry_id):
                self.unapplied[entry_id] = value
        self.behind_marker.clear()


class ListState:
    """The list topic's state, fed with its records in order.

    It begins in catching-up mode: a compacted topic has lost the older versions of entries, so an older marker
    may not hold although it did when it was written; only the last one of each source is judged, by
    :meth:`caught_up`. From then on each marker is judged when it comes.
    """

    def __init__(self) -> None:
        self._sources: dict[str, _Source] = {}
        self._strays: list[ReleaseRefusedError] = []
        self._catching_up = True

    def feed(self, key: str, value: bytes | None) -> Change | None:
        """Take the next record; a marker that holds gives a Change, anything else None.

        Raises :class:`~streams.errors.ReleaseRefusedError`, once caught up, for a marker that does not hold
        against the topic's entries and for a key that is not of the topic's form. What is in force stays in
        force, and the state goes on: a later good release is applied whole.
        """
        source_name, slash, entry_id = key.partition("/")
        if not (source_name and slash and entry_id):
            stray = ReleaseRefusedError(f"key {key!r} on the list topic is not source/entry")
            if not self._catching_up:
                raise stray
            self._strays.append(stray)
            return None
        source = self._sources.setdefault(source_name, _Source())
        if entry_id != MARKER:
            source.behind_marker[entry_id] = value
            return None
        source.pass_marker()
        source.marker, source.has_marker = value, True
        return None if self._catching_up else _judged(source_name, source)

    def caught_up(self) -> CaughtUp:
        """End catching-up mode: judge the last marker of each source against the entries before it.

        Entries behind a source's last marker belong to no release and stay invisible.
        """
        self._catching_up = False
        changes: list[Change] = []
        refused, self._strays = self._strays, []
        for name, source in sorted(self._sources.items()):
            if not source.has_marker:
                continue
            try:
                changes.append(_judged(name, source))
            except ReleaseRefusedError as error:
                refused.append(error)
        return CaughtUp(tuple(changes), tuple(refused))

    def on_topic(self, source: str) -> Mapping[str, str]:
        """Entry id → hash of everything the topic holds of a source, whether a release covers it or not."""
        known = self._sources.get(source, _Source())
        hashes = dict(known.at_marker)
        for entry_id, value in known.behind_marker.items():
            if value is None:
                hashes.pop(entry_id, None)
            else:
                hashes[entry_id] = value_hash(value)
        return hashes

    def last_release(self, source: str) -> ListRelease | None:
        """The last marker of a source that can be read, whether it holds or not."""
        known = self._sources.get(source)
        if known is None or known.marker is None:
            return None
        try:
            return decode(ListRelease, known.marker, "the marker")
        except RecordError:
            return None


def _judged(name: str, source: _Source) -> Change:
    """The change a source's last marker makes, which then is in force; raises ReleaseRefusedError."""
    release = _readable_marker(name, source.marker)
    if release.entries != len(source.at_marker):
        raise ReleaseRefusedError(
            f"{name}: release {release.release_id} says {release.entries:,} entries, the topic has "
            f"{len(source.at_marker):,}; publish the list again"
        )
    if release.digest != digest(source.at_marker):
        raise ReleaseRefusedError(
            f"{name}: release {release.release_id} does not match its entries on the topic (digest "
            f"{release.digest[:12]}…); publish the list again"
        )
    upserts = tuple(
        _readable_entry(name, release, entry_id, value) for entry_id, value in sorted(source.unapplied.items())
    )
    removals = tuple(sorted(source.in_force.keys() - source.at_marker.keys()))
    source.in_force = dict(source.at_marker)
    source.unapplied.clear()
    return Change(name, release, upserts, removals)


def _readable_marker(name: str, value: bytes | None) -> ListRelease:
    if value is None:
        raise ReleaseRefusedError(f"{name}: its release marker was deleted; publish the list again")
    try:
        release = decode(ListRelease, value, "the marker")
    except RecordError as error:
        raise ReleaseRefusedError(f"{name}: its release marker cannot be read: {error}") from error
    if release.source != name:
        raise ReleaseRefusedError(f"{name}: its release marker is one of {release.source!r}")
    return release


def _readable_entry(name: str, release: ListRelease, entry_id: str, value: bytes) -> ListEntry:
    try:
        entry = _ENTRY.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReleaseRefusedError(
            f"{name}: entry {entry_id!r} of release {release.release_id} cannot be read: {error}"
        ) from error
    if entry.key != (name, entry_id):
        raise ReleaseRefusedError(
            f"{name}: release {release.release_id} holds entry {'/'.join(entry.key)!r} under the key {entry_id!r}"
        )
    return entry

"""What each release of each list added or changed, and which of that still stands. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from streams.errors import ReleaseRefusedError
from streams.lists.history import ListRecord
from streams.lists.release import entry_hash
from streams.lists.state import Change, ListState
from streams.matching.index import Key
from streams.records.list_entry import ListEntry
from streams.records.list_release import ListRelease
from streams.screening.snapshot import Snapshot

ReleaseKey = tuple[str, str]
"""``(source, release_id)`` of a release."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The form in which an entry is in force: its hash, and the release that brought it."""

    entry_hash: str
    release_id: str


class ListChanges:
    """Every release since the first, told in order, and the snapshot of what is in force after the last."""

    def __init__(self) -> None:
        self.releases: dict[ReleaseKey, ListRelease] = {}
        """The releases that added or changed something, in order."""
        self.standing: dict[Key, Standing] = {}
        """Every entry in force."""
        self._brought: dict[ReleaseKey, tuple[Key, ...]] = {}
        self._position: dict[ReleaseKey, int] = {}  # of every release, among those of its source
        self._last: dict[str, int] = {}
        self._snapshot = Snapshot()
        self._unapplied: list[Change] = []

    def feed(self, change: Change) -> None:
        """The next release of the list history."""
        release = change.release
        key = (change.source, release.release_id)
        self._last[change.source] = self._position[key] = self._last.get(change.source, -1) + 1
        self._unapplied.append(change)
        for entry_id in change.removals:
            del self.standing[change.source, entry_id]
        for entry in change.upserts:
            self.standing[entry.key] = Standing(entry_hash(entry), release.release_id)
        if change.upserts:
            self.releases[key] = release
            self._brought[key] = tuple(entry.key for entry in change.upserts)

    def snapshot(self) -> Snapshot:
        """What is in force now. The first call builds the index, which takes seconds for large lists."""
        if self._unapplied:
            self._snapshot = self._snapshot.after(_combined(self._unapplied))
            self._unapplied = []
        return self._snapshot

    def brought_by(self, release: ReleaseKey) -> tuple[Key, ...]:
        """The entries that a release added or changed and that are still in force in that form."""
        _, release_id = release
        return tuple(
            key
            for key in self._brought.get(release, ())
            if (standing := self.standing.get(key)) is not None and standing.release_id == release_id
        )

    def since(self, releases: Mapping[str, str], among: Collection[ReleaseKey]) -> frozenset[Key]:
        """What releases ``among`` these brought to who was last screened under ``releases``, by list.

        Whoever was screened under a release that is not in the history, or without a list, was screened under none.
        """
        found: set[Key] = set()
        for key in among:
            source, _ = key
            screened = self._position.get((source, releases.get(source, "")), -1)
            if screened < self._position[key]:
                found.update(self.brought_by(key))
        return frozenset(found)


def replayed(history: Iterable[ListRecord]) -> ListChanges:
    """All that the list history tells; a release that does not hold changes nothing."""
    changes, state = ListChanges(), ListState()
    state.caught_up()  # the history is whole, so each marker is judged, not only the last
    for key, value in history:
        with suppress(ReleaseRefusedError):
            if (change := state.feed(key, value)) is not None:
                changes.feed(change)
    return changes


def _combined(changes: Iterable[Change]) -> list[Change]:
    """The changes as one of each list."""
    upserts: dict[str, dict[str, ListEntry]] = {}
    removals: dict[str, set[str]] = {}
    last: dict[str, ListRelease] = {}
    for change in changes:
        put, taken = upserts.setdefault(change.source, {}), removals.setdefault(change.source, set())
        for entry_id in change.removals:
            put.pop(entry_id, None)
            taken.add(entry_id)
        for entry in change.upserts:
            put[entry.entry_id] = entry
            taken.discard(entry.entry_id)
        last[change.source] = change.release
    return [
        Change(source, release, tuple(upserts[source].values()), tuple(sorted(removals[source])))
        for source, release in last.items()
    ]

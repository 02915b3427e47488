"""What is in force at one moment: the index and the graph of owners, and the releases they were built from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from streams.errors import ListError
from streams.lists.loading import LoadedList
from streams.lists.release import digest, entry_hash
from streams.lists.state import Change
from streams.matching import EntityIndex
from streams.ownership.graph import NO_OWNERSHIP, OwnershipGraph
from streams.records.decision import ReleaseRef
from streams.records.list_release import ListRelease
from streams.records.ownership import OwnershipRelease
from streams.screening.relations import NO_RELATIONS, Relations


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An immutable index, and per source the release that is in force; and who owns whom.

    ``refs`` is what decisions say of the releases: of lists by their name, of ownership under ``ownership/{source}``,
    which no list can be called. ``stale`` names the lists past their maximum age. ``relations`` is whom entries
    name beside themselves; as long as that stays the same, so does the object.
    """

    index: EntityIndex = field(default_factory=lambda: EntityIndex.build(()))
    releases: Mapping[str, ListRelease] = field(default_factory=dict)
    refs: dict[str, ReleaseRef] = field(default_factory=dict)
    stale: tuple[str, ...] = ()
    ownership: OwnershipGraph = NO_OWNERSHIP
    relations: Relations = NO_RELATIONS

    @classmethod
    def of_lists(cls, lists: Sequence[LoadedList], loaded_at: datetime) -> Snapshot:
        """A snapshot of loaded lists; their releases are named after their digest.

        Raises ListError when two of them are the same list.
        """
        releases: dict[str, ListRelease] = {}
        for loaded in lists:
            if loaded.source in releases:
                raise ListError(f"two files are of the list {loaded.source}: give each list once")
            content = digest({entry.entry_id: entry_hash(entry) for entry in loaded.entries})
            releases[loaded.source] = ListRelease(
                source=loaded.source,
                release_id=f"file-{content[:12]}",
                published_at=loaded_at,
                entries=len(loaded.entries),
                digest=content,
            )
        index = EntityIndex.build([entry for loaded in lists for entry in loaded.entries])
        return cls(index, releases, _refs(releases), relations=Relations.of(index.entries.values()))

    def after(self, changes: Sequence[Change]) -> Snapshot:
        """The snapshot with the given releases in force; this one stays as it is.

        A list whose release has no entries was withdrawn: nothing of it is in force, and it grows stale no more.
        """
        releases = {**self.releases, **{change.source: change.release for change in changes}}
        releases = {source: release for source, release in releases.items() if release.entries}
        upserts = [entry for change in changes for entry in change.upserts]
        removals = [(change.source, entry_id) for change in changes for entry_id in change.removals]
        index = self.index.apply(upserts, removals) if len(self.index) else EntityIndex.build(upserts)
        relations = Relations.of(index.entries.values())
        if relations == self.relations:
            relations = self.relations
        return Snapshot(index, releases, _refs(releases, self.ownership), ownership=self.ownership, relations=relations)

    def with_ownership(self, graph: OwnershipGraph) -> Snapshot:
        """The snapshot with the given owners in force; this one stays as it is."""
        return replace(self, ownership=graph, refs=_refs(self.releases, graph))


def _refs(releases: Mapping[str, ListRelease], graph: OwnershipGraph = NO_OWNERSHIP) -> dict[str, ReleaseRef]:
    named: dict[str, ListRelease | OwnershipRelease] = {**releases}
    named.update((ownership_ref(source), release) for source, release in graph.releases.items())
    return {
        name: ReleaseRef(release_id=release.release_id, digest=release.digest)
        for name, release in sorted(named.items())
    }


def ownership_ref(source: str) -> str:
    """The name of an ownership source among releases."""
    return f"ownership/{source}"

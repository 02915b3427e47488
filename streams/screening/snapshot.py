"""What is in force at one moment: the index and the releases it was built from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from streams.lists.state import Change
from streams.matching import EntityIndex
from streams.records.decision import ReleaseRef
from streams.records.list_release import ListRelease


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An immutable index and, per source, the release that is in force.

    ``refs`` is what decisions say of the releases.
    """

    index: EntityIndex = field(default_factory=lambda: EntityIndex.build(()))
    releases: Mapping[str, ListRelease] = field(default_factory=dict)
    refs: dict[str, ReleaseRef] = field(default_factory=dict)

    def after(self, changes: Sequence[Change]) -> Snapshot:
        """The snapshot with the given releases in force; this one stays as it is."""
        releases = {**self.releases, **{change.source: change.release for change in changes}}
        upserts = [entry for change in changes for entry in change.upserts]
        removals = [(change.source, entry_id) for change in changes for entry_id in change.removals]
        index = self.index.apply(upserts, removals) if len(self.index) else EntityIndex.build(upserts)
        refs = {
            source: ReleaseRef(release_id=release.release_id, digest=release.digest)
            for source, release in sorted(releases.items())
        }
        return Snapshot(index, releases, refs)

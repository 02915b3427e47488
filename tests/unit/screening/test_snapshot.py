"""Snapshots: releases come into force, and withdrawn lists go."""

from __future__ import annotations

from datetime import UTC, datetime

from streams.lists.state import Change
from streams.records.list_entry import ListedName, ListEntry
from streams.records.list_release import ListRelease
from streams.screening.snapshot import Snapshot


def change(source: str, release_id: str, *ids: str, removals: tuple[str, ...] = ()) -> Change:
    entries = tuple(ListEntry(source=source, entry_id=each, names=(ListedName(name=f"Acme {each}"),)) for each in ids)
    release = ListRelease(
        source=source,
        release_id=release_id,
        published_at=datetime(2025, 10, 1, tzinfo=UTC),
        entries=len(ids),
        digest="d",
    )
    return Change(source=source, release=release, upserts=entries, removals=removals)


def test_a_release_leaves_the_snapshot_before_as_it_was() -> None:
    before = Snapshot().after([change("east", "1", "a", "b"), change("west", "1", "c")])
    after = before.after([change("east", "2", "a", removals=("b",))])
    assert (len(before.index), len(after.index)) == (3, 2)
    assert before.refs["east"].release_id == "1"
    assert {source: ref.release_id for source, ref in after.refs.items()} == {"east": "2", "west": "1"}


def test_a_withdrawn_list_is_in_force_no_more() -> None:
    before = Snapshot().after([change("east", "1", "a"), change("west", "1", "c")])
    after = before.after([change("east", "2", removals=("a",))])
    assert set(after.releases) == set(after.refs) == {"west"}
    assert set(after.index.entries) == {("west", "c")}
    assert not after.after([change("west", "2", removals=("c",))]).releases

"""Whatever sequence of releases, torn and wrong ones comes, what is in force is always some whole release."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import ReleaseRefusedError
from streams.lists.release import MARKER, canonical_bytes, diff, digest, value_hash
from streams.lists.state import Change, ListState
from streams.records.list_entry import ListedName, ListEntry
from streams.records.list_release import ListRelease

_SOURCES = ("east", "west")
_IDS = st.sampled_from(["a", "b", "c", "d"])
_CONTENTS = st.dictionaries(_IDS, st.integers(0, 3), max_size=4)
_HASHES = st.dictionaries(_IDS, st.sampled_from(["0", "1", "2"]))


@dataclass(frozen=True)
class _Publication:
    source: str
    content: dict[str, int]
    kind: str  # "good", "torn" (no marker) or "wrong" (a digest that does not hold)


_PUBLICATIONS = st.lists(
    st.builds(
        _Publication,
        source=st.sampled_from(_SOURCES),
        content=_CONTENTS,
        kind=st.sampled_from(["good", "good", "good", "torn", "wrong"]),
    ),
    max_size=12,
)


@dataclass
class _Topic:
    """Records as a publisher writes them, with what each good marker put in force."""

    records: list[tuple[str, bytes | None]] = field(default_factory=list)
    on_topic: dict[str, dict[str, bytes]] = field(default_factory=lambda: {source: {} for source in _SOURCES})
    released: dict[int, dict[str, bytes]] = field(default_factory=dict)  # by the marker's position

    def publish(self, publication: _Publication) -> None:
        before = self.on_topic[publication.source]
        after = {
            entry_id: _value(publication.source, entry_id, version) for entry_id, version in publication.content.items()
        }
        changes = diff(_hashes(before), _hashes(after))
        writes: list[tuple[str, bytes | None]] = [(key, after[key]) for key in (*changes.added, *changes.changed)]
        writes += [(key, None) for key in changes.removed]
        self.records += [(f"{publication.source}/{key}", value) for key, value in writes]
        self.on_topic[publication.source] = after
        if publication.kind == "torn":
            return
        good = publication.kind == "good"
        if good:
            self.released[len(self.records)] = after
        release = ListRelease(
            source=publication.source,
            release_id=f"r{len(self.records)}",
            published_at=datetime(2025, 3, 25, tzinfo=UTC),
            entries=len(after),
            digest=digest(_hashes(after)) if good else "0" * 64,
        )
        self.records.append((f"{publication.source}/{MARKER}", msgspec.json.encode(release)))


def _value(source: str, entry_id: str, version: int) -> bytes:
    return canonical_bytes(
        ListEntry(source=source, entry_id=entry_id, names=(ListedName(name=f"Acme {entry_id} {version}"),))
    )


def _hashes(values: dict[str, bytes]) -> dict[str, str]:
    return {entry_id: value_hash(value) for entry_id, value in values.items()}


def _apply(in_force: dict[str, dict[str, bytes]], change: Change) -> None:
    held = in_force.setdefault(change.source, {})
    for entry in change.upserts:
        held[entry.entry_id] = canonical_bytes(entry)
    for entry_id in change.removals:
        del held[entry_id]


def _compacted(records: list[tuple[str, bytes | None]], end: int, drop_tombstones: bool) -> list[int]:
    """Positions that are left when everything before ``end`` is compacted."""
    last = {key: position for position, (key, _) in enumerate(records[:end])}
    kept = [position for position in sorted(last.values()) if not (drop_tombstones and records[position][1] is None)]
    return [*kept, *range(end, len(records))]


@given(_PUBLICATIONS, st.data())
def test_what_is_in_force_is_always_a_whole_release(publications: list[_Publication], data: st.DataObject) -> None:
    topic = _Topic()
    for publication in publications:
        topic.publish(publication)
    compacted_to = data.draw(st.integers(0, len(topic.records)), label="compacted up to")
    positions = _compacted(topic.records, compacted_to, data.draw(st.booleans(), label="tombstones dropped"))
    # a follower starts after the compaction: it catches up to some later point and follows the rest live
    caught_up_at = data.draw(st.integers(compacted_to, len(topic.records)), label="caught up at")
    state = ListState()
    in_force: dict[str, dict[str, bytes]] = {}
    last_marker: dict[str, int] = {}
    live = False

    def catch_up() -> None:
        for change in state.caught_up().changes:
            _apply(in_force, change)
            assert in_force[change.source] == topic.released[last_marker[change.source]]
        for source, position in last_marker.items():
            tail = [key for key, _ in topic.records[position + 1 : compacted_to] if key.startswith(f"{source}/")]
            if position in topic.released and not tail:
                assert in_force[source] == topic.released[position]

    for position in positions:
        if position >= caught_up_at and not live:
            live = True
            catch_up()
        key, value = topic.records[position]
        source = key.partition("/")[0]
        before = dict(in_force.get(source, {}))
        try:
            change = state.feed(key, value)
        except ReleaseRefusedError:
            assert position not in topic.released
            change = None
        if key.endswith(MARKER):
            last_marker[source] = position
        if not live:
            assert change is None
        elif position in topic.released:
            assert change is not None
            _apply(in_force, change)
            assert in_force[source] == topic.released[position]
        else:
            assert change is None
            assert in_force.get(source, {}) == before
    if not live:
        catch_up()
    for source in _SOURCES:
        assert state.on_topic(source) == _hashes(topic.on_topic[source])


@given(_HASHES, _HASHES)
def test_a_difference_turns_one_release_into_the_other(before: dict[str, str], after: dict[str, str]) -> None:
    changes = diff(before, after)
    turned = {key: value for key, value in before.items() if key not in changes.removed}
    turned |= {key: after[key] for key in (*changes.added, *changes.changed)}
    assert turned == after
    assert not set(changes.added) & before.keys()
    assert all(before[key] != after[key] for key in changes.changed)


@given(_HASHES, _HASHES)
def test_a_digest_tells_every_difference(one: dict[str, str], other: dict[str, str]) -> None:
    assert (digest(one) == digest(other)) == (one == other)


def test_the_oracle_of_this_test_can_fail() -> None:
    topic = _Topic()
    topic.publish(_Publication("east", {"a": 1}, "good"))
    state = ListState()
    for key, value in topic.records:
        state.feed(key, value)
    in_force: dict[str, dict[str, bytes]] = {}
    for change in state.caught_up().changes:
        _apply(in_force, change)
    with pytest.raises(AssertionError):
        assert in_force["east"] == {"a": _value("east", "a", 2)}

"""Whatever was published, the lists as of any moment are those of the last releases until then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import ListError
from streams.lists import history
from streams.lists.history import ListRecord
from streams.lists.release import canonical_bytes, diff, digest, value_hash
from streams.records.list_entry import ListedName, ListEntry
from streams.records.list_release import ListRelease

_START = datetime(2025, 1, 1, tzinfo=UTC)
_PUBLICATIONS = st.lists(
    st.tuples(
        st.sampled_from(["east", "west"]),
        st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(0, 2), max_size=3),
    ),
    min_size=1,
    max_size=10,
)


def _name(number: int) -> ListedName:
    return ListedName(name=f"A {number}")


def _written(publications: list[tuple[str, dict[str, int]]]) -> list[ListRecord]:
    """The history a publisher writes, a release an hour."""
    records: list[ListRecord] = []
    held: dict[str, dict[str, bytes]] = {}
    for number, (source, content) in enumerate(publications):
        after = {
            entry_id: canonical_bytes(
                ListEntry(source=source, entry_id=entry_id, names=(ListedName(name=f"A {each}"),))
            )
            for entry_id, each in content.items()
        }
        hashes = {entry_id: value_hash(value) for entry_id, value in after.items()}
        changes = diff({entry_id: value_hash(value) for entry_id, value in held.get(source, {}).items()}, hashes)
        records += [(f"{source}/{each}", after[each]) for each in (*changes.added, *changes.changed)]
        records += [(f"{source}/{each}", None) for each in changes.removed]
        marker = ListRelease(
            source=source,
            release_id=f"r{number}",
            published_at=_START + timedelta(hours=number),
            entries=len(after),
            digest=digest(hashes),
        )
        records.append((f"{source}/@release", msgspec.json.encode(marker)))
        held[source] = after
    return records


@given(_PUBLICATIONS, st.integers(-1, 10))
def test_the_lists_as_of_any_moment(publications: list[tuple[str, dict[str, int]]], hours: int) -> None:
    records = _written(publications)
    moment = _START + timedelta(hours=hours, minutes=30)
    expected = dict(publications[: hours + 1])
    if not expected:
        with pytest.raises(ListError, match="no list was in force"):
            history.as_of(records, moment)
        return
    assert {
        source: {entry.entry_id: entry.names[0].name for entry in change.upserts}
        for source, change in history.as_of(records, moment).items()
    } == {source: {each: f"A {number}" for each, number in content.items()} for source, content in expected.items()}


@given(_PUBLICATIONS)
def test_every_release_of_a_publisher_holds(publications: list[tuple[str, dict[str, int]]]) -> None:
    records = _written(publications)
    assert sum(verified.held for verified in history.verify(records).values()) == len(publications)
    for number, (source, content) in enumerate(publications):
        change = history.at_release(records, f"r{number}")
        assert change.source == source
        assert {entry.entry_id for entry in change.upserts} == set(content)

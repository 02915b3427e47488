"""Lists as they stood, rebuilt from records as a publisher writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from streams.errors import ListError, ReleaseRefusedError
from streams.lists import history
from streams.lists.history import ListRecord
from streams.lists.release import canonical_bytes, diff, digest, value_hash
from streams.lists.state import Change
from streams.records.list_entry import ListedName, ListEntry
from streams.records.list_release import ForcedBy, ListRelease

_START = datetime(2025, 3, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


class _History:
    """Writes releases a day apart."""

    def __init__(self) -> None:
        self.records: list[ListRecord] = []
        self._held: dict[str, dict[str, bytes]] = {}
        self._now = _START

    def release(self, source: str, release_id: str, forced_by: ForcedBy | None = None, **names: str) -> None:
        after = {
            entry_id: canonical_bytes(ListEntry(source=source, entry_id=entry_id, names=(ListedName(name=name),)))
            for entry_id, name in names.items()
        }
        hashes = {entry_id: value_hash(value) for entry_id, value in after.items()}
        before = self._held.get(source, {})
        changes = diff({entry_id: value_hash(value) for entry_id, value in before.items()}, hashes)
        self.records += [(f"{source}/{each}", after[each]) for each in (*changes.added, *changes.changed)]
        self.records += [(f"{source}/{each}", None) for each in changes.removed]
        marker = ListRelease(
            source=source,
            release_id=release_id,
            published_at=self._now,
            entries=len(after),
            digest=digest(hashes),
            forced_by=forced_by,
        )
        self.records.append((f"{source}/@release", msgspec.json.encode(marker)))
        self._held[source] = after
        self._now += _DAY


@pytest.fixture
def written() -> list[ListRecord]:
    made = _History()
    made.release("own", "r0", a="Acme", b="Bravo")
    made.release("other", "o1", x="Xerxes")
    made.release("own", "r2", b="Beta", c="Charlie")
    made.release("own", "r3", b="Beta", c="Charlie")
    made.release("own", "r4", a="Acme again", b="Beta", c="Charlie")
    return made.records


def _names(change: Change) -> dict[str, str]:
    return {entry.entry_id: entry.names[0].name for entry in change.upserts}


def test_every_release_is_in_the_log(written: list[ListRecord]) -> None:
    assert [release.release_id for release in history.releases(written)] == ["r0", "o1", "r2", "r3", "r4"]


@pytest.mark.parametrize(
    ("days", "own", "other"),
    [
        (0, {"a": "Acme", "b": "Bravo"}, None),
        (1.5, {"a": "Acme", "b": "Bravo"}, {"x": "Xerxes"}),
        (2, {"b": "Beta", "c": "Charlie"}, {"x": "Xerxes"}),
        (9, {"a": "Acme again", "b": "Beta", "c": "Charlie"}, {"x": "Xerxes"}),
    ],
)
def test_what_was_in_force_at_a_moment(
    days: float, own: dict[str, str], other: dict[str, str] | None, written: list[ListRecord]
) -> None:
    changes = history.as_of(written, _START + days * _DAY)
    assert _names(changes["own"]) == own
    assert (_names(changes["other"]) if "other" in changes else None) == other


def test_a_release_dated_by_a_clock_ahead_is_as_old_as_its_successor() -> None:
    made = _History()
    made.release("own", "r0", a="Acme")
    made._now += 365 * _DAY
    made.release("own", "ahead", a="Acme", b="Bravo")
    made._now -= 365 * _DAY
    made.release("own", "r2", b="Bravo")
    for days, own in ((0, {"a": "Acme"}), (9, {"b": "Bravo"}), (500, {"b": "Bravo"})):
        assert _names(history.as_of(made.records, _START + days * _DAY)["own"]) == own


def test_before_the_first_release_nothing_can_be_screened_with(written: list[ListRecord]) -> None:
    with pytest.raises(ListError, match="no list was in force at 2025-02-28"):
        history.as_of(written, _START - _DAY)


def test_a_history_with_a_hole_is_refused_and_not_thinned_out(written: list[ListRecord]) -> None:
    torn = [record for record in written if record[0] != "own/b"]
    with pytest.raises(ReleaseRefusedError, match="own: release r4 says 3 entries, the topic has 2"):
        history.as_of(torn, _START + 9 * _DAY)
    with pytest.raises(ReleaseRefusedError, match="own: release r2"):
        history.at_release(torn, "r2")


def test_a_release_by_its_id(written: list[ListRecord]) -> None:
    change = history.at_release(written, "r2")
    assert (change.source, _names(change)) == ("own", {"b": "Beta", "c": "Charlie"})
    with pytest.raises(ListError, match="no release 'r9'"):
        history.at_release(written, "r9")


def test_an_entry_through_the_releases(written: list[ListRecord]) -> None:
    found = history.versions(written, "own", "a")
    assert [(each.release.release_id, each.entry and each.entry.names[0].name) for each in found] == [
        ("r0", "Acme"),
        ("r2", None),
        ("r4", "Acme again"),
    ]
    assert history.versions(written, "own", "z") == ()


def test_every_release_is_verified(written: list[ListRecord]) -> None:
    found = history.verify(written)
    assert {source: verified.held for source, verified in found.items()} == {"own": 4, "other": 1}
    assert [verified.last.release_id for verified in found.values() if verified.last] == ["r4", "o1"]
    changed = [(key, value.replace(b"Bravo", b"Brava") if value else value) for key, value in written]
    found = history.verify(changed)
    assert found["own"].held == 3
    assert len(found["own"].problems) == 1
    assert "r0" in found["own"].problems[0]


def test_a_marker_that_cannot_be_read_is_named(written: list[ListRecord]) -> None:
    with pytest.raises(ListError, match=r"release marker own/@release in the list history"):
        list(history.releases([*written, ("own/@release", b"{}")]))

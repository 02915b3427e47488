from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from streams.errors import ReleaseRefusedError
from streams.lists.release import canonical_bytes, digest, value_hash
from streams.lists.state import Change, ListState
from streams.records.list_entry import ListedName, ListEntry
from streams.records.list_release import ListRelease

_NOW = datetime(2025, 3, 25, tzinfo=UTC)


def _value(entry_id: str, name: str = "Acme", source: str = "own") -> bytes:
    return canonical_bytes(ListEntry(source=source, entry_id=entry_id, names=(ListedName(name=name),)))


def _marker(release_id: str, values: dict[str, bytes], source: str = "own", **wrong: Any) -> bytes:
    fields: dict[str, Any] = {
        "source": source,
        "release_id": release_id,
        "published_at": _NOW,
        "entries": len(values),
        "digest": digest({entry_id: value_hash(value) for entry_id, value in values.items()}),
    }
    return msgspec.json.encode(ListRelease(**(fields | wrong)))


def _live(**values: bytes) -> ListState:
    """A state that has caught up with one release of these entries."""
    state = ListState()
    for entry_id, value in values.items():
        state.feed(f"own/{entry_id}", value)
    state.feed("own/@release", _marker("r1", values))
    assert len(state.caught_up().changes) == 1
    return state


def _named(change: Change | None) -> dict[str, str]:
    assert change is not None
    return {entry.entry_id: entry.names[0].name for entry in change.upserts}


def test_an_empty_topic_has_nothing_in_force() -> None:
    caught_up = ListState().caught_up()
    assert not caught_up.changes
    assert not caught_up.refused


def test_a_live_release_changes_what_it_changes() -> None:
    state = _live(a=_value("a"), b=_value("b"), c=_value("c"))
    assert state.feed("own/a", None) is None
    assert state.feed("own/b", _value("b", "Bravo")) is None
    assert state.feed("own/d", _value("d", "Delta")) is None
    after = {"b": _value("b", "Bravo"), "c": _value("c"), "d": _value("d", "Delta")}
    change = state.feed("own/@release", _marker("r2", after))
    assert _named(change) == {"b": "Bravo", "d": "Delta"}
    assert change is not None
    assert change.removals == ("a",)
    assert change.release.release_id == "r2"


def test_a_release_without_changes_is_a_change_too() -> None:
    state = _live(a=_value("a"))
    change = state.feed("own/@release", _marker("r2", {"a": _value("a")}))
    assert change is not None
    assert (change.upserts, change.removals, change.release.release_id) == ((), (), "r2")


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        (_marker("r2", {"a": _value("a"), "b": _value("b")}), "says 2 entries, the topic has 1"),
        (_marker("r2", {"a": _value("a", "Other")}), "does not match its entries"),
        (_marker("r2", {"a": _value("a", "New")}, digest="0" * 64), "does not match its entries"),
        (_marker("r2", {"a": _value("a", "New")}, source="other"), "is one of 'other'"),
        (b'{"source": "own"', "cannot be read"),
        (None, "was deleted"),
    ],
)
def test_a_release_that_does_not_hold_is_refused_and_the_next_good_one_applied_whole(
    marker: bytes | None, said: str
) -> None:
    state = _live(a=_value("a"))
    state.feed("own/a", _value("a", "New"))
    with pytest.raises(ReleaseRefusedError) as error:
        state.feed("own/@release", marker)
    assert said in str(error.value)
    state.feed("own/b", _value("b"))
    change = state.feed("own/@release", _marker("r3", {"a": _value("a", "New"), "b": _value("b")}))
    assert _named(change) == {"a": "New", "b": "Acme"}


@pytest.mark.parametrize("value", [b"{}", b"\xff", _value("z"), _value("b", source="other")])
def test_an_entry_that_cannot_be_read_refuses_its_release(value: bytes) -> None:
    state = _live(a=_value("a"))
    state.feed("own/b", value)
    with pytest.raises(ReleaseRefusedError, match="own: "):
        state.feed("own/@release", _marker("r2", {"a": _value("a"), "b": value}))
    state.feed("own/b", None)
    change = state.feed("own/@release", _marker("r3", {"a": _value("a")}))
    assert change is not None
    assert (change.upserts, change.removals) == ((), ())


def test_what_was_taken_back_before_a_good_release_never_shows() -> None:
    state = _live(a=_value("a"))
    state.feed("own/a", _value("a", "Wrong"))
    with pytest.raises(ReleaseRefusedError):
        state.feed("own/@release", _marker("r2", {}))
    state.feed("own/a", _value("a"))
    assert _named(state.feed("own/@release", _marker("r3", {"a": _value("a")}))) == {}


def test_only_the_last_marker_is_judged_while_catching_up() -> None:
    state = ListState()
    state.feed("own/@release", _marker("r1", {"a": _value("a", "compacted away")}))
    state.feed("own/a", _value("a"))
    state.feed("own/@release", _marker("r2", {"a": _value("a")}))
    caught_up = state.caught_up()
    assert [_named(change) for change in caught_up.changes] == [{"a": "Acme"}]
    assert caught_up.refused == ()


def test_entries_behind_the_last_marker_stay_invisible() -> None:
    state = ListState()
    state.feed("own/a", _value("a"))
    state.feed("own/@release", _marker("r1", {"a": _value("a")}))
    state.feed("own/b", _value("b"))
    state.feed("own/a", None)
    state.feed("new/x", _value("x", source="new"))
    caught_up = state.caught_up()
    assert [_named(change) for change in caught_up.changes] == [{"a": "Acme"}]
    assert set(state.on_topic("own")) == {"b"}
    assert set(state.on_topic("new")) == {"x"}


def test_a_torn_entry_over_a_compacted_one_leaves_its_source_out_and_the_others_in() -> None:
    state = ListState()
    state.feed("own/@release", _marker("r1", {"a": _value("a")}))
    state.feed("own/a", _value("a", "torn"))  # its older version is compacted away
    state.feed("other/@release", _marker("r1", {}, "other"))
    caught_up = state.caught_up()
    assert [change.source for change in caught_up.changes] == ["other"]
    assert len(caught_up.refused) == 1
    assert "own" in str(caught_up.refused[0])


def test_sources_do_not_touch_each_other() -> None:
    state = _live(a=_value("a"))
    state.feed("own/a", _value("a", "half"))
    state.feed("other/a", _value("a", source="other"))
    change = state.feed("other/@release", _marker("o1", {"a": _value("a", source="other")}, "other"))
    assert change is not None
    assert change.source == "other"


def test_a_key_of_another_form_is_refused() -> None:
    state = ListState()
    assert state.feed("stray", b"{}") is None
    assert len(state.caught_up().refused) == 1
    with pytest.raises(ReleaseRefusedError, match="'/x'"):
        state.feed("/x", b"{}")


def test_the_last_release_is_the_last_readable_marker() -> None:
    state = _live(a=_value("a"))
    release = state.last_release("own")
    assert release is not None
    assert release.release_id == "r1"
    assert state.last_release("unknown") is None


def test_a_last_marker_whose_text_is_not_utf_8_is_none() -> None:
    state = _live(a=_value("a"))
    with pytest.raises(ReleaseRefusedError, match="cannot be read"):
        state.feed("own/@release", b'{"source":"\xff"}')
    assert state.last_release("own") is None

"""What the guards say, and what they let pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from streams.lists.guards import suspicions
from streams.records.list_entry import ListedName, ListEntry


def _entries(count: int, **fields: Any) -> list[ListEntry]:
    return [
        ListEntry(source="own", entry_id=str(number), names=(ListedName(name=f"Acme {number}"),), **fields)
        for number in range(count)
    ]


def _said(before: list[ListEntry], after: list[ListEntry]) -> tuple[str, ...]:
    return suspicions(before, after, len(before), 0.05)


@pytest.mark.parametrize(
    ("before", "after", "suspicious"),
    [(0, 0, True), (10, 0, True), (0, 1, False), (100, 95, False), (100, 94, True), (100, 300, False)],
)
def test_an_empty_or_shrunken_list_is_suspicious(before: int, after: int, suspicious: bool) -> None:
    assert bool(_said(_entries(before), _entries(after))) is suspicious


def test_the_share_it_may_shrink_by_can_be_set() -> None:
    assert not suspicions(_entries(100), _entries(60), 100, 0.4)
    assert suspicions(_entries(100), _entries(99), 100, 0.0)


def test_the_count_of_a_last_release_that_does_not_hold_still_guards() -> None:
    assert suspicions((), _entries(90), 100, 0.05) == ("it has 90 entries, 10% fewer than the 100 of the last release",)


def test_new_ids_for_all_are_suspicious_and_new_ids_for_some_are_not() -> None:
    entries = _entries(40)

    def renumbered(count: int) -> list[ListEntry]:
        return [
            msgspec.structs.replace(entry, entry_id=f"new {entry.entry_id}") if number < count else entry
            for number, entry in enumerate(entries)
        ]

    assert _said(entries, renumbered(40)) == ("40 of the last release's 40 entry ids are not in it",)
    assert _said(entries, renumbered(21))
    assert not _said(entries, renumbered(20))


@pytest.mark.parametrize(
    ("field", "value"), [("citation", "90 FR 14035"), ("countries", ("CN",)), ("programs", ("SDGT",)), ("remarks", "x")]
)
def test_a_field_lost_everywhere_is_suspicious(field: str, value: object) -> None:
    with_field, without = _entries(20, **{field: value}), _entries(20)
    assert _said(with_field, without) == (f"no entry has {field} any more; 20 of the last release had",)
    assert not _said(with_field, [*without[1:], with_field[0]])
    assert not _said(without, with_field)


def test_aliases_lost_everywhere_are_suspicious() -> None:
    plain = _entries(20)
    with_alias = [
        msgspec.structs.replace(entry, names=(*entry.names, ListedName(name="A", kind="alias"))) for entry in plain
    ]
    assert _said(with_alias, plain) == ("no entry has aliases any more; 20 of the last release had",)


def test_a_field_of_two_entries_may_vanish_with_them() -> None:
    assert not _said([*_entries(20)[:18], *_entries(20, remarks="x")[18:]], _entries(20))


@pytest.mark.parametrize("change", [lambda entries: entries, lambda entries: entries + _entries(50)[40:]])
def test_an_ordinary_release_passes(change: Callable[[list[ListEntry]], list[ListEntry]]) -> None:
    before = _entries(40, citation="90 FR 14035")
    assert not _said(before, change(before))

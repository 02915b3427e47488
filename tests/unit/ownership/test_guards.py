"""What keeps a file that shrank, or lost what it told, from taking owners away unseen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from streams.ownership.guards import suspicions
from streams.ownership.pages import paged
from streams.ownership.release import next_release
from streams.records.ownership import HoldingParty, OwnershipEdge

NOW = datetime(2025, 3, 1, tzinfo=UTC)
EDGES = [
    OwnershipEdge(
        owner=HoldingParty(name=f"Owner {number}"),
        owned=HoldingParty(name='Tricky "percent":5 Toys', country="DE"),
        percent=60 if number < 10 else None,
        from_=date(2020, 1, 1) if number < 2 else None,
        source=f"filing {number}",
    )
    for number in range(100)
]


def said(after: list[OwnershipEdge], before: list[OwnershipEdge] | None = EDGES) -> tuple[str, ...]:
    known = None if before is None else next_release("register", paged(before), None, NOW)
    return suspicions(known, known.release if known else None, paged(after), 0.05, NOW)


def without(**fields: object) -> list[OwnershipEdge]:
    return [msgspec.structs.replace(edge, **fields) for edge in EDGES]


@pytest.mark.parametrize(
    ("after", "reasons"),
    [
        (EDGES[:95], ()),
        (EDGES[:94], ("it has 94 edges, 6% fewer than the 100 of the last release",)),
        ([], ("it is empty",)),
        (without(source="another way to say it"), ()),
        (without(source=""), ("no edge has source any more; 100 of the last release had",)),
        (without(percent=None), ("no edge has percent any more; 10 of the last release had",)),
        (without(from_=None), ()),  # fewer than three had it
        (
            [*EDGES[:49], *without(owner=HoldingParty(name="Nobody before"))[49:]],
            ("for 51 of the last release's 100 edges it has none of the same owner and owned",),
        ),
        ([*EDGES[:50], *without(owner=HoldingParty(name="Nobody before"))[50:]], ()),
    ],
)
def test_what_speaks_against_a_release(after: list[OwnershipEdge], reasons: tuple[str, ...]) -> None:
    assert said(after) == reasons


def test_a_first_release_needs_an_edge_alone() -> None:
    assert said(EDGES[:1], None) == ()
    assert said([], None) == ("it is empty",)


def test_one_that_follows_a_release_that_does_not_hold_is_held_against_its_count() -> None:
    last = next_release("register", paged(EDGES), None, NOW).release
    assert suspicions(None, last, paged(EDGES), 0.05, NOW) == ()
    assert suspicions(None, last, paged(EDGES[:50]), 0.05, NOW) == (
        "it has 50 edges, 50% fewer than the 100 of the last release",
    )


def test_one_that_follows_a_release_from_the_future_is_let_through_by_a_person_and_dated_now() -> None:
    ahead = next_release("register", paged(EDGES), None, NOW + timedelta(days=400))
    (reason,) = suspicions(ahead, ahead.release, paged(EDGES), 0.05, NOW)
    assert reason == (
        "its last release is dated 2026-04-05 00:00 UTC, which is to come: this clock or that of the last "
        "publication is wrong"
    )
    forced = next_release("register", paged(EDGES), ahead, NOW)
    assert forced.release.published_at == NOW
    brought = {release_id for page in forced.pages.values() for release_id, _ in page.brought()}
    assert brought == {forced.release.release_id}

"""Events answered together: as each would be answered in its turn, and no more of them than there is time and room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest

from streams.errors import ScreeningTimeoutError
from streams.lists.loading import LoadedList
from streams.mappings import load_mapping
from streams.matching import Policy
from streams.records.decision import EventSource
from streams.records.list_entry import ListedName, ListEntry
from streams.screening.answer import Answer, Event
from streams.screening.answers import Answering
from streams.screening.clearances import NO_CLEARANCES
from streams.screening.diversion import Diversion, DiversionRules
from streams.screening.memory import MatchMemory
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

NOW = datetime(2025, 10, 1, tzinfo=UTC)
LISTED = ListEntry(source="a_list", entry_id="1", names=(ListedName(name="Quvelian Marstrand Avionics"),))
SNAPSHOT = Snapshot.of_lists([LoadedList("a_list", (LISTED,))], NOW)
SCREENER = Screener(Policy.default())
HIT = {"name": "Quvelian Marstrand Avionics"}


class Budget:
    """Counts how often it is opened, and is exceeded the time ``exceeded``."""

    def __init__(self, exceeded: int = 0) -> None:
        self._exceeded = exceeded
        self.opened = 0

    def __enter__(self) -> None:
        self.opened += 1

    def __exit__(self, *_: object) -> None:
        if self.opened == self._exceeded:
            raise ScreeningTimeoutError("it took longer")


def answering(budget: Budget | None = None, enough: bool = False, snapshot: Snapshot = SNAPSHOT) -> Answering:
    memory = MatchMemory(SCREENER, 1_000)
    memory.follow(snapshot)
    flags = Diversion(DiversionRules.default())
    return Answering(SCREENER, snapshot, NOW, 10_000, budget or Budget(), memory, NO_CLEARANCES, flags, lambda: enough)


def event(number: int, *parties: Mapping[str, object], **fields: object) -> Event:
    value = {"transaction_id": f"T{number}", "parties": parties or [{"name": f"Velavia {number}"}], **fields}
    return Event(msgspec.json.encode(value), EventSource(topic="t", partition=0, offset=number), NOW)


def outcomes(answers: Sequence[Answer]) -> list[tuple[str, str]]:
    return [(each.decision.transaction_id, each.decision.outcome) for each in answers]


def test_one_that_fails_takes_no_other_with_it() -> None:
    broken = Event(b"{", EventSource(topic="t", partition=0, offset=1), NOW)
    events = [event(0), broken, event(2, HIT), event(3), event(4, {"name": "!!!"}), event(5)]
    budget = Budget(exceeded=3)  # that of the fourth event: the second never comes so far
    answers = answering(budget).answers(events)
    assert outcomes(answers) == [
        ("T0", "clear"),
        ("t/0/1", "error"),
        ("T2", "hold"),
        ("T3", "error"),
        ("T4", "error"),
        ("T5", "clear"),
    ]
    reasons = [each.dead_letter.reason for each in answers if each.dead_letter is not None]
    assert reasons == ["not_json", "timed_out", "screening_failed"]
    assert [len(each.parties) for each in answers] == [1, 0, 1, 0, 0, 1]


def test_a_failure_nobody_thought_of_is_an_error_of_that_event_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering()
    judge = Diversion.judge

    def fails(self: Diversion, transaction: object, *rest: object) -> object:
        if getattr(transaction, "transaction_id", "") == "T1":
            raise KeyError("x")
        return judge(self, transaction, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Diversion, "judge", fails)
    answers = asked.answers([event(0), event(1), event(2)])
    assert outcomes(answers) == [("T0", "clear"), ("T1", "error"), ("T2", "clear")]
    assert answers[1].decision.reason == "screening_failed: internal error: KeyError: 'x'"


@pytest.mark.parametrize("party", [{"name": "Velavia Toys"}, HIT])
def test_a_party_that_is_new_in_two_events_is_matched_once(party: Mapping[str, object]) -> None:
    budget = Budget()
    asked = answering(budget)
    with patch.object(Screener, "matches", autospec=True, side_effect=Screener.matches) as matches:
        assert len(asked.answers([event(0, party), event(1, party, party)])) == 2
        assert (matches.call_count, budget.opened) == (1, 2)
        assert len(asked.answers([event(2, party)])) == matches.call_count == 1


def test_a_hit_that_is_known_has_no_more_time_than_a_new_one() -> None:
    """Its evidence depends on the event: with thousands of items and hundreds of hits it takes seconds."""
    asked = answering(Budget(exceeded=2))
    assert outcomes(asked.answers([event(0, HIT)])) == [("T0", "hold")]
    assert outcomes(asked.answers([event(1, HIT)])) == [("T1", "error")]
    asked.enough = lambda: True
    assert len(asked.answers([event(2, HIT), event(3, HIT)])) == 1


def test_what_there_is_no_time_for_is_left() -> None:
    """The first is answered in any case, and one whose parties are known costs no time worth mentioning."""
    known = {"name": "Velavia Toys"}
    asked = answering()
    asked.answers([event(0, known)])
    asked.enough = lambda: True
    assert outcomes(asked.answers([event(1), event(2, known), event(3), event(4, known)])) == [
        ("T1", "clear"),
        ("T2", "clear"),
    ]
    broken = Event(b"{", EventSource(topic="t", partition=0, offset=5), NOW)
    assert len(asked.answers([broken, broken])) == 1
    assert len(asked.answers([event(6, known), broken])) == 1


def test_more_alerts_than_fit_leave_the_rest_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.screening.answers._MOST_ALERTS", 3)
    answers = answering().answers([event(number, HIT, HIT) for number in range(5)])
    assert outcomes(answers) == [("T0", "hold"), ("T1", "hold")]
    broken = Event(b"{", EventSource(topic="t", partition=0, offset=9), NOW)
    answers = answering().answers([event(0, HIT, HIT), broken, event(1, HIT, HIT), broken, event(2, HIT)])
    assert len(answers) == 3


def test_how_long_matching_took_is_told_of_each() -> None:
    first, second = answering().answers([event(0, HIT), event(1)])
    assert first.seconds > 0
    assert second.seconds > 0


ORDERS = """
[transaction]
transaction_id = "no"
[party]
name = "who"
[[parties]]
from = "[@]"
role = "'purchaser'"
"""


def test_events_of_another_platform_and_refused_ones_are_answered_among_the_others(tmp_path: Path) -> None:
    file = tmp_path / "orders.toml"
    file.write_text(ORDERS, encoding="utf-8")
    orders = load_mapping(str(file))
    asked = answering()
    asked.mappings = {"orders": orders}
    asked.refused = frozenset({"t/0/4", "orders/0/5"})

    def order(number: int, value: object) -> Event:
        return Event(msgspec.json.encode(value), EventSource(topic="orders", partition=0, offset=number), NOW)

    hit = order(1, {"no": "O1", "who": HIT["name"]})
    events = [event(0, HIT), hit, order(2, {"no": "O2"}), event(3), event(4), order(5, {"no": "O5", "who": "Ann"})]
    answers = asked.answers([*events, order(6, {"no": "O6", "who": "Velavia Toys"})])
    assert outcomes(answers) == [
        ("T0", "hold"),
        ("O1", "hold"),
        ("orders/0/2", "error"),
        ("T3", "clear"),
        ("T4", "error"),
        ("orders/0/5", "error"),
        ("O6", "clear"),
    ]
    versions = [each.decision.mapping_version for each in answers]
    assert versions == [orders.version if each.decision.source.topic == "orders" else msgspec.UNSET for each in answers]
    letters = [(each.dead_letter.reason, each.dead_letter.value) for each in answers if each.dead_letter is not None]
    assert letters == [
        ("mapping_failed", events[2].value),
        ("screening_failed", events[4].value),
        ("screening_failed", events[5].value),
    ]
    asked.enough = lambda: True
    assert outcomes(asked.answers([hit, hit])) == [("O1", "hold")]


def test_without_a_list_nothing_is_clear() -> None:
    (answer,) = answering(snapshot=Snapshot()).answers([event(0)])
    assert answer.decision.outcome == "error"
    assert "no list is in force" in answer.decision.reason

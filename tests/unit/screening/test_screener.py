"""Screening one transaction: outcomes, dates, ids, and that nothing unscreened is clear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from streams.errors import ScreeningTimeoutError
from streams.lists.loading import LoadedList
from streams.matching import EntityIndex, Policy
from streams.records.codec import encode
from streams.records.decision import EventSource
from streams.records.list_entry import ListedName, ListEntry
from streams.screening.answer import Answer, Event, answer
from streams.screening.screener import MOST_ALERTS, Screener, alert_id, in_force
from streams.screening.snapshot import Snapshot
from streams.software import software_version

NOW = datetime(2025, 10, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SOURCE = EventSource(topic="transactions", partition=1, offset=42)
ENTRY = ListEntry(
    source="a_list",
    entry_id="1",
    names=(ListedName(name="Inspur Software Co., Ltd."),),
    countries=("CN",),
    effective_from=date(2025, 3, 25),
    effective_to=date(2026, 1, 1),
)
SNAPSHOT = Snapshot.of_lists([LoadedList("a_list", (ENTRY,))], NOW)
SCREENER = Screener(Policy.default())


def answered(parties: Sequence[Mapping[str, object]], now: datetime = NOW, **fields: object) -> Answer:
    value = msgspec.json.encode({"transaction_id": "T", "parties": parties, **fields})
    return answer(Event(value, SOURCE, NOW), SCREENER, SNAPSHOT, now)


LISTED = {"name": "Inspur Software Co., Ltd.", "country": "CN"}
OTHER = {"name": "Velavia Toys GmbH", "country": "DE"}


def test_every_party_is_screened_whatever_its_role() -> None:
    result = answered([OTHER, {**LISTED, "role": "witness"}, {**LISTED, "role": ""}])
    assert result.decision.outcome == "hold"
    assert [alert.party_index for alert in result.alerts] == [1, 2]
    assert result.decision.alert_ids == tuple(alert.alert_id for alert in result.alerts)
    assert result.decision.releases == SNAPSHOT.refs
    assert result.decision.policy_version == SCREENER.policy.version
    assert result.decision.software_version == software_version()


def test_the_same_event_gives_the_same_decision_but_for_the_time() -> None:
    first, second = answered([LISTED]), answered([LISTED], now=LATER)
    assert encode(second.decision).replace(b"T13:00", b"T12:00") == encode(first.decision)
    assert encode(second.alerts[0]).replace(b"T13:00", b"T12:00") == encode(first.alerts[0])


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        ("2025-03-24", "review"),
        ("0001-01-01", "review"),
        ("2025-03-25", "hold"),
        ("2025-12-31", "hold"),
        ("2026-01-01", "review"),
        ("2099-01-01", "review"),
    ],
)
def test_an_entry_counts_on_the_days_it_is_in_force(day: str, outcome: str) -> None:
    assert answered([LISTED], occurred_at=f"{day}T10:00:00Z").decision.outcome == outcome


def test_an_entry_whose_time_is_over_counts_no_more() -> None:
    value = msgspec.json.encode({"transaction_id": "T", "parties": [LISTED]})
    outcomes = [
        answer(Event(value, SOURCE, datetime(2025, 12, 31, tzinfo=UTC) + timedelta(days=days)), SCREENER, SNAPSHOT, NOW)
        for days in (0, 1)
    ]
    assert [each.decision.outcome for each in outcomes] == ["hold", "clear"]


def test_a_decision_names_the_stale_lists_it_was_made_with() -> None:
    stale = replace(SNAPSHOT, stale=("a_list",))
    for value in (msgspec.json.encode({"transaction_id": "T", "parties": [OTHER]}), b"no event"):
        assert answer(Event(value, SOURCE, NOW), SCREENER, stale, NOW).decision.stale_lists == ("a_list",)
        assert answer(Event(value, SOURCE, NOW), SCREENER, SNAPSHOT, NOW).decision.stale_lists == ()


def test_an_old_date_makes_a_listed_party_a_review_that_says_why() -> None:
    (alert,) = answered([LISTED], occurred_at="1970-01-01T00:00:00Z").alerts
    assert alert.outcome == "review"
    assert alert.evidence[-1].text == "not in force on 1970-01-01, the day of the event, but on 2025-10-01"
    assert alert.summary.endswith(alert.evidence[-1].text)


def test_a_clock_that_stands_at_the_epoch_does_not_clear_a_listed_party() -> None:
    value = msgspec.json.encode({"transaction_id": "T", "parties": [LISTED]})
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert answer(Event(value, SOURCE, epoch), SCREENER, SNAPSHOT, NOW).decision.outcome == "review"


def test_an_entry_of_the_future_starts_by_itself() -> None:
    later = msgspec.structs.replace(ENTRY, effective_from=date(2025, 10, 2), effective_to=None)
    snapshot = Snapshot.of_lists([LoadedList("a_list", (later,))], NOW)
    value = msgspec.json.encode({"transaction_id": "T", "parties": [LISTED]})
    outcomes = [
        answer(Event(value, SOURCE, NOW + timedelta(days=days)), SCREENER, snapshot, NOW).decision.outcome
        for days in (0, 1)
    ]
    assert outcomes == ["clear", "hold"]


def test_declared_owners_are_screened() -> None:
    owned = {**OTHER, "owners": [{"name": "Velma Quist"}, {"name": LISTED["name"], "country": "CN", "percent": 100}]}
    result = answered([owned])
    assert result.decision.outcome == "hold"
    (alert,) = result.alerts
    assert (alert.field, alert.value, alert.party_index) == ("owners[1].name", LISTED["name"], 0)
    assert alert.summary.startswith("a declared owner: ")


def test_a_party_and_its_owner_that_hit_one_entry_are_one_alert() -> None:
    (alert,) = answered([{**LISTED, "owners": [{"name": LISTED["name"]}]}]).alerts
    assert alert.field == "name"


def test_more_alerts_than_anybody_can_work_with_are_an_error() -> None:
    result = answered([LISTED] * (MOST_ALERTS + 1))
    assert (result.decision.outcome, result.alerts) == ("error", ())
    assert f"more than {MOST_ALERTS} alerts" in result.decision.reason


def test_a_time_out_inside_a_party_stays_a_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> None:
        raise ScreeningTimeoutError("made by the test")

    monkeypatch.setattr(EntityIndex, "match_and_sample", slow)
    letter = answered([OTHER]).dead_letter
    assert letter is not None
    assert letter.reason == "timed_out"


def test_in_force_without_bounds() -> None:
    entry = msgspec.structs.replace(ENTRY, effective_from=None, effective_to=None)
    assert in_force(entry, date(1900, 1, 1))


def test_without_a_list_the_decision_is_error() -> None:
    value = msgspec.json.encode({"transaction_id": "T", "parties": [OTHER]})
    result = answer(Event(value, SOURCE, NOW), SCREENER, Snapshot(), NOW)
    assert result.decision.outcome == "error"
    assert "no list is in force" in result.decision.reason


def test_a_name_that_cannot_be_read_is_an_error_that_names_the_party() -> None:
    result = answered([OTHER, {"name": "---"}])
    assert result.decision.outcome == "error"
    assert "parties[1]" in result.decision.reason
    assert result.dead_letter is not None
    assert result.dead_letter.reason == "screening_failed"


def test_a_fault_inside_matching_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise MemoryError("made by the test")

    monkeypatch.setattr(EntityIndex, "match_and_sample", broken)
    result = answered([OTHER], revision=3)
    assert (result.decision.outcome, result.decision.revision) == ("error", 3)
    assert "MemoryError" in result.decision.reason


@pytest.mark.parametrize(
    ("value", "key", "identity"),
    [
        (b'{"transaction_id": "T", "parties": []}', b"K", "T"),
        (b"{", b"K", "K"),
        (b"{", b"\xff", "transactions/1/42"),
        (None, None, "transactions/1/42"),
    ],
)
def test_an_unreadable_event_is_decided_under_the_best_identity_there_is(
    value: bytes | None, key: bytes | None, identity: str
) -> None:
    headers = (("trace", b"\x00"), ("empty", None))
    result = answer(Event(value, SOURCE, NOW, key, headers), SCREENER, SNAPSHOT, NOW)
    assert (result.decision.transaction_id, result.decision.outcome) == (identity, "error")
    letter = result.dead_letter
    assert letter is not None
    assert (letter.value, letter.key) == (value, key)
    assert [(header.key, header.value) for header in letter.headers] == list(headers)


def test_alert_ids_tell_apart_what_is_different() -> None:
    other = msgspec.structs.replace(ENTRY, entry_id="11")
    ids = {
        alert_id("T", 0, 1, ENTRY),
        alert_id("T", 0, 1, other),
        alert_id("T", 1, 1, ENTRY),
        alert_id("T", 0, 11, ENTRY),
        alert_id("T0", 1, 1, ENTRY),
    }
    assert len(ids) == 5
    assert alert_id("T", 0, 1, ENTRY) in ids

"""A rule that lapses and returns, said as date ranges in the policy."""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib.resources import files

import msgspec
import pytest

from streams.errors import PolicyError
from streams.lists.loading import LoadedList
from streams.matching import Policy
from streams.records.decision import EventSource
from streams.records.list_entry import ListedName, ListEntry
from streams.screening.answer import Event, answer
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

AFFILIATES = "{from = 2025-09-29, to = 2025-11-10}, {from = 2026-11-10}"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _policy(periods: str) -> Policy:
    packaged = files("streams.matching").joinpath("policy.toml").read_text(encoding="utf-8")
    return Policy.from_toml(f"{packaged}\n{periods}", "policy")


def _entry(source: str = "us_bis_affiliates", program: str = "50% rule") -> ListEntry:
    return ListEntry(
        source=source, entry_id="1", names=(ListedName(name="Zorblatt Holdings Ltd."),), programs=(program,)
    )


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        ("2025-09-28", False),
        ("2025-09-29", True),
        ("2025-11-09", True),
        ("2025-11-10", False),
        ("2026-11-09", False),
        ("2026-11-10", True),
        ("2040-01-01", True),
    ],
)
def test_the_affiliates_rule_is_judged_at_the_events_time(day: str, counts: bool) -> None:
    policy = _policy(f'[[periods]]\nsource = "us_bis_affiliates"\nin_force = [{AFFILIATES}]')
    assert policy.counts(_entry(), date.fromisoformat(day)) is counts
    assert policy.counts(_entry("other"), date.fromisoformat(day))
    event = {
        "transaction_id": "T",
        "occurred_at": f"{day}T12:00:00Z",
        "parties": [{"name": "Zorblatt Holdings Ltd."}],
    }
    source = EventSource(topic="t", partition=0, offset=0)
    snapshot = Snapshot.of_lists([LoadedList("us_bis_affiliates", (_entry(),))], NOW)
    answered = answer(Event(msgspec.json.encode(event), source, NOW), Screener(policy), snapshot, NOW)
    assert answered.decision.outcome == ("hold" if counts else "clear")


def test_a_period_may_be_about_a_program_of_any_source_or_of_one() -> None:
    day = date(2026, 1, 1)
    asked = [_entry("a", "P"), _entry("b", "P"), _entry("a", "Q")]
    ended = "in_force = [{to = 2025-01-01}]"
    of_any = _policy(f'[[periods]]\nprogram = "P"\n{ended}')
    assert [of_any.counts(entry, day) for entry in asked] == [False, False, True]
    of_one = _policy(f'[[periods]]\nprogram = "P"\nsource = "a"\n{ended}')
    assert [of_one.counts(entry, day) for entry in asked] == [False, True, True]


def test_periods_are_part_of_the_policys_version() -> None:
    without, with_one = _policy(""), _policy(f'[[periods]]\nsource = "a"\nin_force = [{AFFILIATES}]')
    assert without.version == Policy.default().version != with_one.version


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("in_force = [{from = 2025-01-01}]", "names no source or program"),
        ('source = "a"', "in_force"),
        ('source = "a"\nin_force = []', "has no range"),
        ('source = "a"\nin_force = [{from = 2025-01-02, to = 2025-01-02}]', "is no range"),
        ('source = "a"\nin_force = [{from = 2025-01-01}, {from = 2026-01-01}]', "without overlap"),
        ('source = "a"\nin_force = [{to = 2026-01-02}, {from = 2026-01-01}]', "without overlap"),
        ('source = "a"\nin_force = [{since = 2025-01-01}]', "since"),
        ('source = "a"\nin_force = [{from = "soon"}]', "date"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(table: str, said: str) -> None:
    with pytest.raises(PolicyError, match="policy: periods") as error:
        _policy(f"[[periods]]\n{table}")
    assert said in str(error.value)

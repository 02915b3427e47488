"""What pages are made of: words marked, sentences, bars, filters, moments."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from unit.desk.story import ENTRY, FINGERPRINT, SOURCE, alert, at, cleared

from streams.desk.case_file import CaseFile, CaseKey, Place
from streams.desk.chart import HEIGHT, WIDTH, alerts_chart
from streams.desk.filters import CaseFilter
from streams.desk.marking import marked, sentence, share
from streams.desk.web.rendering import ago, facts, with_query
from streams.errors import ActRefusedError
from streams.records.alert import Evidence
from streams.records.case import Case
from streams.records.party import Address, Owner, Party

EVIDENCE = (
    Evidence(kind="word", effect="supports", text="", ours="incpur", listed="inspur", similarity=0.83, weight=0.5),
    Evidence(kind="word", effect="supports", text="", ours="beijing", listed="beijing", similarity=1.0, weight=0.2),
    Evidence(kind="word", effect="contradicts", text="", ours="east", similarity=0.0, weight=0.3),
    Evidence(kind="word", effect="contradicts", text="", listed="group", similarity=0.0),
    Evidence(kind="ignored", effect="ignored", text="legal form 'llc' ignored", ours="llc"),
    Evidence(kind="country", effect="supports", text="country CN agrees"),
)


def test_words_are_marked_by_what_the_evidence_says_and_the_name_stays_whole() -> None:
    name = "INCPUR (Beijing)  East, Ltd."
    pieces = marked(name, EVIDENCE, "ours")
    assert "".join(piece.text for piece in pieces) == name
    assert {piece.text: piece.mark for piece in pieces if piece.mark} == {
        "INCPUR": "near",
        "Beijing": "same",
        "East": "only",
        "Ltd": "ignored",
    }
    listed = {piece.text: piece.mark for piece in marked("Inspur Group", EVIDENCE, "listed")}
    assert (listed["Inspur"], listed["Group"]) == ("near", "only")


@pytest.mark.parametrize("name", ["", "   ", "浪潮集团", "<script>x</script>", "a\u202eb", "’’’", "x" * 1024])
def test_any_name_comes_out_as_it_came(name: str) -> None:
    assert "".join(piece.text for piece in marked(name, EVIDENCE, "ours")) == name


def test_evidence_in_sentences() -> None:
    assert [sentence(item) for item in EVIDENCE] == [
        "“incpur” is much like “inspur”: 83% alike.",
        "“beijing” is in both names.",
        "“east” is only in the party’s name.",
        "“group” is only in the listed name.",
        "“llc” is not counted: legal form.",
        "Country CN agrees.",
    ]
    assert share(EVIDENCE[0]) == "50% of the name"
    assert share(EVIDENCE[5]) == ""


NOW = datetime(2025, 3, 25, 12, 30, tzinfo=UTC)


def test_bars_stand_for_the_alerts_of_each_hour() -> None:
    hour = int(NOW.timestamp()) // 3600
    chart = alerts_chart({"b": Counter({hour: 30, hour - 1: 10}), "a": Counter({hour: 60, hour - 100: 5})}, NOW, 2)
    assert (chart.top, chart.total, len(chart.steps)) == (90, 100, 48)
    assert [(one.source, one.total) for one in chart.series] == [("a", 60), ("b", 40)]
    assert sum(bar.height for bar in chart.bars if bar.x > WIDTH * 47 / 48) == pytest.approx(HEIGHT)
    assert all(0 <= bar.x <= WIDTH and 0 <= bar.y <= HEIGHT for bar in chart.bars)
    assert chart.steps[-1] == NOW.replace(minute=0)


def test_days_are_those_of_utc_and_nothing_is_no_bar() -> None:
    hour = int(NOW.timestamp()) // 3600
    chart = alerts_chart({"a": Counter({hour - 12: 4, hour - 13: 3})}, NOW, 14)
    assert chart.series[0].counts[-2:] == (3, 4)
    empty = alerts_chart({}, NOW, 2)
    assert (empty.bars, empty.series, empty.total) == ((), (), 0)


def case_of(**more: Any) -> Case:
    file = CaseFile(CaseKey(FINGERPRINT, SOURCE, ENTRY))
    file.add_alert(alert(1, 0, **more), Place(0, 0))
    file.add_act(cleared()[0])
    case = file.case()
    assert case is not None
    return case


@pytest.mark.parametrize(
    ("query", "taken"),
    [
        ({}, True),
        ({"source": SOURCE, "outcome": "review", "country": "cn", "text": "INCPUR"}, True),
        ({"state": "undecided"}, True),
        ({"state": "proposed"}, True),
        ({"state": "open"}, True),
        ({"state": "true_match"}, False),
        ({"source": "other"}, False),
        ({"outcome": "hold"}, False),
        ({"country": "TW"}, False),
        ({"role": "bank"}, False),
        ({"assignee": "mia"}, False),
        ({"text": "elsewhere"}, False),
        ({"age": "1h"}, True),
        ({"age": "over1d"}, False),
        ({"unknown": "x"}, True),
    ],
)
def test_filters(query: dict[str, str], taken: bool) -> None:
    assert CaseFilter.of_query(query).takes(case_of(), at(10)) is taken


def test_ages_go_by_when_a_case_was_first_seen() -> None:
    for age, days, taken in (
        ("1h", 1, False),
        ("1d", 1, True),
        ("7d", 8, False),
        ("over1d", 2, True),
        ("over7d", 8, True),
    ):
        assert CaseFilter.of_query({"age": age}).takes(case_of(), at(0) + timedelta(days=days)) is taken


def test_a_case_is_found_by_a_transaction_of_its_alerts() -> None:
    for text, taken in (("po-2", True), ("po-3", False)):
        assert CaseFilter.of_query({"text": text}).takes(case_of(), at(10), ("PO-1", "PO-2")) is taken


def test_alerts_are_filtered_by_what_is_theirs() -> None:
    one = alert(1, 0)
    for query, taken in (({"text": "po-1"}, True), ({"text": "po-2"}, False), ({"outcome": "hold"}, False)):
        assert CaseFilter.of_query(query).takes_alert(one) is taken


def test_a_filter_that_cannot_be_meant_is_refused() -> None:
    with pytest.raises(ActRefusedError, match="state is one of open"):
        CaseFilter.of_query({"state": "gone"})


def test_moments_and_queries_read_well() -> None:
    told = [ago(at(0), at(0) + timedelta(seconds=seconds)) for seconds in (-5, 5, 600, 7200, 200_000)]
    assert told == ["0 s ago", "5 s ago", "10 min ago", "2 h ago", "2 d ago"]
    assert with_query(CaseFilter(state="open", text="a&b"), state="") == "text=a%26b"


def test_facts_leave_out_what_is_not_told() -> None:
    party = Party(
        name="x",
        country="CN",
        addresses=(Address(city="Beijing", country="CN"),),
        owners=(Owner(name="y", percent=51),),
    )
    assert facts(party) == [("Country", ["CN"]), ("Addresses", ["Beijing, CN"]), ("Owners", ["y · 51 %"])]

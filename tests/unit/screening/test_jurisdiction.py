"""Which lists apply: a Chinese plant is screened against China's list, one in the US against that of BIS."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

import pytest
from screened import SOURCE, screened

from streams.errors import PolicyError
from streams.lists.loading import BUNDLED, BUNDLED_CN, load_list
from streams.matching import Policy
from streams.screening.answer import Answer
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

NOW = datetime(2025, 10, 1, 12, tzinfo=UTC)
US_LIST, CN_LIST = "us_bis_additions", "cn_mofcom_export_control_list"
RULES = """
[jurisdiction]
exporter_roles = ["exporter"]

[[jurisdiction.rules]]
name = "plants in China"
lists = ["cn_mofcom_export_control_list"]
topics = ["cn.transactions"]

[[jurisdiction.rules]]
name = "plants in the US"
lists = ["us_bis_additions"]
topics = ["us.transactions", "any.transactions"]
exporters = ["United States"]

[[jurisdiction.rules]]
name = "goods of US origin"
lists = ["us_bis_additions"]
topics = ["us.transactions", "any.transactions"]
origins = ["USA"]
"""
Party = dict[str, object]
BOTH: list[Party] = [{"name": "Skydio Inc."}, {"name": "Inspur Software Co., Ltd."}]
CN_EXPORTER: Party = {"name": "Hestrup Wickerwork", "role": "exporter", "country": "CHN"}
US_EXPORTER: Party = {"name": "Hestrup Wickerwork", "role": "exporter", "addresses": [{"country": "USA"}]}


@cache
def _policy(rules: str) -> Policy:
    return Policy.from_toml(files("streams.matching").joinpath("policy.toml").read_text(encoding="utf-8") + rules)


@cache
def _snapshot() -> Snapshot:
    return Snapshot.of_lists([load_list(BUNDLED), load_list(BUNDLED_CN)], NOW)


def _answer(topic: str, parties: list[Party], rules: str = RULES, **fields: object) -> Answer:
    event = {"transaction_id": "T", "parties": parties, **fields}
    return screened(event, Screener(_policy(rules), topic), _snapshot(), NOW, NOW)


def _outcomes(answered: Answer) -> dict[str, str]:
    return {alert.listed.source: alert.outcome for alert in answered.alerts}


def test_a_plant_in_china_is_screened_against_china_s_list_and_one_in_the_us_against_bis_s() -> None:
    in_china = _answer("cn.transactions", BOTH)
    assert _outcomes(in_china) == {CN_LIST: "hold"}
    (not_applied,) = in_china.decision.not_applied
    assert (not_applied.source, not_applied.party_index) == (US_LIST, 1)
    assert not_applied.reason == (
        "jurisdiction (plants in the US, goods of US origin): the list does not apply to topic cn.transactions"
    )
    in_the_us = _answer("us.transactions", [*BOTH, US_EXPORTER])
    assert _outcomes(in_the_us) == {US_LIST: "hold"}
    assert [each.source for each in in_the_us.decision.not_applied] == [CN_LIST]


def test_hits_of_lists_that_do_not_apply_make_nothing_but_a_line_in_the_decision() -> None:
    decision = _answer("cn.transactions", BOTH[1:]).decision
    assert (decision.outcome, decision.alert_ids, len(decision.not_applied)) == ("clear", (), 1)


def test_an_event_s_topic_is_the_one_it_came_on() -> None:
    screener = Screener(_policy(RULES.replace("cn.transactions", SOURCE.topic)))
    answered = screened({"transaction_id": "T", "parties": BOTH}, screener, _snapshot(), NOW, NOW)
    assert _outcomes(answered) == {CN_LIST: "hold"}


@pytest.mark.parametrize("topic", ["", "transactions", "cn.transaction"])
def test_a_topic_that_no_rule_names_rules_nothing_out(topic: str) -> None:
    answered = _answer(topic, BOTH)
    assert _outcomes(answered) == {US_LIST: "hold", CN_LIST: "hold"}
    assert answered.decision.not_applied == ()


@pytest.mark.parametrize(
    ("exporters", "items", "outcome"),
    [
        ([US_EXPORTER], [{"origin": "CN"}], "hold"),  # by exporter
        ([CN_EXPORTER], [{"origin": "China"}, {"origin": "us"}], "hold"),  # one item of US origin is enough
        ([CN_EXPORTER], [{"origin": "CHN"}, {"origin": "Germany"}], "review"),  # the event alone rules it out
        ([CN_EXPORTER], [{"origin": "CN"}, {}], "hold"),  # an origin is not told
        ([CN_EXPORTER], [{"origin": "CN"}, {"origin": "Atlantis"}], "hold"),  # or cannot be read
        ([CN_EXPORTER], [], "hold"),
        ([], [{"origin": "CN"}], "hold"),  # no exporter
        ([{**CN_EXPORTER, "country": ""}], [{"origin": "CN"}], "hold"),  # of an unknown country
        ([CN_EXPORTER, US_EXPORTER], [{"origin": "CN"}], "hold"),
        ([CN_EXPORTER, {**CN_EXPORTER, "country": ""}], [{"origin": "CN"}], "hold"),
        ([{**CN_EXPORTER, "addresses": [{"country": "US"}]}], [{"origin": "CN"}], "hold"),
        ([{**CN_EXPORTER, "role": "seller"}], [{"origin": "CN"}], "hold"),  # in no role that tells the exporter
    ],
)
def test_what_an_event_says_of_itself_makes_a_review_at_most(
    exporters: list[Party], items: list[dict[str, object]], outcome: str
) -> None:
    answered = _answer("any.transactions", [BOTH[1], *exporters], items=items)
    assert _outcomes(answered) == {US_LIST: outcome}
    (line,) = [line for line in answered.alerts[0].evidence if line.kind == "jurisdiction"]
    assert line.effect == ("supports" if outcome == "hold" else "contradicts")


def test_the_alert_says_why_the_list_applies_or_not() -> None:
    def said(*parties: Party, items: list[dict[str, object]]) -> str:
        (alert,) = _answer("any.transactions", [BOTH[1], *parties], items=items).alerts
        return next(line.text for line in alert.evidence if line.kind == "jurisdiction")

    assert said(US_EXPORTER, items=[]) == "jurisdiction (plants in the US): the list applies"
    assert said(items=[]) == "jurisdiction (plants in the US): the list applies; the exporter's country is not told"
    assert said(CN_EXPORTER, items=[{"origin": "DE"}, {"origin": "CN"}]) == (
        "by the event's own words the list does not apply (plants in the US: the exporter is of CN, not US; "
        "goods of US origin: the goods are of CN, DE, not US)"
    )


def test_a_rule_may_name_a_program_and_leaves_other_lists_alone() -> None:
    rules = RULES.replace('["cn_mofcom_export_control_list"]', '["Export control list"]')
    assert _outcomes(_answer("cn.transactions", BOTH, rules)) == {CN_LIST: "hold"}
    assert _outcomes(_answer("us.transactions", BOTH, rules)) == {US_LIST: "hold"}
    one = RULES.split("[[")[0].replace('exporter_roles = ["exporter"]', "") + "[[" + RULES.split("[[")[1]
    assert _outcomes(_answer("us.transactions", BOTH, one)) == {US_LIST: "hold", CN_LIST: "hold"}


def test_a_listed_owner_of_a_list_that_does_not_apply_is_named_in_the_decision() -> None:
    party: Party = {
        "name": "Velavia Toys GmbH",
        "owners": [{"name": "Inspur Software Co., Ltd.", "percent": 60}],
    }
    decision = _answer("cn.transactions", [party]).decision
    assert (decision.outcome, len(decision.not_applied)) == ("clear", 1)


def test_the_policy_s_version_tells_rules_apart_but_not_how_countries_are_written() -> None:
    written = RULES.replace("United States", "us").replace("USA", "US")
    assert _policy(written).version == _policy(RULES).version
    assert len({_policy(RULES).version, _policy(RULES.replace("USA", "CN")).version, Policy.default().version}) == 3
    assert Policy.default().jurisdiction is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"plants in the US"',
            '"plants in China"',
            "jurisdiction.rules[1] (plants in China).name: another rule has it",
        ),
        ('topics = ["cn.transactions"]', "", "jurisdiction.rules[0] (plants in China): names no topics, exporters or"),
        ("USA", "Atlantis", "jurisdiction.rules[2] (goods of US origin).origins: 'Atlantis' is no country"),
        ('exporter_roles = ["exporter"]', "", "jurisdiction.rules[1] (plants in the US).exporters: jurisdiction.exp"),
        (
            'exporters = ["United States"]',
            "",
            "jurisdiction.exporter_roles: no rule has exporters; leave the roles out",
        ),
        ('lists = ["us_bis_additions"]', "lists = []", "jurisdiction: Expected `array` of length >= 1"),
        ("origins", "origin", "jurisdiction: Object contains unknown field `origin`"),
        (RULES, "\n[jurisdiction]\nrules = []", "jurisdiction: Expected `array` of length >= 1"),
    ],
)
def test_rules_that_contradict_themselves_are_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(PolicyError) as refused:
        _policy(RULES.replace(old, new))
    assert message in str(refused.value)


def test_a_worker_tells_what_its_topic_rules_out() -> None:
    rules = _policy(RULES).jurisdiction
    assert rules is not None
    assert rules.told_of("cn.transactions") == "these lists do not apply: us_bis_additions"
    assert rules.told_of("us.transactions") == "these lists do not apply: cn_mofcom_export_control_list"
    assert rules.told_of("transactions") == "nothing is ruled out, as no rule names it"

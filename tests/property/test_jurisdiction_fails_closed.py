"""Whatever the rules: what an event says of itself never lets a hit go, and what it leaves out never softens one."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.matching import EntityIndex, Policy
from streams.matching.jurisdiction_rules import JurisdictionRule, JurisdictionRules
from streams.records.list_entry import ListedName, ListEntry
from streams.records.party import Party
from streams.records.transaction import Item, Transaction
from streams.screening.jurisdiction import Jurisdiction

ENTRY = ListEntry(source="a_list", entry_id="1", names=(ListedName(name="Inspur Software Co., Ltd."),))
PARTY = Party(name="Inspur Software Co., Ltd.")
(MATCH,) = EntityIndex.build([ENTRY]).match(PARTY, Policy.default())
HOLD = replace(MATCH, outcome="hold")


def some(*values: str) -> st.SearchStrategy[tuple[str, ...] | None]:
    return st.none() | st.lists(st.sampled_from(values), min_size=1, unique=True).map(tuple)


rule = st.builds(
    JurisdictionRule,
    name=st.just("a rule"),
    lists=st.sampled_from([("a_list",), ("another_list",), ("a_list", "another_list")]),
    topics=some("t1", "t2"),
    exporters=some("cn", "us"),
    origins=some("cn", "us"),
)
rules = st.lists(rule, min_size=1, max_size=4).map(
    lambda several: JurisdictionRules(rules=tuple(several), exporter_roles=("exporter",))
)
countries = st.lists(st.sampled_from(["CN", "USA", "Germany", "", "Atlantis"]), max_size=2)


def severity(rules: JurisdictionRules, topic: str, exporters: list[str], origins: list[str]) -> int:
    """0 for a hit that is not applied, 1 for a review, 2 for a hold."""
    parties = (PARTY, *[Party(name="Hestrup", role="exporter", country=country) for country in exporters])
    items = tuple([Item(origin=origin) for origin in origins])
    lists = Jurisdiction(rules, topic, Transaction(transaction_id="T", parties=parties, items=items))
    if lists.not_applied(0, ENTRY) is not None:
        return 0
    return 2 if lists.judged(HOLD).outcome == "hold" else 1


@settings(deadline=None)
@given(rules, st.sampled_from(["t1", "t2", "t3"]), countries, countries)
def test_what_is_not_told_rules_nothing_out(
    rules: JurisdictionRules, topic: str, exporters: list[str], origins: list[str]
) -> None:
    told = severity(rules, topic, exporters, origins)
    silent = severity(rules, topic, [], [])
    assert told <= severity(rules, topic, exporters, []) <= silent
    assert told <= severity(rules, topic, [], origins) <= silent
    assert (told == 0) == (silent == 0), "only the topic lets a hit go"
    assert silent in (0, 2), "an event that says nothing of itself is stopped as without rules"
    if not rules.knows(topic):
        assert silent == 2

"""Who stands behind a party: the 50% rules, with numbers worked out by hand in each case."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from screened import screened

from streams.errors import PolicyError
from streams.lists.loading import LoadedList
from streams.matching import Policy
from streams.matching.ownership_rules import read_ownership_rules
from streams.records.list_entry import ListedName, ListEntry
from streams.screening.answer import Answer
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

NOW = datetime(2025, 10, 1, 12, tzinfo=UTC)
SDN, ENTITY_LIST = "us_ofac_sdn", "us_bis_entity_list"
X, Y, LISTED_BY_BIS = "Zorblatt Petrokhim", "Quvelian Marstrand", "Brunkhalden Avionics"
LATER = "Tessimond Yarrow Shipping"
OF_744_8 = "Wrexby Ostrander Mining"
"""Blocked under a program that BIS's rule counts, too."""
SECTORAL = "Quillon Varga Refining"
"""Named under the same program on another list, of which no rule is."""


def _list(source: str, *names: str) -> LoadedList:
    return LoadedList(
        source,
        tuple(
            ListEntry(
                source=source,
                entry_id=name,
                names=(ListedName(name=name),),
                effective_from=date(2025, 9, 15) if name == LATER else None,
                programs=("RUSSIA-EO14024",) if name in (OF_744_8, SECTORAL) else ("CUBA",),
            )
            for name in names
        ),
    )


SNAPSHOT = Snapshot.of_lists(
    [_list(SDN, X, Y, LATER, OF_744_8), _list(ENTITY_LIST, LISTED_BY_BIS), _list("ssi", SECTORAL)], NOW
)
SCREENER = Screener(Policy.default())

Line = tuple[str, float | None, str] | tuple[str, float | None]
A, B, C = "Hestrup Wickerwork", "Ormondale Tiles", "Pexley Lanterns"


def _screened(*owners: Line, day: str = "2025-10-01") -> Answer:
    lines = [{"name": line[0], "percent": line[1], "of": line[2] if len(line) == 3 else ""} for line in owners]
    event = {
        "transaction_id": "T",
        "occurred_at": f"{day}T12:00:00Z",
        "parties": [{"name": "Velavia Toys GmbH", "owners": lines}],
    }
    return screened(event, SCREENER, SNAPSHOT, NOW, NOW)


def _told(answered: Answer) -> list[str]:
    return [item.text for item in answered.alerts[0].evidence if item.kind == "ownership"]


@pytest.mark.parametrize(
    ("owners", "held", "outcome"),
    [
        ([(X, 50)], "50% = 50%", "hold"),
        ([(X, 49.9)], "49.9% = 49.9%", "review"),
        # Two blocked owners together: 25 + 25.
        ([(X, 25), (Y, 25)], "25% + 25% = 50%", "hold"),
        ([(X, 25), (Y, 24)], "25% + 24% = 49%", "review"),
        # In binary, 33.3 + 16.7 need not be 50.
        ([(X, 33.3), (Y, 16.7)], "33.3% + 16.7% = 50%", "hold"),
        # An owner that is not listed does not count.
        ([(X, 25), (A, 75)], "25% = 25%", "review"),
        # FAQ 401, example 1: X has half of A, so A is blocked, and A's whole half of the party counts; not a quarter.
        ([(A, 50), (X, 50, A)], "50% = 50%", "hold"),
        # But half of a company of which X has a quarter is nothing.
        ([(A, 50), (X, 25, A)], None, "review"),
        # Multiplied, 50% of 50% and 10% more would be 35%; passed on whole, 40 + 10 = 50 (example 3).
        ([(X, 10), (A, 40), (X, 50, A)], "10% + 40% = 50%", "hold"),
        # Example 2: half of A and half of B, which have a quarter each.
        ([(A, 25), (B, 25), (X, 50, A), (X, 50, B)], "25% + 25% = 50%", "hold"),
        # 50% of 50% is not 50% more: A, half X's, has 30% and X 15%, together 45%.
        ([(X, 15), (A, 30), (X, 50, A)], "15% + 30% = 45%", "review"),
        # Without half of A, only its direct 30% counts, not 25% + 30%.
        ([(X, 30), (A, 25), (X, 49, A)], "30% = 30%", "review"),
        # A chain of three, each link 100%.
        ([(A, 100), (B, 100, A), (X, 100, B)], "100% = 100%", "hold"),
        # A and B own all of each other, and A the party: X's 10% of A starts nothing.
        ([(A, 100), (B, 90, A), (A, 100, B), (X, 10, A)], None, "review"),
        # With 50% of A it does, once: the cycle adds nothing.
        ([(A, 60), (B, 50, A), (A, 100, B), (X, 50, A)], "60% = 60%", "hold"),
        # The party's own holding in its owner gives it nothing.
        ([(A, 100), ("Velavia Toys GmbH", 100, A), (X, 40, A)], None, "review"),
        # Shares that nobody told: X could have all of A.
        ([(X, None)], None, "review"),
        ([(A, 60), (X, None, A)], None, "review"),
    ],
)
def test_the_50_percent_rule(owners: list[Line], held: str | None, outcome: str) -> None:
    answered = _screened(*owners)
    assert answered.decision.outcome == outcome
    total = _told(answered)[-1]
    assert (f"hold {held} of the party" if held else "no holding counts") in total
    assert total.startswith("OFAC 50 Percent Rule (")
    assert total in answered.alerts[0].summary


def test_two_listed_owners_both_hold_with_both_chains_and_the_sum_in_the_evidence() -> None:
    answered = _screened((A, 30), (Y, 25), (X, 80, A))
    assert [alert.outcome for alert in answered.alerts] == ["hold", "hold"]
    texts = [{item.text for item in alert.evidence if item.kind == "ownership"} for alert in answered.alerts]
    assert texts[0] == texts[1]
    chains = sorted(texts[0])
    assert chains[0].startswith("OFAC 50 Percent Rule")
    assert chains[0].endswith("30% + 25% = 55% of the party; 50% is reached")
    assert chains[1] == f"{Y} owns 25% of the party (owners[1]); {Y} may be {Y} ({SDN} {Y})"
    assert chains[2] == (
        f"{X} owns 80% of {A} (owners[2]), {A} owns 30% of the party (owners[0]); {X} may be {X} ({SDN} {X})"
    )


def test_shares_past_100_percent_are_counted_as_told_and_said() -> None:
    answered = _screened((X, 60), (Y, 30), (A, 70))
    assert answered.decision.outcome == "hold"
    assert _told(answered)[-1].endswith("60% + 30% = 90% of the party; 50% is reached; the shares told add up to 160%")


@pytest.mark.parametrize(("last", "outcome"), [(50, "hold"), (49, "review")])
def test_a_chain_of_fifty(last: float, outcome: str) -> None:
    """49 companies that own 50% of the next, and X, which has ``last`` percent of the first of them."""
    names = [
        f"{first}{second} Baskets"
        for first in ("Hes", "Orm", "Pex", "Tul", "Wig", "Lud", "Dra")
        for second in ("trup", "dale", "ley", "ham", "wick", "by", "toft")
    ]
    lines: list[Line] = [(names[0], 50)]
    lines += [(owner, 50, owned) for owned, owner in pairwise(names)]
    answered = _screened(*lines, (X, last, names[-1]))
    assert answered.decision.outcome == outcome
    assert _told(answered)[0].count(" owns ") == 50


def test_a_line_about_nobody_who_is_an_owner_is_an_unknown_share() -> None:
    assert "could make up 50%" in _told(_screened((X, 5, "Nobody Named")))[-1]


def test_owners_who_are_listed_only_since_make_a_review() -> None:
    """30% by a listed owner and 25% by one whose entry takes effect after the event's day."""
    alerts = _screened((X, 30), (LATER, 25), day="2025-09-01").alerts
    assert [alert.outcome for alert in alerts] == ["review", "review"]
    assert "30% + 25% = 55% of the party; 50% is reached only if all these" in alerts[0].summary


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        ("2025-09-28", "review"),
        ("2025-09-29", "hold"),
        ("2025-11-09", "hold"),
        ("2025-11-10", "review"),
        ("2026-11-09", "review"),
        ("2026-11-10", "hold"),
    ],
)
def test_the_affiliates_rule_holds_before_and_after_its_suspension(day: str, outcome: str) -> None:
    answered = _screened((LISTED_BY_BIS, 50), day=day)
    assert answered.decision.outcome == outcome
    assert ("not in force on " + day in _told(answered)[-1]) == (outcome == "review")


def test_an_unknown_share_of_an_entity_list_party_holds_while_the_rule_is_in_force() -> None:
    assert _screened((LISTED_BY_BIS, None)).decision.outcome == "hold"
    assert _screened((LISTED_BY_BIS, None), day="2025-12-01").decision.outcome == "review"
    assert _screened((LISTED_BY_BIS, 20)).decision.outcome == "review"


def test_shares_of_two_rules_are_not_added_up() -> None:
    """25% of a person blocked under another program and 25% of an Entity List party: neither rule reaches 50%."""
    answered = _screened((X, 25), (LISTED_BY_BIS, 25))
    assert [alert.outcome for alert in answered.alerts] == ["review", "review"]


@pytest.mark.parametrize(("day", "outcome"), [("2025-10-01", "hold"), ("2025-11-10", "review"), ("2026-11-10", "hold")])
def test_the_affiliates_rule_adds_blocked_persons_of_its_programs_to_the_entity_list(day: str, outcome: str) -> None:
    """15 CFR 744.8(a)(2): 25% + 25% = 50% over both lists, though each list alone has 25%."""
    answered = _screened((OF_744_8, 25), (LISTED_BY_BIS, 25), day=day)
    assert [alert.outcome for alert in answered.alerts] == [outcome, outcome]
    for alert in answered.alerts:
        told = [item.text for item in alert.evidence if item.kind == "ownership"]
        assert len(told) == len(set(told))
        assert "listed owners hold 25% + 25% = 50% of the party" in alert.summary


def test_a_program_counts_on_the_list_of_blocked_persons_alone() -> None:
    """A list without a rule counts like the party, whatever its program, and adds nothing to the Entity List's 25%."""
    (alert,) = _screened((SECTORAL, 1), day="2025-12-15").alerts
    assert alert.outcome == "hold"
    answered = _screened((SECTORAL, 25), (LISTED_BY_BIS, 25))
    assert {alert.listed.source: alert.outcome for alert in answered.alerts} == {"ssi": "hold", ENTITY_LIST: "review"}


def test_the_same_owner_on_two_lines_has_both_holdings() -> None:
    (alert,) = _screened((X, 25), (X, 25)).alerts
    assert alert.outcome == "hold"


def test_wrong_rules_are_refused() -> None:
    table = {
        "name": "A rule",
        "citation": "somewhere",
        "lists": ["a_list"],
        "percent": 50,
        "in_force": [{"from": date(2025, 1, 1)}],
        "unknown": "review",
    }
    (rule,) = read_ownership_rules([table], "policy")
    assert rule.holds(date(2025, 1, 1))
    assert not rule.holds(date(2024, 12, 31))
    mistakes: tuple[dict[str, object], ...] = (
        {"percent": 0},
        {"unknown": "clear"},
        {"lists": []},
        {"in_force": []},
        {"share": 1},
        {"programs": ["P"]},
        {"program_lists": ["b_list"]},
    )
    for wrong in mistakes:
        with pytest.raises(PolicyError, match="policy: ownership"):
            read_ownership_rules([{**table, **wrong}], "policy")
    with pytest.raises(PolicyError, match="is no range"):
        read_ownership_rules([{**table, "in_force": [{"from": date(2025, 1, 2), "to": date(2025, 1, 2)}]}], "policy")

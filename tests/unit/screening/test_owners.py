"""Owners that the ownership graph tells: chains, shares, days and control, with numbers worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

import msgspec
import pytest
from screened import SOURCE, answer_from_memory, screened

from streams.lists.loading import LoadedList
from streams.lists.state import Change
from streams.matching import Match, Policy
from streams.matching.asking import Asked
from streams.ownership.graph import NO_OWNERSHIP, OwnershipGraph
from streams.ownership.pages import paged
from streams.ownership.release import next_release
from streams.records.list_entry import ListedName, ListEntry, RelatedEntry
from streams.records.list_release import ListRelease
from streams.records.ownership import HoldingParty, OwnershipEdge
from streams.records.party import Identifier, Party
from streams.screening import owners
from streams.screening.answer import Answer, Event, answer
from streams.screening.memory import MatchMemory
from streams.screening.owners import Behind
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

NOW = datetime(2025, 10, 15, 12, tzinfo=UTC)
X, Y, OF_NO_RULE = "Zorblatt Petrokhim", "Quvelian Marstrand", "Brunkhalden Avionics"
A, B, PARTY = "Hestrup Wickerwork", "Ormondale Tiles", "Velavia Toys GmbH"
LEI = Identifier(type="LEI", value="529900T8BM49AURSDO55")


def _list(source: str, *names: str) -> LoadedList:
    return LoadedList(
        source, tuple(ListEntry(source=source, entry_id=name, names=(ListedName(name=name),)) for name in names)
    )


LISTS = Snapshot.of_lists([_list("us_ofac_sdn", X, Y), _list("a_list", OF_NO_RULE)], NOW)
SCREENER = Screener(Policy.default())


def edge(
    owner: str, owned: str, percent: float | None, kind: str = "share", start: str = "", end: str = ""
) -> OwnershipEdge:
    return OwnershipEdge(
        owner=HoldingParty(name=owner),
        owned=HoldingParty(name=owned),
        percent=percent,
        kind="control" if kind == "control" else "share",
        from_=date.fromisoformat(start) if start else None,
        to=date.fromisoformat(end) if end else None,
    )


def graph(*edges: OwnershipEdge, source: str = "register", before: OwnershipGraph = NO_OWNERSHIP) -> OwnershipGraph:
    return before.after(next_release(source, paged(edges), None, NOW))


def asked(told: OwnershipGraph, *declared: dict[str, object], day: str = "2025-10-01", name: str = PARTY) -> Answer:
    event = {
        "transaction_id": "T",
        "occurred_at": f"{day}T12:00:00Z",
        "parties": [{"name": name, "owners": list(declared)}],
    }
    return screened(event, SCREENER, LISTS.with_ownership(told), NOW, NOW)


def evidence(answered: Answer) -> list[str]:
    return [each.text for each in answered.alerts[0].evidence if each.kind == "ownership"]


def test_two_listed_owners_hold_an_unlisted_party_with_both_chains_and_the_sum() -> None:
    answered = asked(graph(edge(A, PARTY, 30), edge(X, A, 100), edge(Y, PARTY, 25)))
    assert [alert.outcome for alert in answered.alerts] == ["hold", "hold"]
    assert {alert.field for alert in answered.alerts} == {"ownership[1].name", "ownership[2].name"}
    assert all(alert.party.owners == () for alert in answered.alerts)
    told = evidence(answered)
    assert f"{X} owns 100% of {A} (register), {A} owns 30% of the party (register); {X} may be" in " | ".join(told)
    assert f"{Y} owns 25% of the party (register); {Y} may be {Y} (us_ofac_sdn {Y})" in told
    assert told[-1].endswith("30% + 25% = 55% of the party; 50% is reached")
    release = answered.decision.releases["ownership/register"]
    assert release.release_id.endswith(release.digest[:8])


@pytest.mark.parametrize(
    ("edges", "outcome"),
    [
        ([edge(X, PARTY, 49.9)], "review"),
        ([edge(X, PARTY, None)], "review"),
        # A cycle, and a party that owns its owner.
        ([edge(X, A, 50), edge(A, B, 60), edge(B, A, 40), edge(B, PARTY, 50), edge(PARTY, B, 40)], "hold"),
        ([edge(A, B, 60), edge(B, A, 60), edge(B, PARTY, 100), edge(X, A, 40)], "review"),
        # More than 100% together.
        ([edge(X, PARTY, 70), edge(A, PARTY, 80)], "hold"),
        # Nobody listed.
        ([edge(A, PARTY, 100)], "clear"),
        # Not yet, not any more, and only since the event's day, which is a day before the record's.
        ([edge(X, PARTY, 100, start="2025-10-16")], "clear"),
        ([edge(X, PARTY, 100, end="2025-10-01")], "clear"),
        ([edge(X, PARTY, 100, start="2025-10-02")], "review"),
        ([edge(X, PARTY, 100, start="2025-10-01", end="2025-10-02")], "hold"),
        # Control without a share never holds by itself, and adds nothing; neither does it for a list without a rule.
        ([edge(X, PARTY, None, "control")], "review"),
        ([edge(X, PARTY, None, "control"), edge(Y, PARTY, 49, "share")], "review"),
        ([edge(X, A, 100), edge(A, PARTY, None, "control")], "review"),
        ([edge(OF_NO_RULE, PARTY, None, "control")], "review"),
        ([edge(OF_NO_RULE, PARTY, 1)], "hold"),
    ],
)
def test_what_the_graph_tells_is_judged_as_declared_owners_are(edges: list[OwnershipEdge], outcome: str) -> None:
    answered = asked(graph(*edges))
    assert answered.decision.outcome == outcome
    if outcome != "clear":
        assert evidence(answered)


def test_control_is_told_as_such() -> None:
    told = evidence(asked(graph(edge(X, PARTY, None, "control"))))
    assert f"control without a share, for a person to look at: {X} controls the party (register)" in told[-1]


def test_a_holding_that_is_there_when_the_event_is_recorded_counts_whatever_day_it_names() -> None:
    told = graph(edge(X, PARTY, 60, end="2027-01-01"))
    assert asked(told, day="2099-01-01").decision.outcome == "review"


def test_a_chain_of_fifty_is_followed_to_its_end() -> None:
    names = [X, *[f"Intermediate{number}ko Holding" for number in range(49)], PARTY]
    links = [edge(owner, owned, 51) for owner, owned in pairwise(names)]
    assert len(links) == 50
    answered = asked(graph(*links))
    assert answered.decision.outcome == "hold"
    assert evidence(answered)[0].count(" owns 51% of ") == 50
    links[25] = edge(names[25], names[26], 49)
    assert asked(graph(*links)).decision.outcome == "review"


def test_one_holding_told_twice_is_counted_once_the_largest() -> None:
    told = graph(edge(X, PARTY, 30), source="second", before=graph(edge(X, PARTY, 20), edge(X, PARTY, 5)))
    answered = asked(told, {"name": X.upper(), "percent": 25})
    assert answered.decision.outcome == "review"
    assert evidence(answered)[-1].endswith("hold 30% = 30% of the party; 50% is not reached")


def test_one_owner_in_two_spellings_is_one_and_so_is_a_link_of_the_chain() -> None:
    told = graph(edge(X, "Müller Holding", 100), source="second", before=graph(edge("Mueller-Holding", PARTY, 30)))
    told = graph(edge("MULLER HOLDING", PARTY, 30), source="third", before=told)
    answered = asked(told)
    assert answered.decision.outcome == "review"
    assert evidence(answered)[-1].endswith("hold 30% = 30% of the party; 50% is not reached")


def test_the_graph_goes_on_where_the_declared_owners_end() -> None:
    answered = asked(graph(edge(X, A, 50)), {"name": f"{A} Ltd", "percent": 60})
    assert answered.decision.outcome == "hold"
    assert evidence(answered)[0].startswith(
        f"{X} owns 50% of {A} Ltd (register), {A} Ltd owns 60% of the party (owners[0])"
    )


def test_an_owner_is_screened_by_its_identifiers_too() -> None:
    entry = ListEntry(source="us_ofac_sdn", entry_id="1", names=(ListedName(name="Quite Another"),), identifiers=(LEI,))
    lists = Snapshot.of_lists([LoadedList("us_ofac_sdn", (entry,))], NOW)
    owner = HoldingParty(name=LEI.value, identifiers=(LEI,))
    told = graph(OwnershipEdge(owner=owner, owned=HoldingParty(name=PARTY), percent=60))
    event = {"transaction_id": "T", "parties": [{"name": PARTY}]}
    answered = screened(event, SCREENER, lists.with_ownership(told), NOW, NOW)
    assert [(alert.outcome, alert.field) for alert in answered.alerts] == [("hold", "ownership[0].identifiers[0]")]


def named(name: str, lei: str = "", country: str = "") -> HoldingParty:
    return HoldingParty(name=name, country=country, identifiers=(Identifier(type="LEI", value=lei),) if lei else ())


def holds(owner: HoldingParty, owned: HoldingParty) -> OwnershipEdge:
    return OwnershipEdge(owner=owner, owned=owned, percent=100)


VAGUE, EXACT = graph(edge(A, PARTY, 100), source="a_register"), holds(named(A, LEI.value), named(PARTY))
OF_EXACT = holds(named(X), named(LEI.value, LEI.value))


def test_an_owner_told_twice_is_asked_for_by_all_that_it_is_told_by() -> None:
    gleif = graph(EXACT, OF_EXACT, source="gleif")
    both = graph(EXACT, OF_EXACT, source="gleif", before=VAGUE)
    declared = {"name": A, "percent": 100}
    for answered in (asked(gleif), asked(both), asked(gleif, declared), asked(both, declared)):
        assert answered.decision.outcome == "hold"
        assert evidence(answered)[-1].endswith("hold 100% = 100% of the party; 50% is reached")
    # What comes second may say less than what came first, and still be somebody else: no source takes a hold away.
    exact_first = graph(
        holds(named(A, LEI.value, "DE"), named(PARTY)), source="a_gleif", before=graph(edge(A, PARTY, 100))
    )
    of_another = graph(holds(named(X), named(A, country="RU")), source="z", before=exact_first)
    assert asked(of_another).decision.outcome == "hold"


def test_an_owner_told_twice_is_screened_by_all_that_it_is_told_by() -> None:
    entry = ListEntry(source="us_ofac_sdn", entry_id="1", names=(ListedName(name="Quite Another"),), identifiers=(LEI,))
    lists = Snapshot.of_lists([LoadedList("us_ofac_sdn", (entry,))], NOW)
    both = lists.with_ownership(graph(EXACT, source="gleif", before=VAGUE))
    (alert,) = screened({"transaction_id": "T", "parties": [{"name": PARTY}]}, SCREENER, both, NOW, NOW).alerts
    assert (alert.outcome, alert.field) == ("hold", "ownership[1].identifiers[0]")
    assert "hold 100% = 100% of the party" in alert.summary


@pytest.mark.parametrize("country", ["", "DE"])
def test_an_owner_of_the_party_s_name_is_the_party_only_when_nothing_more_is_told_of_it(country: str) -> None:
    other = named(PARTY, LEI.value, "RU")
    told = graph(holds(other, named(PARTY, "5493001KJTIIGC8Y1R12", "DE")), holds(named(PARTY), named(A)), OF_EXACT)
    event = {"transaction_id": "T", "parties": [{"name": PARTY, "country": country}]}
    answered = screened(event, SCREENER, LISTS.with_ownership(told), NOW, NOW)
    assert answered.decision.outcome == "hold"
    assert f"{PARTY} owns 100% of the party (register)" in evidence(answered)[0]


B_LEI = "5493001KJTIIGC8Y1R12"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (named(f"{X} GmbH"), named(f"{X} AG")),
        (named(X, country="RU"), named(X, country="KZ")),
        (named(X, LEI.value), named(X, B_LEI)),
    ],
)
@pytest.mark.parametrize("vague_first", [False, True])
def test_two_owners_stay_two_whatever_else_is_told_of_one_of_their_name(
    one: HoldingParty, other: HoldingParty, vague_first: bool
) -> None:
    """30% + 30% = 60%; whoever has 1% may be either of them."""
    told = graph(edge(X, PARTY, 1), source="0" if vague_first else "z")
    for source, owner in (("a", one), ("b", other)):
        share = OwnershipEdge(owner=owner, owned=HoldingParty(name=PARTY), percent=30)
        told = graph(share, source=source, before=told)
    answered = asked(told)
    assert answered.decision.outcome == "hold"
    assert evidence(answered)[-1].endswith("hold 30% + 30% = 60% of the party; 50% is reached")
    assert "()" not in answered.alerts[0].summary


def test_other_names_of_an_owner_and_of_the_owned_count_as_their_names_do() -> None:
    owned = HoldingParty(name="Hestrup Holding", alt_names=(PARTY,))
    answered = asked(graph(OwnershipEdge(owner=HoldingParty(name=A, alt_names=(X,)), owned=owned, percent=60)))
    assert answered.decision.outcome == "hold"
    assert answered.alerts[0].field == "ownership[0].alt_names[0]"


@pytest.mark.parametrize(("ours", "theirs"), [("ZZ", "DE"), ("DE", "ZZ"), ("EU", "DE")])
def test_what_names_no_country_keeps_no_owner_away(ours: str, theirs: str) -> None:
    told = graph(OwnershipEdge(owner=HoldingParty(name=X), owned=HoldingParty(name=PARTY, country=theirs), percent=60))
    event = {"transaction_id": "T", "parties": [{"name": PARTY, "country": ours}]}
    assert screened(event, SCREENER, LISTS.with_ownership(told), NOW, NOW).decision.outcome == "hold"


def test_a_registration_number_is_no_lei_though_its_digits_check_as_one() -> None:
    """AB000252 leaves the remainder 1 modulo 97, as every LEI does and one in 97 of all numbers."""
    owned = HoldingParty(name=PARTY, identifiers=(Identifier(type="company number", value="AB000252"),))
    event = {
        "transaction_id": "T",
        "parties": [{"name": PARTY, "identifiers": [{"type": "LEI", "value": LEI.value}]}],
    }
    told = graph(OwnershipEdge(owner=HoldingParty(name=X), owned=owned, percent=60))
    assert screened(event, SCREENER, LISTS.with_ownership(told), NOW, NOW).decision.outcome == "hold"


def test_owners_in_a_circle_that_are_told_in_several_ways_come_to_an_end() -> None:
    forms = [named(A), named(A, LEI.value), named(A, country="DE"), named(A.upper(), LEI.value, "DE")]
    circle = [holds(form, named(B)) for form in forms] + [holds(named(B), form) for form in forms]
    answered = asked(graph(*circle, edge(B, PARTY, 60), edge(X, A, 60)))
    assert answered.decision.outcome == "hold"
    assert evidence(answered)[-1].endswith("hold 60% = 60% of the party; 50% is reached")


def test_an_owner_has_a_label_of_its_own_whatever_names_are_taken() -> None:
    taken: list[dict[str, object]] = [{"name": name, "country": "FR"} for name in (X, f"{X} (RU)", f"{X} (4)")]
    told = graph(holds(named(X, country="RU"), named(PARTY)))
    answered = asked(told, *taken)
    assert answered.decision.outcome == "hold"
    assert f"{X} (5) owns 100% of the party (register)" in " | ".join(evidence(answered))


def test_too_many_owners_are_an_error_not_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owners, "MOST_OWNERS", 3)
    told = graph(*[edge(f"Owner{number}ko", PARTY, 1) for number in range(4)])
    event = Event(b'{"transaction_id": "T", "parties": [{"name": "Velavia Toys"}]}', SOURCE, NOW)
    answered = answer(event, SCREENER, LISTS.with_ownership(told), NOW)
    assert answered.decision.outcome == "error"
    assert "more than 3 owners stand behind Velavia Toys" in answered.decision.reason


def test_memory_says_of_too_many_owners_what_is_said_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owners, "MOST_OWNERS", 3)
    memory = MatchMemory(SCREENER, 100)
    parties = b'[{"name": "Ann Quist"}, {"name": "Velavia Toys"}]'
    event = Event(b'{"transaction_id": "T", "parties": ' + parties + b"}", SOURCE, NOW)
    many = graph(*[edge(f"Owner{number}ko", PARTY, 1) for number in range(4)])
    for told in (NO_OWNERSHIP, many):
        snapshot = LISTS.with_ownership(told)
        memory.follow(snapshot)
        with_it = answer_from_memory(event, SCREENER, snapshot, NOW, memory).decision
        assert with_it == answer(event, SCREENER, snapshot, NOW).decision
    assert with_it.reason.startswith("screening_failed: parties[1].more than 3 owners")


def test_a_known_party_is_looked_at_again_when_its_owners_changed_and_only_then() -> None:
    counted = 0

    class Counting(Screener):
        def matches(self, position: int, party: Party, snapshot: Snapshot) -> tuple[list[Match], Behind, list[Asked]]:
            nonlocal counted
            counted += 1
            return super().matches(position, party, snapshot)

    memory = MatchMemory(Counting(Policy.default()), 100)
    event = Event(b'{"transaction_id": "T", "parties": [{"name": "Velavia Toys"}]}', SOURCE, NOW)

    def outcome(told: OwnershipGraph) -> tuple[str, int]:
        snapshot = LISTS.with_ownership(told)
        memory.follow(snapshot)
        found = answer_from_memory(event, SCREENER, snapshot, NOW, memory).decision.outcome
        assert found == answer(event, SCREENER, snapshot, NOW).decision.outcome
        return found, counted

    others = graph(edge(X, B, 60))
    assert outcome(NO_OWNERSHIP) == ("clear", 1)
    assert outcome(others) == ("clear", 1)
    owned = graph(edge(X, B, 60), edge(X, A, 100), edge(A, PARTY, 60))
    assert outcome(owned) == ("hold", 2)
    assert outcome(graph(edge(X, B, 70), edge(X, A, 100), edge(A, PARTY, 60))) == ("hold", 2)
    assert outcome(graph(edge(X, B, 60), edge(A, PARTY, 60))) == ("clear", 3)
    assert outcome(NO_OWNERSHIP) == ("clear", 4)


def test_who_is_named_beside_an_entry_is_a_review_and_nothing_is_followed_further() -> None:
    named = ListEntry(
        source="us_ofac_sdn",
        entry_id="1",
        names=(ListedName(name=X),),
        related=(RelatedEntry(name=PARTY, relation="linked to"), RelatedEntry(name=Y, relation="linked to")),
    )
    listed = ListEntry(source="us_ofac_sdn", entry_id="2", names=(ListedName(name=Y),))
    lists = Snapshot.of_lists([LoadedList("us_ofac_sdn", (named, listed))], NOW)

    def asked_of(party: str) -> Answer:
        event = {"transaction_id": "T", "parties": [{"name": party}]}
        return screened(event, SCREENER, lists, NOW, NOW)

    (alert,) = asked_of("Velavia Toys").alerts
    assert (alert.outcome, alert.field, alert.listed.entry_id) == ("review", "related[0].name", "1")
    assert evidence(asked_of("Velavia Toys"))[-1] == (
        f"a relation that the list states, for a person to look at: {X} is listed with a mention of the party "
        f"(us_ofac_sdn: linked to); {X} may be {X} (us_ofac_sdn 1)"
    )
    # Who is listed is that, and no more: the relations of a list would lead from each entry to many.
    assert [(alert.outcome, alert.listed.entry_id) for alert in asked_of(Y).alerts] == [("hold", "2")]
    assert asked_of("Velavia Toys AG").decision.outcome == "clear"


def test_memory_notices_a_party_that_a_release_names() -> None:
    memory = MatchMemory(SCREENER, 100)
    event = Event(b'{"transaction_id": "T", "parties": [{"name": "Velavia Toys"}]}', SOURCE, NOW)
    entry = ListEntry(source="us_ofac_sdn", entry_id="1", names=(ListedName(name=X),))
    naming = msgspec.structs.replace(entry, related=(RelatedEntry(name=PARTY, relation="subsidiary of"),))
    outcomes = []
    snapshot = Snapshot()
    for number, each in enumerate((entry, naming, naming, entry)):
        release = ListRelease(source="us_ofac_sdn", release_id=f"R{number}", published_at=NOW, entries=1, digest="d")
        snapshot = snapshot.after([Change("us_ofac_sdn", release, (each,), ())])
        memory.follow(snapshot)
        outcomes.append(answer_from_memory(event, SCREENER, snapshot, NOW, memory).decision.outcome)
    assert outcomes == ["clear", "review", "review", "clear"]

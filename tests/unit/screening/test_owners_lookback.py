"""Past parties whose owners an ownership release tells: what is raised, once, and what a clearance still covers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from streams.lists.loading import LoadedList
from streams.lists.release import entry_hash
from streams.lists.state import Change
from streams.matching import Policy
from streams.ownership.graph import NO_OWNERSHIP, OwnershipGraph
from streams.ownership.pages import paged
from streams.ownership.release import next_release
from streams.ownership.state import OwnershipChange
from streams.records.alert import Alert
from streams.records.clearance import Clearance
from streams.records.decision import EventSource
from streams.records.list_entry import ListedName, ListEntry
from streams.records.list_release import ListRelease
from streams.records.ownership import HoldingParty, OwnershipEdge, OwnershipRelease
from streams.records.party import Party, party_fingerprint
from streams.records.registered_party import PastTransaction, RegisteredParty
from streams.records.transaction import Transaction
from streams.screening import owners
from streams.screening.clearances import NO_CLEARANCES, Clearances
from streams.screening.list_changes import ListChanges
from streams.screening.lookback import Findings, Lookback
from streams.screening.lookback_work import Coverage, Pass, Work, coverage_records
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

NOW = datetime(2025, 10, 15, 12, tzinfo=UTC)
PLACE = EventSource(topic="transactions", partition=0, offset=0)
SDN = "us_ofac_sdn"
X, Y, PARTY = "Zorblatt Petrokhim", "Quvelian Marstrand", "Velavia Toys GmbH"
ENTRIES = tuple(ListEntry(source=SDN, entry_id=name, names=(ListedName(name=name),)) for name in (X, Y))
CHANGES = ListChanges()
CHANGES.feed(
    Change(SDN, ListRelease(source=SDN, release_id="R1", published_at=NOW, entries=2, digest="d"), ENTRIES, ())
)


def edge(owner: str, percent: float) -> OwnershipEdge:
    return OwnershipEdge(owner=HoldingParty(name=owner), owned=HoldingParty(name=PARTY), percent=percent)


def released(days: int, *edges: OwnershipEdge, before: OwnershipChange | None = None) -> OwnershipChange:
    return next_release("register", paged(edges), before, NOW + timedelta(days=days))


FIRST = released(1, edge(X, 30))
SECOND = released(2, edge(X, 30), edge(Y, 25), before=FIRST)


def record(under: OwnershipChange | None = None, place: str = "0-0-0") -> RegisteredParty:
    party = Party(name=PARTY)
    past = PastTransaction(transaction_id="T", at=NOW)
    releases = {SDN: "R1"} | ({"ownership/register": under.release.release_id} if under else {})
    return RegisteredParty(
        fingerprint=party_fingerprint(party),
        opened_by=place,
        party=party,
        first=past,
        latest=(past,),
        count=1,
        releases=releases,
    )


def looked(
    graph: OwnershipGraph,
    *records: RegisteredParty,
    covered: Sequence[OwnershipRelease] = (),
    clearances: Clearances = NO_CLEARANCES,
    late: bool = False,
) -> Findings:
    lookback = Lookback(
        CHANGES,
        Screener(Policy.default()),
        clearances,
        NOW + timedelta(days=3),
        (),
        {},
        graph=graph,
        owners_covered={each.source: each.release_id for each in covered},
    )
    for each in records:
        lookback.take(each, late=late)
    return lookback.findings()


def told(findings: Findings) -> list[tuple[str, str]]:
    return sorted((alert.listed.name, alert.outcome) for alert in findings.alerts)


def test_who_was_screened_before_the_edges_came_is_raised_with_their_release() -> None:
    findings = looked(NO_OWNERSHIP.after(SECOND), record())
    assert told(findings) == [(Y, "hold"), (X, "hold")]
    assert {alert.trigger_id for alert in findings.alerts} == {SECOND.release.release_id}
    assert {alert.trigger for alert in findings.alerts} == {"lookback"}
    assert findings.alerts == looked(NO_OWNERSHIP.after(SECOND), record(), record(place="0-0-1")).alerts
    assert findings.raised == {("ownership/register", SECOND.release.release_id): 2}


def test_a_new_edge_raises_what_it_makes_and_what_it_makes_a_hold() -> None:
    assert told(looked(NO_OWNERSHIP.after(FIRST), record())) == [(X, "review")]
    assert told(looked(NO_OWNERSHIP.after(SECOND), record(FIRST))) == [(Y, "hold"), (X, "hold")]
    more = released(3, edge(X, 30), edge("Ormondale Tiles", 9), before=FIRST)
    assert told(looked(NO_OWNERSHIP.after(more), record(FIRST))) == []


def test_what_is_covered_is_not_raised_again_but_for_who_came_late() -> None:
    graph = NO_OWNERSHIP.after(SECOND)
    assert told(looked(graph, record(SECOND))) == []
    assert told(looked(graph, record(), covered=[SECOND.release])) == []
    assert told(looked(graph, record(), covered=[SECOND.release], late=True)) == [(Y, "hold"), (X, "hold")]
    third = released(3, edge(X, 30), edge(Y, 25), edge("Ormondale Tiles", 9), before=SECOND)
    assert told(looked(NO_OWNERSHIP.after(third), record(), covered=[SECOND.release])) == []


def clearance(days: float) -> Clearances:
    given = Clearance(
        clearance_id="C-1",
        fingerprint=party_fingerprint(Party(name=PARTY)),
        source=SDN,
        entry_id=X,
        entry_hash=entry_hash(ENTRIES[0]),
        reason="a minority",
        maker="m",
        checker="c",
        disposition_id="D-1",
        at=NOW + timedelta(days=days),
        expires_at=NOW + timedelta(days=90),
    )
    return Clearances({given.key: given})


@pytest.mark.parametrize(
    ("days", "raised", "suppressed"), [(1.5, [(Y, "hold"), (X, "hold")], 0), (2.5, [(Y, "hold")], 1)]
)
def test_a_clearance_does_not_cover_owners_who_came_after_it(
    days: float, raised: list[tuple[str, str]], suppressed: int
) -> None:
    findings = looked(NO_OWNERSHIP.after(SECOND), record(), clearances=clearance(days))
    assert told(findings) == raised
    assert sum(findings.suppressed.values()) == suppressed


@pytest.mark.parametrize("edges", [(), (edge(X, 40),), (edge(X, 100),)], ids=["nobody", "a part", "all"])
def test_a_clearance_of_its_own_name_does_not_cover_that_the_listed_one_owns_it(edges: tuple[OwnershipEdge]) -> None:
    namesake = Party(name=f"{X} Vostok")
    given = next(iter(clearance(1.5).by_key.values()))
    given = msgspec.structs.replace(given, fingerprint=party_fingerprint(namesake))
    owned = [msgspec.structs.replace(each, owned=HoldingParty(name=namesake.name)) for each in edges]
    graph = NO_OWNERSHIP.after(released(2, *owned)) if owned else NO_OWNERSHIP
    snapshot = Snapshot.of_lists([LoadedList(SDN, ENTRIES)], NOW).with_ownership(graph)
    at = NOW + timedelta(days=3)
    event = Transaction(transaction_id="T", parties=(namesake,))
    decision = (
        Screener(Policy.default()).screen(event, snapshot, PLACE, at, at, Clearances({given.key: given})).decision
    )
    assert (decision.outcome != "clear", len(decision.suppressed)) == (bool(edges), 0 if edges else 1)


def test_a_party_with_too_many_owners_is_told_as_not_covered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owners, "MOST_OWNERS", 1)
    findings = looked(NO_OWNERSHIP.after(SECOND), record())
    assert findings.alerts == ()
    assert "more than 1 owners" in findings.unscreened[0]


def test_a_release_is_open_until_each_partition_is_covered_and_its_alerts_are_counted() -> None:
    coverage, release = Coverage(), SECOND.release
    work = coverage.open(0, 2, (), NO_CLEARANCES, NOW, [release])
    assert work == Work(ownership=(release,))
    assert len(work) == 1
    findings = looked(NO_OWNERSHIP.after(SECOND), record())
    made = Pass(0, 2, 7, NOW, NOW, "p")
    (written,) = coverage_records(made, work, findings, CHANGES)
    assert (written.source, written.trigger_id, written.entries, written.alerts) == (
        "ownership/register",
        release.release_id,
        1,
        2,
    )
    coverage.add(written)
    assert coverage.open(0, 2, (), NO_CLEARANCES, NOW, [release]) == Work()
    assert coverage.open(1, 2, (), NO_CLEARANCES, NOW, [release]) == work
    assert coverage.owners_covered(0, ["register"]) == {"register": release.release_id}
    assert coverage.owners_covered(1, ["register"]) == {}


def test_an_alert_names_no_owner_the_event_did_not_declare() -> None:
    alerts: tuple[Alert, ...] = looked(NO_OWNERSHIP.after(SECOND), record()).alerts
    assert {msgspec.json.encode(alert.party) for alert in alerts} == {msgspec.json.encode(Party(name=PARTY))}

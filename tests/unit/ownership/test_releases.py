"""Releases of ownership: in force whole or not at all, and who is found in the graph they make."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from streams.errors import ReleaseRefusedError
from streams.lists.release import MARKER
from streams.ownership.graph import NO_OWNERSHIP
from streams.ownership.identity import of_party
from streams.ownership.pages import paged, written
from streams.ownership.release import next_release
from streams.ownership.state import OwnershipChange, OwnershipState
from streams.records.codec import encode
from streams.records.ownership import HoldingParty, OwnershipEdge
from streams.records.party import Identifier, Party

NOW = datetime(2025, 3, 1, tzinfo=UTC)
LEI, OTHER_LEI = (Identifier(type="LEI", value=each) for each in ("529900T8BM49AURSDO55", "5493001KJTIIGC8Y1R12"))


def edge(owner: str, owned: str, percent: float | None = 50, country: str = "") -> OwnershipEdge:
    return OwnershipEdge(
        owner=HoldingParty(name=owner), owned=HoldingParty(name=owned, country=country), percent=percent
    )


def release(*edges: OwnershipEdge, before: OwnershipChange | None = None) -> OwnershipChange:
    return next_release("register", paged(edges), before, NOW)


def fed(state: OwnershipState, change: OwnershipChange, but: str = "") -> OwnershipChange | None:
    for page_id, page in change.pages.items():
        if page_id != but:
            state.feed(f"register/{page_id}", written("register", page_id, page))
    return state.feed(f"register/{MARKER}", encode(change.release))


def test_the_same_edges_have_the_same_digest_whenever_they_came() -> None:
    first = release(edge("A", "B"), edge("C", "B"))
    again = release(edge("C", "B"), edge("A", "B"), edge("A", "B"), before=first)
    assert (again.release.edges, again.release.added, again.release.removed) == (2, 0, 0)
    assert again.release.digest == first.release.digest
    assert again.release.release_id > first.release.release_id
    third = release(edge("A", "B", 60), edge("C", "B"), before=again)
    assert (third.release.added, third.release.removed) == (1, 1)
    assert third.release.digest != first.release.digest
    brought = {release_id for page in third.pages.values() for release_id, _ in page.brought()}
    assert brought == {first.release.release_id, third.release.release_id}


def test_a_release_is_in_force_when_all_its_pages_are_there() -> None:
    change = release(*[edge("A", f"B{number}") for number in range(20)])
    state = OwnershipState()
    assert state.caught_up() == ([], {})
    assert fed(state, change) == change
    more = release(edge("Z", "Y"), before=change)
    (missing,) = more.pages
    with pytest.raises(ReleaseRefusedError, match="does not match its pages"):
        fed(state, more, but=missing)


def test_a_start_judges_the_last_release_of_each_source_and_tells_which_is_not_known() -> None:
    change = release(edge("A", "B"), edge("C", "D"))
    state = OwnershipState()
    fed(state, change)
    assert state.caught_up() == ([change], {})
    state = OwnershipState()
    fed(state, change, but=next(iter(change.pages)))
    changes, refused = state.caught_up()
    assert (changes, list(refused)) == ([], ["register"])


def owners(graph_edges: list[OwnershipEdge], party: Party) -> list[str]:
    graph = NO_OWNERSHIP.after(release(*graph_edges))
    return [told.edge.owner.name for told in graph.owners_of(of_party(party))]


@pytest.mark.parametrize(
    ("party", "found"),
    [
        (Party(name="VELAVIA TOYS Gesellschaft mit beschränkter Haftung"), True),
        (Party(name="Velavia Toys"), True),
        (Party(name="Velavia Toys AG"), False),
        (Party(name="Velavia Tools GmbH"), False),
        (Party(name="Velavia Toys GmbH", country="Germany"), True),
        (Party(name="Velavia Toys GmbH", country="FR"), False),
        (Party(name="Another", alt_names=("Velavia-Toys GmbH",)), True),
        (Party(name="Another", identifiers=(LEI,)), True),
        (Party(name="Velavia Toys GmbH", identifiers=(OTHER_LEI,)), False),
    ],
)
def test_who_is_owned_is_found_by_identifier_or_by_name_and_country(party: Party, found: bool) -> None:
    owned = HoldingParty(name="Velavia Toys GmbH", country="DE", identifiers=(LEI,))
    made = OwnershipEdge(owner=HoldingParty(name="X"), owned=owned)
    assert owners([made, edge("Y", "Ormondale Tiles")], party) == (["X"] if found else [])


def test_a_graph_stays_as_it_is_when_another_is_made_from_it() -> None:
    first = release(edge("A", "B"))
    graph = NO_OWNERSHIP.after(first)
    second = release(edge("C", "B"), before=first)
    newer = graph.after(second)
    asked = of_party(Party(name="B"))
    assert [told.edge.owner.name for told in graph.owners_of(asked)] == ["A"]
    assert [told.edge.owner.name for told in newer.owners_of(asked)] == ["C"]
    assert newer.releases["register"] == second.release


@pytest.mark.parametrize(
    ("told", "spelt"),
    [
        ("Müller GmbH", "Mueller GmbH"),
        ("Muller GmbH", "MÜLLER G. m. b. H."),
        ("Mueller GmbH", "Müller Gesellschaft mit beschraenkter Haftung"),
        ("Ørsted Malmö A/S", "Oersted Malmoe AS"),
        ("Åkerlund AB (publ)", "Aakerlund AB"),
        ("Öztürk A.Ş.", "Oeztuerk Anonim Sirketi"),
        ("O'Neil Sky-Net Ltd", "O Neil Skynet Limited"),
        ("J.P. Orlo & Sons L.L.P.", "J P Orlo and Sons Limited Liability Partnership"),
        ("Brückenbau Sp. z o.o.", "Brueckenbau Sp. z o. o."),
        ("Общество с ограниченной ответственностью «Ромашка»", "OOO Romashka"),
        ("Zorblatt Besloten Vennootschap", "Zorblatt B V"),
        ("Limited", "LIMITED"),
        ("MIT AG", "M.I.T."),
        ("Maßstab für Länder GmbH & Co. KG", "Massstab fuer Laender GmbH & Co KG"),
    ],
)
def test_who_is_owned_is_found_in_other_spellings_of_the_name(told: str, spelt: str) -> None:
    assert owners([edge("X", told)], Party(name=spelt)) == ["X"]
    assert owners([edge("X", spelt)], Party(name=told)) == ["X"]
    assert owners([edge("X", told, country="DE")], Party(name=spelt, country="FR")) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bauer GmbH", "Baur GmbH"),
        ("Blue Ormond Ltd", "Blu Ormond Ltd"),
        ("Michael Orlo", "Michal Orlo"),
        ("Samuel Orlo", "Samul Orlo"),
        ("Mueller GmbH", "Müller AG"),
        ("A. Velavia Ltd", "B. Velavia Ltd"),
        ("Velavia Foundation", "Velavia GmbH"),
    ],
)
def test_other_firms_stay_others(one: str, other: str) -> None:
    assert owners([edge("X", one)], Party(name=other)) == []
    assert owners([edge("X", other)], Party(name=one)) == []

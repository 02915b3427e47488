"""What a release changes, seen from a party: only those it can concern are asked for anew."""

from __future__ import annotations

import pytest

from streams.matching import EntityIndex, Policy
from streams.matching.changes import Changes, Reading
from streams.records.list_entry import ListedName, ListEntry
from streams.records.party import Address, Identifier, Party

ORDINARY = Party(name="Ordinary Paper", addresses=(Address(raw="1 Mill Lane, Leeds"),))


def entry(entry_id: str, *names: str, address: str = "", passport: str = "") -> ListEntry:
    return ListEntry(
        source="list",
        entry_id=entry_id,
        names=tuple(ListedName(name=name) for name in names),
        addresses=(Address(raw=address),) if address else (),
        identifiers=(Identifier(type="passport", value=passport),) if passport else (),
    )


BEFORE = EntityIndex.build(
    [
        entry("gone", "Velmora Dynamics"),
        entry("one", "Brelund Ostwig"),
        entry("another", "Brelund Ostwig"),
        entry("other", "Quarvex Bureau", "Kvarveks"),
        *(entry(f"common-{number}", f"Tulmar Holm{number}") for number in range(7)),
    ]
)
AFTER = BEFORE.apply(
    [
        entry("new", "Zolteri Fabrik", "Dornelkamp", address="17 Orchard Road, Singapore 238878", passport="X1234567"),
        entry("other", "Quarvex Bureau", "Kvarveks", "奥斯马尔"),
        entry("common-7", "Tulmar Brisk"),
    ],
    [("list", "gone"), ("list", "another")],
)


def may_concern(party: Party, policy: Policy, before: EntityIndex = BEFORE, after: EntityIndex = AFTER) -> bool:
    return Changes(before, after, policy).may_concern(Reading.of(before.asked(party, policy)))


@pytest.mark.parametrize(
    "party",
    [
        Party(name="Velmora Dynamics"),  # no longer listed
        Party(name="Brelund Ostwig"),  # one entry less has that name
        Party(name="Zolteri Fabryk"),  # listed now, spelt otherwise
        Party(name="Dornel Kamp"),  # a changed name has its two words as one
        Party(name="Zolterifabrik"),  # and one word as two
        Party(name="Kvarveks"),  # its entry has another form
        Party(name="Ordinary Paper", native_name="奥斯马尔"),
        Party(name="Tulmar Ordinary Paper Wholesale Yard"),  # its first word has become common: it weighs less
        Party(name="Ordinary Paper", addresses=(Address(raw="17 Orchard Road, Singapore 238878"),)),
        Party(name="Ordinary Paper", identifiers=(Identifier(type="passport", value="X1234567"),)),
    ],
)
def test_a_party_that_shares_something_with_what_changed_is_concerned(party: Party, policy: Policy) -> None:
    assert may_concern(party, policy)


@pytest.mark.parametrize("party", [ORDINARY, Party(name="Ordinary Bureau", native_name="海栏")])
def test_an_ordinary_party_is_not_concerned(party: Party, policy: Policy) -> None:
    assert not may_concern(party, policy)


def test_nobody_is_concerned_when_nothing_changed(policy: Policy) -> None:
    for name in ("Velmora Dynamics", "Tulmar Holm1", "Ordinary Paper"):
        assert not may_concern(Party(name=name), policy, AFTER, AFTER.apply([], []))


def test_everybody_is_concerned_by_the_first_release(policy: Policy) -> None:
    assert may_concern(ORDINARY, policy, EntityIndex.build(()))

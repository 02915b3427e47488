"""What customers bought before: folded from the registry's records, and told to the memory of the rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from streams.errors import RecordError
from streams.records.codec import encode
from streams.records.party import Address, Party, party_fingerprint
from streams.records.registered_party import Bought, PastTransaction, RegisteredParty
from streams.screening.diversion.cast import cast_of
from streams.screening.diversion.memory import DiversionMemory
from streams.screening.diversion.past import Past

NOW = datetime(2025, 10, 1, tzinfo=UTC)
A = Party(role="purchaser", name="Velavia Toys GmbH", country="DE")
MOVED = Party(role="end_user", name="Velavia Toys GmbH", country="Germany", addresses=(Address(raw="Kiel"),))
B = Party(role="purchaser", name="Hestrup Toys", country="NO")


def key(party: Party) -> str:
    cast = cast_of(party, frozenset())
    assert cast is not None
    return cast.key


def record(party: Party, bought: Bought | None, opened_by: str = "0-0-0") -> RegisteredParty:
    first = PastTransaction(transaction_id="T", at=NOW, role=party.role)
    fingerprint = party_fingerprint(party)
    return RegisteredParty(
        fingerprint=fingerprint,
        opened_by=opened_by,
        party=party,
        first=first,
        latest=(first,),
        count=9,
        releases={},
        bought=bought,
    )


def folded(*records: RegisteredParty, most: int = 100) -> dict[str, Bought]:
    past = Past(most)
    for each in records:
        past.take(each.key.encode(), encode(each))
    return past.bought()


def test_of_each_record_the_last_version_counts() -> None:
    first = record(A, Bought(2, 30.0, "T1", 20.0, "T2", "T2"))
    again = record(A, Bought(3, 40.0, "T3", 30.0, "T1", "T3"))
    other = record(A, Bought(2, 35.0, "T5", 10.0, "T4", "T4"), "0-9-0")
    assert folded(first, again, other) == {key(A): Bought(5, 40.0, "T3", 35.0, "T5", "T4")}
    assert folded(other, first, again)[key(A)].transactions == 5


def test_a_customer_is_one_under_other_addresses_and_spellings_of_the_country() -> None:
    """The transaction that was moved from one to the other by a revision counts once, with the larger quantity."""
    one = record(A, Bought(2, 30.0, "T1", 20.0, "T2", "T2"))
    moved = record(MOVED, Bought(2, 25.0, "T2", 5.0, "T3", "T3"))
    assert key(A) == key(MOVED)
    assert one.fingerprint != moved.fingerprint
    assert folded(one, moved) == {key(A): Bought(3, 30.0, "T1", 25.0, "T2", "T3")}


def test_what_tells_of_no_quantities_is_not_read() -> None:
    past = Past(10)
    past.take(b"key", encode(record(A, None)))
    past.take(b"key", b"")  # a tombstone
    past.take(b"key", b"not a record")
    past.take(b"key", encode(record(Party(role="purchaser", name='A "bought": B'), None)))
    assert past.bought() == {}
    with pytest.raises(RecordError, match="bought"):
        past.take(b"key", encode(record(A, Bought(1, 1.0, "T"))).replace(b"1.0", b'"x"'))


def test_as_many_customers_are_known_as_said_those_written_of_last() -> None:
    records = [record(Party(role="purchaser", name=f"Hestrup {n}"), Bought(1, 1.0, "T", last_id="T")) for n in range(9)]
    assert [name.partition("\n")[0] for name in folded(*records, records[6], most=3)] == [
        "Hestrup 7",
        "Hestrup 8",
        "Hestrup 6",
    ]


def test_of_many_records_of_one_customer_none_is_lost() -> None:
    records = [record(A, Bought(1, float(n), f"T{n}", last_id=f"T{n}"), f"0-{n}-0") for n in range(100)]
    newer = record(A, Bought(2, 99.0, "T99", 98.5, "U", "U"), "0-99-0")
    assert folded(*records, newer) == {key(A): Bought(101, 99.0, "T99", 98.5, "U", "U")}


def seen(memory: DiversionMemory, orders: Sequence[tuple[str, str, float]]) -> list[Bought]:
    return [memory.bought(*order) for order in orders]


def test_revisions_of_two_transactions_that_take_turns_make_no_more_of_them() -> None:
    memory = DiversionMemory(10)
    turns = [("A", "T1", 30.0), ("A", "T2", 20.0)] * 5
    assert [each.transactions for each in seen(memory, turns)] == [0, 1, *[2] * 8]
    # Of three, those with the largest quantities are known again, whichever came last.
    assert seen(memory, [("A", "T3", 10.0), ("A", "T1", 30.0), ("A", "T2", 25.0), ("A", "T4", 1.0)])[-1] == Bought(
        3, 30.0, "T1", 25.0, "T2", "T2"
    )


def test_the_past_is_added_to_what_was_learnt_since() -> None:
    memory = DiversionMemory(10)
    seen(memory, [("A", "T8", 90.0), ("A", "T9", 10.0)])
    memory.committed()
    memory.learn({"A": Bought(5, 100.0, "T1", 95.0, "T2", "T7"), "B": Bought(1, 7.0, "T3", last_id="T3")})
    assert seen(memory, [("A", "T10", 1.0), ("B", "T3", 8.0)]) == [
        Bought(7, 100.0, "T1", 95.0, "T2", "T9"),
        Bought(1, 7.0, "T3", last_id="T3"),
    ]
    memory.undone()  # and what was told stays
    assert seen(memory, [("B", "T4", 1.0), ("A", "T10", 1.0), ("B", "T5", 1.0)]) == [
        Bought(1, 7.0, "T3", last_id="T3"),
        Bought(7, 100.0, "T1", 95.0, "T2", "T9"),
        Bought(2, 7.0, "T3", 1.0, "T4", "T4"),
    ]


def test_what_was_learnt_makes_no_room_for_the_past() -> None:
    memory = DiversionMemory(4)
    for number in range(3):
        seen(memory, [(f"live {number}", "T", 1.0)])
        memory.committed()
    memory.learn({f"past {number}": Bought(9, 2.0, "P", last_id="P") for number in range(5)})
    told = seen(memory, [*[(f"live {n}", "U", 1.0) for n in range(3)], *[(f"past {n}", "U", 1.0) for n in range(5)]])
    assert [bought.transactions for bought in told] == [1, 1, 1, 9, 0, 0, 0, 0]

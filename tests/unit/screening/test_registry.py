"""What a worker writes to the registry, and what its records say together."""

from __future__ import annotations

import math
import sys
from datetime import UTC, datetime, timedelta

import msgspec
from screened import clear

from streams.records.codec import decode, encode
from streams.records.decision import EventSource
from streams.records.party import Party, party_fingerprint
from streams.records.registered_party import LATEST_TRANSACTIONS, Bought, RegisteredParty
from streams.screening.registry import MOST_TRANSACTIONS, Registrar, merged

NOW = datetime(2025, 3, 20, tzinfo=UTC)
RELEASES = {"a_list": "R1"}
A = Party(name="Velavia Toys GmbH", country="DE", role="purchaser")
B = Party(name="Nordmont Timber AG", role="forwarder")


class Worker:
    """A worker's side of it, event after event."""

    def __init__(self, most: int = 100, refresh_seconds: float = 60.0) -> None:
        self.registrar = Registrar(most, refresh_seconds)
        self.number = 0

    def note(self, *parties: Party, ordered: tuple[int, float] | None = None, again: bool = False) -> None:
        source = EventSource(topic="transactions", partition=1, offset=self.number)
        decision = clear(f"T{self.number - again}", source, NOW)
        parts = [encode(party) for party in parties]
        self.registrar.note(decision, parts, NOW + timedelta(minutes=self.number), RELEASES, ordered)
        self.number += 1

    def write(self, now: float = 0.0, everything: bool = False) -> list[RegisteredParty]:
        records = self.registrar.due(now, math.inf) if everything else self.registrar.due(now)
        self.registrar.committed(now)
        return records


def transactions(record: RegisteredParty) -> list[str]:
    return [past.transaction_id for past in record.latest]


def test_a_new_party_is_written_with_its_decision() -> None:
    worker = Worker()
    worker.note(A, B)
    first, second = worker.write()
    assert (first.party, first.opened_by, first.releases, first.addition) == (A, "1-0-0", RELEASES, False)
    assert (second.opened_by, second.key) == ("1-0-1", f"{party_fingerprint(B)}/1-0-1")
    assert (first.first, first.latest, first.count) == (first.first, (first.first,), 1)
    assert (first.first.role, first.first.party_index, first.first.at) == ("purchaser", 0, NOW)


def test_a_party_in_another_role_is_new() -> None:
    worker = Worker()
    worker.note(A)
    worker.write()
    worker.note(msgspec.structs.replace(A, role="agent"))
    (record,) = worker.write()
    assert (record.party.role, record.addition, record.fingerprint) == ("agent", False, party_fingerprint(A))


def test_what_comes_again_in_the_batch_is_in_its_record() -> None:
    worker = Worker()
    worker.note(A, A)
    worker.note(A)
    (record,) = worker.write()
    assert (transactions(record), record.count) == (["T0", "T0", "T1"], 3)
    assert [past.party_index for past in record.latest] == [0, 1, 0]


def test_a_known_party_is_written_again_after_a_while() -> None:
    worker = Worker()
    worker.note(A)
    worker.write(0)
    worker.note(A)
    assert worker.write(10) == []
    assert worker.registrar.oldest() == 10
    worker.note(A)
    assert worker.write(69) == []
    (record,) = worker.write(70)
    assert (transactions(record), record.count, record.addition) == (["T0", "T1", "T2"], 3, True)
    assert worker.registrar.oldest() is None
    assert worker.write(500) == []


def test_everything_is_written_at_once_when_asked() -> None:
    worker = Worker()
    worker.note(A, B)
    worker.write()
    worker.note(A, B)
    worker.write()
    assert len(worker.write(everything=True)) == 2


def test_what_waited_when_a_release_came_is_written_soon_so_many_at_a_time() -> None:
    """Three parties wait since 10, when the release comes, and one since 20."""
    worker = Worker()
    names = [msgspec.structs.replace(A, name=f"Velavia {number}") for number in range(4)]
    worker.note(*names)
    worker.write(0)
    worker.note(*names[:3])
    worker.write(10)
    worker.note(names[3])
    worker.write(20)
    written = []
    for now in (21, 22, 23):
        written.append([record.party.name for record in worker.registrar.due(now, behind=15, most=2)])
        worker.registrar.committed(now)
    assert written == [["Velavia 0", "Velavia 1"], ["Velavia 2"], []]
    assert worker.registrar.oldest() == 20


def test_what_has_waited_long_enough_is_written_however_much_it_is() -> None:
    worker = Worker()
    names = [msgspec.structs.replace(A, name=f"Velavia {number}") for number in range(5)]
    for now in (0, 10):
        worker.note(*names[:4])
        worker.write(now)
    worker.note(*names)
    worker.write(20)
    worker.note(names[4])
    worker.write(30)
    written = worker.registrar.due(70, behind=30, most=2)
    assert [record.party.name for record in written] == [f"Velavia {number}" for number in range(4)]


def test_what_was_undone_was_never_noted() -> None:
    worker = Worker()
    worker.note(A)
    worker.registrar.due(0)
    worker.registrar.undone()
    worker.note(A)
    (record,) = worker.write()
    assert (transactions(record), record.addition) == (["T1"], False)
    worker.note(A)
    worker.write()
    worker.registrar.due(100)
    worker.registrar.undone()  # what was due is still due
    (again,) = worker.write(100)
    assert transactions(again) == ["T1", "T2"]


def test_a_record_tells_what_the_party_bought_as_the_customer() -> None:
    worker = Worker(refresh_seconds=0)
    worker.note(A, B, ordered=(0, 30.0))
    worker.note(A, B, ordered=(0, 50.0), again=True)  # a revision
    worker.note(B, A)
    first, second = worker.write()
    assert (first.bought, second.bought) == (Bought(1, 50.0, "T0", last_id="T0"), None)
    worker.note(B, A, ordered=(1, 40.0))
    worker.registrar.due(0)
    worker.registrar.undone()
    worker.note(A, ordered=(0, float("inf")))
    worker.write()
    (record,) = [record for record in worker.write(everything=True) if record.party == A]
    assert record.bought == Bought(2, sys.float_info.max, "T4", 50.0, "T0", "T4")
    assert decode(RegisteredParty, encode(record), "") == record


def test_only_the_latest_are_kept_beside_the_first() -> None:
    worker = Worker(refresh_seconds=0)
    for _ in range(LATEST_TRANSACTIONS + 5):
        worker.note(A)
        worker.write()
    (record,) = worker.write()
    assert transactions(record) == [f"T{number}" for number in range(5, LATEST_TRANSACTIONS + 5)]
    assert (record.first.transaction_id, record.count) == ("T0", LATEST_TRANSACTIONS + 5)


def test_a_forgotten_party_opens_another_record_and_still_tells_what_it_had() -> None:
    worker = Worker(most=4)
    worker.note(A)
    written = worker.write()
    worker.note(A)
    worker.write()
    for number in range(6):
        worker.note(Party(name=f"Company {number}"))
        worker.write()
    assert len(worker.registrar) <= 4
    worker.note(A)
    written += worker.write()
    written += worker.write(60)
    known = merged(record for record in written if record.fingerprint == party_fingerprint(A))
    assert [past.transaction_id for past in known.transactions] == ["T0", "T1", "T8"]
    assert known.count == 3


def test_records_of_workers_and_roles_are_one_party() -> None:
    one, other = Worker(refresh_seconds=0), Worker()
    other.number = 50
    one.note(A)
    records = one.write()
    one.note(A)
    one.write()
    records += one.write()  # the record of the same key again, newer
    other.note(msgspec.structs.replace(A, role="agent"))
    records += other.write()
    known = merged(reversed(records))
    assert (known.party.role, known.roles) == ("", ("agent", "purchaser"))
    assert [past.transaction_id for past in known.transactions] == ["T0", "T1", "T50"]
    assert (known.first.transaction_id, known.last.transaction_id, known.count) == ("T0", "T50", 3)


def test_of_many_transactions_the_first_and_the_latest_are_told() -> None:
    records = []
    for number in range(MOST_TRANSACTIONS * 2):
        worker = Worker()
        worker.number = number
        worker.note(A)
        records += worker.write()
    known = merged(records)
    assert len(known.transactions) == MOST_TRANSACTIONS
    assert known.first.transaction_id == "T0"
    assert known.last.transaction_id == f"T{MOST_TRANSACTIONS * 2 - 1}"
    assert known.count == MOST_TRANSACTIONS * 2

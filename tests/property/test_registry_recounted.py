"""The registry tells what a plain recount of the committed transactions tells, whatever was undone or had to wait."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from screened import clear

from streams.records.codec import decode, encode
from streams.records.decision import EventSource
from streams.records.party import Party, party_fingerprint
from streams.records.registered_party import LATEST_TRANSACTIONS, NOTHING_BOUGHT, PastTransaction, RegisteredParty
from streams.screening.registry import MOST_TRANSACTIONS, Registrar, merged

NOW = datetime(2025, 10, 1, tzinfo=UTC)
PARTIES = [
    encode(Party(name=f"Company {number}", role=role)) for number in range(4) for role in ("purchaser", "carrier")
] + [b'{"name":"Company 0","role":"carrier","unknown":"' + b"x" * 3_000 + b'"}']  # too long to be remembered
EVENT = st.tuples(
    st.sampled_from(["T0", "T1", "T2"]), st.lists(st.sampled_from(PARTIES), min_size=1, max_size=4), st.booleans()
)
BATCH = st.tuples(
    st.lists(EVENT, max_size=25),
    st.integers(0, 2),  # how often it is undone, and comes again in other cuts
    st.sampled_from([1, 3, 25]),
    st.sampled_from(["nothing", "as_time_goes", "behind", "everything"]),
)


class Seen(NamedTuple):
    """A party of a committed event."""

    transaction_id: str
    place: int
    position: int
    is_order: bool
    releases: dict[str, str]


@settings(max_examples=100, deadline=None)
@given(st.lists(BATCH, max_size=8), st.sampled_from([1, 2, 3, 6, 100]), st.sampled_from([0.0, 2.0, 60.0]))
def test_records_are_what_a_recount_says(
    batches: list[tuple[list[tuple[str, list[bytes], bool]], int, int, str]], remembered: int, refresh: float
) -> None:
    registrar = Registrar(remembered, refresh)
    topic: dict[str, RegisteredParty] = {}
    seen: defaultdict[bytes, list[Seen]] = defaultdict(list)
    offset = 0
    clock = 0.0
    for number, (events, undone, size, written) in enumerate([*batches, ([], 0, 1, "everything")]):
        releases = {"a_list": f"R{number // 3}"}
        placed = [(offset + at, *event) for at, event in enumerate(events)]
        offset += len(events)
        cuts = [(placed, True)] * undone
        cuts += [(placed[start : start + size], False) for start in range(0, max(len(placed), 1), size)]
        for part, is_undone in cuts:
            clock += 1
            for place, transaction_id, parties, is_order in part:
                source = EventSource(topic="t", partition=0, offset=place)
                ordered = (0, _quantity(place)) if is_order else None
                at = NOW + timedelta(minutes=place)
                decision = replace(clear(transaction_id, source, at), revision=place)
                registrar.note(decision, parties, at, releases, ordered)
            most = 1_000 if written == "everything" else 2
            behind = {"everything": math.inf, "behind": clock - 2}.get(written, -math.inf)
            records = registrar.due(clock, behind, most) if written != "nothing" else registrar.due(-1.0)
            if is_undone:
                registrar.undone()
                continue
            new, additions = registrar.committed(clock)
            assert (new, additions) == (
                sum(not each.addition for each in records),
                sum(each.addition for each in records),
            )
            assert len({record.key for record in records}) == len(records)
            for record in records:
                before = topic.get(record.key)
                assert record.addition is (before is not None)
                assert before is None or (before.first, before.releases) == (record.first, record.releases)
                assert before is None or before.count <= record.count
                topic[record.key] = decode(RegisteredParty, encode(record), "")
            for place, transaction_id, parties, is_order in part:
                for position, content in enumerate(parties):
                    seen[content].append(Seen(transaction_id, place, position, is_order and position == 0, releases))
    assert registrar.oldest() is None
    opened = {record.opened_by: record for record in topic.values()}
    for content, transactions in seen.items():
        party = decode(Party, content, "")
        rest = transactions
        while rest:  # each record tells of those until the party was forgotten
            record = opened.pop(f"0-{rest[0].place}-{rest[0].position}")
            assert record.party == party
            assert record.releases == rest[0].releases
            told, rest = rest[: record.count], rest[record.count :]
            assert len(told) == record.count
            _tells(record, told)
        records = [record for record in topic.values() if record.fingerprint == party_fingerprint(party)]
        everything = [each for other, of in seen.items() for each in of if decode(Party, other, "").name == party.name]
        known = merged(records)
        assert known.count == len(everything)
        assert known.first.at == NOW + timedelta(minutes=min(each.place for each in everything))
        assert known.last.at == NOW + timedelta(minutes=max(each.place for each in everything))
        assert len(known.transactions) <= MOST_TRANSACTIONS
    assert not opened


def _tells(record: RegisteredParty, told: list[Seen]) -> None:
    assert (record.first, *record.latest) == tuple(
        PastTransaction(
            transaction_id=each.transaction_id,
            at=NOW + timedelta(minutes=each.place),
            revision=each.place,
            party_index=each.position,
            role=record.party.role,
        )
        for each in (told[0], *told[-LATEST_TRANSACTIONS:])
    )
    largest: dict[str, float] = {}
    count, last = 0, ""
    for each in told:
        if each.is_order:
            named = {last, *sorted(largest, key=lambda known: -largest[known])[:2]}
            count, last = count + (each.transaction_id not in named), each.transaction_id
            largest[last] = max(_quantity(each.place), largest.get(last, 0.0))
    bought = record.bought or NOTHING_BOUGHT
    assert bought.transactions == count
    assert [bought.largest, bought.second] == [*sorted(largest.values(), reverse=True), 0.0, 0.0][:2]


def _quantity(place: int) -> float:
    return float(1 + place * 7_919 % 101)

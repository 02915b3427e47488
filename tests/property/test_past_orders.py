"""A worker that was told the past from the registry knows what one knows that saw all of it."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from screened import clear

from streams.records.codec import encode
from streams.records.decision import EventSource
from streams.records.party import Address, Party
from streams.records.registered_party import RegisteredParty, registry_partition
from streams.screening.diversion.cast import cast_of
from streams.screening.diversion.memory import DiversionMemory
from streams.screening.diversion.past import Past
from streams.screening.registry import Registrar

NOW = datetime(2025, 10, 1, tzinfo=UTC)
PARTIES = [
    Party(role=role, name=name, country=country, addresses=addresses)
    for name in ("Velavia Toys GmbH", "Hestrup Toys")
    for role in ("purchaser", "end_user")
    for country, addresses in (("DE", ()), ("Germany", (Address(raw="Kiel"),)))
]
ORDERS = st.lists(st.tuples(st.sampled_from(PARTIES), st.integers(1, 50).map(float)), max_size=30)
BATCH = st.tuples(ORDERS, st.booleans(), st.booleans())
"""Orders, whether what waits is written with them, and whether the batch is undone and comes again."""


@settings(max_examples=100, deadline=None)
@given(st.lists(BATCH, max_size=4), ORDERS, ORDERS, st.sampled_from([2, 100]))
def test_a_memory_that_was_told_the_past_knows_as_much_as_one_that_saw_it(
    before: list[tuple[list[tuple[Party, float]], bool, bool]],
    meanwhile: list[tuple[Party, float]],
    after: list[tuple[Party, float]],
    remembered: int,
) -> None:
    whole, told, registrar = DiversionMemory(100), DiversionMemory(100), Registrar(remembered, 60.0)
    number = 0
    topic: list[RegisteredParty] = []

    def note(number: int, party: Party, quantity: float) -> None:
        source = EventSource(topic="t", partition=0, offset=number)
        decision = clear(f"T{number}", source, NOW)
        registrar.note(decision, [encode(party)], NOW, {}, (0, quantity))

    def see(memory: DiversionMemory, number: int, party: Party, quantity: float) -> tuple[int, float, float]:
        cast = cast_of(party, frozenset())
        assert cast is not None
        known = memory.bought(cast.key, f"T{number}", quantity)
        return known.transactions, known.largest, known.second

    for orders, everything, undone in [*before, ([], True, False)]:
        for attempt in range(1 + undone):
            for place, (party, quantity) in enumerate(orders):
                note(number + place, party, quantity)
            records = registrar.due(0.0, math.inf if everything else -math.inf)
            if attempt < undone:
                registrar.undone()
            else:
                registrar.committed(0.0)
                topic += records
        for party, quantity in orders:
            see(whole, number, party, quantity)
            number += 1
    for party, quantity in meanwhile:
        see(whole, number, party, quantity)
        see(told, number, party, quantity)
        number += 1
    whole.committed()
    told.committed()
    past = [Past(100), Past(100)]
    for record in topic:
        past[registry_partition(record.fingerprint, 2)].take(record.key.encode(), encode(record))
    together = past[0].bought()
    for key, bought in past[1].bought().items():
        together[key] = together[key].then(bought) if key in together else bought
    told.learn(together)
    for party, quantity in [*after, *[(party, 1.0) for party in PARTIES]]:
        assert see(told, number, party, quantity) == see(whole, number, party, quantity)
        number += 1

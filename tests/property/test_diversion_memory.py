"""What is remembered for diversion flags is what a plain list of all events tells, or less where there is no room."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.records.decision import EventSource
from streams.records.registered_party import NOTHING_BOUGHT, Bought
from streams.screening.diversion.memory import DiversionMemory, Seen

NOW = datetime(2025, 10, 1, tzinfo=UTC)
EVENT = st.tuples(st.sampled_from("TUVW"), st.integers(0, 3), st.sampled_from("AB"), st.integers(1, 40).map(float))
BATCH = st.tuples(st.lists(EVENT, max_size=6), st.integers(0, 2))
"""Events, each a revision of a transaction and an order of a customer, and how often they are undone first."""


def folded(orders: Sequence[tuple[str, float]]) -> Bought:
    return reduce(lambda bought, order: bought.after(*order), orders, NOTHING_BOUGHT)


@settings(max_examples=150, deadline=None)
@given(st.lists(BATCH, max_size=8), st.sampled_from([1, 2, 5, 100]))
def test_what_is_remembered_is_what_was_seen(
    batches: list[tuple[list[tuple[str, int, str, float]], int]], most: int
) -> None:
    memory = DiversionMemory(most)
    seen: defaultdict[str, list[Seen]] = defaultdict(list)
    orders: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
    offset = 0
    for events, undone in batches:
        for attempt in range(undone + 1):
            before = {key: list(each) for key, each in seen.items()}, {key: list(each) for key, each in orders.items()}
            for at, (transaction_id, number, customer, quantity) in enumerate(events):
                revision = Seen(number, b"{}", NOW, EventSource(topic="t", partition=0, offset=offset + at))
                found = memory.seen(transaction_id, revision)
                # Of the latest number so far the last one; nothing, where a later one was seen already.
                latest = max(enumerate(seen[transaction_id]), key=lambda each: (each[1].number, each[0]), default=None)
                wanted = latest[1] if latest is not None and latest[1].number <= number else None
                if most == 100:
                    assert found == wanted
                else:
                    assert found is None or (found in seen[transaction_id] and found.number <= number)
                seen[transaction_id].append(revision)
                past = orders[customer]
                bought = memory.bought(customer, transaction_id, quantity)
                known = [folded(past[start:]) for start in range(len(past) + 1)]
                assert bought == known[0] if most == 100 else bought in known
                past.append((transaction_id, quantity))
            if attempt == undone:
                memory.committed()
            else:
                memory.undone()
                seen, orders = (defaultdict(list, each) for each in before)  # type: ignore[assignment]
        offset += len(events)

"""Diversion flags of whatever an event may hold: always an answer, always the same, and never more than a review."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.errors import ScreeningError
from streams.lists.loading import load_list
from streams.matching import Policy
from streams.records.codec import encode
from streams.records.decision import EventSource
from streams.records.events import read_party
from streams.records.transaction import Transaction
from streams.screening.answer import Event, answer
from streams.screening.answers import Answering
from streams.screening.clearances import NO_CLEARANCES
from streams.screening.diversion import Diversion, DiversionRules
from streams.screening.memory import MatchMemory
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

NOW = datetime(2025, 10, 1, tzinfo=UTC)
RULES = DiversionRules.default()
DAYS = st.sampled_from(["2025-10-01T00:00:00Z", "2025-10-05T12:00:00+09:00", "1970-01-01T00:00:00Z"])
PLACES = st.sampled_from(["RU", "Hong Kong", "NLRTM", "Mumbai, India", ",", "Норвегия", ""]) | st.text(max_size=8)
PARTY = st.fixed_dictionaries(
    {"name": st.sampled_from(["A", "A Freight", "Банк", "\U0001f6a2"]) | st.text(min_size=1, max_size=8)},
    optional={
        "role": st.sampled_from(["purchaser", "ultimate_consignee", "end_user", "payer", "bank", "owner", "x"]),
        "country": PLACES,
        "incorporated_on": st.sampled_from(["2022", "2022-02", "2023-01-01", "0000", "9999-99-99"]),
    },
)
ITEM = st.fixed_dictionaries(
    {},
    optional={
        "hs_code": st.sampled_from(["8542.31", "85.42", "8", "6205.20", "٨٥٤٢٣١"]) | st.text(max_size=8),
        "quantity": st.floats(allow_nan=False, allow_infinity=False),
    },
)
ROUTE = st.fixed_dictionaries(
    {}, optional={"transshipments": st.lists(PLACES, max_size=4), "discharge": PLACES, "final_destination": PLACES}
)
EVENT = st.fixed_dictionaries(
    {"transaction_id": st.sampled_from(["T", "U"]), "parties": st.lists(PARTY, min_size=1, max_size=5)},
    optional={
        "revision": st.integers(0, 3),
        "occurred_at": DAYS,
        "departed_at": DAYS,
        "items": st.lists(ITEM, max_size=4),
        "route": ROUTE,
    },
)


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENT, min_size=1, max_size=8))
def test_events_of_any_kind_are_judged_and_always_alike(events: list[dict[str, object]]) -> None:
    once, again = Diversion(RULES), Diversion(RULES, most=1_000)
    memory = MatchMemory(Screener(Policy.default()), most=1_000)
    for number, event in enumerate(events):
        transaction = msgspec.convert(event, Transaction)
        source = EventSource(topic="t", partition=0, offset=number)
        parties = [encode(party) for party in transaction.parties]
        _, casts, content = once.watched(transaction)
        flags = once.judge(transaction, casts, content, (), source, NOW)
        met = memory.note(parties, again)
        assert met is not None
        with suppress(ScreeningError):  # a name in which nothing can be read
            list(memory.matches(met[0]))  # they are known from now on
        assert again.judge(transaction, met[1], content, (), source, NOW) == flags
        names = [flag.rule for flag in flags.flags]
        assert len(set(names)) == len(names)
        assert flags.review == (sum(flag.weight for flag in flags.flags) >= RULES.review)
        assert set(flags.not_checked) <= {rule.id for rule in RULES.rules} - set(names)
        assert all(flag.text and msgspec.json.decode(encode(flag), type=type(flag)) == flag for flag in flags.flags)
        once.memory.committed()


BROKEN = st.sampled_from(
    [b"{", b"", b'{"transaction_id": "T", "parties": []}', b'{"transaction_id": "T", "parties": [7]}']
)
LISTED = st.sampled_from(["Inspur Group Co., Ltd.", "Inspur Grup", "Huawei"])
LISTS = Snapshot.of_lists([load_list("bundled")], NOW)


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """An event in some form, perhaps with a listed party, perhaps broken."""
    if draw(st.integers(0, 5)) == 0:
        return draw(BROKEN)
    event: dict[str, Any] = draw(EVENT)
    if draw(st.integers(0, 3)) == 0:
        event["parties"] = [*event["parties"], {"name": draw(LISTED), "role": "purchaser"}]
    form = draw(st.sampled_from(["", "", "structured", "looks_structured", "schema_registry"]))
    if form == "structured":
        event = {"specversion": "1.0", "id": "1", "source": "/orders", "type": "order", "data": event}
    if form == "looks_structured":
        event |= {"specversion": "1.0", "data": {"transaction_id": "V"}}
    return (b"\0\0\0\0\7" if form == "schema_registry" else b"") + msgspec.json.encode(event)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(written(), min_size=1, max_size=8), min_size=1, max_size=3))
def test_events_answered_together_are_answered_as_each_in_its_turn(chunks: list[list[bytes]]) -> None:
    screener, together, alone = Screener(Policy.default()), Diversion(RULES), Diversion(RULES)
    memory = MatchMemory(screener, most=1_000)
    memory.follow(LISTS)
    answering = Answering(screener, LISTS, NOW, 100_000, nullcontext(), memory, NO_CLEARANCES, together, lambda: False)
    offset = 0
    for chunk in chunks:
        events = []
        for value in chunk:
            events.append(Event(value, EventSource(topic="t", partition=0, offset=offset), NOW))
            offset += 1
        for event, found in zip(events, answering.answers(events), strict=True):
            wanted = answer(event, screener, LISTS, NOW, 100_000, diversion=alone)
            assert msgspec.structs.replace(found, seconds=0.0, parties=()) == msgspec.structs.replace(
                wanted, parties=()
            )
            assert [read_party(party) for party in found.parties] == [read_party(party) for party in wanted.parties]
        together.memory.committed()
        alone.memory.committed()

"""A stream of batches is answered as plainly, event after event: whatever lands in between, is undone or forgotten."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.lists.state import Change
from streams.matching import Policy
from streams.ownership.graph import NO_OWNERSHIP
from streams.ownership.pages import paged
from streams.ownership.release import next_release
from streams.records.clearance import Clearance
from streams.records.decision import EventSource
from streams.records.list_entry import ListedName, ListEntry
from streams.records.list_release import ListRelease
from streams.records.ownership import HoldingParty, OwnershipEdge
from streams.screening.answer import Answer, Event, answer
from streams.screening.answers import Answering
from streams.screening.clearances import Clearances
from streams.screening.diversion import Diversion, DiversionRules
from streams.screening.memory import MatchMemory
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

NOW = datetime(2025, 10, 1, tzinfo=UTC)
LISTED = ("Quvelian Marstrand Avionics", "Ostrovian Turbine Works", "Tarnhelm Photonics Institute", "Hestrup Optronics")
OTHERS = ("Velavia Toys", "Kestholm Rail", "Ann Quist", "Forwarding Bank")
ROLES = ("purchaser", "ultimate_consignee", "intermediate_consignee", "bank", "payer", "")
POLICY = files("streams.matching").joinpath("policy.toml").read_text(encoding="utf-8")
BY_ROLE = '[[thresholds.by]]\nrole = "bank"\nreview = 0.95\nhold = 0.97\n\n[weights]'
SCREENERS = (Screener(Policy.default()), Screener(Policy.from_toml(POLICY.replace("[weights]", BY_ROLE, 1))))
RULES = DiversionRules.default()
BROKEN = (None, b"", b"{", b"\0", b'{"transaction_id":"T0","parties":[{"name":"\xff"}]}', b" " * 20_001)


def lists(rng: random.Random, before: Snapshot, number: int) -> Snapshot:
    """The snapshot after a release of each list, with some of the entries."""
    changes = []
    for source, names in (("a_list", LISTED[:2]), ("b_list", LISTED[2:])):
        entries = [
            ListEntry(
                source=source,
                entry_id=name,
                names=(ListedName(name=name), *[ListedName(name=rng.choice(OTHERS))][: rng.random() < 0.2]),
                effective_from=rng.choice([None, NOW.date() + timedelta(days=1)]),
            )
            for name in names
            if rng.random() < 0.8
        ]
        left = {name for key, name in before.index.entries if key == source} - {entry.entry_id for entry in entries}
        release = ListRelease(
            source=source, release_id=f"{number}", published_at=NOW, entries=len(entries), digest=f"{number}"
        )
        changes.append(Change(source, release, tuple(entries), tuple(left)))
    return before.after(changes)


def owners(rng: random.Random, before: Snapshot) -> Snapshot:
    """The snapshot with other owners in force, or none."""
    edges = [
        OwnershipEdge(owner=HoldingParty(name=rng.choice(LISTED)), owned=HoldingParty(name=name), percent=60.0)
        for name in rng.sample(OTHERS, rng.randrange(3))
    ]
    return before.with_ownership(NO_OWNERSHIP.after(next_release("register", paged(edges), None, NOW)))


def party(rng: random.Random) -> dict[str, Any]:
    """Listed, nearly listed, owned by a listed one, ordinary, not valid or unreadable, in some role."""
    name: object = rng.choice([*OTHERS, *OTHERS, *LISTED, LISTED[0].replace("a", "e", 1)])
    if rng.random() < 0.05:
        name = rng.choice(["---", 7])
    made = {"name": name, "role": rng.choice(ROLES), "country": rng.choice(["DE", "RU", ""])}
    return made | ({"owners": [{"name": rng.choice(LISTED), "percent": 50}]} if rng.random() < 0.1 else {})


def events(rng: random.Random, known: Sequence[Mapping[str, Any]], offset: int) -> Iterator[Event]:
    """Revisions of few transactions, in any order and form, some broken; a party may take part twice."""
    for at in range(offset, offset + rng.choice([1, 5, 30])):
        source = EventSource(topic="transactions", partition=at % 2, offset=at)
        recorded_at = NOW + timedelta(hours=rng.randrange(100))
        taking_part = rng.choices(known, k=rng.randrange(1, 4))
        event: dict[str, Any] = {
            "transaction_id": f"T{rng.randrange(4)}",
            "revision": rng.randrange(3),
            "parties": [*taking_part, *taking_part[: rng.randrange(2)]],
            "items": [{"hs_code": rng.choice(["8542.31", "6205.20"]), "quantity": rng.choice([1, 500])}],
            "route": {"final_destination": rng.choice(["HK", "Norway", "RU"])},
        }
        if rng.random() < 0.1:
            event = {"specversion": "1.0", "id": "1", "source": "/o", "type": "order", "data": event}
        value = msgspec.json.encode(event) if rng.random() < 0.9 else rng.choice(BROKEN)
        yield Event(value, source, recorded_at, b"key", () if rng.random() < 0.97 else None)


def said(answered: Answer) -> object:
    parties = [msgspec.json.decode(party)["name"] for party in answered.parties]
    return answered.decision, answered.alerts, answered.samples, answered.dead_letter, answered.ordered, parties


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32), st.sampled_from([1, 3, 8, 1_000]), st.sampled_from([1, 4, 1_000]), st.sampled_from(SCREENERS)
)
def test_batches_are_answered_as_plainly(seed: int, parties: int, transactions: int, screener: Screener) -> None:
    rng = random.Random(seed)
    together, alone = Diversion(RULES, transactions), Diversion(RULES, transactions)
    memory = MatchMemory(screener, parties)
    snapshot = Snapshot()
    known = [party(rng) for _ in range(6)]
    cleared: dict[str, Clearance] = {}
    offset = 0
    for number in range(6):
        if rng.random() < 0.7:
            snapshot = lists(rng, snapshot, number)
        if rng.random() < 0.4:
            snapshot = owners(rng, snapshot)
        memory.follow(snapshot)
        clearances = Clearances(dict(cleared))
        batch = list(events(rng, known, offset))
        offset += len(batch)
        for is_undone in (*[True] * rng.randrange(2), False):
            wanted = [
                answer(event, screener, snapshot, NOW, 20_000, clearances=clearances, diversion=alone)
                for event in batch
            ]
            answering = Answering(
                screener, snapshot, NOW, 20_000, nullcontext(), memory, clearances, together, lambda: rng.random() < 0.2
            )
            found: list[Answer] = []
            while len(found) < len(batch):
                found += answering.answers(batch[len(found) : len(found) + rng.choice([1, 3, 256])])
            assert list(map(said, found)) == list(map(said, wanted))
            for diversion in (together, alone):
                diversion.memory.undone() if is_undone else diversion.memory.committed()
        for alert in [alert for each in found for alert in each.alerts if rng.random() < 0.05]:
            clearance = Clearance(
                clearance_id=alert.alert_id, fingerprint=alert.party_fingerprint, source=alert.listed.source,
                entry_id=alert.listed.entry_id, entry_hash=alert.entry_hash, reason="another", maker="a", checker="b",
                disposition_id="1", at=NOW, expires_at=NOW + timedelta(days=2),
            )  # fmt: skip
            cleared[clearance.key] = clearance

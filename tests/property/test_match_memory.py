"""With a memory of parties every event gets the very answer it gets without, whatever releases land in between."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from screened import answer_from_memory

from streams.invented.names import NameMaker, grown
from streams.invented.trade import Trade
from streams.lists.loading import load_list
from streams.lists.state import Change
from streams.matching import Policy
from streams.records.decision import EventSource
from streams.records.list_entry import ListedName, ListEntry
from streams.records.list_release import ListRelease
from streams.screening.answer import Answer, Event, answer
from streams.screening.memory import MatchMemory
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

NOW = datetime(2025, 10, 1, tzinfo=UTC)
BUNDLED = load_list("bundled").entries
LISTED = grown(BUNDLED, 3, seed=5)
BY_ROLE = """
[[thresholds.by]]
role = "bank"
review = 0.95
hold = 0.97

"""
POLICY = files("streams.matching").joinpath("policy.toml").read_text(encoding="utf-8")
SCREENERS = (
    Screener(Policy.default()),
    Screener(Policy.from_toml(POLICY.replace("[weights]", f"{BY_ROLE}[weights]", 1))),
    Screener(Policy.from_toml(POLICY.replace("share = 0.0\nmargin = 0.1", "share = 0.5\nmargin = 0.3", 1))),
)


def release(number: int, upserts: Sequence[ListEntry], removals: Sequence[str], entries: int) -> Change:
    made = ListRelease(
        source="us_bis_additions",
        release_id=str(number),
        published_at=NOW + timedelta(hours=number),
        entries=max(entries, 1),
        digest=str(number),
    )
    return Change("us_bis_additions", made, tuple(upserts), tuple(removals))


def releases(rng: random.Random, count: int) -> Iterator[Snapshot]:
    """Snapshots, each after a release that adds, changes and removes a few entries of the one before."""
    first, spare = LISTED[::2], LISTED[1::2]
    snapshot = Snapshot().after([release(0, first, (), len(first))])
    yield snapshot
    maker = NameMaker(LISTED, rng.randrange(1000))
    for number in range(1, count):
        listed = list(snapshot.index.entries.values())
        upserts = {entry.entry_id: entry for entry in rng.sample(spare, rng.randrange(8))}
        for entry in rng.sample(listed, rng.randrange(4)):
            names = (*entry.names, ListedName(name=maker.name()))[rng.randrange(2) :]
            upserts[entry.entry_id] = msgspec.structs.replace(entry, names=names, remarks=str(number))
        removals = [entry.entry_id for entry in rng.sample(listed, rng.randrange(6)) if entry.entry_id not in upserts]
        snapshot = snapshot.after([release(number, list(upserts.values()), removals, len(listed))])
        yield snapshot


def parties(rng: random.Random) -> list[dict[str, Any]]:
    """Listed ones with and without address, nearly listed ones, owned ones, ordinary ones, unreadable ones."""
    maker = NameMaker(LISTED, rng.randrange(1000))
    made: list[dict[str, Any]] = [{"name": "---"}, {"name": 7}, {"role": "bank"}]
    for entry in rng.sample(LISTED, 60):
        name = rng.choice(entry.names).name
        party: dict[str, Any] = {"name": rng.choice([name, maker.misspelt(name), " ".join(name.split()[1:]) or name])}
        if rng.random() < 0.3:
            party["country"] = rng.choice(["CN", "DE", *entry.countries])
        if rng.random() < 0.3:
            party |= {"name": "Velavia Toys GmbH", "addresses": msgspec.to_builtins(entry.addresses[:1])}
        if rng.random() < 0.2:
            party = {"name": "Mondell Paper", "owners": [{"name": party["name"]}, {"name": "Ann Quist"}]}
        made.append(party)
    made += [{"name": maker.name()} for _ in range(60)]
    for _, value in Trade(LISTED, population=50, near_hits=0.3, seed=rng.randrange(1000)).orders(15):
        made += msgspec.json.decode(value)["parties"]
    return made


def said(answered: Answer) -> tuple[bytes, bytes, object]:
    raised = (answered.alerts, answered.samples)
    return msgspec.json.encode(answered.decision), msgspec.json.encode(raised), answered.dead_letter


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), most=st.sampled_from([8, 60, 1000]), screener=st.sampled_from(SCREENERS))
def test_the_memory_changes_no_answer(seed: int, most: int, screener: Screener) -> None:
    rng = random.Random(seed)
    memory = MatchMemory(screener, most)
    known = parties(rng)
    outcomes: Counter[str] = Counter()
    for number, snapshot in enumerate(releases(rng, 6)):
        if rng.random() < 0.8:  # a worker may miss a snapshot
            memory.follow(snapshot)
        else:
            continue
        for offset in range(60):
            taking_part = [dict(each) for each in rng.sample(known, 3)]
            if rng.random() < 0.1:
                taking_part.append(rng.choice(known[:3]))
            for each in taking_part:
                if rng.random() < 0.5:
                    each["role"] = rng.choice(["bank", "purchaser", "payer"])
            day = f"20{20 + number}-01-01T00:00:00Z"
            event = {"transaction_id": f"{number}-{offset}", "parties": taking_part, "occurred_at": day}
            source = EventSource(topic="transactions", partition=0, offset=offset)
            sent = Event(msgspec.json.encode(event), source, NOW)
            plain = answer(sent, screener, snapshot, NOW)
            assert said(answer_from_memory(sent, screener, snapshot, NOW, memory)) == said(plain)
            outcomes[plain.decision.outcome] += 1
        assert len(memory) <= max(most, 2)
    assert set(outcomes) > {"clear", "error"}


def test_what_would_fill_the_memory_is_not_remembered() -> None:
    screener = SCREENERS[0]
    memory = MatchMemory(screener, 1000)
    snapshot = Snapshot().after([release(0, LISTED, (), len(LISTED))])
    memory.follow(snapshot)
    for name, more, remembered in (("Ann Quist", {}, True), ("Ann Quist", {"unknown": "x" * 10_000}, False)):
        before = len(memory)
        event = {"transaction_id": "T", "parties": [{"name": name, **more}]}
        sent = Event(msgspec.json.encode(event), EventSource(topic="transactions", partition=0, offset=0), NOW)
        answer_from_memory(sent, screener, snapshot, NOW, memory)
        assert (len(memory) > before) is remembered


def test_of_known_parties_only_those_that_a_release_can_concern_are_noted() -> None:
    screener = SCREENERS[0]
    memory = MatchMemory(screener, 1000)
    before = Snapshot().after([release(0, LISTED, (), len(LISTED))])
    added = ListEntry(source="us_bis_additions", entry_id="added", names=(ListedName(name="Velmora Dynamics"),))
    known = [msgspec.json.encode({"name": name}) for name in ("Ordinary Toys", "Velmora Dynamix")]

    def noted() -> tuple[list[bytes], int]:
        met = memory.note(known)
        assert met is not None
        assert len(met[1]) == len(known)
        return [each.content for each in met[0]], len([*memory.matches(met[0])])

    memory.follow(before)
    assert noted() == (known, 0)
    assert noted() == ([], 0)
    memory.follow(after := before.after([release(1, [added], (), len(LISTED) + 1)]))
    assert noted() == (known[1:], 1)
    memory.follow(after.with_ownership(after.ownership.after()))
    assert noted() == (known, 1)  # who owns them has to be looked up
    assert noted() == (known[1:], 1)

"""A hundred thousand generated events through reading and screening: nothing crashes, nothing unscreened is clear."""

from __future__ import annotations

import base64
import json
import random
import resource
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from screened import answer_from_memory

from streams.demo.cases import cases
from streams.invented.orders import ordinary_orders
from streams.lists.loading import load_list
from streams.matching import EntityIndex, Match, Policy
from streams.matching.asking import Asked
from streams.records.codec import encode
from streams.records.decision import EventSource
from streams.records.events import read_party
from streams.records.party import Party
from streams.screening.answer import Answer, Event, answer
from streams.screening.budget import ScreeningBudget
from streams.screening.memory import MatchMemory
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

EVENTS = 100_000
LARGEST = 50_000
MOST_MEMORY = 400 * 1024 * 1024
NOW = datetime(2025, 10, 1, tzinfo=UTC)
SOURCE = EventSource(topic="transactions", partition=0, offset=0)
STRINGS = (
    "",
    " ",
    "\x00",
    "\x1b[31m",
    "=1+1",
    "\u200b" * 50,
    "\u202e",
    "\ufeff",
    "ﷺ" * 20,
    "a\u0301" * 200,
    "\u0301" * 300,
    "浪潮(北京)电子信息产业有限公司",
    "Inspur Taiwan",
    "Incpur Electronic Informaton Industry Co Ltd",
    "Inspur Beijing Electronic",
    "ΟΔΥΣΣΕΥΣ",
    "شركة",
    "🏴" * 30,
    "\U0010ffff",
    "A " * 500,
    "x" * 1025,
    "2025-02-30T25:61:61Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "CN",
    "𝕀𝕟𝕤𝕡𝕦𝕣",
)
VALUES: tuple[Any, ...] = (
    *STRINGS,
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    2**200,
    1e308,
    0.1,
    [],
    {},
    [[]],
    [None],
    {"": ""},
)
TOKENS = (
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\\",
    b"\\ud800",
    b"\xff",
    b"\x00",
    b"1e999",
    b"NaN",
    b"-",
    b"null",
)
HEADERS: tuple[tuple[tuple[str, bytes | None], ...], ...] = (
    (),
    (),
    (("trace", None),),
    (("content-type", b"application/json"),),
    (("content-type", b"application/cloudevents+json"),),
    (("Content-Type", b"application/cloudevents+json; charset=\xff"),),
    (("content-type", b"application/cloudevents-batch+json"),),
    (("content-type", None), ("ce_specversion", b"1.0")),
)


class Watched:
    """The index, and the names it was asked for."""

    def __init__(self, index: EntityIndex) -> None:
        self._index = index
        self.searched: list[str] = []

    def __len__(self) -> int:
        return len(self._index)

    def asked(self, party: Party, policy: Policy) -> Asked:
        return self._index.asked(party, policy)

    def match_and_sample(self, asked: Asked, policy: Policy) -> tuple[Match, ...]:
        self.searched.append(asked.party.name)
        return tuple(self._index.match_and_sample(asked, policy))


def _nodes(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value, as its container and key."""
    keys = list(node) if isinstance(node, dict) else range(len(node))
    for key in keys:
        yield node, key
        if isinstance(node[key], dict | list):
            yield from _nodes(node[key])


def _reshaped(event: dict[str, Any], rng: random.Random) -> bytes:
    """The event with some values replaced, repeated, renamed or taken away."""
    event = json.loads(json.dumps(event))
    many = False
    for _ in range(rng.randint(0, 3)):
        places = list(_nodes(event))
        if not places:
            break
        container, key = rng.choice(places)
        what = rng.random()
        if what < 0.5:
            container[key] = json.loads(json.dumps(rng.choice(VALUES)))
        elif what < 0.7:
            # Many only once an event: the generator's own memory must not be what is measured.
            times = rng.choice((1, 2) if many else (1, 2, 2, 2, 101, 101, 1001))
            many = many or times > 2
            container[key] = [container[key]] * times
        elif what < 0.85 and isinstance(container, dict):
            container[rng.choice(STRINGS)] = container.pop(key)
        else:
            del container[key]
    if rng.random() < 0.2:
        data = (
            {"data": event}
            if rng.random() < 0.5
            else {"data_base64": base64.b64encode(json.dumps(event).encode()).decode()}
        )
        event = {"specversion": rng.choice(("1.0", "1.1", "2.0", "")), "id": "1", **data}
    return json.dumps(event, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def _damaged(value: bytes, rng: random.Random) -> bytes:
    """The bytes with some of them cut, turned, repeated, or tokens of JSON put between them."""
    changed = bytearray(value)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(changed) + 1)
        what = rng.randrange(5)
        if what == 0:
            changed[at : at + rng.randint(1, 20)] = b""
        elif what == 1 and at < len(changed):
            changed[at] ^= 1 << rng.randrange(8)
        elif what == 2:
            changed[at:at] = rng.choice(TOKENS) * rng.choice((1, 1, 1, 300))
        elif what == 3:
            del changed[at:]
        else:
            changed[at:at] = changed[: rng.randint(0, 200)]
    return bytes(changed)


def _events(rng: random.Random) -> Iterator[bytes | None]:
    models = [json.loads(each.payload) for each in (*ordinary_orders(60), *cases(), *cases())]
    for model in models:
        del model["parties"][2:], model["items"][1:]
    yield from (None, b"", b"\x00" * LARGEST, b"{" * LARGEST, b'{"a":' * 9_000, b"[" * LARGEST, b'"' + b"x" * LARGEST)
    while True:
        what = rng.random()
        if what < 0.1:
            yield rng.randbytes(rng.randint(1, 400))
            continue
        value = _reshaped(rng.choice(models), rng)
        yield value if what < 0.7 else _damaged(value, rng)


def _read(value: bytes) -> Any:
    # Bytes that are not UTF-8 are let pass where nothing is read: in fields that Highfence does not know.
    return json.loads(value.decode(errors="replace"))


def _names(value: bytes) -> list[str]:
    """The names of an event's parties, read with Python's own JSON."""
    event = _read(value)
    if "specversion" in event and "parties" not in event:
        event = _read(base64.b64decode(event["data_base64"])) if event.get("data_base64") else event["data"]
    return [party["name"] for party in event["parties"]]


def _said(answered: Answer) -> tuple[object, ...]:
    parties = [read_party(bytes(party)) for party in answered.parties]
    return answered.decision, answered.alerts, answered.dead_letter, parties


def test_no_event_crashes_and_none_is_clear_unscreened() -> None:
    rng = random.Random(20250325)
    unwatched = Snapshot.of_lists([load_list("bundled")], NOW)
    watched = Watched(unwatched.index)
    snapshot = replace(unwatched, index=watched)  # type: ignore[arg-type] # what screening asks of an index
    screener = Screener(Policy.default())
    memory = MatchMemory(screener, 2_000)
    memory.follow(unwatched)
    budget = ScreeningBudget(seconds=10)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcomes: Counter[str] = Counter()
    for number, value in zip(range(EVENTS), _events(rng), strict=False):
        headers = rng.choice(HEADERS)
        watched.searched.clear()
        event = Event(value, SOURCE, NOW, b"key", headers)
        answered = answer(event, screener, snapshot, NOW, LARGEST, budget)
        decision = answered.decision
        if number % 3 == 0:  # a worker answers from its memory of parties where it can: the very same
            from_memory = answer_from_memory(event, screener, unwatched, NOW, memory, LARGEST, budget)
            assert _said(from_memory) == _said(answered), (decision.reason, from_memory.decision.reason, value)
        outcomes[decision.outcome] += 1
        assert encode(decision)
        assert all(encode(alert) for alert in answered.alerts)
        assert (decision.outcome == "error") == (answered.dead_letter is not None)
        assert bool(answered.alerts) == (decision.outcome in ("hold", "review"))
        if answered.dead_letter is not None:
            assert (answered.dead_letter.value, len(answered.dead_letter.headers)) == (value, len(headers))
            assert answered.dead_letter.reason != "timed_out", value
            assert encode(answered.dead_letter)
            assert "internal error" not in answered.dead_letter.detail, (answered.dead_letter.detail, value)
        else:
            assert watched.searched == _names(value or b"")
    assert min(outcomes[outcome] for outcome in ("clear", "hold", "review", "error")) > 500, outcomes
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MOST_MEMORY

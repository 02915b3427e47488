"""Events for fault tests: ordinary trade, listed parties, versions of one transaction, and poison."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from streams.demo.cases import cases
from streams.invented.orders import ordinary_orders


@dataclass(frozen=True)
class Sent:
    """One Kafka message as it is sent."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]] = field(default_factory=list)


def _bodies() -> list[bytes]:
    """What follows the id in an event: 200 ordinary orders, and every listed party and lookalike of the demo."""
    orders = [*ordinary_orders(200), *(each for each in cases() if each.transaction_id.startswith("CASE"))]
    bodies = []
    for each in orders:
        content = json.loads(each.payload)
        del content["transaction_id"]
        bodies.append(json.dumps(content, ensure_ascii=False).encode()[1:])
    return bodies


def trade(count: int, start: int = 0, versions: int = 3) -> Iterator[Sent]:
    """Orders whose ids continue from ``start``; each comes in some versions, one after the other."""
    bodies = _bodies()
    for number in range(start, start + count):
        identity, revision = divmod(number, versions)
        key = f"T{identity:08d}"
        body = bodies[number * 7 % len(bodies)]
        yield Sent(key.encode(), f'{{"transaction_id": "{key}", "revision": {revision}, '.encode() + body)


_GOOD = b'{"transaction_id": "%s", "parties": [{"name": "Inspur Taiwan", "country": "TW"}]}'
_DEEP = 100_000
POISON: dict[str, Sent] = {
    "no value": Sent(b"P-null", None),
    "no bytes": Sent(b"P-empty", b""),
    "no key, no value": Sent(None, None),
    "not json": Sent(b"P-text", b"hello"),
    "cut off": Sent(b"P-cut", _GOOD[:40] % b"P-cut"),
    "null": Sent(b"P-none", b"null"),
    "array": Sent(b"P-array", b"[]"),
    "number": Sent(b"P-number", b"1e999"),
    "not UTF-8": Sent(b"P-\xff\xfe", b'{"transaction_id": "P-utf", "parties": [{"name": "\xff\xfe"}]}'),
    "half a surrogate pair": Sent(b"P-half", b'{"transaction_id": "P", "parties": [{"name": "\\ud800"}]}'),
    "UTF-16": Sent(b"P-utf16", (_GOOD % b"P-utf16").decode().encode("utf-16")),
    "deep": Sent(b"P-deep", b'{"x": ' + b"[" * _DEEP + b"]" * _DEEP + b"}"),
    "too large": Sent(b"P-large", b'{"transaction_id": "P-large", "x": "' + b"y" * 200_000 + b'"}'),
    "no parties": Sent(b"P-nobody", b'{"transaction_id": "P-nobody", "parties": []}'),
    "ten thousand parties": Sent(
        b"P-crowd", b'{"transaction_id": "P-crowd", "parties": [' + b",".join([b'{"name": "A B"}'] * 10_000) + b"]}"
    ),
    "no name": Sent(b"P-noname", b'{"transaction_id": "P-noname", "parties": [{"role": "bank"}]}'),
    "a very long name": Sent(b"P-long", b'{"transaction_id": "P-long", "parties": [{"name": "' + b"x" * 2000 + b'"}]}'),
    "wrong types": Sent(b"P-types", b'{"transaction_id": 7, "parties": "none"}'),
    "revision too large": Sent(
        b"P-rev", b'{"transaction_id": "P-rev", "revision": 99999999999999999999, "parties": [{"name": "A B"}]}'
    ),
    "impossible day": Sent(
        b"P-day", b'{"transaction_id": "P-day", "occurred_at": "2025-02-30T00:00:00Z", "parties": [{"name": "A B"}]}'
    ),
    "batch of CloudEvents": Sent(b"P-batch", b"[]", [("content-type", b"application/cloudevents-batch+json")]),
    "CloudEvent of the future": Sent(b"P-future", b'{"specversion": "2.0", "data": {}}'),
    "CloudEvent with broken base64": Sent(b"P-base64", b'{"specversion": "1.0", "data_base64": "%%"}'),
    "headers of all kinds": Sent(b"P-headers", b"{", [("", b""), ("a", None), ("a", b"\x00\xff"), ("ö", b"x" * 5000)]),
    "a very long key": Sent(b"k" * 10_000, b"not json"),
}
"""Events that cannot be read, each by its kind."""


def with_poison(events: Iterator[Sent], share: float, seed: int = 6) -> Iterator[Sent]:
    """The events with poison of every kind between them, ``share`` of all."""
    rng = random.Random(seed)
    kinds = list(POISON.values())
    spoilt = 0
    for each in events:
        while rng.random() < share:
            yield kinds[spoilt % len(kinds)]
            spoilt += 1
        yield each

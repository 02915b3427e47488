"""How long decoding an event takes: straight into the typed record, or through plain dictionaries."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import msgspec
import orjson

from streams.invented.orders import ordinary_orders
from streams.records.events import read_event
from streams.records.transaction import Transaction


@dataclass(frozen=True, slots=True)
class DecodeTimes:
    """Microseconds per event, the median over rounds that alternate between the ways."""

    events: int
    bytes_per_event: int
    read_event: float
    msgspec_only: float
    orjson_and_convert: float


def bench_decode(events: int = 2000, rounds: int = 9) -> DecodeTimes:
    """Decode the demo's orders each way, interleaved, so that a noisy machine treats all alike."""
    payloads = [order.payload for order in ordinary_orders(events)]
    decoder = msgspec.json.Decoder(Transaction)
    ways: dict[str, Callable[[bytes], object]] = {
        "read_event": read_event,
        "msgspec_only": decoder.decode,
        "orjson_and_convert": lambda payload: msgspec.convert(orjson.loads(payload), Transaction),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            times[name].append(_microseconds(way, payloads))
    size = sum(map(len, payloads)) // len(payloads)
    return DecodeTimes(events, size, **{name: median(taken) for name, taken in times.items()})


def _microseconds(way: Callable[[bytes], object], payloads: Sequence[bytes]) -> float:
    started = time.perf_counter()
    for payload in payloads:
        way(payload)
    return (time.perf_counter() - started) / len(payloads) * 1e6

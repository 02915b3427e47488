"""How fast the stream is: pass-through, screening and what a user would pick instead, round after round in one run."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import msgspec

from streams.bench import picture
from streams.bench.contestants import Measured
from streams.bench.stage import Stage
from streams.invented.owners import invented_edges
from streams.invented.trade import Trade
from streams.lists.loading import LoadedList
from streams.settings import KafkaSettings

PASSED_ON = "pass-through"
REALISTIC = "screening, realistic"
WITHOUT_FLAGS = "realistic, without flags"
OWNED = "realistic, with ownership"
COLD = "screening, every party new"
_CONTESTANT = {
    REALISTIC: "screening",
    WITHOUT_FLAGS: "screening-without-flags",
    OWNED: "screening",
    COLD: "screening",
}


class Compared(msgspec.Struct, frozen=True):
    """One contestant's rounds; ``share`` is the median over rounds of its events a second by pass-through's."""

    name: str
    rounds: tuple[Measured, ...]
    share: float

    @property
    def rate(self) -> float:
        """Events a second, the median over rounds."""
        return median(each.rate for each in self.rounds)

    @property
    def cpu_microseconds(self) -> float:
        """Client CPU an event, the median over rounds."""
        return median(each.cpu_microseconds for each in self.rounds)

    @property
    def events_a_transaction(self) -> float | None:
        """Events in a Kafka transaction, the mean over all; None where that is not known."""
        transactions = sum(each.transactions or 0 for each in self.rounds)
        return sum(each.events for each in self.rounds) / transactions if transactions else None


def others() -> list[str]:
    """The other runtimes that are installed."""
    return [name for name in ("quixstreams", "faust") if importlib.util.find_spec(name)]


def bench_pipeline(
    kafka: KafkaSettings,
    lists: Sequence[LoadedList],
    prefix: str,
    *,
    events: int,
    cold_events: int,
    trade: Trade,
    edges: int,
    rounds: int,
    names: Sequence[str],
    report: Callable[[str], None],
) -> list[Compared]:
    """Measure the contestants ``names`` on a broker, interleaved.

    Of the realistic stream as many ``events`` come first, uncounted, as are measured then: a worker that runs for a
    while knows the parties. Of a stream in which no party ever comes again, ``cold_events``. :data:`OWNED` is the
    realistic stream once more, with so many ``edges`` of ownership in force.

    Raises StreamError when a contestant does not end well.
    """
    warm = Stage(kafka, f"{prefix}trade.")
    cold = Stage(kafka, f"{prefix}new.")
    report("sending events")
    warm.build(lists, trade.orders(2 * events))
    owned = Stage(kafka, f"{prefix}owned.")
    if OWNED in names:
        owned.build(lists, trade.orders(2 * events), invented_edges(trade, edges))
    if COLD in names:
        cold.build(lists, replace(trade, population=None).orders(2 * cold_events))
    measured: dict[str, list[Measured]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names:
            report(f"round {number + 1} of {rounds}: {name}")
            stage, count = {COLD: (cold, cold_events), OWNED: (owned, events)}.get(name, (warm, events))
            contestant = _CONTESTANT.get(name, name)
            measured[name].append(stage.measure(contestant, f"{contestant}-{number}", count, count))
    return list(_compared(measured))


def _compared(measured: dict[str, list[Measured]]) -> Iterator[Compared]:
    passed = measured[PASSED_ON]
    for name, rounds in measured.items():
        shares = [each.rate / by.rate for each, by in zip(rounds, passed, strict=True)]
        yield Compared(name, tuple(rounds), median(shares))


def plot(compared: Sequence[Compared], file: Path) -> None:
    """Draw events a second and how the lag falls, into a PNG file."""
    figure = picture.blank(10, 4.5)
    rates, lags = figure.subplots(1, 2)
    names = [each.name for each in compared]
    rates.barh(names[::-1], [each.rate for each in compared][::-1])
    rates.set_xlabel("events a second, median of rounds")
    for each in compared:
        last = each.rounds[-1]
        left = [last.events - done for _, done in last.progress]
        lags.plot([seconds for seconds, _ in last.progress], left, label=each.name)
    lags.set_xlabel("seconds")
    lags.set_ylabel("events left (lag), last round")
    lags.legend()
    picture.save(figure, file)

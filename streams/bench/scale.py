"""How the cost grows: with workers on one machine, with the list, and with the number of parties in trade."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import msgspec

from streams.bench import picture
from streams.bench.contestants import Measured
from streams.bench.stage import Stage
from streams.invented.names import grown
from streams.invented.trade import SEED, Trade
from streams.lists.loading import LoadedList
from streams.settings import KafkaSettings


class Scaled(msgspec.Struct, frozen=True, kw_only=True):
    """One size of things. ``rate`` is of all workers, ``cpu_microseconds`` client CPU an event, ``peak_megabytes`` the
    largest worker's."""

    varied: str
    workers: int
    entries: int
    names: int
    population: int
    rate: float
    cpu_microseconds: float
    peak_megabytes: float


def bench_scale(
    kafka: KafkaSettings,
    loaded: LoadedList,
    prefix: str,
    *,
    trade: Trade,
    events: int,
    workers: Sequence[int],
    times: Sequence[int],
    populations: Sequence[int],
    report: Callable[[str], None],
) -> list[Scaled]:
    """Vary the number of workers, the list's size (``times`` as large) and the population, one at a time.

    Workers that are measured together have topics of their own, with the same events, so that they all work all the
    time; half of the ``events`` of each are measured, after the other half. Raises StreamError when a worker does not
    end well.
    """
    found: list[Scaled] = []

    def measure(varied: str, count: int, listed: LoadedList, trading: Trade) -> None:
        report(f"{count} workers, {len(listed.entries):,} entries, {trading.population:,} parties")
        stages = [Stage(kafka, f"{prefix}{len(found)}-{number}.") for number in range(count)]
        for stage in stages:
            stage.build([listed], trading.orders(events))
        with ThreadPoolExecutor(count) as pool:
            running = [pool.submit(stage.measure, "screening", "scale", events // 2, events // 2) for stage in stages]
            measured = [each.result() for each in running]
        found.append(_scaled(varied, listed, trading, measured))

    for count in workers:
        measure("workers", count, loaded, trade)
    for factor in times:
        larger = LoadedList(loaded.source, tuple(grown(loaded.entries, factor, SEED)))
        measure("list", 1, larger, trade)
    for population in populations:
        measure("population", 1, loaded, replace(trade, population=population))
    return found


def _scaled(varied: str, loaded: LoadedList, trade: Trade, measured: Sequence[Measured]) -> Scaled:
    return Scaled(
        varied=varied,
        workers=len(measured),
        entries=len(loaded.entries),
        names=sum(len(entry.names) for entry in loaded.entries),
        population=trade.population or 0,
        rate=sum(each.rate for each in measured),
        cpu_microseconds=sum(each.cpu_seconds for each in measured) / sum(each.events for each in measured) * 1e6,
        peak_megabytes=max(each.peak_megabytes for each in measured),
    )


def plot(scaled: Sequence[Scaled], file: Path) -> None:
    """Draw client CPU an event over each thing that was varied, into a PNG file."""
    figure = picture.blank(11, 4)
    kinds: dict[str, Callable[[Scaled], int]] = {
        "workers": lambda each: each.workers,
        "list": lambda each: each.entries,
        "population": lambda each: each.population,
    }
    for axes, (kind, size) in zip(figure.subplots(1, 3), kinds.items(), strict=True):
        of_kind = [each for each in scaled if each.varied == kind]
        rate = kind == "workers"
        heights = [each.rate if rate else each.cpu_microseconds for each in of_kind]
        axes.plot([size(each) for each in of_kind], heights, marker="o")
        axes.set_xlabel({"list": "listed entries", "population": "parties in trade"}.get(kind, kind))
        axes.set_ylabel("events a second" if rate else "client CPU an event, µs")
        axes.set_ylim(bottom=0)
    picture.save(figure, file)

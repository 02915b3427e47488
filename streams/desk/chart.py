"""Alerts over time by list, laid out as stacked bars. Pure: numbers in, rectangles out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from streams.desk.book import HOUR

WIDTH, HEIGHT = 1000.0, 120.0
_GAP = 0.22
_COLOURS = 6
"""So many lists have a colour of their own; the rest share the last one."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of the drawing and what it says; ``colour`` counts from 1."""

    x: float
    y: float
    width: float
    height: float
    colour: int
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """A list in the legend and the table: its colour, total, and count per step."""

    source: str
    colour: int
    total: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing: ``steps`` are the moments its bars begin at, ``top`` is what the tallest stands for."""

    bars: tuple[Bar, ...]
    series: tuple[Series, ...]
    steps: tuple[datetime, ...]
    top: int
    total: int
    labels: tuple[tuple[float, str], ...]


def alerts_chart(per_hour: Mapping[str, Counter[int]], now: datetime, days: int) -> Chart:
    """The last ``days`` days: by hour up to two days, else by day; days and hours are those of UTC."""
    hours_each = 1 if days <= 2 else 24
    step = timedelta(hours=hours_each)
    first_of_last = now.replace(minute=0, second=0, microsecond=0)
    if hours_each == 24:
        first_of_last = first_of_last.replace(hour=0)
    count = days * 24 // hours_each
    steps = tuple(first_of_last - step * (count - 1 - number) for number in range(count))
    begin = int(steps[0].timestamp()) // HOUR
    counted: dict[str, list[int]] = {}
    for source, hours in per_hour.items():
        counts = [0] * count
        for hour, alerts in hours.items():
            place = (hour - begin) // hours_each
            if 0 <= place < count:
                counts[place] += alerts
        if any(counts):
            counted[source] = counts
    ordered = sorted(counted, key=lambda source: (-sum(counted[source]), source))
    series = tuple(
        Series(source, min(number, _COLOURS), sum(counted[source]), tuple(counted[source]))
        for number, source in enumerate(ordered, start=1)
    )
    sums = [sum(one.counts[place] for one in series) for place in range(count)]
    top = max([*sums, 1])
    labels = tuple(
        (WIDTH * (number + 0.5) / count, _label(moment, hours_each))
        for number, moment in enumerate(steps)
        if (number - count + 1) % max(1, count // 6) == 0
    )
    return Chart(_bars(series, steps, top, hours_each), series, steps, top, sum(sums), labels)


def _bars(series: tuple[Series, ...], steps: tuple[datetime, ...], top: int, hours_each: int) -> tuple[Bar, ...]:
    width = WIDTH / len(steps)
    bars = []
    for place, moment in enumerate(steps):
        base = HEIGHT
        for one in series:
            if one.counts[place]:
                height = HEIGHT * one.counts[place] / top
                base -= height
                text = f"{_label(moment, hours_each)}: {one.counts[place]:,} of {one.source}"
                x = width * (place + _GAP / 2)
                bars.append(
                    Bar(round(x, 2), round(base, 2), round(width * (1 - _GAP), 2), round(height, 2), one.colour, text)
                )
    return tuple(bars)


def _label(moment: datetime, hours_each: int) -> str:
    at = moment.astimezone(UTC)
    return f"{at:%d %b %H:00}" if hours_each == 1 else f"{at:%d %b}"

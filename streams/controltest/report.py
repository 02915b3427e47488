"""The report of a control test: a record for machines, and a page that prints well."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from streams.controltest.mutations import MUTATIONS, TARGETS
from streams.errors import RecordError
from streams.evaluation.measures import Confusion
from streams.html import environment
from streams.records.decision import ReleaseRef

_Z = 1.959964  # two-sided 95%
_MISSES_SHOWN = 8


class Rate(msgspec.Struct, frozen=True):
    """``hits`` of ``asked`` with the bounds of the 95% confidence interval (Wilson's score interval, 1927)."""

    asked: int
    hits: int
    rate: float
    low: float
    high: float


class Row(msgspec.Struct, frozen=True):
    """The hit rate of a mutation, in one list or in all (``list`` is empty then)."""

    mutation: str
    list: str
    found: Rate


class Finding(msgspec.Struct, frozen=True):
    """A case that went wrong: a listed party missed, or a clean one alerted (then ``entry`` is what it was taken for).

    ``score`` is the best that the entry reached, ``threshold`` the review threshold it is held against.
    """

    case_id: str
    mutation: str
    list: str
    entry: str
    listed_name: str
    asked_name: str
    score: float
    threshold: float
    reason: str


class Point(msgspec.Struct, frozen=True):
    """The shares that would be found, and falsely alerted, had every party one review threshold."""

    threshold: float
    hit_rate: float
    false_alarm_rate: float


class TimeToForce(msgspec.Struct, frozen=True):
    """How soon the decisions on the platforms' events named a release after its marker was on the list topic.

    ``seconds`` go from the marker's Kafka timestamp to the start of the first batch decided under the release (None:
    no event came since). ``earlier`` decisions were still made under an earlier release, the last after
    ``earlier_seconds``. A release cannot be named before an event comes, so its time to force lies between the two.
    """

    source: str
    release_id: str
    published_at: datetime
    seconds: float | None
    earlier: int
    earlier_seconds: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a control test found, under which releases and policy, who ran it and when.

    ``topic`` is where its events were sent; empty when they were screened as a file is. ``stream_policies`` are those
    of the last decisions on the platforms' events, none when there were none lately.
    """

    run_by: str
    started_at: datetime
    seconds: float
    lists: tuple[str, ...]
    seed: int
    size: int
    entries: int
    no_name: int
    not_applicable: dict[str, int]
    releases: dict[str, ReleaseRef]
    policy_version: str
    rows: tuple[Row, ...]
    clean: Rate
    misses: tuple[Finding, ...]
    false_alarms: tuple[Finding, ...]
    sweep: tuple[Point, ...]
    topic: str = ""
    software_version: str = ""
    stream_policies: tuple[str, ...] = ()
    in_force: tuple[TimeToForce, ...] = ()

    @property
    def totals(self) -> list[Row]:
        """The rows over all lists."""
        return [row for row in self.rows if not row.list]

    @property
    def other_policies(self) -> list[str]:
        """Policies that the stream has lately decided under, and that were not tested."""
        return [each for each in self.stream_policies if each != self.policy_version]

    @property
    def short_of_target(self) -> list[Row]:
        """The mutations that were found less often than promised."""
        return [row for row in self.totals if row.found.hits / row.found.asked < TARGETS.get(row.mutation, 0.0)]


def rate(hits: int, asked: int) -> Rate:
    """The share with Wilson's 95% interval; of nothing asked nothing is known, 0 to 1."""
    if not asked:
        return Rate(0, 0, 0.0, 0.0, 1.0)
    share, z2 = hits / asked, _Z * _Z
    middle = (share + z2 / (2 * asked)) / (1 + z2 / asked)
    half = _Z * math.sqrt(share * (1 - share) / asked + z2 / (4 * asked * asked)) / (1 + z2 / asked)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Rate(asked, hits, round(share, 4), round(low, 4), round(high, 4))


def rows(outcomes: Iterable[tuple[str, str, bool]]) -> tuple[Row, ...]:
    """Outcomes as (mutation, list, found) → a row over all lists for each mutation, then one for each list."""
    asked: Counter[tuple[str, str]] = Counter()
    hits: Counter[tuple[str, str]] = Counter()
    for mutation, source, found in outcomes:
        for key in ((mutation, ""), (mutation, source)):
            asked[key] += 1
            hits[key] += found
    order = list(MUTATIONS)
    keys = sorted(asked, key=lambda key: (bool(key[1]), key[1], order.index(key[0])))
    return tuple(Row(*key, rate(hits[key], asked[key])) for key in keys)


def points(swept: Sequence[tuple[float, Confusion]]) -> tuple[Point, ...]:
    """A threshold sweep as the report keeps it."""
    return tuple(
        Point(round(each, 3), round(counts.recall, 4), round(counts.false_positive_rate, 5)) for each, counts in swept
    )


def as_json(report: Report) -> bytes:
    """The report as JSON, for :func:`read_report`."""
    return msgspec.json.format(msgspec.json.encode(report))


def read_report(file: Path) -> Report:
    """Read a JSON report. Raises RecordError when the file is none."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Report)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(f"{file} is not the JSON report of a control test: {error}") from error


def as_html(report: Report) -> str:
    """The report as one page without scripts or anything from elsewhere."""
    shown: dict[str, list[Finding]] = {}
    for miss in report.misses:
        shown.setdefault(miss.mutation, []).append(miss)
    curves = {
        "found": _curve([(point.threshold, point.hit_rate) for point in report.sweep]),
        "false": _curve([(point.threshold, point.false_alarm_rate) for point in report.sweep]),
    }
    docs = {name: (mutation.__doc__ or "").strip() for name, mutation in MUTATIONS.items()}
    return _environment.get_template("report.html").render(
        report=report, targets=TARGETS, misses=shown, most=_MISSES_SHOWN, curves=curves, docs=docs
    )


def _curve(pairs: Sequence[tuple[float, float]]) -> str:
    """Thresholds from 0.5 to 1 and shares as the points of a polyline, 600 wide and 180 high."""
    return " ".join(f"{(threshold - 0.5) * 1200:.1f},{(1 - share) * 180:.1f}" for threshold, share in pairs)


_environment = environment("streams.controltest")
_environment.filters["percent"] = lambda share: f"{share:.2%}"

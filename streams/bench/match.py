"""What a name costs: through the index, by the exhaustive scan, and by rapidfuzz over all names."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean
from unittest.mock import patch

from rapidfuzz import fuzz, process, utils

from streams.invented.names import grown, unseen_names
from streams.matching import EntityIndex, Match, Policy, scoring
from streams.records.list_entry import ListEntry
from streams.records.party import Party

SEED = 20250325


@dataclass(frozen=True, slots=True)
class Times:
    """Microseconds per name."""

    mean: float
    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Times:
        """From the seconds each name took."""
        ordered = sorted(each * 1e6 for each in seconds)
        return cls(mean(ordered), ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)])


@dataclass(frozen=True, slots=True)
class MatchTimes:
    """One size of list.

    ``scan`` is the exhaustive scan over ``compared`` of the queries, whose answers were the same as the index's
    in ``same`` of them; ``token_sort_ratio`` and ``wratio`` are rapidfuzz's ``process.extract`` over all names.
    ``peak_megabytes`` is the process's largest resident size until then.
    """

    entries: int
    names: int
    build_seconds: float
    peak_megabytes: float
    queries: int
    hits: int
    candidates_per_query: float
    unseen: Times
    seen: Times
    compared: int
    same: int
    scan: Times | None
    token_sort_ratio: Times | None
    wratio: Times | None


def bench_match(
    entries: Sequence[ListEntry], policy: Policy, queries: int = 5000, compared: int = 10, times_larger: int = 10
) -> list[MatchTimes]:
    """Measure at the list's own size and at ``times_larger`` times, with the same queries in the same run.

    The other ways are measured on ``compared`` of the queries, at the list's own size only: they take seconds
    each.
    """
    asked = unseen_names(entries, queries, SEED)
    # Other names come first, as in a worker that has run for a while: they are not counted.
    warm = unseen_names(entries, 2000, SEED + 7)
    larger = grown(entries, times_larger, SEED + 11)
    return [
        _measure(entries, policy, warm, asked, compared),
        _measure(larger, policy, warm, asked, 0),
    ]


def _measure(
    entries: Sequence[ListEntry], policy: Policy, warm: Sequence[str], asked: Sequence[str], compared: int
) -> MatchTimes:
    started = time.perf_counter()
    index = EntityIndex.build(entries)
    parties = [Party(name=name) for name in asked]
    index.match(Party(name="Anybody At All"), policy)
    build_seconds = time.perf_counter() - started
    gc.freeze()  # as a worker does: nothing of the index is garbage
    for name in warm:
        index.match(Party(name=name), policy)
    found: list[tuple[Match, ...]] = []
    unseen = _timed(parties, lambda party: found.append(index.match(party, policy)))
    seen = _timed(parties, lambda party: index.match(party, policy))
    scan = token_sort = wratio = None
    same = 0
    if compared:
        step = len(parties) // compared
        sample = parties[::step][:compared]
        scanned: list[tuple[Match, ...]] = []
        scan = _timed(sample, lambda party: scanned.append(index.scan(party, policy)))
        same = sum(one == other for one, other in zip(found[::step][:compared], scanned, strict=True))
        listed = [utils.default_process(listed.name) for entry in entries for listed in entry.names]
        token_sort = _timed(sample, lambda party: process.extract(
            utils.default_process(party.name), listed, scorer=fuzz.token_sort_ratio, score_cutoff=80, limit=10
        ))  # fmt: skip
        wratio = _timed(sample, lambda party: process.extract(
            utils.default_process(party.name), listed, scorer=fuzz.WRatio, score_cutoff=80, limit=10
        ))  # fmt: skip
    return MatchTimes(
        entries=len(index),
        names=index.names,
        build_seconds=build_seconds,
        peak_megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        queries=len(parties),
        hits=sum(bool(matches) for matches in found),
        candidates_per_query=_scored(index, policy, parties[:500]) / min(500, len(parties)),
        unseen=Times.of(unseen),
        seen=Times.of(seen),
        compared=compared,
        same=same,
        scan=Times.of(scan) if scan else None,
        token_sort_ratio=Times.of(token_sort) if token_sort else None,
        wratio=Times.of(wratio) if wratio else None,
    )


def _scored(index: EntityIndex, policy: Policy, parties: Sequence[Party]) -> int:
    """How many listed names are aligned and scored for the parties; counting is slow, so nothing is timed here."""
    with patch("streams.matching.names_index.agree", wraps=scoring.agree) as counted:
        for party in parties:
            index.match(party, policy)
    return counted.call_count


def _timed(parties: Sequence[Party], ask: Callable[[Party], object]) -> list[float]:
    seconds = []
    for party in parties:
        started = time.perf_counter()
        ask(party)
        seconds.append(time.perf_counter() - started)
    return seconds

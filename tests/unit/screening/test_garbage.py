"""A worker's memories are not looked through again and again, and no garbage is left."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from streams.screening.garbage import GarbageCollection


class FailedError(RuntimeError):
    """One that can be referred to weakly."""


class Circle:
    def __init__(self) -> None:
        self.myself = self


@contextmanager
def counted() -> Iterator[list[int]]:
    """How many collections of each generation there were."""
    counts = [0, 0, 0]

    def count(phase: str, about: dict[str, int]) -> None:
        counts[about["generation"]] += phase == "stop"

    gc.callbacks.append(count)
    try:
        yield counts
    finally:
        gc.callbacks.remove(count)


def test_what_is_remembered_is_not_looked_through_while_events_come() -> None:
    with GarbageCollection() as garbage, counted() as collections:
        garbage.between_batches(1000.0, idle=False)
        remembered: list[list[object]] = []
        for batch in range(100):
            remembered.extend([] for _ in range(5_000))
            garbage.between_batches(1000.0 + batch, idle=False)
    assert collections[2] == 1
    assert collections[1] == 100
    assert len(remembered) == 500_000


def test_circles_left_by_events_that_raise_are_freed_after_their_batch_or_within_it() -> None:
    circles: weakref.WeakSet[FailedError] = weakref.WeakSet()

    def screened() -> None:
        try:
            raise FailedError  # noqa: TRY301
        except FailedError as error:
            kept = error  # which is in a circle now: error, traceback, frame, error
            circles.add(kept)

    with GarbageCollection() as garbage:
        garbage.between_batches(1000.0, idle=False)
        for _ in range(1_000):
            screened()
        assert len(circles) > 100
        garbage.between_batches(1000.1, idle=False)
        assert not circles
        most = 0
        for _ in range(100_000):
            screened()
            most = max(most, len(circles))
    assert most < 60_000


def test_what_became_garbage_later_is_freed_when_idle_or_after_ten_minutes() -> None:
    for waited, idle in ((60.0, True), (600.0, False)):
        with GarbageCollection() as garbage:
            garbage.between_batches(1000.0, idle=False)
            old = Circle()
            gc.collect(1)  # it is no new object any more
            left = weakref.ref(old)
            del old
            garbage.between_batches(1000.0 + waited - 1, idle)
            assert left() is not None
            garbage.between_batches(1000.0 + waited, idle)
            assert left() is None


def test_a_process_collects_as_before_when_the_worker_has_ended() -> None:
    before = gc.get_threshold()
    with GarbageCollection():
        assert gc.get_threshold() != before
    assert gc.get_threshold() == before

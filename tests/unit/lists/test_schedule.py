"""When downloads are due."""

from __future__ import annotations

from random import Random

from streams.lists.schedule import FIRST_RETRY_SECONDS, JITTER, START_SPREAD_SECONDS, Schedule

HOUR = 3600.0


def _schedule(seed: int = 1, **every: float) -> Schedule:
    return Schedule(every, Random(seed))


def test_at_first_all_are_due_within_seconds() -> None:
    schedule = _schedule(a=HOUR, b=2 * HOUR)
    schedule.due(0)
    assert schedule.due(START_SPREAD_SECONDS) == ["a", "b"]
    assert schedule.seconds_left(START_SPREAD_SECONDS) == 0


def test_each_is_due_again_after_its_interval_give_or_take() -> None:
    waits = set()
    for seed in range(20):
        schedule = _schedule(seed, a=HOUR, b=50 * HOUR)
        schedule.due(0)
        for name in "ab":
            schedule.done(name, 100, failed=False)
        waits.add(schedule.seconds_left(100))
        assert not schedule.due(100 + HOUR * (1 - JITTER) - 1)
        assert schedule.due(100 + HOUR * (1 + JITTER) + 1) == ["a"]
    assert len(waits) == 20


def test_failures_are_tried_again_sooner_and_then_ever_later() -> None:
    schedule = _schedule(a=HOUR)
    schedule.due(0)
    expected = (FIRST_RETRY_SECONDS, 2 * FIRST_RETRY_SECONDS, 4 * FIRST_RETRY_SECONDS, 8 * FIRST_RETRY_SECONDS, HOUR)
    for wait in expected:
        schedule.done("a", 0, failed=True)
        assert wait * (1 - JITTER) <= schedule.seconds_left(0) <= wait * (1 + JITTER)
    schedule.done("a", 0, failed=False)
    schedule.done("a", 0, failed=True)
    assert schedule.seconds_left(0) <= FIRST_RETRY_SECONDS * (1 + JITTER)

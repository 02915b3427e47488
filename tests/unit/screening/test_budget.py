"""The budget of screening: enforced in the main thread, noticed in any other."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from streams.errors import ScreeningTimeoutError
from streams.screening.budget import ScreeningBudget


def forever() -> None:
    while True:
        pass


def within(budget: ScreeningBudget, what: Callable[[], object]) -> None:
    with budget:
        what()


def test_within_the_budget_nothing_happens() -> None:
    budget = ScreeningBudget(5)
    for _ in range(3):
        with budget:
            pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_loop_without_end_is_interrupted() -> None:
    budget = ScreeningBudget(0.05)
    with pytest.raises(ScreeningTimeoutError, match=r"screening_seconds, 0\.05 s"):
        within(budget, forever)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_wait_without_end_is_interrupted_later() -> None:
    budget = ScreeningBudget(0.05)
    with pytest.raises(ScreeningTimeoutError):
        within(budget, threading.Event().wait)


def test_a_machine_that_was_halted_is_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """More time than the budget has passed by the clock, and the processor did not work on the event."""
    budget = ScreeningBudget(20)
    clock = iter((0.0, 50.0))
    # Of the budget alone: other threads ask the machine's clock, too.
    own = SimpleNamespace(monotonic=lambda: next(clock), thread_time=time.thread_time)
    monkeypatch.setattr("streams.screening.budget.time", own)
    with budget:
        pass
    clock = iter((0.0, 61.0))
    with pytest.raises(ScreeningTimeoutError), budget:
        pass


def test_who_swallows_the_alarm_gets_another() -> None:
    budget = ScreeningBudget(0.05)
    swallowed: list[bool] = []

    def deaf() -> None:
        while len(swallowed) < 2:
            with contextlib.suppress(ScreeningTimeoutError):
                forever()
            swallowed.append(True)
        forever()

    with pytest.raises(ScreeningTimeoutError):
        within(budget, deaf)
    assert len(swallowed) == 2


def test_an_error_inside_is_passed_on() -> None:
    with pytest.raises(ZeroDivisionError), ScreeningBudget(5):
        raise ZeroDivisionError
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_in_another_thread_it_is_noticed_afterwards() -> None:
    told: list[BaseException] = []

    def slow() -> None:
        budget = ScreeningBudget(0.01)
        try:
            with budget:
                time.sleep(0.1)
        except ScreeningTimeoutError as error:
            told.append(error)

    thread = threading.Thread(target=slow)
    thread.start()
    thread.join()
    assert len(told) == 1

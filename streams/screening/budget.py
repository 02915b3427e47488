"""How long the screening of one event may take, enforced."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType, TracebackType

from streams.errors import ScreeningTimeoutError

_AGAIN_SECONDS = 0.1
"""The alarm repeats, in case something inside screening swallows the first error."""


class ScreeningBudget:
    """Raises ScreeningTimeoutError out of a ``with`` block that takes longer than ``seconds``.

    Made in the main thread, it interrupts the block (SIGALRM), as soon as the interpreter runs Python code again.
    Made in another thread, where Python delivers no signals, it lets the block end and raises then.
    A C function that never returns cannot be interrupted: the process then answers neither ``/healthz`` nor its
    consumer group, so that it is restarted from outside, and nothing of the batch is decided.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._started = 0.0
        self._armed = False
        self._interrupts = threading.current_thread() is threading.main_thread()
        if self._interrupts:
            signal.signal(signal.SIGALRM, self._expired)

    def __enter__(self) -> None:
        self._started = time.monotonic()
        if self._interrupts:
            self._armed = True
            signal.setitimer(signal.ITIMER_REAL, self._seconds, _AGAIN_SECONDS)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._interrupts:
            try:
                self._disarm()
            except ScreeningTimeoutError:  # the alarm went off just now
                self._disarm()
                raise
        if kind is None and time.monotonic() - self._started > self._seconds:
            raise self._exceeded()

    def _disarm(self) -> None:
        self._armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _expired(self, _number: int, _frame: FrameType | None) -> None:
        if self._armed:
            raise self._exceeded()

    def _exceeded(self) -> ScreeningTimeoutError:
        return ScreeningTimeoutError(f"it took longer than limits.screening_seconds, {self._seconds:g} s")

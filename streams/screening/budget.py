"""How long the screening of one event may take, enforced."""

from __future__ import annotations

import contextlib
import faulthandler
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType, TracebackType

from streams.errors import ScreeningTimeoutError

_AGAIN_SECONDS = 0.1
"""The alarm repeats, in case something inside screening swallows the first error."""
_STALLED_TIMES = 3
"""So many times its budget an event may take by the clock: a machine that is overloaded or was halted is no reason
to refuse it, and one that waits for something without end uses no processor."""
_STANDARD_ERROR = 2


class ScreeningBudget:
    """Raises ScreeningTimeoutError out of a ``with`` block that takes longer than ``seconds`` of the processor's time.

    By the clock it may be three times as long.
    Made in the main thread, it interrupts the block (SIGALRM), as soon as the interpreter runs Python code again.
    Made in another thread, where Python delivers no signals, it lets the block end and raises then.
    A C function that never returns cannot be interrupted; :func:`ending_after` is for that.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._started = self._worked = 0.0
        self._armed = False
        self._interrupts = threading.current_thread() is threading.main_thread()
        if self._interrupts:
            signal.signal(signal.SIGALRM, self._expired)

    def __enter__(self) -> None:
        self._started, self._worked = time.monotonic(), time.thread_time()
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
        if kind is None and self._is_spent():
            raise self._exceeded()

    def _disarm(self) -> None:
        self._armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _expired(self, _number: int, _frame: FrameType | None) -> None:
        if self._armed and self._is_spent():
            raise self._exceeded()

    def _is_spent(self) -> bool:
        elapsed = time.monotonic() - self._started
        if elapsed < self._seconds:  # nor can the processor have worked longer
            return False
        return elapsed > _STALLED_TIMES * self._seconds or time.thread_time() - self._worked > self._seconds

    def _exceeded(self) -> ScreeningTimeoutError:
        return ScreeningTimeoutError(f"it took longer than limits.screening_seconds, {self._seconds:g} s")


@contextlib.contextmanager
def ending_after(seconds: float) -> Iterator[None]:
    """End the process, every thread's stack on standard error, when the block takes longer than ``seconds``.

    It works from C, whatever holds the interpreter. In another than the main thread it does nothing: the process is
    not this thread's to end.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    faulthandler.dump_traceback_later(seconds, exit=True, file=_STANDARD_ERROR)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()

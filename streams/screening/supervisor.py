"""Several workers on one machine: a process each, started, watched and stopped together."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

from streams.settings import Settings

_log = logging.getLogger("highfence.workers")

_LOOK_SECONDS = 0.2
_AGAIN_SECONDS = 1.0
"""A worker that was killed is started again after this."""


class Supervisor:
    """Runs ``processes`` workers, numbers 0 to ``processes`` - 1.

    Worker n is the replica ``{worker.replica}-{n}`` and serves its metrics at ``metrics.port`` + n (a free port each
    where that is 0). One that a signal ended, as the system does for want of memory, is started again. One that ended
    by itself would end the same way again: the others are stopped, and its status is the whole's.
    """

    def __init__(self, settings: Settings, processes: int, arguments: Sequence[str], stop: threading.Event) -> None:
        """``arguments`` are the command's own, as each worker is to get them; ``stop`` ends all in order."""
        self._settings = settings
        self._arguments = arguments
        self._stop = stop
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._numbers = range(processes)

    def run(self) -> int:
        """Return once all workers have ended: 0 when told to stop, else the status of the one that failed.

        Raises OSError, with all workers ended, too, when one cannot be started.
        """
        status = 0
        try:
            for number in self._numbers:
                self._start(number)
            while not status and not self._stop.wait(_LOOK_SECONDS):
                status = self._look()
        finally:
            for worker in self._running.values():
                worker.send_signal(signal.SIGTERM)
            for worker in self._running.values():
                # One that the signal found before it listened ended by it, which is in order.
                status = status or max(worker.wait(), 0)
        return status

    def _look(self) -> int:
        """Start again what was killed; the status of a worker that ended by itself, else 0."""
        for number, worker in list(self._running.items()):
            ended = worker.poll()
            if ended is None:
                continue
            del self._running[number]
            if ended >= 0:
                _log.error("worker %d ended with status %d; stopping the others", number, ended)
                return ended or 1
            _log.error("worker %d was ended by %s; starting it again", number, signal.Signals(-ended).name)
            if not self._stop.wait(_AGAIN_SECONDS):
                self._start(number)
        return 0

    def _start(self, number: int) -> None:
        settings = self._settings
        port = settings.metrics.port
        own = {
            "HIGHFENCE_WORKER__REPLICA": f"{settings.worker.replica}-{number}",
            "HIGHFENCE_METRICS__PORT": str(port + number if port else 0),
        }
        # A session of its own: Ctrl-C reaches the workers through this process alone.
        self._running[number] = subprocess.Popen(
            [sys.executable, "-m", "streams.cli", *self._arguments], env={**os.environ, **own}, start_new_session=True
        )

"""Failpoints: named places where a test makes this process die, stop, fail or wait.

They are off unless the ``highfence`` command was started with ``HIGHFENCE_FAILPOINTS`` in its environment, a
comma-separated list of ``POINT=ACTION[:SECONDS][@COUNT]``: ``transaction.begun=kill@3`` kills the process when
it passes that point for the third time. Actions:

``kill``   end at once, as ``kill -9`` does; with SECONDS that much later, while the process goes on
``stop``   halt the process until it gets SIGCONT; SECONDS as for kill
``fail``   raise StreamError
``sleep``  wait SECONDS
"""

from __future__ import annotations

import logging
import os
import re
import signal
import threading
import time
from dataclasses import dataclass

from streams.errors import SettingsError, StreamError

POINTS = frozenset(
    {
        "transaction.begun",
        "transaction.between_records",
        "transaction.before_offsets",
        "transaction.before_commit",
        "transaction.committed",
        "follower.between_records",
        "publisher.before_marker",
        "lookback.between_records",
    }
)
"""Where a process can be made to fail; ``transaction.before_commit=kill:0.002`` fails during the commit."""

_FORM = re.compile(
    r"(?P<point>[a-z_.]+)=(?P<action>kill|stop|fail|sleep)(:(?P<seconds>\d+(\.\d+)?))?(@(?P<count>\d+))?"
)
_log = logging.getLogger("highfence.failpoints")


@dataclass
class _Armed:
    action: str
    seconds: float
    passes_left: int


_armed: dict[str, _Armed] = {}


def arm(spec: str) -> None:
    """Arm the failpoints of ``spec``, each for one failure; raises SettingsError for one that cannot be read."""
    for part in filter(None, spec.split(",")):
        found = _FORM.fullmatch(part.strip())
        if found is None or found["point"] not in POINTS:
            raise SettingsError(
                f"HIGHFENCE_FAILPOINTS: {part!r} is not POINT=ACTION[:SECONDS][@COUNT]; "
                f"points: {', '.join(sorted(POINTS))}"
            )
        _armed[found["point"]] = _Armed(found["action"], float(found["seconds"] or 0), int(found["count"] or 1))
        _log.warning("failpoint armed: %s", part)


def reach(point: str) -> None:
    """Say that execution is at a point; does nothing unless that one is armed."""
    if not _armed:
        return
    armed = _armed.get(point)
    if armed is None:
        return
    armed.passes_left -= 1
    if armed.passes_left == 0:
        _act(point, armed)


def _act(point: str, armed: _Armed) -> None:
    _log.warning("failpoint %s: %s", point, armed.action)
    if armed.action == "sleep":
        time.sleep(armed.seconds)
    elif armed.action == "fail":
        raise StreamError(f"failpoint {point}")
    else:
        number = signal.SIGKILL if armed.action == "kill" else signal.SIGSTOP
        if armed.seconds:
            threading.Timer(armed.seconds, os.kill, (os.getpid(), number)).start()
        else:
            os.kill(os.getpid(), number)

"""When each download is due. Pure: it is told the time."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

JITTER = 0.1
"""Intervals are varied by this share up and down, so that many installations do not ask at the same second."""

START_SPREAD_SECONDS = 5.0
FIRST_RETRY_SECONDS = 300.0
"""After a failure the download is due this soon; each further failure doubles it, up to the usual interval."""


class Schedule:
    """The times at which downloads are due; times are seconds of any clock that does not jump."""

    def __init__(self, every_seconds: Mapping[str, float], random: Random) -> None:
        self._every = dict(every_seconds)
        self._random = random
        self._due: dict[str, float] = {}
        self._failures = dict.fromkeys(self._every, 0)

    def due(self, now: float) -> list[str]:
        """The downloads whose time has come; at first all are due within a few seconds."""
        for name in self._every.keys() - self._due.keys():
            self._due[name] = now + self._random.uniform(0, START_SPREAD_SECONDS)
        return sorted(name for name, at in self._due.items() if at <= now)

    def done(self, name: str, now: float, *, failed: bool) -> None:
        """A download was synchronised, or could not be."""
        self._failures[name] = self._failures[name] + 1 if failed else 0
        wait = self._every[name]
        if failed:
            wait = min(wait, FIRST_RETRY_SECONDS * 2 ** (self._failures[name] - 1))
        self._due[name] = now + wait * self._random.uniform(1 - JITTER, 1 + JITTER)

    def seconds_left(self, now: float) -> float:
        """Seconds until the next download is due."""
        return max(0.0, min(self._due.values()) - now)

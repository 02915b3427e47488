"""Telling those who follow the desk which cases have changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

_MOST_PENDING = 10_000


class Follower:
    """One who follows: the ids of the cases that changed since they last asked, each once."""

    def __init__(self) -> None:
        self._changed: dict[str, None] = {}
        self._wake = asyncio.Event()

    def tell(self, case_id: str) -> None:
        """A case has changed; whoever has too many untold changes is told of the newest."""
        self._changed.pop(case_id, None)
        self._changed[case_id] = None
        if len(self._changed) > _MOST_PENDING:
            self._changed.pop(next(iter(self._changed)))
        self._wake.set()

    async def changes(self, timeout: float) -> list[str]:
        """What has changed, oldest first; waits up to ``timeout`` seconds for a first change."""
        try:
            async with asyncio.timeout(timeout):
                await self._wake.wait()
        except TimeoutError:
            return []
        self._wake.clear()
        changed = list(self._changed)
        self._changed.clear()
        return changed


class Live:
    """Everybody who follows."""

    def __init__(self) -> None:
        self._followers: set[Follower] = set()

    def __len__(self) -> int:
        return len(self._followers)

    def tell(self, case_id: str) -> None:
        """A case has changed."""
        for follower in self._followers:
            follower.tell(case_id)

    @contextmanager
    def following(self) -> Iterator[Follower]:
        """Follow while the context lasts."""
        follower = Follower()
        self._followers.add(follower)
        try:
            yield follower
        finally:
            self._followers.discard(follower)

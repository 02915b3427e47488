"""What a compacted topic must say, against what it says: only the difference is written. No I/O.

A desk that is killed between reading and writing finds the difference when it has read everything again, and a desk
that starts writes nothing anew. Whoever else writes the same key is not argued with until this desk's own view of it
changes, so that two versions of a desk at work at once do not outdo each other for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Outbox:
    """The difference between a topic and what it must say; ``content`` gives the value due under a key.

    ``kind`` is the name of the records' schema.
    """

    topic: str
    kind: str
    content: Callable[[str], bytes]
    _published: dict[str, bytes] = field(default_factory=dict)
    _marked: dict[str, None] = field(default_factory=dict)

    def saw(self, key: str, value: bytes | None) -> None:
        """The topic says this under a key."""
        self._published[key] = _digest(value)

    def mark(self, key: str) -> None:
        """What is due under the key may have changed."""
        self._marked[key] = None

    def due(self, limit: int) -> list[tuple[str, bytes]]:
        """Up to ``limit`` keys and values to be written, those marked first; they stay due until :meth:`wrote`."""
        due: list[tuple[str, bytes]] = []
        for key in list(self._marked):
            value = self.content(key)
            if self._published.get(key) == _digest(value):
                del self._marked[key]
                continue
            due.append((key, value))
            if len(due) == limit:
                break
        return due

    def wrote(self, key: str, value: bytes) -> None:
        """The topic has taken the value."""
        self._published[key] = _digest(value)

    def __len__(self) -> int:
        """How many keys are marked."""
        return len(self._marked)


def _digest(value: bytes | None) -> bytes:
    return hashlib.blake2b(value or b"", digest_size=16).digest()

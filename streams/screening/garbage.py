"""When a worker looks for garbage that only Python's collector finds: objects that refer to each other in a circle.

Everything else is freed as soon as nothing refers to it. Left to itself, the collector looks through all that a worker
remembers, hundreds of thousands of objects, whenever a quarter has come anew: for nothing, as these are in no circle.
"""

from __future__ import annotations

import gc
from types import TracebackType

_MOST_NEW_OBJECTS = 100_000
"""If a batch makes more that stay, they are looked through before it ends: it must not fill the memory."""
_NEVER = 2**31 - 1
_NEW = 1
"""The generation of what was not looked through yet, or once within a batch."""
_AUTOMATIC = gc.get_threshold()
_IDLE_SECONDS = 60
_LOADED_SECONDS = 600
"""All objects are looked through so often when no event waits, and when some always do: it takes tenths of a second."""


class GarbageCollection:
    """While open, what a batch has left is looked through once, :meth:`between_batches`, and all objects now and then.

    So a circle that an event leaves is freed soon, however many there are, and one that became garbage later waits for
    ten minutes at most. What was looked through is not frozen, as an index is: a circle among it would never be freed.
    """

    def __init__(self) -> None:
        self._looked_at = 0.0

    def __enter__(self) -> GarbageCollection:
        gc.set_threshold(_MOST_NEW_OBJECTS, 0, _NEVER)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        gc.set_threshold(*_AUTOMATIC)

    def between_batches(self, now: float, idle: bool) -> None:
        """Look through what is new, or everything if it is time, by a clock that runs evenly.

        ``idle`` says that no event waits.
        """
        if now - self._looked_at >= (_IDLE_SECONDS if idle else _LOADED_SECONDS):
            gc.collect()
            self._looked_at = now
        else:
            gc.collect(_NEW)

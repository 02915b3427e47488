"""Arrays of numbers, and what compiles the loops over them (numba).

Compiled code is kept beside its source, or in the user's cache folder; where neither can be written it is compiled
anew at each start, which takes some seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, ParamSpec, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

_P = ParamSpec("_P")
_R = TypeVar("_R")

Bytes = NDArray[np.uint8]
Chars = Bytes | bytes
Keys = NDArray[np.uint64]
Numbers = NDArray[np.int64]
Names = NDArray[np.int32]
Values = NDArray[np.float64]


class Lists(NamedTuple):
    """Lists of numbers, list i from ``at[i]`` to ``at[i + 1]``."""

    flat: Names
    at: Numbers

    @classmethod
    def of(cls, lists: Sequence[Sequence[int]]) -> Lists:
        """Those ``lists``."""
        at = np.zeros(len(lists) + 1, np.int64)
        np.cumsum([len(each) for each in lists], out=at[1:])
        return cls(np.array([number for each in lists for number in each], np.int32), at)

    def row(self, number: int) -> list[int]:
        """One list."""
        start, end = self.at[number : number + 2].tolist()
        numbers: list[int] = self.flat[start:end].tolist()
        return numbers

    def followed_by(self, more: Lists) -> Lists:
        """These and ``more``."""
        return Lists(np.concatenate((self.flat, more.flat)), np.concatenate((self.at, self.at[-1] + more.at[1:])))

    def emptied(self, gone: Sequence[int]) -> Lists:
        """These, with those that are ``gone`` empty."""
        if not gone:
            return self
        sizes = np.diff(self.at)
        kept = np.ones(len(sizes), np.bool)
        kept[list(gone)] = False
        at = np.zeros(len(sizes) + 1, np.int64)
        np.cumsum(np.where(kept, sizes, 0), out=at[1:])
        return Lists(self.flat[np.repeat(kept, sizes)], at)


def compiled(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """``function`` as machine code, for the types it is first called with."""
    try:
        return cast(Callable[_P, _R], numba.njit(cache=True)(function))
    except RuntimeError:  # there is no folder to keep it in
        return cast(Callable[_P, _R], numba.njit(function))

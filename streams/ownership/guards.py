"""What speaks against a release of ownership before anybody relies on it; as with lists, for a person to read. Pure.

An edge that is gone takes a hold away as silently as a list entry that is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import chain

import msgspec

from streams.lists.guards import FEW, LOST_IDS, ahead, fewer, lost
from streams.ownership.pages import EdgesByPage
from streams.ownership.state import OwnershipChange
from streams.records.ownership import OwnershipRelease

_FIELDS = ("percent", "from", "to", "source", "country", "identifiers", "alt_names")


class _Named(msgspec.Struct, frozen=True, gc=False):
    name: str


class _Pair(msgspec.Struct, frozen=True, gc=False):
    """An edge, as far as it tells who is owned by whom."""

    owner: _Named
    owned: _Named


_PAIR = msgspec.json.Decoder(_Pair)


def suspicions(
    known: OwnershipChange | None,
    last: OwnershipRelease | None,
    pieces: EdgesByPage,
    max_shrinkage: float,
    now: datetime,
) -> tuple[str, ...]:
    """Why a person has to look before these edges replace the ``known`` release; nothing when all is well.

    ``last`` is the last release by its marker, which may be there when none holds. ``max_shrinkage`` is the share, 0 to
    1, by which a source may shrink at once.
    """
    after = set(chain.from_iterable(pieces.values()))
    if not after:
        return ("it is empty",)
    found: list[str] = []
    if last is not None:
        found += fewer("edges", len(after), last.edges, max_shrinkage)
        found += ahead(last.published_at, now)
    before = {piece for page in known.pages.values() for piece in page.pieces()} if known else set()
    if len(before - after) > LOST_IDS * len(before):
        pairs = set(map(_PAIR.decode, after))
        gone = sum(_PAIR.decode(piece) not in pairs for piece in before)
        if gone > LOST_IDS * len(before):
            found.append(
                f"for {gone:,} of the last release's {len(before):,} edges it has none of the same owner and owned"
            )
    for field in _FIELDS:
        had = _telling(field, before)
        if had >= FEW and not _telling(field, after):
            found.append(lost("edge", field, had))
    return tuple(found)


def _telling(field: str, pieces: Iterable[bytes]) -> int:
    """How many edges tell this; no text of theirs can hold the quotes, which would be escaped."""
    key = f'"{field}":'.encode()
    return sum([key in piece for piece in pieces])

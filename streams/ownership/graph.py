"""Who owns whom at one moment, over all sources: an immutable graph that is asked for the owners of one party. Pure.

A million edges stay the bytes they came as; the index beside them is four arrays, sorted by the hash of what the
owned one is looked up by. So a party that nobody owns costs a look into them, and nothing is held per edge that the
garbage collector would have to visit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from streams.errors import ReleaseRefusedError
from streams.ownership.identity import Identity, keys_of, of_holding_party
from streams.ownership.pages import ID_MOMENT, Page
from streams.ownership.state import OwnershipChange
from streams.records.ownership import OwnershipEdge, OwnershipRelease

_EDGE = msgspec.json.Decoder(OwnershipEdge)
_Hashes = NDArray[np.int64]
_Places = NDArray[np.int32]


class Told(NamedTuple):
    """An edge with the name of the source that tells it."""

    source: str
    edge: OwnershipEdge


class _Indexed(NamedTuple):
    """A page with its index: for each key of someone owned, its hash and where the edge is in the bytes."""

    page: Page
    keys: _Hashes
    starts: _Places
    ends: _Places


@dataclass(frozen=True, slots=True)
class OwnershipGraph:
    """The ownership releases in force, by source, and whom they say to own whom."""

    releases: Mapping[str, OwnershipRelease] = field(default_factory=dict)
    _pages: Mapping[tuple[str, str], _Indexed] = field(default_factory=dict)
    _in_order: tuple[tuple[str, Page], ...] = ()
    _keys: _Hashes = field(default_factory=lambda: np.empty(0, np.int64))
    _places: tuple[_Places, _Places, _Places] = field(default_factory=lambda: (np.empty(0, np.int32),) * 3)
    _until: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anybody owns anybody."""
        return len(self._keys) > 0

    def after(self, *changes: OwnershipChange) -> OwnershipGraph:
        """The graph with these releases in force; this one stays as it is. Only pages that changed are read.

        Raises ReleaseRefusedError when an edge does not follow the schema.
        """
        pages = dict(self._pages)
        for change in changes:
            source = change.release.source
            pages = {key: indexed for key, indexed in pages.items() if key[0] != source}
            for page_id, page in change.pages.items():
                known = self._pages.get((source, page_id))
                same = known is not None and known.page is page
                pages[source, page_id] = known if known and same else _indexed(source, page_id, page)
        releases = {**self.releases, **{change.release.source: change.release for change in changes}}
        return _assembled(releases, pages)

    def until(self, releases: Mapping[str, str]) -> OwnershipGraph:
        """The graph without the edges that later releases of these sources brought; without id, all of them.

        What such a release took away stays away, so it is not quite the graph that was in force then.
        """
        return replace(self, _until=releases)

    def at(self, moment: datetime) -> OwnershipGraph:
        """The graph without the edges that releases after that moment brought."""
        return self.until(dict.fromkeys(self.releases, f"{moment.astimezone(UTC):{ID_MOMENT}}"))

    def owners_of(self, someone: Identity) -> list[Told]:
        """The edges whose owned one may be this someone, whenever they count, in a fixed order."""
        found: dict[tuple[str, bytes], Told] = {}
        starts, ends, numbers = self._places
        for key in someone.lookups():
            hashed = hash(key)
            at = int(np.searchsorted(self._keys, hashed))
            while at < len(self._keys) and self._keys[at] == hashed:
                source, page = self._in_order[numbers[at]]
                piece = page.edges[starts[at] : ends[at]]
                if (source, piece) not in found and self._has(source, page, piece):
                    edge = _EDGE.decode(piece)
                    if someone.is_same(of_holding_party(edge.owned)):
                        found[source, piece] = Told(source, edge)
                at += 1
        return [found[key] for key in sorted(found)]

    def _has(self, source: str, page: Page, piece: bytes) -> bool:
        until = self._until.get(source)
        # Ids begin with the moment of the release. An edge of which no release is told counts as new.
        return until is None or page.releases().get(piece, "~") <= until


NO_OWNERSHIP = OwnershipGraph()
"""Nobody owns anybody."""


def _indexed(source: str, page_id: str, page: Page) -> _Indexed:
    try:
        edges, pieces = page.read(), page.pieces()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReleaseRefusedError(f"ownership {source}: page {page_id} holds what is no edge: {error}") from error
    keys: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    start = 1  # behind the bracket of the array
    for edge, piece in zip(edges, pieces, strict=True):
        end = start + len(piece)
        for key in keys_of(edge.owned):
            keys.append(hash(key))
            starts.append(start)
            ends.append(end)
        start = end + 1  # the comma
    return _Indexed(page, np.array(keys, np.int64), np.array(starts, np.int32), np.array(ends, np.int32))


def _assembled(releases: Mapping[str, OwnershipRelease], pages: Mapping[tuple[str, str], _Indexed]) -> OwnershipGraph:
    if not pages:
        return OwnershipGraph(releases)
    ordered = sorted(pages.items())
    keys = np.concatenate([indexed.keys for _, indexed in ordered])
    order = np.argsort(keys, kind="stable")
    numbers = np.repeat(np.arange(len(ordered), dtype=np.int32), [len(indexed.keys) for _, indexed in ordered])
    places = (
        np.concatenate([indexed.starts for _, indexed in ordered])[order],
        np.concatenate([indexed.ends for _, indexed in ordered])[order],
        numbers[order],
    )
    return OwnershipGraph(
        releases, pages, tuple((source, indexed.page) for (source, _), indexed in ordered), keys[order], places
    )

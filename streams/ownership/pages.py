"""Edges as pages on the topic, and what makes a release of them: canonical bytes, hashes, digest. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec

from streams.errors import ReleaseRefusedError
from streams.lists.release import digest
from streams.records.ownership import OwnershipEdge

_SORTED = msgspec.json.Encoder(order="sorted")
_EDGES = msgspec.json.Decoder(list[OwnershipEdge])
_PIECES = msgspec.json.Decoder(list[msgspec.Raw])
_SINCE = msgspec.json.Decoder(dict[str, tuple[int, ...]])
_PAGE_DIGITS = 3
ID_MOMENT = "%Y%m%dT%H%M%S.%fZ"
"""How the id of a release begins: with its moment in UTC, so that ids sort by it."""

EdgesByPage = Mapping[str, list[bytes]]
"""The canonical bytes of edges, sorted, by the id of their page."""

Since = Mapping[bytes, str]
"""The release that brought each edge, by the edge's canonical bytes."""


class _OnTopic(msgspec.Struct, frozen=True, kw_only=True):
    """A page with its edges as the bytes they are; see :class:`~streams.records.ownership.OwnershipPage`."""

    source: str
    page_id: str
    edges: msgspec.Raw
    since: msgspec.Raw = msgspec.Raw(b"{}")


_PAGE = msgspec.json.Decoder(_OnTopic)


class Page(NamedTuple):
    """A page as read: the bytes of its edges, as a JSON array, and of what tells which release brought them."""

    edges: bytes
    since: bytes

    @property
    def content_hash(self) -> str:
        """SHA-256 of the edges alone, so the same edges always have the same digest."""
        return hashlib.sha256(self.edges).hexdigest()

    def pieces(self) -> list[bytes]:
        """The canonical bytes of each edge."""
        return [bytes(piece) for piece in _PIECES.decode(self.edges)]

    def read(self) -> list[OwnershipEdge]:
        """The edges. Raises msgspec.DecodeError when one of them does not follow the schema."""
        return _EDGES.decode(self.edges)

    def releases(self) -> dict[bytes, str]:
        """The release that brought each edge."""
        return _releases(self)

    def brought(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Each release that brought some of the edges, with their positions."""
        yield from _SINCE.decode(self.since).items()


@lru_cache(maxsize=64)
def _releases(page: Page) -> dict[bytes, str]:
    pieces = page.pieces()
    return {pieces[position]: release_id for release_id, positions in page.brought() for position in positions}


def paged(edges: Iterable[OwnershipEdge]) -> dict[str, list[bytes]]:
    """The canonical bytes of the edges, each once, sorted, by the id of their page."""
    found: dict[str, set[bytes]] = {}
    for edge in edges:
        piece = _SORTED.encode(edge)
        found.setdefault(hashlib.sha256(piece).hexdigest()[:_PAGE_DIGITS], set()).add(piece)
    return {page_id: sorted(pieces) for page_id, pieces in sorted(found.items())}


def page(pieces: list[bytes], since: Since) -> Page:
    """A page of these edges."""
    brought: dict[str, list[int]] = {}
    for position, piece in enumerate(pieces):
        if (release_id := since.get(piece)) is not None:
            brought.setdefault(release_id, []).append(position)
    return Page(b"[" + b",".join(pieces) + b"]", _SORTED.encode(brought))


def written(source: str, page_id: str, content: Page) -> bytes:
    """A page as it stands on the topic."""
    return _SORTED.encode(
        _OnTopic(source=source, page_id=page_id, edges=msgspec.Raw(content.edges), since=msgspec.Raw(content.since))
    )


def read_page(source: str, page_id: str, value: bytes) -> Page:
    """A page from the topic. Raises ReleaseRefusedError when it is none, or of another key."""
    try:
        found = _PAGE.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReleaseRefusedError(f"ownership {source}: page {page_id!r} cannot be read: {error}") from error
    if (found.source, found.page_id) != (source, page_id):
        raise ReleaseRefusedError(
            f"ownership {source}: the key {source}/{page_id} holds page {found.source}/{found.page_id}"
        )
    return Page(bytes(found.edges), bytes(found.since))


def content_digest(pages: Mapping[str, Page]) -> str:
    """SHA-256 over all edges of a source."""
    return digest({page_id: each.content_hash for page_id, each in pages.items()})

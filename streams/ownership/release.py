"""What makes a release of ownership. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from streams.lists.guards import misdated
from streams.ownership.pages import ID_MOMENT, EdgesByPage, content_digest, page
from streams.ownership.state import OwnershipChange
from streams.records.list_release import ForcedBy
from streams.records.ownership import OwnershipRelease


def next_release(
    source: str,
    pieces: EdgesByPage,
    known: OwnershipChange | None,
    now: datetime,
    file_sha256: str | None = None,
    forced_by: ForcedBy | None = None,
) -> OwnershipChange:
    """The release that follows the known one, with its pages: each edge that stayed keeps the release that brought it.

    Releases are in the order of their times, even if the clock was set back a little; one that follows a misdated
    release, as a person let it, is dated ``now`` and brings its edges anew.
    """
    since: dict[bytes, str] = {}
    previous = known.release if known else None
    if known and previous:
        if not misdated(previous.published_at, now):
            now = max(now, previous.published_at + timedelta(microseconds=1))
        for content in known.pages.values():
            since.update(content.releases())
    bare = {page_id: page(each, {}) for page_id, each in pieces.items()}
    digest = content_digest(bare)
    release_id = f"{now:{ID_MOMENT}}-{digest[:8]}"
    every = {piece for each in pieces.values() for piece in each}
    brought = {piece: min(since.get(piece, release_id), release_id) for piece in every}
    pages = {page_id: page(each, brought) for page_id, each in pieces.items()}
    release = OwnershipRelease(
        source=source,
        release_id=release_id,
        published_at=now,
        edges=len(every),
        pages=len(pages),
        digest=digest,
        previous_release_id=previous.release_id if previous else None,
        added=len(every - since.keys()),
        removed=len(since.keys() - every),
        forced_by=forced_by,
        file_sha256=file_sha256,
    )
    return OwnershipChange(release, pages)

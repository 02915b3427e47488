"""What makes a release of ownership. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from streams.errors import ReleaseRefusedError
from streams.lists.guards import misdated
from streams.ownership.pages import ID_MOMENT, content_digest, page
from streams.ownership.state import OwnershipChange
from streams.records.ownership import OwnershipRelease


def next_release(
    source: str,
    pieces: dict[str, list[bytes]],
    known: OwnershipChange | None,
    now: datetime,
    file_sha256: str | None = None,
) -> OwnershipChange:
    """The release that follows the known one, with its pages: each edge that stayed keeps the release that brought it.

    Raises ReleaseRefusedError when the last release is dated well after ``now``.
    """
    since: dict[bytes, str] = {}
    previous = known.release if known else None
    if known and previous:
        if misdated(previous.published_at, now):
            raise ReleaseRefusedError(
                f"ownership {source}: not published, because its last release is dated "
                f"{previous.published_at:%Y-%m-%d %H:%M} UTC, which is to come; set the clock right"
            )
        now = max(now, previous.published_at + timedelta(microseconds=1))
        for content in known.pages.values():
            since.update(content.releases())
    bare = {page_id: page(each, {}) for page_id, each in pieces.items()}
    digest = content_digest(bare)
    release_id = f"{now:{ID_MOMENT}}-{digest[:8]}"
    every = {piece for each in pieces.values() for piece in each}
    pages = {
        page_id: page(each, {piece: since.get(piece, release_id) for piece in each}) for page_id, each in pieces.items()
    }
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
        file_sha256=file_sha256,
    )
    return OwnershipChange(release, pages)

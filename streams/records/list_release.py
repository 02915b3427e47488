"""The marker that makes a publication of a list a release."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from streams.records.base import Identity, Record
from streams.records.transaction import Moment

Count = Annotated[int, Meta(ge=0)]

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 as 64 hexadecimal digits."""


class ForcedBy(Record, frozen=True, kw_only=True):
    """Who let a quarantined release through, and why; ``overruled`` is what the guards had said against it."""

    name: Identity
    reason: Identity
    overruled: tuple[str, ...] = ()


class ListRelease(Record, frozen=True, kw_only=True):
    """One release of one list, written last in the transaction that publishes it.

    ``entries`` and ``digest`` cover every active entry of the source, so they can be verified after the
    topic was compacted; ``added``, ``changed`` and ``removed`` count against ``previous_release_id``.
    ``file_sha256`` is that of the official file as it was received; the archive keeps the file under it.
    """

    source: Identity
    release_id: Identity
    published_at: Moment
    entries: Count
    digest: Identity
    previous_release_id: str | None = None
    added: Count = 0
    changed: Count = 0
    removed: Count = 0
    forced_by: ForcedBy | None = None
    file_sha256: str | None = None

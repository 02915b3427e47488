"""Who owns whom, as an ownership source tells it, and the marker that makes a publication of it a release."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, field

from streams.records.base import Country, Identity, Name, Record
from streams.records.list_release import Count, Digest, ForcedBy
from streams.records.party import Identifier
from streams.records.transaction import Moment

Percent = Annotated[float, Meta(ge=0, le=100)]


class HoldingParty(Record, frozen=True, kw_only=True):
    """An owner or someone owned. A source that gives no name has its identifier's value as name."""

    name: Name
    alt_names: Annotated[tuple[Name, ...], Meta(max_length=100)] = ()
    country: Country = ""
    identifiers: Annotated[tuple[Identifier, ...], Meta(max_length=100)] = ()


class OwnershipEdge(Record, frozen=True, kw_only=True):
    """``owner`` holds ``percent`` (0 to 100, None when unknown) of ``owned``, or controls it without a share.

    It counts from the day ``from`` (inclusive) to the day ``to`` (exclusive); None means no bound. ``source`` is what
    the edge rests on in its publication, such as a statement's id; it may be empty.
    """

    owner: HoldingParty
    owned: HoldingParty
    percent: Percent | None = None
    kind: Literal["share", "control"] = "share"
    from_: date | None = field(default=None, name="from")
    to: date | None = None
    source: Annotated[str, Meta(max_length=512)] = ""


PageId = Annotated[str, Meta(pattern=r"^[0-9a-f]{3}$")]


class OwnershipPage(Record, frozen=True, kw_only=True):
    """Some of the edges of one source, on the topic ``ownership`` under ``{source}/{page_id}``.

    So that a worker has few records to read, edges are spread over 4,096 pages by their SHA-256, of which ``page_id``
    is the start. ``since`` tells for each release that brought some of these edges which
    ones, counted from 0.
    """

    source: Identity
    page_id: PageId
    edges: tuple[OwnershipEdge, ...]
    since: dict[str, tuple[Count, ...]] = field(default_factory=dict)


class OwnershipRelease(Record, frozen=True, kw_only=True):
    """One release of one ownership source, written last in the transaction that publishes it.

    ``edges``, ``pages`` and ``digest`` cover everything of the source that is in force; ``added`` and ``removed`` count
    edges against ``previous_release_id``, one that changed as both. ``file_sha256`` is that of the file as it was
    received; the archive keeps the file under it.
    """

    source: Identity
    release_id: Identity
    published_at: Moment
    edges: Count
    pages: Count
    digest: Digest
    previous_release_id: str | None = None
    added: Count = 0
    removed: Count = 0
    forced_by: ForcedBy | None = None
    file_sha256: str | None = None

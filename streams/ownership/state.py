"""What the ownership topic says, record by record, and which whole releases of it are in force. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.errors import RecordError, ReleaseRefusedError
from streams.lists.release import MARKER
from streams.ownership.pages import Page, content_digest, read_page
from streams.records.codec import decode
from streams.records.ownership import OwnershipRelease


@dataclass(frozen=True)
class OwnershipChange:
    """A release that holds, with all its pages; those that stayed are the same objects as before."""

    release: OwnershipRelease
    pages: Mapping[str, Page]


@dataclass
class _Source:
    at_marker: dict[str, Page | bytes] = field(default_factory=dict)  # bytes until a page is looked at
    behind_marker: dict[str, bytes | None] = field(default_factory=dict)
    marker: bytes | None = None

    def pass_marker(self, marker: bytes | None) -> None:
        """What came before the marker belongs to it."""
        for page_id, value in self.behind_marker.items():
            if value is None:
                self.at_marker.pop(page_id, None)
            else:
                self.at_marker[page_id] = value
        self.behind_marker.clear()
        self.marker = marker


class OwnershipState:
    """The topic's state, fed with its records in order.

    As with lists, only the last marker of each source is judged when the topic is read for the first time
    (:meth:`caught_up`), as compaction takes older pages away; from then on each marker is judged when it comes.
    """

    def __init__(self) -> None:
        self._sources: dict[str, _Source] = {}
        self._catching_up = True

    def feed(self, key: str, value: bytes | None) -> OwnershipChange | None:
        """Take the next record; a marker that holds gives a change, anything else None.

        Raises ReleaseRefusedError, once caught up, for a marker that does not hold against the pages before it, and
        for a key that is not of the topic's form. What was in force before stays so.
        """
        source_name, slash, page_id = key.partition("/")
        if not (source_name and slash and page_id):
            if self._catching_up:
                return None
            raise ReleaseRefusedError(f"key {key!r} on the ownership topic is not source/page")
        source = self._sources.setdefault(source_name, _Source())
        if page_id != MARKER:
            source.behind_marker[page_id] = value
            return None
        source.pass_marker(value)
        return None if self._catching_up else _judged(source_name, source)

    def on_topic(self, source: str) -> tuple[frozenset[str], bool]:
        """The ids of all pages the topic has of a source, and whether some of them came behind its last marker."""
        known = self._sources.get(source, _Source())
        return frozenset(known.at_marker) | known.behind_marker.keys(), bool(known.behind_marker)

    def last_release(self, source: str) -> OwnershipRelease | None:
        """The last marker of a source that can be read, whether it holds or not."""
        known = self._sources.get(source)
        if known is None or known.marker is None:
            return None
        try:
            return decode(OwnershipRelease, known.marker, "the marker")
        except RecordError:
            return None

    def caught_up(self) -> tuple[list[OwnershipChange], dict[str, ReleaseRefusedError]]:
        """End catching up: a change for each source whose last release holds, and why those of others do not."""
        self._catching_up = False
        changes: list[OwnershipChange] = []
        refused: dict[str, ReleaseRefusedError] = {}
        for name, source in sorted(self._sources.items()):
            try:
                if source.marker is not None or source.at_marker:
                    changes.append(_judged(name, source))
            except ReleaseRefusedError as error:
                refused[name] = error
        return changes, refused


def _judged(name: str, source: _Source) -> OwnershipChange:
    """What is in force from the source's last marker on; raises ReleaseRefusedError."""
    if source.marker is None:
        raise ReleaseRefusedError(f"ownership {name}: its release marker was deleted; publish the file again")
    try:
        release = decode(OwnershipRelease, source.marker, "the marker")
    except RecordError as error:
        raise ReleaseRefusedError(f"ownership {name}: its release marker cannot be read: {error}") from error
    if release.source != name:
        raise ReleaseRefusedError(f"ownership {name}: its release marker is one of {release.source!r}")
    pages: dict[str, Page] = {}
    for page_id, value in source.at_marker.items():
        pages[page_id] = value if isinstance(value, Page) else read_page(name, page_id, value)
    if release.pages != len(pages) or release.digest != content_digest(pages):
        raise ReleaseRefusedError(
            f"ownership {name}: release {release.release_id} does not match its pages on the topic; publish it again"
        )
    source.at_marker.update(pages)
    return OwnershipChange(release, pages)

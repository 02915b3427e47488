"""What makes a release: canonical bytes, hashes, digest and difference.

All of it is pure; the topic is written by :mod:`streams.lists.publisher` and read by
:mod:`streams.lists.follower`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import orjson

from streams.errors import ListError
from streams.records.list_entry import ListEntry

MARKER = "@release"
"""The id under which a source's release marker sits; no entry can have an id that starts with ``@``."""


_SORTED = msgspec.json.Encoder(order="sorted")


def canonical_bytes(entry: ListEntry) -> bytes:
    """The one JSON form of an entry: defaults left out, keys sorted. It is what the topic holds and is hashed."""
    return _SORTED.encode(entry)


def value_hash(value: bytes) -> str:
    """SHA-256 of an entry's bytes on the topic, as 64 hexadecimal digits."""
    return hashlib.sha256(value).hexdigest()


def entry_hash(entry: ListEntry) -> str:
    """SHA-256 of an entry's canonical bytes, as 64 hexadecimal digits."""
    return value_hash(canonical_bytes(entry))


def digest(hashes: Mapping[str, str]) -> str:
    """SHA-256 over every active entry of a source: its id and hash, in the order of the ids."""
    return hashlib.sha256(orjson.dumps(sorted(hashes.items()))).hexdigest()


def topic_key(source: str, entry_id: str) -> str:
    """The key of an entry on the topic, ``{source}/{entry_id}``.

    Raises :class:`~streams.errors.ListError` for a source with a slash or an entry id that starts with ``@``.
    """
    if "/" in source:
        raise ListError(f"source {source!r} contains a slash, which separates source and entry id; rename it")
    if entry_id.startswith("@"):
        raise ListError(f"{source}: entry id {entry_id!r} starts with @, which is kept for the release marker")
    return f"{source}/{entry_id}"


def marker_key(source: str) -> str:
    """The key of a source's release marker on the topic."""
    return f"{source}/{MARKER}"


@dataclass(frozen=True)
class Diff:
    """Ids of the entries that a release adds, changes and removes, each sorted."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def diff(before: Mapping[str, str], after: Mapping[str, str]) -> Diff:
    """What happened between two releases, each given as entry id → hash."""
    return Diff(
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(key for key in after.keys() & before.keys() if after[key] != before[key])),
        removed=tuple(sorted(before.keys() - after.keys())),
    )

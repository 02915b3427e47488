"""The CloudEvents 1.0 headers of every record that Highfence writes (Kafka protocol binding, binary mode)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256

RecordHeaders = list[tuple[str, bytes]]


def headers(topic: str, kind: str, identity: str, moment: datetime) -> RecordHeaders:
    """The headers of one record, a new list to which more may be added.

    ``kind`` is the name of the record's schema, ``identity`` is unique on the topic: the same record written again, as
    after a failure, has the same. ``moment`` is when it was made, the same for a whole batch.
    """
    return [*_shared(topic, kind, moment), ("ce_id", identity.encode())]


def version_of(key: str, value: bytes | None) -> str:
    """The identity of a record whose key is written again and again: the key with what it says now."""
    return f"{key}@{sha256(value or b'').hexdigest()[:16]}"


@lru_cache(maxsize=256)
def _shared(topic: str, kind: str, moment: datetime) -> tuple[tuple[str, bytes], ...]:
    return (
        ("ce_specversion", b"1.0"),
        ("ce_type", f"highfence.{kind}".encode()),
        ("ce_source", f"/highfence/{topic}".encode()),
        ("ce_time", f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}".encode()),
        ("content-type", b"application/json"),
    )

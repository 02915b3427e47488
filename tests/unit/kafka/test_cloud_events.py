"""The headers of what Highfence writes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from streams.kafka.cloud_events import headers, version_of
from streams.records.schemas import PUBLISHED

MOMENT = datetime(2025, 4, 2, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))


def test_headers_are_those_of_the_binary_mode() -> None:
    assert "decision" in PUBLISHED
    assert dict(headers("eu.decisions", "decision", "transactions/3/47", MOMENT)) == {
        "ce_specversion": b"1.0",
        "ce_type": b"highfence.decision",
        "ce_source": b"/highfence/eu.decisions",
        "ce_id": b"transactions/3/47",
        "ce_time": b"2025-04-02T10:00:00.000005Z",
        "content-type": b"application/json",
    }


def test_one_record_s_headers_may_be_added_to() -> None:
    first = headers("decisions", "decision", "a/0/1", MOMENT)
    first.append(("traceparent", b"00"))
    assert "traceparent" not in dict(headers("decisions", "decision", "a/0/2", MOMENT))


def test_a_key_written_again_is_another_event_only_with_another_value() -> None:
    assert version_of("key", b"1") == version_of("key", b"1")
    assert len({version_of("key", b"1"), version_of("key", b"2"), version_of("key", None), version_of("k", b"1")}) == 4

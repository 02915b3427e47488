"""Reading incoming events, in every form and broken in every way."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from streams.errors import UnreadableEventError
from streams.records.events import read_event, read_outline

ORDER = {"transaction_id": "PO-1", "parties": [{"name": "Velavia GmbH", "role": "purchaser"}]}
BARE = json.dumps(ORDER).encode()


def changed(**fields: Any) -> bytes:
    return json.dumps({**ORDER, **fields}).encode()


def test_bare_json() -> None:
    assert read_event(BARE).parties[0].name == "Velavia GmbH"


def test_outline_of_a_cloud_event_is_that_of_its_data() -> None:
    data = b'{"transaction_id":"PO-1","parties":[{"name":"Velavia GmbH"}]}'
    envelope = b'{"specversion":"1.0","id":"1","source":"/orders","type":"order","data":' + data + b"}"
    for headers in ((), (("content-type", b"application/cloudevents+json"),)):
        read = read_outline(envelope, headers, 1_000)
        assert read is not None
        assert (read[0].transaction_id, read[1]) == ("PO-1", data)
        assert read_event(envelope, headers) == read_event(data)
    # With an id of its own it is no envelope, whatever its data.
    both = envelope.replace(b'"id":', b'"transaction_id":"X","id":')
    assert read_outline(both, (), 1_000) is None
    with pytest.raises(UnreadableEventError, match="parties"):
        read_event(both)


def test_of_parties_that_come_twice_the_last_count_in_a_cloud_event_too() -> None:
    twice = b'{"transaction_id":"PO-1","parties":[{"name":7}],"parties":[{"name":"Velavia GmbH"}]}'
    envelope = b'{"specversion":"1.0","id":"1","source":"/orders","type":"order","data":' + twice + b"}"
    assert read_event(twice) == read_event(envelope)
    assert read_event(envelope).parties[0].name == "Velavia GmbH"


def test_wire_format_of_a_schema_registry() -> None:
    framed = b"\x00" + (4711).to_bytes(4, "big") + BARE
    assert read_event(framed) == read_event(BARE)
    read = read_outline(framed, (), len(framed))
    assert read is not None
    outline, content = read
    assert (outline.transaction_id, content) == ("PO-1", BARE)
    for broken in (b"\x00", b"\x00\x00\x00\x00\x01"):
        assert read_outline(broken, (), len(framed)) is None
        with pytest.raises(UnreadableEventError, match="not_json"):
            read_event(broken)


def test_binary_cloudevent() -> None:
    headers = (("ce_specversion", b"1.0"), ("ce_type", b"order.placed"), ("content-type", b"application/json"))
    assert read_event(BARE, headers) == read_event(BARE)


@pytest.mark.parametrize("headers", [(("content-type", b"application/cloudevents+json; charset=UTF-8"),), ()])
@pytest.mark.parametrize("form", ["data", "data_base64"])
def test_structured_cloudevent(headers: tuple[tuple[str, bytes], ...], form: str) -> None:
    data = ORDER if form == "data" else base64.b64encode(BARE).decode()
    envelope = json.dumps({"specversion": "1.0", "id": "1", "source": "/shop", "type": "order", form: data}).encode()
    assert read_event(envelope, headers) == read_event(BARE)


def test_unknown_fields_and_roles_are_taken() -> None:
    event = changed(colour="red", parties=[{"name": "A B", "role": "witness", "shoe_size": 43}])
    assert read_event(event).parties[0].role == "witness"


DEEP = b"[" * 100_000

BROKEN = {
    "nothing": (None, "empty", None),
    "no bytes": (b"", "empty", None),
    "ten megabytes": (changed(x="y" * 10_000_000), "too_large", None),
    "cut off": (BARE[:-5], "not_json", None),
    "not json": (b"hello", "not_json", None),
    "invalid UTF-8": (b'{"transaction_id": "PO-1", "parties": [{"name": "\xff\xfe"}]}', "not_json", None),
    "half a surrogate pair": (b'{"transaction_id": "PO-1", "parties": [{"name": "\\ud800"}]}', "not_json", None),
    "something after the end": (BARE + b" {}", "not_json", None),
    "deep nesting": (
        b'{"x": ' + DEEP + b"]" * 100_000 + b', "transaction_id": "PO-1", "parties": []}',
        "too_deep",
        None,
    ),
    "an array": (b"[]", "invalid", None),
    "null": (b"null", "invalid", None),
    "missing name": (changed(parties=[{"role": "purchaser"}]), "invalid", "PO-1"),
    "empty name": (changed(parties=[{"name": ""}]), "invalid", "PO-1"),
    "name too long": (changed(parties=[{"name": "x" * 1025}]), "invalid", "PO-1"),
    "wrong type": (changed(parties="none"), "invalid", "PO-1"),
    "no parties": (changed(parties=[]), "invalid", "PO-1"),
    "ten thousand parties": (changed(parties=[{"name": "A B"}] * 10_000), "invalid", "PO-1"),
    "number as id": (changed(transaction_id=7), "invalid", None),
    "no id": (json.dumps({"parties": ORDER["parties"]}).encode(), "invalid", None),
    "negative revision": (changed(revision=-1), "invalid", "PO-1"),
    "time without zone": (changed(occurred_at="2025-10-01T08:00:00"), "invalid", "PO-1"),
    "birth date in another order": (changed(parties=[{"name": "A B", "birth_date": "01/02/1965"}]), "invalid", "PO-1"),
    "CloudEvent without data": (b'{"specversion": "1.0", "id": "1"}', "unsupported_envelope", None),
    "CloudEvent of the future": (b'{"specversion": "2.0", "data": {}}', "unsupported_envelope", None),
    "CloudEvent with broken base64": (b'{"specversion": "1.0", "data_base64": "%%"}', "unsupported_envelope", None),
    "CloudEvent with a broken order": (
        json.dumps({"specversion": "1.0", "data": {**ORDER, "parties": 1}}).encode(),
        "invalid",
        "PO-1",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_event_is_refused_with_its_reason(name: str) -> None:
    value, reason, salvaged = BROKEN[name]
    with pytest.raises(UnreadableEventError) as refusal:
        read_event(value)
    assert refusal.value.reason == reason
    assert refusal.value.transaction_id == salvaged
    assert refusal.value.detail


def test_refusal_names_the_field() -> None:
    with pytest.raises(UnreadableEventError, match=r"name.*\$\.parties\[1\]"):
        read_event(changed(parties=[{"name": "A B"}, {"role": "bank"}]))


def test_batches_of_cloudevents_are_refused() -> None:
    with pytest.raises(UnreadableEventError, match="cloudevents-batch"):
        read_event(b"[]", (("content-type", b"application/cloudevents-batch+json"),))

"""The span of an event: it continues the event's trace, and what is written for the event continues the span."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_span_id, format_trace_id

from streams.errors import SettingsError
from streams.records.decision import Decision, EventSource, ReleaseRef
from streams.settings import TracingSettings
from streams.tracing import ScreeningTracer, tracing

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SOURCE = EventSource(topic="transactions", partition=3, offset=4711)


def decided(outcome: str, reason: str = "") -> Decision:
    return Decision(
        transaction_id="PO-1",
        revision=0,
        outcome=outcome,  # type: ignore[arg-type]
        alert_ids=(),
        suppressed=(),
        releases={"own": ReleaseRef(release_id="r1", digest="d")},
        policy_version="p",
        source=SOURCE,
        screened_at=datetime(2026, 1, 2, tzinfo=UTC),
        reason=reason,
    )


def spans_of(
    *events: tuple[list[tuple[str, bytes | None]] | None, Decision],
) -> tuple[list[dict[str, str]], list[ReadableSpan]]:
    """The headers made for the events, and their spans."""
    exporter = InMemorySpanExporter()
    tracer = ScreeningTracer(exporter, "0")
    made = []
    for headers, decision in events:
        trace = tracer.begin(headers, SOURCE)
        made.append({key: value.decode() for key, value in trace.headers})
        trace.end(decision)
    tracer.close()
    return made, list(exporter.get_finished_spans())


def test_the_trace_of_the_event_is_continued() -> None:
    came: list[tuple[str, bytes | None]] = [
        ("other", b"\xff"),
        ("traceparent", f"00-{TRACE}-{PARENT}-01".encode()),
        ("tracestate", b"vendor=1"),
    ]
    (headers,), (span,) = spans_of((came, decided("hold")))
    assert headers == {
        "traceparent": f"00-{TRACE}-{format_span_id(span.context.span_id)}-01",
        "tracestate": "vendor=1",
    }
    assert span.parent is not None
    assert format_span_id(span.parent.span_id) == PARENT
    told = dict(span.attributes or {})
    assert (told["messaging.destination.partition.id"], told["messaging.kafka.offset"]) == ("3", 4711)
    assert (told["highfence.transaction_id"], told["highfence.outcome"]) == ("PO-1", "hold")
    assert told["highfence.releases"] == ("own r1",)
    assert span.status.is_unset
    assert span.resource.attributes["service.name"] == "highfence-worker"


@pytest.mark.parametrize(
    "headers",
    [(), None, [("traceparent", None)], [("traceparent", b"\xff\x00")], [("traceparent", b"00-0-0-01")]],
)
def test_without_a_trace_that_can_be_read_a_new_one_begins(headers: list[tuple[str, bytes | None]] | None) -> None:
    (made,), (span,) = spans_of((headers, decided("error", "not_json: at 1")))
    assert span.parent is None
    assert made["traceparent"].split("-")[1] == format_trace_id(span.context.trace_id)
    assert not span.status.is_ok
    assert span.status.description == "not_json: at 1"


def test_a_trace_that_is_not_sampled_stays_so_and_goes_on() -> None:
    (headers,), spans = spans_of(([("traceparent", f"00-{TRACE}-{PARENT}-00".encode())], decided("clear")))
    assert not spans
    assert headers["traceparent"].startswith(f"00-{TRACE}-")
    assert headers["traceparent"].endswith("-00")


def test_without_an_address_nothing_is_traced_and_nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with tracing(TracingSettings(), "0") as tracer:
        assert tracer is None


def test_an_address_without_the_extra_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with (
        pytest.raises(SettingsError, match=r"tracing.otlp_endpoint needs the extra 'tracing'"),
        tracing(TracingSettings(otlp_endpoint="http://127.0.0.1:4318"), "0"),
    ):
        pass

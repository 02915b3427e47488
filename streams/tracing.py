"""Traces through OpenTelemetry: a span for each event screened, which its decision and its alerts continue.

Nothing of this is loaded unless ``tracing.otlp_endpoint`` is set. Spans are sent by a thread of their own and are
dropped when the collector does not keep up: screening never waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

from streams.errors import SettingsError
from streams.records.decision import Decision, EventSource
from streams.settings import TracingSettings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span

_HEADERS = ("traceparent", "tracestate")
"""Of W3C Trace Context, Level 1."""
_EXPORT_SECONDS = 2.0


class Trace:
    """The span of one event; ``headers`` are for the records that are written for it."""

    def __init__(self, span: Span, headers: list[tuple[str, bytes]]) -> None:
        self.headers = headers
        self._span = span

    def end(self, decision: Decision) -> None:
        """The event was screened and this is its decision."""
        from opentelemetry.trace import StatusCode

        self._span.set_attributes(
            {
                "highfence.transaction_id": decision.transaction_id,
                "highfence.outcome": decision.outcome,
                "highfence.alerts": len(decision.alert_ids),
                "highfence.releases": [f"{source} {ref.release_id}" for source, ref in decision.releases.items()],
            }
        )
        if decision.outcome == "error":
            self._span.set_status(StatusCode.ERROR, decision.reason)
        self._span.end()


class ScreeningTracer:
    """Makes spans and hands them to ``exporter``."""

    def __init__(self, exporter: SpanExporter, replica: str) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        about = {
            "service.name": "highfence-worker",
            "service.version": version("highfence"),
            "service.instance.id": replica,
        }
        self._provider = TracerProvider(resource=Resource.create(about))
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("highfence")
        self._propagator = TraceContextTextMapPropagator()
        self._kind = SpanKind.CONSUMER

    def begin(self, headers: Sequence[tuple[str, bytes | None]] | None, source: EventSource) -> Trace:
        """Begin the span of an event: of the trace its ``traceparent`` names, or of a new one when it has none that
        can be read."""
        from opentelemetry.trace import set_span_in_context

        came = {key: value.decode("latin-1") for key, value in headers or () if key in _HEADERS and value is not None}
        span = self._tracer.start_span(
            f"screen {source.topic}",
            context=self._propagator.extract(came),
            kind=self._kind,
            attributes={
                "messaging.system": "kafka",
                "messaging.operation.type": "process",
                "messaging.destination.name": source.topic,
                "messaging.destination.partition.id": str(source.partition),
                "messaging.kafka.offset": source.offset,
            },
        )
        carried: dict[str, str] = {}
        self._propagator.inject(carried, set_span_in_context(span))
        return Trace(span, [(key, value.encode()) for key, value in carried.items()])

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


@contextmanager
def tracing(settings: TracingSettings, replica: str) -> Iterator[ScreeningTracer | None]:
    """A tracer that sends to ``otlp_endpoint``, or None without one.

    Raises SettingsError when the packages it needs are not installed.
    """
    if not settings.otlp_endpoint:
        yield None
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as error:
        raise SettingsError(
            f"tracing.otlp_endpoint needs the extra 'tracing', pip install 'highfence[tracing]': {error}"
        ) from error
    address = f"{settings.otlp_endpoint.rstrip('/')}/v1/traces"
    tracer = ScreeningTracer(OTLPSpanExporter(endpoint=address, timeout=_EXPORT_SECONDS), replica)
    try:
        yield tracer
    finally:
        tracer.close()

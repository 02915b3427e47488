"""Everything that dashboards and alert rules ask for, held against what running processes export."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from confluent_kafka import Producer
from desks import desk_of
from list_server import ListServer, whole
from live import PATIENCE, running, send, wait_until
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.parser import text_string_to_metric_families

from streams.demo.cases import broken_events, cases
from streams.invented.orders import ordinary_orders
from streams.kafka.clients import connect, producer_config
from streams.kafka.local import free_port
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.lists.loading import load_list
from streams.lists.publisher import publish
from streams.lists.release import canonical_bytes
from streams.lists.sync import Synced, keep_current
from streams.logs import JsonLines
from streams.matching import Policy
from streams.records.list_entry import ListedName, ListEntry
from streams.screening.lookback_service import LookbackService
from streams.screening.worker import Worker
from streams.settings import DeskSettings, DownloadSettings, ListSettings, MetricsSettings, Settings, TracingSettings

pytestmark = pytest.mark.kafka

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "info": ("_info",), "gauge": ("",)}
_NAME = re.compile(r"\b(?:highfence|process)_\w+")
_OF_PROMETHEUS = {"instance", "job", "le", "alertname", "alertstate", "severity"}
"""Labels that Prometheus, the kind of a metric, or a rule brings along."""


def queries() -> dict[str, str]:
    """Every query of a dashboard or rule, by where it stands."""
    found = {}
    for path in (DEPLOY / "grafana" / "dashboards").glob("*.json"):
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            for target in panel.get("targets", ()):
                found[f"{path.name}: {panel['title']} {target['refId']}"] = target["expr"]
    for group in yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text(encoding="utf-8"))["groups"]:
        for rule in group["rules"]:
            found[f"rules.yml: {rule['alert']}"] = rule["expr"]
    return found


def labels_of(query: str) -> set[str]:
    """The labels a query selects or groups by."""
    matched = re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", query)
    grouped = re.findall(r"\b(?:by|on|ignoring|without)\s*\(([^)]*)\)", query)
    return {*matched, *(label.strip() for group in grouped for label in group.split(",") if label.strip())}


def exported(urls: Sequence[str]) -> tuple[set[str], dict[str, set[str]]]:
    """The names of all series that processes export, and the labels of those that have a value by now."""
    names: set[str] = set()
    labels: dict[str, set[str]] = {}
    for url in urls:
        for family in text_string_to_metric_families(httpx.get(f"{url}/metrics", timeout=PATIENCE).text):
            names.update(family.name + suffix for suffix in _SUFFIXES[family.type])
            for sample in family.samples:
                labels.setdefault(sample.name, set()).update(sample.labels)
    return names, labels


def with_port(settings: Settings, **more: Any) -> tuple[Settings, str]:
    """The settings of one more process on this machine, and where it serves its metrics."""
    port = free_port()
    made = settings.model_copy(update={"metrics": MetricsSettings(port=port), **more})
    return made, f"http://127.0.0.1:{port}"


@contextmanager
def syncing(settings: Settings, archive: Path) -> Iterator[str]:
    """``lists sync`` with one small list, which has been synchronised; where it serves its metrics."""
    entry = ListEntry(source="own", entry_id="1", names=(ListedName(name="Langford Pumps"),))
    done, stop = threading.Event(), threading.Event()

    def tell(_: Synced) -> None:
        done.set()

    with ListServer().running() as server:
        server.answers["/own"] = whole(canonical_bytes(entry) + b"\n")
        own = DownloadSettings(url=f"{server.url}/own", sources=("own",))
        made, url = with_port(settings, lists=ListSettings(archive=archive, downloads={"own": own}, sync=("own",)))
        thread = threading.Thread(target=keep_current, args=(("own",), made, stop, tell))
        thread.start()
        try:
            assert done.wait(PATIENCE)
            yield url
        finally:
            stop.set()
            thread.join(PATIENCE)
            assert not thread.is_alive()


def batch_lines(records: Sequence[logging.LogRecord]) -> list[dict[str, Any]]:
    """The lines of batches, as they are in JSON."""
    return [json.loads(JsonLines().format(record)) for record in records if record.name == "highfence.batch"]


def test_dashboards_and_rules_ask_for_what_a_live_run_exports(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "highfence")
    caplog.set_level(logging.INFO, "highfence.batch")  # a command that logs as text has silenced it
    release = publish(load_list("bundled"), settings)
    orders = [*cases(), *broken_events(), *ordinary_orders(100)]
    for_worker, worker_url = with_port(settings)
    for_lookback, lookback_url = with_port(settings)
    for_desk, desk_url = with_port(settings, desk=DeskSettings(port=0))
    with (
        syncing(settings, tmp_path) as sync_url,
        running(lambda stop: Worker(for_worker, Policy.default(), stop)) as worker,
        running(lambda stop: LookbackService(for_lookback, Policy.default(), stop)),
        desk_of(for_desk),
    ):
        send(settings, orders)
        sample = worker.metrics.registry.get_sample_value
        wait_until(lambda: sample("highfence_decisions_total") == len(orders))
        assert sample("highfence_consumed_events_total") == len(orders)
        wait_until(lambda: 0 <= (sample("highfence_lag_seconds") or 0) < 1)  # nothing waits any more
        wait_until(lambda: any(family.samples for family in worker.metrics.lag.collect()))  # told every two seconds
        names, labels = exported([worker_url, lookback_url, desk_url, sync_url])
    asked = queries()
    assert len(asked) > 50
    for place, query in asked.items():
        wanted = set(_NAME.findall(query))
        missing = wanted - names
        assert not missing, (
            f"{place} asks for {missing}, which no process exports: add it to streams/metrics.py, or ask for another"
        )
        if wanted and wanted <= labels.keys():
            unknown = labels_of(query) - _OF_PROMETHEUS - {label for name in wanted for label in labels[name]}
            assert not unknown, f"{place} asks for the labels {unknown}, which {wanted} do not have in a live run"
    told = batch_lines(caplog.records)
    assert sum(line["events"] for line in told) == len(orders)
    assert len(told) == sample("highfence_batch_events_count")
    assert {line["releases"]["us_bis_additions"] for line in told} == {release.release_id}
    held = {each for line in told for each in line["transactions"].get("hold", ())}
    assert {each.transaction_id for each in cases() if each.expected == {"hold"}} <= held
    logged_by_the_worker = [record for record in caplog.records if record.name == "highfence.worker"]
    assert len(logged_by_the_worker) < 10, "one line per batch, none per event"


@contextmanager
def collector() -> Iterator[tuple[str, list[Span]]]:
    """Something that takes OTLP over HTTP: its address, and the spans it got."""
    spans: list[Span] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = ExportTraceServiceRequest.FromString(body)
            spans.extend(span for each in request.resource_spans for scope in each.scope_spans for span in scope.spans)
            self.send_response(200 if self.path == "/v1/traces" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", spans
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_decision_and_alert_continue_the_trace_of_their_event(settings: Settings) -> None:
    publish(load_list("bundled"), settings)
    names = TopicNames(settings.topics.prefix)
    trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    held = next(each for each in cases() if each.expected == {"hold"})
    producer = connect(Producer, producer_config(settings))
    producer.produce(names.transactions, held.payload, headers=[("traceparent", f"00-{trace}-{parent}-01".encode())])
    assert producer.flush(PATIENCE) == 0
    with collector() as (address, spans):
        traced = settings.model_copy(update={"tracing": TracingSettings(otlp_endpoint=address)})
        with running(lambda stop: Worker(traced, Policy.default(), stop)) as worker:
            wait_until(lambda: worker.decided == 1)
    (span,) = spans  # sent at the latest when the worker ends
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (trace, parent)
    continued = f"00-{trace}-{span.span_id.hex()}-01".encode()
    for topic in (names.decisions, names.alerts):
        for message in read_topic(settings, topic):
            headers = message.headers() or []
            assert dict(headers)["traceparent"] == continued, topic

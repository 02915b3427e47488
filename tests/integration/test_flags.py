"""Diversion flags on a real Kafka: a worker compares revisions, knows the past of customers from the registry, and its
decisions are recorded for other rules."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner
from live import running, send, wait_until

from streams.cli import main
from streams.invented.orders import Order
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.lists.loading import load_list
from streams.lists.publisher import publish
from streams.matching import Policy
from streams.records.codec import decode
from streams.records.decision import Decision
from streams.screening.diversion import Diversion, DiversionRules
from streams.screening.worker import Worker
from streams.settings import Settings

pytestmark = pytest.mark.kafka


def test_flags_of_revisions_are_decided_recorded_and_tried(settings: Settings, tmp_path: Path) -> None:
    """The second revision changes the destination ten days later; under rules where that weighs 100, it is a review."""
    publish(load_list("bundled"), settings)
    parties = [{"role": "purchaser", "name": "Velavia Toys GmbH", "country": "DE"}]
    orders = []
    for revision, (place, day) in enumerate((("NO", 1), ("AM", 11))):
        at = datetime(2025, 10, day, tzinfo=UTC).isoformat()
        event = {"transaction_id": "T", "revision": revision, "occurred_at": at, "parties": parties}
        payload = orjson.dumps({**event, "route": {"final_destination": place}})
        orders.append(Order("T", payload, frozenset({"clear"})))
    rules = DiversionRules.default()
    with running(lambda stop: Worker(settings, Policy.default(), stop, flags=Diversion(rules))) as worker:
        send(settings, orders)
        wait_until(lambda: worker.decided == 2)
    labels = {"rule": "late_change_of_route_or_consignee"}
    assert worker.metrics.registry.get_sample_value("highfence_flags_total", labels) == 1
    environment = {
        "HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "HIGHFENCE_TOPICS__PREFIX": settings.topics.prefix,
    }
    recorded, changed = tmp_path / "recorded.jsonl", tmp_path / "rules.toml"
    run = CliRunner()
    done = run.invoke(main, ["flags", "record", "--output", str(recorded)], env=environment)
    assert done.exit_code == 0, done.output
    decisions = [json.loads(line)["decision"] for line in recorded.read_text().splitlines()]
    assert [decision["flags_version"] for decision in decisions] == [rules.version] * 2
    (flag,) = decisions[1]["flags"]
    assert flag["text"].startswith(
        "route.final_destination was 'NO', is 'AM'; 240 hours later, compared with revision 0"
    )
    packaged = files("streams.screening.diversion").joinpath("rules.toml").read_text(encoding="utf-8")
    changed.write_text(packaged.replace("weight = 60\nhours", "weight = 100\nhours"))
    tried = run.invoke(main, ["flags", "try", str(changed), "--decisions", str(recorded), "--json"], env=environment)
    (only,) = json.loads(tried.stdout)["changed"]
    assert (only["transaction_id"], only["revision"], only["tried"]) == ("T", 1, "review")


def test_a_worker_that_starts_knows_what_customers_ordered_before(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Five orders, of two addresses and none larger than 50, are the past of the next worker: 251 is out of it."""
    publish(load_list("bundled"), settings)

    def order(number: int, quantity: int) -> Order:
        buyer = {"role": "purchaser", "name": "Velavia Toys GmbH", "country": "DE", "addresses": [{"city": "Kiel"}]}
        if number % 2:
            del buyer["addresses"]
        items = [{"hs_code": "6205.20", "quantity": quantity}]
        return Order(
            f"P-{number}",
            orjson.dumps({"transaction_id": f"P-{number}", "parties": [buyer], "items": items}),
            frozenset({"clear"}),
        )

    def worker(stop: threading.Event) -> Worker:
        return Worker(settings, Policy.default(), stop, flags=Diversion(DiversionRules.default()))

    with running(worker) as first:
        send(settings, [order(number, 10 * number) for number in range(1, 6)])
        wait_until(lambda: first.decided == 5)
    caplog.set_level("INFO", "highfence.past")
    with running(worker) as second:
        wait_until(lambda: "compared with the past of 1 customers, too" in caplog.text)
        send(settings, [order(6, 251)])
        wait_until(lambda: second.decided == 1)
    topic = TopicNames(settings.topics.prefix).decisions
    (last,) = [message.value() for message in read_topic(settings, topic) if message.key() == b"P-6"]
    (flag,) = decode(Decision, last or b"", "decision").flags
    assert flag.text == "251 is 5.0 times 50 (P-5), the largest of the 5 known past transactions of Velavia Toys GmbH"

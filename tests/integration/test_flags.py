"""Diversion flags on a real Kafka: a worker compares revisions, and its decisions are recorded for other rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner
from live import running, send, wait_until

from streams.cli import main
from streams.invented.orders import Order
from streams.lists.loading import load_list
from streams.lists.publisher import publish
from streams.matching import Policy
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

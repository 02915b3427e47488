"""Who owns whom, on a real Kafka: published by the command, in force on a running worker."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from confluent_kafka import Producer
from live import PATIENCE, running, wait_until

from streams.cli import main
from streams.kafka.clients import connect, producer_config
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.lists.loading import LoadedList
from streams.lists.publisher import publish
from streams.matching import Policy
from streams.records.alert import Alert
from streams.records.codec import decode
from streams.records.decision import Decision
from streams.records.list_entry import ListedName, ListEntry
from streams.screening.lookback_service import LookbackService
from streams.screening.lookback_status import statuses
from streams.screening.worker import Worker
from streams.settings import LookbackSettings, Settings

pytestmark = pytest.mark.kafka


@pytest.fixture
def settings(settings: Settings) -> Settings:
    lookback = LookbackSettings(
        group_id=f"{settings.topics.prefix}lookback", settle_seconds=0, session_timeout_seconds=2
    )
    return settings.model_copy(update={"lookback": lookback})


SDN = "us_ofac_sdn"
X, Y, BETWEEN, PARTY = "Zorblatt Petrokhim", "Quvelian Marstrand", "Hestrup Wickerwork", "Velavia Toys GmbH"
LISTED = tuple(ListEntry(source=SDN, entry_id=name, names=(ListedName(name=name),)) for name in (X, Y))
EDGES = f"""owner,owned,percent,source
{BETWEEN},{PARTY},30,return 2025
{X},{BETWEEN},100,return 2025
{Y},{PARTY},25,filing 7
"""


def send(settings: Settings, topic: str, key: str, value: bytes | None) -> None:
    producer = connect(Producer, producer_config(settings))
    producer.produce(settings.topics.prefix + topic, value, key.encode())
    assert producer.flush(PATIENCE) == 0


def ordered(settings: Settings, transaction_id: str) -> Decision:
    """Send an order to the party and wait for its decision."""
    order = {"transaction_id": transaction_id, "parties": [{"name": PARTY, "role": "end_user"}]}
    send(settings, "transactions", transaction_id, msgspec.json.encode(order))
    topic = TopicNames(settings.topics.prefix).decisions

    def decided() -> list[Decision]:
        decisions = [decode(Decision, message.value() or b"", topic) for message in read_topic(settings, topic)]
        return [each for each in decisions if each.transaction_id == transaction_id]

    wait_until(decided)
    (decision,) = decided()
    return decision


def alerts(settings: Settings, trigger: str) -> list[Alert]:
    topic = TopicNames(settings.topics.prefix).alerts
    found = [decode(Alert, message.value() or b"", topic) for message in read_topic(settings, topic)]
    return sorted([each for each in found if each.trigger == trigger], key=lambda each: each.listed.name)


def published(settings: Settings, file: Path, content: str) -> str:
    """Publish edges by the command; gives the release's id."""
    file.write_text(content, encoding="utf-8")
    ran = highfence(settings, file.parent, "ownership", "publish", str(file))
    assert ran.exit_code == 0, ran.output
    return ran.output.splitlines()[0].rpartition(" ")[2]


def highfence(settings: Settings, folder: Path, *arguments: str) -> Result:
    environment = {
        "HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "HIGHFENCE_TOPICS__PREFIX": settings.topics.prefix,
        "HIGHFENCE_LISTS__ARCHIVE": str(folder / "archive"),
    }
    return CliRunner().invoke(main, arguments, env=environment)


def test_an_order_is_held_when_two_listed_owners_are_published_and_one_before_is_raised_by_lookback(
    settings: Settings, tmp_path: Path
) -> None:
    publish(LoadedList(SDN, LISTED), settings)
    with (
        running(lambda stop: Worker(settings, Policy.default(), stop)) as worker,
        running(lambda stop: LookbackService(settings, Policy.default(), stop)),
    ):
        assert ordered(settings, "T1").outcome == "clear"
        release_id = published(settings, tmp_path / "register.csv", EDGES)
        wait_until(lambda: worker._index.snapshot.ownership)
        held = ordered(settings, "T2")
        assert held.outcome == "hold"
        assert held.releases["ownership/register"].release_id == release_id
        counted = worker.metrics.registry.get_sample_value
        wait_until(lambda: counted("highfence_ownership_edges", {"source": "register"}) == 3)
        wait_until(lambda: len(alerts(settings, "lookback")) == 2)
        wait_until(lambda: all(each.complete for each in statuses(settings)))
        (status,) = [each for each in statuses(settings) if each.source == "ownership/register"]
        assert (status.trigger_id, status.entries, status.alerts) == (release_id, 3, 2)
    past = alerts(settings, "lookback")
    assert [(each.outcome, each.trigger_id, each.transactions[0].transaction_id) for each in past] == [
        ("hold", release_id, "T1")
    ] * 2
    found = alerts(settings, "live")
    assert [each.evidence for each in past] == [each.evidence for each in found]
    assert [alert.listed.name for alert in found] == [Y, X]
    for alert in found:
        texts = [each.text for each in alert.evidence if each.kind == "ownership"]
        assert any(text.startswith(f"{Y} owns 25% of the party (register: filing 7); ") for text in texts)
        chain = (
            f"{X} owns 100% of {BETWEEN} (register: return 2025), "
            f"{BETWEEN} owns 30% of the party (register: return 2025); "
        )
        assert any(text.startswith(chain) for text in texts)
        assert texts[-1].endswith("30% + 25% = 55% of the party; 50% is reached")
    with running(lambda stop: Worker(settings, Policy.default(), stop)):  # one that starts knows it before it screens
        assert ordered(settings, "T3").outcome == "hold"
        published(settings, tmp_path / "register.csv", EDGES.replace(",25,", ",15,"))
        wait_until(lambda: ordered(settings, f"T{datetime.now(UTC):%H%M%S%f}").outcome == "review")


def test_a_release_that_does_not_hold_stops_a_worker_that_starts(settings: Settings, tmp_path: Path) -> None:
    publish(LoadedList(SDN, LISTED), settings)
    published(settings, tmp_path / "register.csv", EDGES)
    first = next(iter(read_topic(settings, TopicNames(settings.topics.prefix).ownership)))
    send(settings, "ownership", (first.key() or b"").decode(), None)
    marker = list(read_topic(settings, TopicNames(settings.topics.prefix).ownership))[-2]
    send(settings, "ownership", (marker.key() or b"").decode(), marker.value())
    with running(lambda stop: Worker(settings, Policy.default(), stop)) as worker:
        wait_until(lambda: "does not match its pages" in (worker._index.problem() or ""))
        published(settings, tmp_path / "register.csv", EDGES)
        wait_until(lambda: worker._index.problem() is None)
        assert ordered(settings, "T1").outcome == "hold"


def test_a_file_that_shrank_is_kept_in_quarantine_until_a_person_lets_it_through(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "register.csv"
    last = published(settings, file, EDGES)
    file.write_text("\n".join(EDGES.splitlines()[:2]), encoding="utf-8")
    refused = highfence(settings, tmp_path, "ownership", "publish", str(file))
    assert refused.exit_code == 2
    said = "it has 1 edges, 67% fewer than the 3 of the last release"
    assert f"ownership register: not published, because {said}" in refused.output
    assert "let it through with --force" in refused.output
    assert last in highfence(settings, tmp_path, "ownership", "show").output
    quarantined = highfence(settings, tmp_path, "lists", "quarantine").output
    assert f"UTC  ownership/register\n  because ownership register: not published, because {said}" in quarantined
    forcing = ("--force", "--by", "Ada", "--reason", "two were sold")
    assert highfence(settings, tmp_path, "ownership", "publish", str(file), *forcing[:3]).exit_code == 2
    assert highfence(settings, tmp_path, "ownership", "publish", str(file), *forcing).exit_code == 0
    shown = highfence(settings, tmp_path, "ownership", "show").output
    assert "register: 1 edges" in shown
    assert f"  forced by Ada: two were sold\n  although {said}\n" in shown
    file.write_text(EDGES.splitlines()[0], encoding="utf-8")
    assert highfence(settings, tmp_path, "ownership", "publish", str(file), *forcing).exit_code == 0
    assert "register: 0 edges" in highfence(settings, tmp_path, "ownership", "show").output
    with running(lambda stop: Worker(settings, Policy.default(), stop)):
        publish(LoadedList(SDN, LISTED), settings)
        assert ordered(settings, "T1").outcome == "clear"

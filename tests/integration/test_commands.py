"""Commands against a real Kafka: topics, wrong passwords, watching."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from confluent_kafka import Producer
from live import when_heard

from streams.cli import main
from streams.kafka.clients import connect, producer_config
from streams.kafka.local import LocalBroker
from streams.kafka.topics import TopicNames, apply_topics, wanted_topics
from streams.settings import KafkaSettings, Settings, TopicSettings

EXAMPLE = Path(__file__).parents[2] / "schemas" / "examples" / "alert.json"


@pytest.fixture
def environment(kafka: LocalBroker, topic_prefix: str) -> dict[str, str]:
    return {"HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers, "HIGHFENCE_TOPICS__PREFIX": topic_prefix}


def test_topics_are_created_checked_and_mended(environment: dict[str, str]) -> None:
    run = CliRunner()
    before = run.invoke(main, ["topics", "check"], env=environment)
    assert before.exit_code == 2
    assert "transactions is missing" in before.stderr
    assert run.invoke(main, ["topics", "apply"], env=environment).stdout.count("created") == len(
        wanted_topics(Settings())
    )
    assert "as they should be" in run.invoke(main, ["topics", "check"], env=environment).stdout
    shorter = {**environment, "HIGHFENCE_TOPICS__RETENTION_DAYS": "30"}
    assert "decisions has retention.ms=315619200000" in run.invoke(main, ["topics", "check"], env=shorter).stderr
    assert "decisions retention.ms=2592000000" in run.invoke(main, ["topics", "apply"], env=shorter).stdout
    assert run.invoke(main, ["topics", "check"], env=shorter).exit_code == 0


def test_too_few_partitions_cannot_be_mended(environment: dict[str, str]) -> None:
    run = CliRunner()
    run.invoke(main, ["topics", "apply"], env={**environment, "HIGHFENCE_TOPICS__PARTITIONS": "1"})
    wider = run.invoke(main, ["topics", "apply"], env={**environment, "HIGHFENCE_TOPICS__PARTITIONS": "3"})
    assert wider.exit_code == 2
    assert "decisions has 1 partitions: 3 are wanted" in wider.stderr


def test_watch_shows_alerts_and_nothing_of_aborted_transactions(
    environment: dict[str, str], kafka: LocalBroker, topic_prefix: str
) -> None:
    settings = Settings(
        kafka=KafkaSettings(bootstrap_servers=kafka.bootstrap_servers), topics=TopicSettings(prefix=topic_prefix)
    )
    apply_topics(settings)
    topic = TopicNames(topic_prefix).alerts
    alert = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    producer = connect(Producer, producer_config(settings, {"transactional.id": f"{topic_prefix}watch"}))
    producer.init_transactions()
    for identity, commit in (("kept", True), ("aborted", False)):
        producer.begin_transaction()
        producer.produce(topic, json.dumps({**alert, "transaction_id": identity}).encode(), identity.encode())
        producer.flush()
        if commit:
            producer.commit_transaction()
        else:
            producer.abort_transaction()
    shown = CliRunner().invoke(main, ["watch", "--until-end"], env=environment)
    assert shown.exit_code == 0
    assert "kept" in shown.stdout
    assert "aborted" not in shown.stdout
    assert "\x1b" not in shown.stdout
    as_json = CliRunner().invoke(main, ["watch", "--until-end", "--json"], env=environment)
    assert [json.loads(line)["transaction_id"] for line in as_json.stdout.splitlines()] == ["kept"]


@pytest.mark.parametrize(
    "command", [("topics", "check"), ("worker",), ("lists", "publish", "bundled"), ("lists", "show"), ("watch",)]
)
def test_a_wrong_password_is_told_in_one_line_without_the_password(
    command: tuple[str, ...], guarded: LocalBroker
) -> None:
    properties = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "analyst",
        "sasl.password": "hunter2",
    }
    environment = {
        "HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS": guarded.bootstrap_servers,
        "HIGHFENCE_KAFKA__PROPERTIES": json.dumps(properties),
    }

    def run(patience: float) -> Result:
        patient = {**environment, "HIGHFENCE_KAFKA__TIMEOUT_SECONDS": str(patience)}
        return CliRunner().invoke(main, list(command), env=patient)

    refused = when_heard(run, "uthentication")
    assert refused.exit_code == 2
    assert "uthentication" in refused.stderr
    assert "hunter2" not in refused.output
    assert len(refused.stderr.strip().splitlines()) == 1


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBroker]:
    """A broker that asks its clients for a password."""
    properties = {
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.client.plain.sasl.jaas.config": (
            'org.apache.kafka.common.security.plain.PlainLoginModule required user_analyst="right";'
        ),
    }
    with LocalBroker(tmp_path_factory.mktemp("guarded"), properties=properties) as broker:
        yield broker

"""A broker that asks for certificates, passwords and rights, and what people are told when something is missing."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from charts import of_kind
from click.testing import CliRunner, Result
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)
from desks import desk_of, with_people
from live import PATIENCE, running, wait_until, when_heard

from streams.cli import main
from streams.kafka.clients import common_config, connect, producer_config
from streams.kafka.local import HOST, LocalBroker, java_command
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames, apply_topics
from streams.lists.loading import load_list
from streams.lists.publisher import publish
from streams.matching import Policy
from streams.screening.diversion import Diversion, DiversionRules
from streams.screening.lookback_service import LookbackService
from streams.screening.lookback_status import statuses
from streams.screening.registered_past import RegisteredPast
from streams.screening.worker import Worker
from streams.settings import KafkaSettings, LookbackSettings, MetricsSettings, Settings, TopicSettings

pytestmark = pytest.mark.kafka

STORE_PASSWORD = "only-for-tests"
PASSWORD = "right-7f3a"
PROCESSES = ("worker", "lookback", "desk", "list-sync", "scaling")
USERS = ("worker", "stranger", "reader", *(f"trade-highfence-{process}" for process in PROCESSES))
PREFIX = "eu."
COMMANDS = [("topics", "check"), ("worker",), ("lists", "publish", "bundled")]


@dataclass(frozen=True)
class Guarded:
    """A broker with TLS, passwords and access rights, and the authorities' certificates."""

    broker: LocalBroker
    authority: Path
    another_authority: Path

    def properties(self, user: str, password: str = PASSWORD, ca: Path | None = None) -> dict[str, str | float | bool]:
        return {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "PLAIN",
            "sasl.username": user,
            "sasl.password": password,
            "ssl.ca.location": str(ca or self.authority),
        }

    def settings(self, user: str) -> Settings:
        """Those of a process, with topics under the chart's prefix."""
        return Settings(
            kafka=KafkaSettings(bootstrap_servers=self.broker.bootstrap_servers, properties=self.properties(user)),
            topics=TopicSettings(prefix=PREFIX, partitions=2),
            metrics=MetricsSettings(port=0),
            lookback=LookbackSettings(settle_seconds=0),
        )

    def run(
        self,
        *command: str,
        user: str = "worker",
        password: str = PASSWORD,
        ca: Path | None = None,
        patience: float = PATIENCE,
    ) -> Result:
        environment = {
            "HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS": self.broker.bootstrap_servers,
            "HIGHFENCE_KAFKA__PROPERTIES": json.dumps(self.properties(user, password, ca)),
            "HIGHFENCE_KAFKA__TIMEOUT_SECONDS": str(patience),
            "HIGHFENCE_METRICS__PORT": "0",
        }
        return CliRunner().invoke(main, list(command), env=environment)

    def allow(self, rights: list[AclBinding]) -> None:
        """Give users these rights; the broker hears of them a moment after the controller."""
        admin = AdminClient({"bootstrap.servers": self.broker.internal_servers})
        for outcome in admin.create_acls(rights).values():
            outcome.result(PATIENCE)
        everything = AclBindingFilter(
            ResourceType.ANY,
            None,  # type: ignore[arg-type] # the stubs do not know that None is any
            ResourcePatternType.ANY,
            None,  # type: ignore[arg-type]
            None,  # type: ignore[arg-type]
            AclOperation.ANY,
            AclPermissionType.ANY,
        )
        wait_until(lambda: set(rights) <= set(admin.describe_acls(everything).result(PATIENCE)))


def _keytool(*arguments: str) -> None:
    password = ["-storepass", STORE_PASSWORD, "-storetype", "PKCS12"]
    subprocess.run(
        [str(java_command().parent / "keytool"), *arguments, *password], check=True, capture_output=True, text=True
    )


def _authority(folder: Path, name: str) -> tuple[str, Path]:
    """A certificate authority: its key store, and its certificate as PEM."""
    store, certificate = str(folder / f"{name}.p12"), folder / f"{name}.pem"
    key = ["-genkeypair", "-alias", "ca", "-keyalg", "EC", "-groupname", "secp256r1", "-validity", "2"]
    _keytool(*key, "-keystore", store, "-dname", f"CN={name}", "-ext", "bc:c=ca:true")
    _keytool("-exportcert", "-alias", "ca", "-keystore", store, "-rfc", "-file", str(certificate))
    return store, certificate


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("certificates")
    ca_store, authority = _authority(folder, "authority")
    _, another = _authority(folder, "another")
    store, request, signed = (str(folder / name) for name in ("broker.p12", "broker.csr", "broker.pem"))
    name = ["-ext", f"san=ip:{HOST}"]
    key = ["-genkeypair", "-alias", "broker", "-keyalg", "EC", "-groupname", "secp256r1", "-validity", "2"]
    _keytool(*key, "-keystore", store, "-dname", "CN=broker", *name)
    _keytool("-certreq", "-alias", "broker", "-keystore", store, "-file", request)
    _keytool("-gencert", "-alias", "ca", "-keystore", ca_store, "-infile", request, "-outfile", signed, "-rfc", *name)
    _keytool("-importcert", "-alias", "ca", "-keystore", store, "-file", str(authority), "-noprompt")
    _keytool("-importcert", "-alias", "broker", "-keystore", store, "-file", signed)
    logins = " ".join(f'user_{user}="{PASSWORD}"' for user in USERS)
    properties = {
        "listener.security.protocol.map": "CLIENT:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "listener.name.client.ssl.keystore.location": store,
        "listener.name.client.ssl.keystore.password": STORE_PASSWORD,
        "listener.name.client.ssl.keystore.type": "PKCS12",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.client.plain.sasl.jaas.config": (
            f"org.apache.kafka.common.security.plain.PlainLoginModule required {logins};"
        ),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:worker;User:ANONYMOUS",
        "broker.session.timeout.ms": "60000",  # nobody kills it
    }
    with LocalBroker(tmp_path_factory.mktemp("guarded"), properties=properties) as broker:
        yield Guarded(broker, authority, another)


def _told(refused: Result, *words: str) -> None:
    """One clear line, exit status 2, and no password in it."""
    assert refused.exit_code == 2, refused.output
    assert len(refused.stderr.strip().splitlines()) == 1, refused.stderr
    assert PASSWORD not in refused.output
    for word in words:
        assert word in refused.stderr


def test_tls_with_password_and_rights(guarded: Guarded) -> None:
    assert guarded.run("topics", "apply").exit_code == 0
    assert guarded.run("topics", "check").exit_code == 0
    published = guarded.run("lists", "publish", "bundled")
    assert published.exit_code == 0, published.output


@pytest.mark.parametrize("command", COMMANDS)
def test_another_authority_is_told(guarded: Guarded, command: tuple[str, ...]) -> None:
    why = "certificate"
    _told(when_heard(lambda patience: guarded.run(*command, ca=guarded.another_authority, patience=patience), why), why)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_password_is_told(guarded: Guarded, command: tuple[str, ...]) -> None:
    why = "uthentication"
    _told(when_heard(lambda patience: guarded.run(*command, password="wrong-1c9d", patience=patience), why), why)


@pytest.mark.parametrize("command", [*COMMANDS[1:], ("lists", "show")])
def test_a_user_without_any_right_is_told(guarded: Guarded, command: tuple[str, ...]) -> None:
    assert guarded.run("topics", "apply").exit_code == 0
    _told(guarded.run(*command, user="stranger"), "may not")


def test_topics_a_user_may_not_see_are_told_one_by_one(guarded: Guarded) -> None:
    refused = guarded.run("topics", "check", user="stranger")
    assert refused.exit_code == 2
    assert "topic transactions is missing, or this user may not see it" in refused.stderr


def test_a_worker_that_may_not_read_the_registry_says_so_and_goes_on(
    guarded: Guarded, caplog: pytest.LogCaptureFixture
) -> None:
    past = RegisteredPast(guarded.settings("stranger"), Diversion(DiversionRules.default()))
    past.start(1)
    past.hand_over()
    past.stop()
    assert "the topic parties cannot be read: where eu.parties ends" in (past.problem() or "")
    assert past.problem() in caplog.messages


def test_a_worker_that_may_read_and_not_write_is_told(guarded: Guarded) -> None:
    assert guarded.run("topics", "apply").exit_code == 0
    assert guarded.run("lists", "publish", "bundled").exit_code == 0
    rights = [
        AclBinding(kind, "*", ResourcePatternType.LITERAL, "User:reader", "*", operation, AclPermissionType.ALLOW)
        for kind, operation in (
            (ResourceType.TOPIC, AclOperation.DESCRIBE),
            (ResourceType.TOPIC, AclOperation.READ),
            (ResourceType.GROUP, AclOperation.READ),
        )
    ]
    guarded.allow(rights)
    refused = guarded.run("worker", user="reader")
    assert refused.exit_code == 2
    assert "uthorization failed" in refused.stderr.splitlines()[-1]
    _told(guarded.run("lists", "publish", "bundled", user="reader"), "uthorization failed")


def _chart_rights() -> list[AclBinding]:
    """The rights of the chart's Kafka users."""
    kinds = {
        "topic": ResourceType.TOPIC,
        "group": ResourceType.GROUP,
        "transactionalId": ResourceType.TRANSACTIONAL_ID,
    }
    patterns = {"literal": ResourcePatternType.LITERAL, "prefix": ResourcePatternType.PREFIXED}
    rights = [
        AclBinding(
            kinds[rule["resource"]["type"]],
            rule["resource"]["name"],
            patterns[rule["resource"]["patternType"]],
            f"User:{user['metadata']['name']}",
            "*",
            AclOperation[operation.upper()],
            AclPermissionType.ALLOW,
        )
        for user in of_kind("scram", "KafkaUser").values()
        for rule in user["spec"]["authorization"]["acls"]
        for operation in rule["operations"]
    ]
    return list(dict.fromkeys(rights))


@pytest.fixture(scope="module")
def deployed(guarded: Guarded) -> Guarded:
    """The broker with topics and rights as the Helm chart makes them."""
    apply_topics(guarded.settings("worker"))
    guarded.allow(_chart_rights())
    return guarded


def test_every_process_does_its_work_with_the_rights_of_the_chart(
    deployed: Guarded, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "highfence.past")
    anybody, names, policy = deployed.settings("worker"), TopicNames(PREFIX), Policy.default()
    worker, lookback, desk, publisher = (deployed.settings(f"trade-highfence-{name}") for name in PROCESSES[:4])
    publish(load_list("bundled"), publisher)
    order = {
        "transaction_id": "PO-1",
        "occurred_at": "2026-01-15T09:00:00Z",
        "parties": [{"name": "Inspur Software Co., Ltd.", "country": "CN"}],
    }
    producer = connect(Producer, producer_config(anybody))
    producer.produce(names.transactions, json.dumps(order).encode(), b"PO-1")
    producer.produce(names.transactions, b"no event", b"PO-2")
    assert producer.flush(PATIENCE) == 0
    with (
        running(lambda stop: Worker(worker, policy, stop, flags=Diversion(DiversionRules.default()))),
        running(lambda stop: LookbackService(lookback, policy, stop)),
        desk_of(with_people(desk)) as console,
    ):
        wait_until(lambda: "the past of 0 customers" in caplog.text)
        wait_until(lambda: len(list(read_topic(anybody, names.decisions))) == 2)
        alerts = len(list(read_topic(anybody, names.alerts)))
        wait_until(lambda: len(console.cases()) == alerts > 0)
        case = console.cases()[0]
        assert console.ask("GET", f"/cases/{case['case_id']}").status_code == 200
        console.clear(case["case_id"])
        wait_until(lambda: list(read_topic(anybody, names.clearances)))
        wait_until(lambda: console.ask("GET", "/api/health").json()["stream"]["lag"] == 0)
        publish(load_list("bundled"), publisher)
        wait_until(lambda: (found := statuses(anybody)) and all(status.complete for status in found))
    for topic, records in (
        (names.decisions, 2),
        (names.dead_letters, 1),
        (names.alerts, alerts),
        (names.parties, 1),
    ):
        assert len(list(read_topic(anybody, topic))) == records, topic


@pytest.mark.parametrize(
    ("process", "topic"),
    [("worker", "clearances"), ("desk", "alerts"), ("lookback", "decisions"), ("list-sync", "cases")],
)
def test_no_process_writes_what_is_not_its_own(process: str, topic: str, deployed: Guarded) -> None:
    told: list[KafkaError | None] = []
    producer = connect(Producer, producer_config(deployed.settings(f"trade-highfence-{process}")))
    producer.produce(f"{PREFIX}{topic}", b"{}", b"key", on_delivery=lambda error, _: told.append(error))
    producer.flush(PATIENCE)
    assert [error.code() for error in told if error] == [KafkaError.TOPIC_AUTHORIZATION_FAILED]


def test_scaling_may_ask_for_the_lag_of_the_workers_only(deployed: Guarded) -> None:
    admin = connect(AdminClient, common_config(deployed.settings("trade-highfence-scaling")))
    assert set(admin.list_topics(timeout=PATIENCE).topics) == {f"{PREFIX}transactions"}

    def tells(group: str) -> bool:
        """Whether the group's offsets are told; a coordinator that still loads them is asked again."""
        try:
            told = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group].result(PATIENCE)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.COORDINATOR_LOAD_IN_PROGRESS:
                raise
            return False
        return bool(told.group_id == group)

    wait_until(lambda: tells("highfence-worker"))
    with pytest.raises(KafkaException, match="uthorization"):
        wait_until(lambda: tells("highfence-lookback"))


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    secrets = {
        "sasl.password": "hush",
        "ssl.key.password": "hush",
        "ssl.key.pem": "hush",
        "sasl.oauthbearer.client.secret": "hush",
        "sasl.oauthbearer.assertion.private.key.passphrase": "hush",
    }
    environment = {"HIGHFENCE_KAFKA__PROPERTIES": json.dumps({**secrets, "sasl.username": "analyst\x1b[31m"})}
    shown = CliRunner().invoke(main, ["settings", "show"], env=environment)
    assert shown.exit_code == 0
    assert "hush" not in shown.output
    assert "\x1b" not in shown.output
    read = tomllib.loads(shown.output)
    assert read["kafka"]["properties"] == {**dict.fromkeys(secrets, "***"), "sasl.username": "analyst\x1b[31m"}
    assert read["limits"]["screening_seconds"] == 5.0

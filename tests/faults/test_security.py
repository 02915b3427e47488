"""A broker that asks for certificates, passwords and rights, and what people are told when something is missing."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from streams.cli import main
from streams.kafka.local import HOST, LocalBroker, java_command

pytestmark = pytest.mark.kafka

STORE_PASSWORD = "only-for-tests"
PASSWORD = "right-7f3a"
USERS = ("worker", "stranger", "reader")
COMMANDS = [("topics", "check"), ("worker",), ("lists", "publish", "bundled")]


@dataclass(frozen=True)
class Guarded:
    """A broker with TLS, passwords and access rights, and the authorities' certificates."""

    broker: LocalBroker
    authority: Path
    another_authority: Path

    def run(self, *command: str, user: str = "worker", password: str = PASSWORD, ca: Path | None = None) -> Result:
        properties = {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "PLAIN",
            "sasl.username": user,
            "sasl.password": password,
            "ssl.ca.location": str(ca or self.authority),
        }
        environment = {
            "HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS": self.broker.bootstrap_servers,
            "HIGHFENCE_KAFKA__PROPERTIES": json.dumps(properties),
            "HIGHFENCE_KAFKA__TIMEOUT_SECONDS": "5",
            "HIGHFENCE_METRICS__PORT": "0",
        }
        return CliRunner().invoke(main, list(command), env=environment)


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
    _told(guarded.run(*command, ca=guarded.another_authority), "certificate")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_password_is_told(guarded: Guarded, command: tuple[str, ...]) -> None:
    _told(guarded.run(*command, password="wrong-1c9d"), "uthentication")


@pytest.mark.parametrize("command", [*COMMANDS[1:], ("lists", "show")])
def test_a_user_without_any_right_is_told(guarded: Guarded, command: tuple[str, ...]) -> None:
    assert guarded.run("topics", "apply").exit_code == 0
    _told(guarded.run(*command, user="stranger"), "may not")


def test_topics_a_user_may_not_see_are_told_one_by_one(guarded: Guarded) -> None:
    refused = guarded.run("topics", "check", user="stranger")
    assert refused.exit_code == 2
    assert "topic transactions is missing, or this user may not see it" in refused.stderr


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
    admin = AdminClient({"bootstrap.servers": guarded.broker.internal_servers})
    for outcome in admin.create_acls(rights).values():
        outcome.result(10)
    refused = guarded.run("worker", user="reader")
    assert refused.exit_code == 2
    assert "uthorization failed" in refused.stderr.splitlines()[-1]
    _told(guarded.run("lists", "publish", "bundled", user="reader"), "uthorization failed")


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

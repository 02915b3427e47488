"""The local broker itself: its life, its data, and what it says when it cannot start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from live import PATIENCE, wait_until

from streams.errors import LocalBrokerError
from streams.kafka.local import LocalBroker, running_broker, stop_running


def _create_topic(servers: str, topic: str) -> None:
    client = AdminClient({"bootstrap.servers": servers})  # a name of its own: the answers come while it lives
    for created in client.create_topics([NewTopic(topic, 1, 1)]).values():
        created.result(timeout=PATIENCE)


def _produce(servers: str, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": servers, "acks": "all"})
    producer.produce(topic, value)
    assert producer.flush(PATIENCE) == 0


def _read(servers: str, topic: str, count: int) -> list[bytes | None]:
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "reader", "auto.offset.reset": "earliest"})
    try:
        consumer.subscribe([topic])
        return [message.value() for message in consumer.consume(count, timeout=PATIENCE)]
    finally:
        consumer.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalBroker]:
    local = LocalBroker(tmp_path / "broker")
    yield local
    local.stop()


def test_messages_survive_a_stop_and_a_kill_on_the_same_port(broker: LocalBroker) -> None:
    broker.start()
    servers = broker.bootstrap_servers
    _create_topic(servers, "orders")
    _produce(servers, "orders", b"before stop")
    broker.stop()
    assert broker.pid is None
    assert running_broker(broker.directory) is None

    broker.start()
    assert broker.bootstrap_servers == servers
    _produce(servers, "orders", b"before kill")
    broker.kill()
    assert broker.pid is None

    broker.start()
    assert _read(servers, "orders", 2) == [b"before stop", b"before kill"]
    wait_until(lambda: broker.log_path.read_text(encoding="utf-8").count("Kafka Server started") == 3)


def test_a_cluster_id_that_begins_like_an_option_is_no_trouble(
    broker: LocalBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_urlsafe", lambda _bytes: "-bcdefghijklmnopqrstuv")
    broker.start()
    assert broker.pid is not None


def test_it_answers_as_soon_as_start_returns(kafka: LocalBroker) -> None:
    metadata = AdminClient({"bootstrap.servers": kafka.bootstrap_servers}).list_topics(timeout=10)
    assert [f"{node.host}:{node.port}" for node in metadata.brokers.values()] == [kafka.bootstrap_servers]


def test_it_listens_on_loopback_only(kafka: LocalBroker) -> None:
    listeners = (kafka.directory / "server.properties").read_text(encoding="utf-8")
    addresses = [part for part in listeners.replace(",", "\n").splitlines() if "://" in part]
    assert len(addresses) == 5
    assert all("://127.0.0.1:" in address for address in addresses)


def test_topics_are_not_created_by_accident(kafka: LocalBroker, topic_prefix: str) -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers, "message.timeout.ms": 1500})
    failed: list[str] = []
    producer.produce(f"{topic_prefix}absent", b"x", on_delivery=lambda error, _message: failed.append(str(error)))
    producer.flush(PATIENCE)
    assert len(failed) == 1


def test_a_directory_that_is_in_use_is_refused(kafka: LocalBroker) -> None:
    with pytest.raises(LocalBrokerError, match=rf"pid {kafka.pid}\) runs on .* already"):
        LocalBroker(kafka.directory).start()


def test_a_port_that_is_in_use_is_refused(kafka: LocalBroker, tmp_path: Path) -> None:
    with pytest.raises(LocalBrokerError, match=f"port {kafka.port} of 127.0.0.1 is in use"):
        LocalBroker(tmp_path, port=kafka.port).start()


def test_a_broker_that_dies_while_starting_shows_the_end_of_its_log(tmp_path: Path) -> None:
    broken = LocalBroker(tmp_path, properties={"num.io.threads": "many"})
    with pytest.raises(LocalBrokerError, match=r"(?s)storage; the end of .*num\.io\.threads"):
        broken.start()
    assert broken.pid is None

    # The storage tool does not look at this one; the broker does.
    broken = LocalBroker(tmp_path, properties={"authorizer.class.name": "no.such.Authorizer"})
    with pytest.raises(LocalBrokerError, match=r"(?s)ended with status 1 .*the end of .*no\.such\.Authorizer"):
        broken.start()
    assert broken.pid is None
    assert running_broker(tmp_path) is None


def test_clients_can_be_made_to_show_a_password(tmp_path: Path) -> None:
    properties = {
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.client.plain.sasl.jaas.config": (
            'org.apache.kafka.common.security.plain.PlainLoginModule required user_analyst="right";'
        ),
    }
    client = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": "analyst"}
    with LocalBroker(tmp_path, properties=properties) as local:
        assert (tmp_path / "server.properties").stat().st_mode & 0o077 == 0
        client["bootstrap.servers"] = local.bootstrap_servers
        assert AdminClient({**client, "sasl.password": "right"}).list_topics(timeout=PATIENCE).brokers
        with pytest.raises(KafkaException):
            AdminClient({**client, "sasl.password": "wrong"}).list_topics(timeout=1)


def test_it_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from streams.kafka.local import LocalBroker\n"
        "broker = LocalBroker(Path(sys.argv[1])); broker.start(); print(broker.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        running = running_broker(tmp_path)
        assert running is not None
        assert running.pid == pid
        parent.kill()
    wait_until(lambda: running_broker(tmp_path) is None)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from streams.cli.broker import broker; broker()", *arguments]


def test_the_command_starts_shows_and_stops_one_in_the_background(tmp_path: Path) -> None:
    def broker(name: str, *more: str) -> subprocess.CompletedProcess[str]:
        command = _command(name, "--directory", str(tmp_path), *more)
        return subprocess.run(command, capture_output=True, text=True, check=False)

    try:
        assert broker("status").returncode == 1
        started = broker("start", "--port", "0")
        assert started.returncode == 0, started.stderr
        running = running_broker(tmp_path)
        assert running is not None
        assert running.bootstrap_servers in started.stdout
        again = broker("start", "--port", "0")
        assert (again.returncode, "already" in again.stdout) == (0, True)
        status = broker("status")
        assert status.returncode == 0
        assert {running.bootstrap_servers, str(running.pid), str(tmp_path)} <= set(status.stdout.split())
        assert str(running.pid) in broker("stop").stdout
        assert running_broker(tmp_path) is None
        assert broker("stop").returncode == 0
        assert broker("status").returncode == 1
    finally:
        stop_running(tmp_path)


def test_the_command_in_the_foreground_ends_with_its_broker_at_ctrl_c(tmp_path: Path) -> None:
    command = _command("run", "--directory", str(tmp_path), "--port", "0")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        assert running.stdout is not None
        assert "Ctrl-C stops it" in running.stdout.readline()
        assert running_broker(tmp_path) is not None
        running.send_signal(signal.SIGINT)
        assert running.wait(PATIENCE) == 0
    assert running_broker(tmp_path) is None


def test_a_pid_left_behind_is_not_taken_for_a_broker(tmp_path: Path) -> None:
    (tmp_path / "broker.json").write_text(f'{{"pid": {os.getpid()}, "bootstrap_servers": "127.0.0.1:1"}}')
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / ".lock").touch()
    assert running_broker(tmp_path) is None
    assert stop_running(tmp_path) is None


def test_a_free_port_is_free_and_kept(kafka: LocalBroker) -> None:
    with socket.create_connection(("127.0.0.1", kafka.port), timeout=2):
        assert kafka.bootstrap_servers == f"127.0.0.1:{kafka.port}"

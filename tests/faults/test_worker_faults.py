"""Workers killed, halted, added and taken away while they screen."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from faults.conftest import Scale
from faults.rig import PATIENCE, SESSION_SECONDS, Rig, wait_for
from faults.traffic import trade
from streams.kafka.local import LocalBroker

pytestmark = pytest.mark.kafka

PLACES_TO_DIE = (
    "transaction.begun=kill@3",
    "transaction.between_records=kill@70",
    "transaction.before_offsets=kill@4",
    "transaction.before_commit=kill@5",
    "transaction.before_commit=kill:0.002@5",
    "transaction.committed=kill@5",
    "follower.between_records=kill@40",
)


def test_killed_at_every_failpoint(rig: Rig) -> None:
    rig.send(trade(5000))
    for place in PLACES_TO_DIE:
        worker = rig.start(failpoints=place)
        wait_for(lambda worker=worker: not worker.runs, told=rig.logs)  # type: ignore[misc]
        assert worker.process.returncode == -signal.SIGKILL, worker.log
        rig.kills += 1
    assert rig.decided() < rig.sent, "the last kill came too late to prove anything"
    rig.start()
    rig.wait_decided()
    assert rig.verdict().holds


def test_killed_at_random(kafka: LocalBroker, make_rig: Callable[..., Rig], scale: Scale) -> None:
    rig = make_rig(kafka.bootstrap_servers, batch_events=200)
    rng = random.Random(20250325)
    per_kill = scale.events // (scale.kills + 1) + 1
    workers = [rig.start(replica) for replica in ("a", "b")]
    while rig.kills < scale.kills:
        rig.send(trade(per_kill, rig.sent))
        victim = rig.kills % 2
        rig.wait_decided(rig.sent - per_kill + 1)
        time.sleep(rng.random() / 2)
        rig.kill(workers[victim])
        workers[victim] = rig.start("ab"[victim])
    rig.send(trade(per_kill, rig.sent))
    rig.wait_decided(seconds=300)
    assert rig.sent >= scale.events
    assert rig.verdict().holds


@pytest.mark.parametrize(
    "place",
    [
        "transaction.begun=stop@5",
        "transaction.between_records=stop@130",
        "transaction.before_offsets=stop@5",
        "transaction.before_commit=stop@5",
    ],
)
def test_a_halted_worker_that_wakes_up_changes_nothing(rig: Rig, place: str) -> None:
    """Another worker gets its partitions meanwhile; what the sleeper still has in hand must not count."""
    rig.send(trade(3000))
    settings = {"WORKER__TRANSACTION_TIMEOUT_SECONDS": "6", "LIMITS__SCREENING_SECONDS": "1.2"}
    sleeper = rig.keep_running("sleeper", place, **settings)
    wait_for(lambda: f"failpoint {place.partition('=')[0]}: stop" in sleeper.log, told=rig.logs)
    rig.start("other", **settings)
    before = rig.decided()
    if "before_commit" in place:
        time.sleep(2 * SESSION_SECONDS)  # the other waits for the outcome of the offsets that are pending
    else:
        wait_for(lambda: rig.decided() > before + 500, told=rig.logs)
    sleeper.signal(signal.SIGCONT)
    rig.wait_decided()
    assert rig.verdict().holds


def test_a_member_comes_and_goes_while_offsets_are_in_doubt(rig: Rig) -> None:
    """An open transaction holds the committed offsets back, and librdkafka reads from a partition's beginning."""
    rig.keep_running()
    rig.send(trade(600))
    rig.wait_decided()
    topic = f"{rig.settings.topics.prefix}transactions"
    group = {"bootstrap.servers": rig.servers, "group.id": rig.settings.worker.group_id}
    passer_by = Consumer({**group, "partition.assignment.strategy": "range"})
    doubtful = Producer({"bootstrap.servers": rig.servers, "transactional.id": f"{topic}-doubtful"})
    doubtful.init_transactions(PATIENCE)
    doubtful.begin_transaction()
    positions = [TopicPartition(topic, partition, 0) for partition in range(rig.settings.topics.partitions)]
    doubtful.send_offsets_to_transaction(positions, passer_by.consumer_group_metadata(), PATIENCE)
    passer_by.subscribe([topic])
    while not passer_by.assignment():
        passer_by.poll(0.1)
    time.sleep(1)
    passer_by.close()
    time.sleep(3)
    doubtful.abort_transaction(PATIENCE)
    rig.send(trade(100, rig.sent))
    rig.wait_decided()
    assert rig.verdict().holds


def test_a_sleeper_whose_name_was_taken_is_fenced(rig: Rig) -> None:
    rig.send(trade(3000))
    sleeper = rig.start("0", failpoints="transaction.before_commit=stop@5")
    wait_for(lambda: "transaction.before_commit: stop" in sleeper.log, told=rig.logs)
    rig.start("0")
    rig.wait_decided()
    sleeper.signal(signal.SIGCONT)
    wait_for(lambda: not sleeper.runs, told=rig.logs)
    assert sleeper.process.returncode == 2
    assert "highfence: another process has taken over" in sleeper.log
    assert rig.verdict().holds


def test_workers_come_and_go_under_load(rig: Rig) -> None:
    """1 → 2 → 4 → 1 workers, ended in order."""
    workers = [rig.start("0")]
    for names in (("1",), ("2", "3"), ()):
        rig.send(trade(1500, rig.sent))
        rig.wait_decided(rig.sent - 1000)
        workers += [rig.start(name) for name in names]
        wait_for(lambda: all(worker.serves for worker in rig.workers), told=rig.logs)
        rig.send(trade(1500, rig.sent))
        rig.wait_decided()
    rig.send(trade(3000, rig.sent))
    for worker in workers[1:]:
        assert worker.end() == 0, worker.log
        rig.send(trade(500, rig.sent))
    rig.wait_decided()
    assert rig.verdict().holds

"""Publications that end half way, that collide, or that do not hold; topics that lose their records."""

from __future__ import annotations

import json
import signal
import time

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from faults.rig import PATIENCE, Rig, WorkerProcess, wait_for
from faults.traffic import Sent, trade
from streams.demo.cases import second_release_entries, waiting_order
from streams.errors import FencedError
from streams.lists.loading import LoadedList
from streams.lists.publisher import Publisher, publish

pytestmark = pytest.mark.kafka

WAITING = json.loads(waiting_order().payload)["parties"]


def asking(rig: Rig) -> list[Sent]:
    """An order to a party that only the second release lists."""
    body = {"transaction_id": f"W{rig.sent}", "parties": WAITING}
    return [Sent(body["transaction_id"].encode(), json.dumps(body).encode())]


def second_release(rig: Rig) -> LoadedList:
    return LoadedList(rig.lists.source, (*rig.lists.entries, *second_release_entries(rig.lists.source)))


def outcomes(rig: Rig) -> list[str]:
    decisions = sorted(rig.read("decisions"), key=lambda each: int(each["transaction_id"][1:]))
    return [decision["outcome"] for decision in decisions]


def in_force(worker: WorkerProcess) -> int:
    return worker.log.count("in force")


def test_publisher_killed_before_the_marker(rig: Rig) -> None:
    """Nothing of its release is in force, and the next publication is whole."""
    worker = rig.start()
    wait_for(lambda: in_force(worker) == 1, told=rig.logs)
    killed = rig.start(
        "publisher", "publisher.before_marker=kill", ("-m", "streams.cli", "lists", "publish", "bundled")
    )
    assert killed.process.wait(PATIENCE) == -signal.SIGKILL
    rig.kills += 1
    rig.send(asking(rig))
    rig.wait_decided()
    loaded = second_release(rig)
    rig.releases.append([loaded])
    publish(loaded, rig.settings)
    wait_for(lambda: in_force(worker) == 2, told=rig.logs)
    rig.send(asking(rig))
    rig.wait_decided()
    assert outcomes(rig)[0] == "clear" != outcomes(rig)[1]
    assert rig.verdict().holds


def test_two_publishers_of_one_list_at_once(rig: Rig) -> None:
    """The one that came first is shut out and says so."""
    worker = rig.start()
    wait_for(lambda: in_force(worker) == 1, told=rig.logs)
    first, second = Publisher(rig.lists.source, rig.settings), Publisher(rig.lists.source, rig.settings)
    loaded = second_release(rig)
    rig.releases.append([loaded])
    second.publish(loaded)
    with pytest.raises(FencedError):
        first.publish(rig.lists)
    wait_for(lambda: in_force(worker) == 2, told=rig.logs)
    rig.send(asking(rig))
    rig.wait_decided()
    assert outcomes(rig)[0] != "clear"
    assert rig.verdict().holds


def test_marker_with_a_wrong_digest(rig: Rig) -> None:
    """It is refused, counted, and the last good release goes on serving; a worker that starts then does not screen."""
    worker = rig.start("0")
    wait_for(lambda: in_force(worker) == 1, told=rig.logs)
    (marker,) = [each for each in rig.read("list-updates") if "digest" in each]
    producer = Producer({"bootstrap.servers": rig.servers})
    wrong = {**marker, "release_id": "wrong", "digest": "0" * 64}
    producer.produce(
        f"{rig.settings.topics.prefix}list-updates", json.dumps(wrong).encode(), f"{rig.lists.source}/@release".encode()
    )
    assert producer.flush(30) == 0
    wait_for(lambda: "highfence_releases_refused_total 1.0" in worker.get("/metrics"), told=rig.logs)
    rig.send(trade(100))
    rig.wait_decided()
    worker.end()
    late = rig.start("1")
    wait_for(lambda: late.serves and "no list is in force" in late.get("/readyz"), told=rig.logs)
    rig.send(trade(100, rig.sent))
    time.sleep(1)
    assert rig.decided() == 100
    publish(rig.lists, rig.settings)
    rig.wait_decided()
    assert rig.verdict().holds


def test_list_topic_that_lost_its_records(rig: Rig) -> None:
    """A worker that starts without the list does not screen; one that runs keeps the last good index."""
    worker = rig.start("0")
    wait_for(lambda: in_force(worker) == 1, told=rig.logs)
    admin = AdminClient({"bootstrap.servers": rig.servers})
    topic = f"{rig.settings.topics.prefix}list-updates"
    admin.delete_topics([topic])[topic].result(30)
    wait_for(lambda: topic not in admin.list_topics(timeout=10).topics)
    created = admin.create_topics([NewTopic(topic, 1, 1, config={"cleanup.policy": "compact"})])
    created[topic].result(30)
    late = rig.start("1")
    wait_for(lambda: late.serves and "no list is in force" in late.get("/readyz"), told=rig.logs)
    rig.send(trade(400, rig.sent))
    time.sleep(2)
    publish(rig.lists, rig.settings)
    rig.wait_decided()
    assert rig.verdict().holds


def test_releases_under_load_with_workers_killed_between_their_records(rig: Rig) -> None:
    releases = [rig.lists, second_release(rig)]
    rig.releases.append([releases[1]])
    workers = [
        rig.keep_running(name, f"follower.between_records=kill@{83 + number}") for number, name in enumerate("ab")
    ]
    for number in range(6):
        rig.send(trade(400, rig.sent))
        publish(releases[1 - number % 2], rig.settings)
        rig.decided()
    wait_for(lambda: not any(worker.runs for worker in workers), told=rig.logs)
    rig.wait_decided()
    rig.kills += len(workers)
    assert rig.verdict().holds

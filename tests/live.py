"""What tests on a real Kafka share: a process of Highfence in a thread, orders for it, and patience."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from click.testing import Result
from confluent_kafka import Producer

from streams.invented.orders import Order
from streams.kafka.clients import connect, producer_config
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.settings import Settings

PATIENCE = 120.0
"""Seconds after which a test has waited in vain."""


class Service(Protocol):
    """Anything that runs until its stop is set."""

    def run(self) -> None:
        """Run."""


S = TypeVar("S", bound=Service)


@contextmanager
def running(make: Callable[[threading.Event], S], thread_name: str | None = None) -> Iterator[S]:
    """A service, made with its stop, in a thread of this process; what it raises is raised at the end."""
    stop = threading.Event()
    service = make(stop)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            service.run()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, name=thread_name)
    thread.start()
    try:
        yield service
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()
    if failures:
        raise failures[0]


def wait_until(what: Callable[[], object]) -> None:
    """Return when it is true; fails the test when it does not become so."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def when_heard(run: Callable[[float], Result], why: str) -> Result:
    """What a command comes to that gives up after some seconds, with more of them until it has heard from the broker.

    It gives up with the last thing it was told, and a busy broker may not yet have told ``why`` it refuses.
    """
    for patience in (2.0, 10.0, PATIENCE):
        result = run(patience)
        if why in result.stderr:
            break
    return result


def send(settings: Settings, orders: Sequence[Order]) -> None:
    """Send orders and wait until the broker has them."""
    producer = connect(Producer, producer_config(settings))
    topic = TopicNames(settings.topics.prefix).transactions
    for each in orders:
        producer.produce(topic, each.payload, each.transaction_id.encode(), headers=[("trace", b"\x00\xff")])
    assert producer.flush(PATIENCE) == 0


def cloud_event_kinds(settings: Settings, topic: str) -> set[str]:
    """The kinds of record on a topic by their CloudEvents headers, once those of every record are checked."""
    kinds: set[str] = set()
    said: dict[str, bytes | None] = {}
    for message in read_topic(settings, topic):
        headers = message.headers() or []
        told = dict(headers.items() if isinstance(headers, dict) else headers)
        attributes = {key: value.decode() for key, value in told.items() if isinstance(value, bytes)}
        assert attributes["ce_specversion"] == "1.0"
        assert attributes["ce_source"] == f"/highfence/{topic}"
        assert attributes["content-type"] == "application/json"
        assert datetime.fromisoformat(attributes["ce_time"]).utcoffset() == timedelta(0)
        # A consumer that has seen an id on this topic may skip it.
        assert said.setdefault(attributes["ce_id"], message.value()) == message.value()
        kinds.add(attributes["ce_type"])
    return kinds

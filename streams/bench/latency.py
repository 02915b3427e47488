"""How long an event waits for its decision: from being produced until a reader of committed records has it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import msgspec
from confluent_kafka import Consumer, Producer

from streams.bench.releases import RELEASE_ENTRIES, SECONDS_APART, SOURCE, Committed
from streams.bench.stage import Stage
from streams.errors import StreamError
from streams.invented.trade import Trade
from streams.kafka.clients import connect, consumer_config, producer_config
from streams.kafka.topics import TopicNames
from streams.lists.loading import LoadedList
from streams.settings import KafkaSettings

_PATIENCE_SECONDS = 120.0
_TICK_SECONDS = 0.003
"""So long a look at what was read waits at most for more; those events are sent between two looks whose time has come:
one by one took most of a core."""
_SETTLE_SECONDS = 1.0
_UNCOUNTED_SECONDS = 1.0
"""Events sent so early are not counted: the sender is just connecting then."""


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds from produced to readable, at ``rate`` events a second.

    ``in_force`` are the milliseconds from the commit of each release that landed meanwhile to the first decision read
    that was made under it; ``slowest`` is the smallest share of the rate decided within one second, of all seconds.
    """

    contestant: str
    rate: int
    releases: int
    events: int
    p50: float
    p99: float
    p999: float
    slowest: float
    in_force: tuple[float, ...] = ()


def bench_latency(
    kafka: KafkaSettings,
    lists: Sequence[LoadedList],
    prefix: str,
    *,
    trade: Trade,
    rates: Sequence[int],
    seconds: float,
    warm_events: int,
    report: Callable[[str], None],
) -> list[Waits]:
    """Measure pass-through and screening at each rate, and screening while releases of 82 entries land.

    Each process has first to do ``warm_events`` of the same stream. Raises StreamError when one does not end well.
    """
    found = []
    for rate in dict.fromkeys(rates):
        for contestant, releasing in (("pass-through", False), ("screening", False), ("screening", True)):
            report(f"{contestant} at {rate:,} events a second{', releases landing' if releasing else ''}")
            stage = Stage(kafka, f"{prefix}{contestant}-{rate}-{releasing}.")
            stage.build(lists, trade.orders(warm_events))
            found.append(_measure(stage, contestant, lists, trade, rate, seconds, warm_events, releasing))
    return found


def _measure(
    stage: Stage,
    contestant: str,
    lists: Sequence[LoadedList],
    trade: Trade,
    rate: int,
    seconds: float,
    warm_events: int,
    releasing: bool,
) -> Waits:
    uncounted = int(rate * _UNCOUNTED_SECONDS)
    orders = list(trade.orders(uncounted + int(rate * seconds), start=warm_events))
    reader = _Reader(stage)
    with tempfile.TemporaryDirectory(prefix="highfence-bench-") as directory, _running(stage, contestant) as check:
        reader.wait_for(warm_events, check)
        time.sleep(_SETTLE_SECONDS)
        count = max(1, int(seconds / SECONDS_APART))
        publishing = _publishing(stage, lists, count, Path(directory)) if releasing else nullcontext()
        with publishing as publisher:
            sent = _send(stage, orders, rate, reader)
            reader.wait_for(warm_events + len(sent), check)
            committed = _committed(publisher) if publisher is not None else {}
        counted = dict(list(sent.items())[uncounted:])
        return reader.waits(contestant, rate, counted, committed)


@contextmanager
def _running(stage: Stage, contestant: str) -> Iterator[Callable[[], None]]:
    """The contestant, in a process that goes on until it is ended; what this gives raises StreamError when it has."""
    with tempfile.TemporaryDirectory(prefix="highfence-bench-") as directory:
        command = [sys.executable, "-m", "streams.bench.contestants", contestant, "0", str(sys.maxsize), "none"]
        with Path(directory, "log").open("wb") as log:
            process = subprocess.Popen(command, env=stage.environment("latency"), cwd=directory, stderr=log)

        def check() -> None:
            if process.poll() is not None:
                raise StreamError(f"{contestant} ended: {Path(directory, 'log').read_text(errors='replace')[-2000:]}")

        try:
            yield check
        finally:
            process.kill()
            process.wait()


class _Reader:
    """Reads decisions as they become readable; which event, when, and under which release."""

    def __init__(self, stage: Stage) -> None:
        settings = stage.settings
        self._consumer = connect(Consumer, consumer_config(settings, f"{stage.prefix}reader"))
        self._consumer.subscribe([TopicNames(stage.prefix).decisions])
        self.read: dict[bytes, float] = {}
        self.first_under: dict[str, float] = {}

    def look(self, seconds: float) -> None:
        """Take what is there, waiting so long for a first one."""
        messages = self._consumer.consume(1000, seconds)
        now, clock = time.perf_counter(), time.time()
        for message in messages:
            if message.error() is None:
                self.read[message.key() or b""] = now
                for release in _release_ids(message.value() or b""):
                    self.first_under.setdefault(release, clock)

    def wait_for(self, count: int, check: Callable[[], None]) -> None:
        """Until so many decisions were read; raises StreamError when they do not come, or ``check`` does."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while len(self.read) < count:
            check()
            if time.monotonic() > deadline:
                raise StreamError(f"only {len(self.read):,} of {count:,} decisions came")
            self.look(_TICK_SECONDS)

    def waits(self, contestant: str, rate: int, sent: dict[bytes, float], committed: dict[str, float]) -> Waits:
        """What the events sent had to wait; all must have been read."""
        self._consumer.close()
        waited = sorted((self.read[key] - at) * 1000 for key, at in sent.items())
        started = min(sent.values())
        by_second: dict[int, int] = {}
        for key in sent:
            second = int(self.read[key] - started)
            by_second[second] = by_second.get(second, 0) + 1
        whole = [by_second.get(second, 0) for second in range(1, int(max(sent.values()) - started))]
        return Waits(
            contestant=contestant,
            rate=rate,
            releases=len(committed),
            events=len(sent),
            p50=waited[len(waited) // 2],
            p99=waited[int(len(waited) * 0.99)],
            p999=waited[int(len(waited) * 0.999)],
            slowest=min(whole, default=rate) / rate,
            in_force=tuple(
                (self.first_under[release] - at) * 1000
                for release, at in committed.items()
                if release in self.first_under
            ),
        )


def _send(stage: Stage, orders: Sequence[tuple[bytes, bytes]], rate: int, reader: _Reader) -> dict[bytes, float]:
    """Send the orders at the rate, reading decisions meanwhile; when each was produced."""
    producer = connect(Producer, producer_config(stage.settings, {"linger.ms": 0}))
    topic = TopicNames(stage.prefix).transactions
    sent: dict[bytes, float] = {}
    started = time.perf_counter()
    for number, (key, value) in enumerate(orders):
        due = started + number / rate
        if (ahead := due - time.perf_counter()) > 0:
            reader.look(ahead + _TICK_SECONDS)
        sent[key] = time.perf_counter()
        producer.produce(topic, value, key)
        producer.poll(0)
    producer.flush(_PATIENCE_SECONDS)
    return sent


@contextmanager
def _publishing(
    stage: Stage, lists: Sequence[LoadedList], count: int, directory: Path
) -> Iterator[subprocess.Popen[str]]:
    """A process that publishes a list ``count`` times, each time with 82 entries more; ready to."""
    entries = directory / "entries.json"
    listed = [entry for loaded in lists for entry in loaded.entries]
    entries.write_bytes(msgspec.json.encode(listed[: count * RELEASE_ENTRIES]))
    command = [sys.executable, "-m", "streams.bench.releases", str(entries), str(count)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, env=stage.environment("releases"), stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )
    try:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        process.stdout.readline()  # until it is ready
        yield process
    finally:
        process.kill()
        process.communicate()


def _committed(publisher: subprocess.Popen[str]) -> dict[str, float]:
    """When each release was committed, once the last one is out; raises StreamError when one could not be."""
    told, complaint = publisher.communicate(timeout=_PATIENCE_SECONDS)
    if publisher.returncode:
        raise StreamError(complaint.strip()[-2000:])
    return {each.release_id: each.at for each in map(_COMMITTED.decode, told.splitlines())}


class _Released(msgspec.Struct):
    releases: dict[str, dict[str, str]] = {}


_RELEASED = msgspec.json.Decoder(_Released)
_COMMITTED = msgspec.json.Decoder(Committed)


def _release_ids(decision: bytes) -> list[str]:
    ref = _RELEASED.decode(decision).releases.get(SOURCE)
    return [ref["release_id"]] if ref else []

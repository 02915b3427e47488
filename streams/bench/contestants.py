"""What is measured, each as a process of its own: ``python -m streams.bench.contestants NAME SKIP EVENTS FILE``.

Each reads the topic of events from its start under a group of its own and writes to ``FILE``, as JSON, what
``EVENTS`` events cost after the first ``SKIP``. Settings come from the environment, as for every process of Highfence.
"""

from __future__ import annotations

import logging
import os
import resource
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from confluent_kafka import Message

from streams.errors import HighfenceError, StreamError
from streams.kafka.topics import TopicNames
from streams.kafka.transactions import TransactionalProducer
from streams.matching import Policy
from streams.records.events import read_event
from streams.screening.answers import Answering
from streams.screening.diversion import Diversion, DiversionRules
from streams.screening.incoming import event_of
from streams.screening.tally import Tally
from streams.screening.worker import Worker
from streams.settings import Settings, load_settings

_SAMPLE_SECONDS = 0.01
_PATIENCE_SECONDS = 600.0


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What ``events`` events cost; ``progress`` is how many were done after so many seconds.

    ``cpu_seconds`` is that of the client's process with all its threads, without the broker's. ``transactions`` is
    how many Kafka transactions they took, None where that is not known.
    """

    events: int
    seconds: float
    cpu_seconds: float
    peak_megabytes: float
    transactions: int | None = None
    progress: tuple[tuple[float, int], ...] = ()

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    @property
    def cpu_microseconds(self) -> float:
        """Client CPU an event."""
        return self.cpu_seconds / self.events * 1e6


class PassThrough(Worker):
    """The worker, but for the screening: it reads each event and produces one small record for it."""

    def _settle(
        self, messages: Sequence[Message], answering: Answering, producer: TransactionalProducer, tally: Tally
    ) -> None:
        for message in messages:
            event = event_of(message, answering.now)
            transaction_id = read_event(event.value, event.headers).transaction_id
            passed = msgspec.json.encode({"transaction_id": transaction_id, "passed_at": answering.now})
            producer.send(self._names.decisions, transaction_id.encode(), passed, [])
        tally.took([0.0] * len(messages), 0.0)


class Stopwatch:
    """Times what happens between the first ``skip`` events and ``events`` more, as it is told how many are done."""

    def __init__(self, skip: int, events: int, file: Path) -> None:
        self._skip, self._file = skip, file
        self.enough = skip + events
        """So many events end it."""
        self._from: tuple[int, float, float, int] | None = None
        self._progress: list[tuple[float, int]] = []

    def done(self, events: int, transactions: int = 0) -> bool:
        """Take note that so many events are done in all; once these are enough, write what was measured, and true."""
        now, cpu = time.perf_counter(), time.process_time()
        if self._from is None:
            if events >= max(self._skip, 1):
                self._from = (events, now, cpu, transactions)
            return False
        first, started, cpu_before, transactions_before = self._from
        self._progress.append((now - started, events - first))
        if events < self.enough:
            return False
        measured = Measured(
            events=events - first,
            seconds=now - started,
            cpu_seconds=cpu - cpu_before,
            peak_megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            transactions=transactions - transactions_before or None,
            progress=tuple(self._progress),
        )
        self._file.write_bytes(msgspec.json.encode(measured))
        return True


def run_worker(kind: type[Worker], settings: Settings, watch: Stopwatch, flags: Diversion | None = None) -> None:
    """Run a worker in this thread until the stopwatch has enough; raises StreamError when that takes too long."""
    stop = threading.Event()
    enough = False
    worker = kind(settings, Policy.default(), stop, flags=flags)

    def look() -> None:
        nonlocal enough
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not enough and time.monotonic() < deadline:
            time.sleep(_SAMPLE_SECONDS)
            enough = watch.done(worker.decided, worker.batches)
        stop.set()

    threading.Thread(target=look, daemon=True).start()
    worker.run()
    if not enough:
        raise StreamError(f"{worker.decided:,} events were done within {_PATIENCE_SECONDS:.0f} s: measure fewer")


def run_quixstreams(settings: Settings, watch: Stopwatch) -> None:
    """quixstreams with exactly-once: JSON in, one small record out."""
    from quixstreams import Application

    names = TopicNames(settings.topics.prefix)
    app = Application(
        broker_address=settings.kafka.bootstrap_servers,
        consumer_group=settings.worker.group_id,
        processing_guarantee="exactly-once",
        auto_offset_reset="earliest",
        commit_every=settings.worker.batch_events,
        commit_interval=1.0,
        auto_create_topics=False,
        loglevel="WARNING",
    )
    done = 0

    def passed(event: dict[str, object]) -> dict[str, object]:
        nonlocal done
        done += 1
        if (done % 100 == 0 or done == watch.enough) and watch.done(done):
            app.stop()
        return {"transaction_id": event["transaction_id"], "passed": True}

    frame = app.dataframe(app.topic(names.transactions, value_deserializer="json"))
    frame.apply(passed).to_topic(app.topic(names.decisions, value_serializer="json"))
    app.run()


def run_faust(settings: Settings, watch: Stopwatch) -> None:
    """Faust, at least once: JSON in, one small record out."""
    import faust

    names = TopicNames(settings.topics.prefix)
    app = faust.App(
        settings.worker.group_id,
        broker=f"kafka://{settings.kafka.bootstrap_servers}",
        consumer_auto_offset_reset="earliest",
        topic_disable_leader=True,
        web_enabled=False,
        stream_wait_empty=False,
    )
    source = app.topic(names.transactions, value_serializer="json")
    target = app.topic(names.decisions, value_serializer="json")

    async def passed(events: faust.StreamT[Any]) -> None:
        done = 0
        async for event in events:
            transaction_id = str(event["transaction_id"])
            await target.send(key=transaction_id, value={"transaction_id": transaction_id, "passed": True})
            done += 1
            if (done % 100 == 0 or done == watch.enough) and watch.done(done):
                os._exit(0)  # an app that is stopped from its own agent waits for it

    app.agent(source)(passed)
    faust.Worker(app, loglevel="WARNING", redirect_stdouts=False).execute_from_commandline()


CONTESTANTS: dict[str, Callable[[Settings, Stopwatch], None]] = {
    "pass-through": lambda settings, watch: run_worker(PassThrough, settings, watch),
    "screening": lambda settings, watch: run_worker(Worker, settings, watch, Diversion(DiversionRules.default())),
    "screening-without-flags": lambda settings, watch: run_worker(Worker, settings, watch),
    "quixstreams": run_quixstreams,
    "faust": run_faust,
}


def main() -> None:
    """Run the contestant that the arguments name and write what was measured."""
    logging.basicConfig(level=logging.WARNING)
    name, skip, events, file = sys.argv[1:]
    try:
        CONTESTANTS[name](load_settings(), Stopwatch(int(skip), int(events), Path(file)))
    except HighfenceError as error:
        sys.exit(f"{name}: {error}")


if __name__ == "__main__":
    main()

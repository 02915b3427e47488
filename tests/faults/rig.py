"""Workers as processes of their own on a real Kafka, traffic for them, and what became of it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition

from faults.traffic import Sent
from faults.verifier import Verdict, Verifier
from streams.kafka.tail import read_topic
from streams.kafka.topics import apply_topics
from streams.lists.loading import LoadedList, load_list
from streams.lists.publisher import publish
from streams.settings import KafkaSettings, LimitSettings, Settings, TopicSettings, WorkerSettings

PATIENCE = 180.0
SESSION_SECONDS = 2
MAX_EVENT_BYTES = 100_000
_ROOT = Path(__file__).parents[2]


def wait_for(what: Callable[[], object], seconds: float = PATIENCE, told: Callable[[], str] = str) -> None:
    """Return when ``what`` is true; fails the test after ``seconds`` and says what is ``told`` then."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain {told()}"
        time.sleep(0.05)


class WorkerProcess:
    """One ``highfence worker``."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, log_start: int) -> None:
        self.process = process
        self._log = log
        self._log_start = log_start

    @property
    def log(self) -> str:
        """What this process has logged."""
        return self._log.read_bytes()[self._log_start :].decode(errors="replace")

    @property
    def runs(self) -> bool:
        """Whether it is alive; a stopped one is."""
        return self.process.poll() is None

    @property
    def serves(self) -> bool:
        """Whether it has come up: it tells where its metrics are."""
        return "metrics at" in self.log

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def end(self) -> int:
        """Ask it to end in order, and return its status."""
        if self.runs:
            self.signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """``kill -9``."""
        self.process.kill()
        self.process.wait()

    def get(self, path: str) -> str:
        """What its web endpoint answers, whatever the status; nothing when it is too busy, or has ended."""
        found = re.search(r"metrics at (http://\S+)/metrics", self.log)
        assert found, self.log
        try:
            with urllib.request.urlopen(found[1] + path, timeout=10) as answered:  # noqa: S310 - loopback
                return str(answered.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()
        except OSError:
            return ""


class Rig:
    """A set of topics of its own with the bundled list published, workers, and the verifier at the end."""

    def __init__(self, servers: str, prefix: str, directory: Path, partitions: int = 4, batch_events: int = 50) -> None:
        self.servers = servers
        self.directory = directory
        self.settings = Settings(
            kafka=KafkaSettings(bootstrap_servers=servers, timeout_seconds=PATIENCE),
            topics=TopicSettings(prefix=prefix, partitions=partitions),
            worker=WorkerSettings(group_id=f"{prefix}worker", batch_events=batch_events),
            limits=LimitSettings(max_event_bytes=MAX_EVENT_BYTES),
        )
        apply_topics(self.settings.model_copy(update={"limits": LimitSettings(max_event_bytes=1_000_000)}))
        self.lists: LoadedList = load_list("bundled")
        self.releases: list[Sequence[LoadedList]] = [[self.lists]]
        publish(self.lists, self.settings)
        self.workers: list[WorkerProcess] = []
        self.sent = self.kills = self.restarts = 0
        self._supervised: list[tuple[WorkerProcess, Callable[[], WorkerProcess]]] = []
        self._decided = 0
        self._producer = Producer(
            {
                "bootstrap.servers": servers,
                "enable.idempotence": True,
                "metadata.recovery.strategy": "none",
                "partitioner": "murmur2_random",
                "log_level": 0,
            }
        )
        self._reader: Consumer | None = None

    def start(
        self,
        replica: str = "0",
        failpoints: str = "",
        program: Sequence[str] = ("-m", "streams.cli", "worker"),
        prefixed: Sequence[str] = (),
        **environment: str,
    ) -> WorkerProcess:
        """Start a worker; ``environment`` are settings, as in ``KAFKA__BOOTSTRAP_SERVERS``."""
        settings = {
            "KAFKA__BOOTSTRAP_SERVERS": self.servers,
            "TOPICS__PREFIX": self.settings.topics.prefix,
            "WORKER__GROUP_ID": self.settings.worker.group_id,
            "WORKER__REPLICA": replica,
            "WORKER__BATCH_EVENTS": str(self.settings.worker.batch_events),
            "WORKER__SESSION_TIMEOUT_SECONDS": str(SESSION_SECONDS),
            "LIMITS__MAX_EVENT_BYTES": str(MAX_EVENT_BYTES),
            "METRICS__PORT": "0",
            "FLAGS__ON": "false",  # decisions are held against single events screened offline, which have no past
            "FAILPOINTS": failpoints,
            **environment,
        }
        log = self.directory / f"worker-{replica}.log"
        log_start = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            process = subprocess.Popen(
                [*prefixed, sys.executable, *program],
                cwd=_ROOT,
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": str(_ROOT),
                    **{f"HIGHFENCE_{key}": value for key, value in settings.items()},
                },
                stdout=output,
                stderr=output,
            )
        worker = WorkerProcess(process, log, log_start)
        self.workers.append(worker)
        return worker

    def keep_running(self, replica: str = "0", failpoints: str = "", **environment: str) -> WorkerProcess:
        """Start a worker and start it again, without failpoints, whenever it ends: what a supervisor does."""
        worker = self.start(replica, failpoints, **environment)
        self._supervised.append((worker, lambda: self.start(replica, **environment)))
        return worker

    def supervise(self) -> None:
        """Start again what has ended of the supervised."""
        for position, (worker, again) in enumerate(self._supervised):
            if not worker.runs:
                self.restarts += 1
                self._supervised[position] = (again(), again)

    def kill(self, worker: WorkerProcess) -> None:
        """``kill -9`` a worker, counted."""
        worker.kill()
        self.kills += 1

    def send(self, events: Iterable[Sent], timestamp_ms: int = 0, *, wait: bool = True) -> None:
        """Send events and, unless told otherwise, wait until the broker has them."""
        topic = f"{self.settings.topics.prefix}transactions"
        for each in events:
            while True:
                try:
                    self._producer.produce(
                        topic, each.value, each.key, headers=list(each.headers), timestamp=timestamp_ms
                    )
                    break
                except BufferError:
                    self._producer.poll(0.1)
            self.sent += 1
        if wait:
            assert self._producer.flush(PATIENCE) == 0

    def decided(self, enough: float = float("inf")) -> int:
        """How many decisions are readable by now, or a few more than ``enough``; supervises meanwhile."""
        self.supervise()
        if self._reader is None:
            topic = f"{self.settings.topics.prefix}decisions"
            self._reader = Consumer(
                {
                    "bootstrap.servers": self.servers,
                    "group.id": "counter",
                    "isolation.level": "read_committed",
                    "enable.auto.commit": False,
                    "fetch.wait.max.ms": 20,
                    "log_level": 0,
                }
            )
            partitions = range(self.settings.topics.partitions)
            self._reader.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
        while self._decided < enough and (messages := self._reader.consume(500, timeout=0.1)):
            for message in messages:
                error = message.error()
                assert error is None or error.retriable() or error.code() == KafkaError._TRANSPORT, error.str()
                self._decided += error is None
        return self._decided

    def wait_decided(self, count: int | None = None, seconds: float = PATIENCE) -> None:
        """Return when ``count`` decisions, by default one per event sent, are readable."""
        wanted = self.sent if count is None else count
        wait_for(
            lambda: self.decided(wanted) >= wanted,
            seconds,
            lambda: f"for {wanted:,} decisions; {self._decided:,} came{self.logs()}",
        )

    def read(self, topic: str) -> list[dict[str, Any]]:
        """The committed records of one of the rig's topics."""
        messages = read_topic(self.settings, self.settings.topics.prefix + topic)
        return [json.loads(message.value() or b"") for message in messages]

    def reasons(self) -> dict[str, str]:
        """Transaction id → reason, of all decisions."""
        return {decision["transaction_id"]: decision["reason"] for decision in self.read("decisions")}

    def logs(self) -> str:
        """The ends of all workers' logs, for a failure's message."""
        return "".join(f"\n--- worker {worker.process.pid}\n{worker.log[-1500:]}" for worker in self.workers[-4:])

    def verdict(self, unscreenable: Collection[str] = ()) -> Verdict:
        """End the workers and judge what is on the topics; prints the counts."""
        self.close()
        verifier = Verifier(self.servers, self.settings.topics.prefix, self.releases, MAX_EVENT_BYTES, unscreenable)
        verdict = verifier.verify()
        logs = "".join(worker.log for worker in self.workers)
        aborts, fencings = logs.count("undone and read again"), logs.count("taken over this one's transactional id")
        print(  # noqa: T201 - what is reported
            f"{verdict}; {self.kills} kills, {self.restarts} restarts, {aborts} aborts, {fencings} fencings"
        )
        return verdict

    def close(self) -> None:
        """End what still runs."""
        for worker in self.workers:
            if worker.runs:
                with contextlib.suppress(ProcessLookupError):
                    worker.signal(signal.SIGCONT)
                worker.signal(signal.SIGTERM)
        for worker in self.workers:
            try:
                worker.process.wait(30)
            except subprocess.TimeoutExpired:
                worker.kill()
        if self._reader is not None:
            self._reader.close()
            self._reader = None

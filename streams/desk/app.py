"""The desk as a process: a Faust app that reads the topics into cases, writes what follows, and serves the web side."""

from __future__ import annotations

import asyncio
import logging
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, get_args

import faust
from confluent_kafka.admin import AdminClient
from faust.types import EventT, StreamT

from streams.desk.book import CaseBook, Taken
from streams.desk.committed import CommittedTransport
from streams.desk.connection import credentials
from streams.desk.live import Live
from streams.desk.past import Past
from streams.desk.reconcile import Reconciliation, reconcile
from streams.desk.writing import Writer
from streams.errors import BrokerUnreachableError, HighfenceError, StreamError
from streams.health import HealthServer
from streams.kafka.clients import Heard, common_config, connect, existing_topics, roomy_message_bytes
from streams.kafka.topics import TopicNames, require_topics
from streams.matching import Policy
from streams.metrics import DeskMetrics, Metrics
from streams.records.case import CaseState
from streams.records.disposition import Disposition
from streams.screening.freshness import LiveIndex
from streams.settings import Settings
from streams.software import software_version

_log = logging.getLogger("highfence.desk")

_RECONCILE_SECONDS = 1.0
_PUBLISH_SECONDS = 0.1
_STALLED_SECONDS = 60.0

Serve = Callable[["Desk"], Any]


class Desk:
    """The desk; :meth:`run` returns when :meth:`stop` was called.

    ``serve`` makes an async context manager that serves the web side of this desk.
    """

    def __init__(self, settings: Settings, policy: Policy, serve: Serve) -> None:
        self.settings = settings
        self.policy = policy
        self.names = TopicNames(settings.topics.prefix)
        self.metrics = DeskMetrics()
        self.live = Live()
        self.book = CaseBook(self.names, on_change=self.live.tell, on_act=self._acted)
        self.index = LiveIndex(settings, policy, Metrics())
        self.reconciled = Reconciliation()
        self.caught_up = asyncio.Event()
        """Set once everything that was committed at the start is in the cases."""
        self.writer: Writer
        self.url = ""
        """Where the web side is served."""
        self._serve = serve
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._failure: BaseException | None = None
        self._unreachable = ""
        self._alive_at = time.monotonic()
        self.metrics.build.info({"version": software_version(), "policy": policy.version})
        self.metrics.ready.set_function(lambda: self.problem() is None)

    def stop(self) -> None:
        """End :meth:`run`; may be called from any thread, also when it has ended."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: there is nothing left to end
                self._loop.call_soon_threadsafe(self._stop.set)

    async def run(self) -> None:
        """Read, write and serve until told to stop.

        Raises BrokerUnreachableError, TopicError, SettingsError, and StreamError for what ended the desk.
        """
        self._loop = asyncio.get_running_loop()
        metrics = self.settings.metrics
        topics = (self.names.alerts, self.names.dispositions, self.names.cases, self.names.clearances)
        await asyncio.to_thread(require_topics, self.settings, (*topics, self.names.list_updates, self.names.ownership))
        with (
            HealthServer(
                metrics.host, metrics.port, self.metrics.registry, self._stalled, self.problem, self.index.remark
            ) as health,
            self.index,
            tempfile.TemporaryDirectory(prefix="highfence-desk-") as folder,
        ):
            _log.info("metrics at %s/metrics", health.url)
            app = self._app(Path(folder), topics)
            self.writer = Writer(app, self.book)
            async with self._serve(self):
                await self._guarded(self._read_past(topics))
                async with _started(app):
                    await self._work(app, topics)
        if self._failure is not None:
            if isinstance(self._failure, HighfenceError):
                raise self._failure
            raise StreamError(f"the desk ended: {self._failure!r}") from self._failure
        _log.info("stopped")

    async def _work(self, app: faust.App, topics: tuple[str, ...]) -> None:
        """Follow, compare and write until told to stop."""
        tasks = [
            asyncio.create_task(self._guarded(self._reconcile(app, topics))),
            asyncio.create_task(self._guarded(self._publish())),
        ]
        await self._stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _read_past(self, topics: tuple[str, ...]) -> None:
        with await asyncio.to_thread(Past, self.settings, topics) as past:
            while not self.stopping and (batch := await asyncio.to_thread(past.batch)) is not None:
                for record in batch:
                    self.book.take(record)
                self._alive_at = time.monotonic()
            self.book.passed(past.ends)

    @property
    def stopping(self) -> bool:
        """Whether the desk is about to end, so that nobody is kept waiting."""
        return self._stop.is_set()

    def problem(self) -> str | None:
        """Why what the desk shows is not complete, or None."""
        if not self.caught_up.is_set():
            files = list(self.book.files.values())  # of its own: it is asked in other threads while cases are added
            return f"reading the topics: {sum(len(file.alerts) for file in files):,} alerts so far"
        if self.reconciled.unassigned:
            return f"{len(self.reconciled.unassigned)} partitions are not read at the moment"
        return self._unreachable or self._stalled()

    def _stalled(self) -> str | None:
        still = time.monotonic() - self._alive_at
        return f"the topics could not be compared for {still:.0f} s" if still > _STALLED_SECONDS else None

    def _app(self, folder: Path, topics: tuple[str, ...]) -> faust.App:
        settings = self.settings
        largest = roomy_message_bytes(settings)
        app = faust.App(
            f"{settings.topics.prefix}highfence-desk-{secrets.token_hex(4)}",
            broker=[f"kafka://{server.strip()}" for server in settings.kafka.bootstrap_servers.split(",")],
            broker_credentials=credentials(settings),
            broker_session_timeout=10.0,
            broker_heartbeat_interval=3.0,
            broker_max_poll_interval=300.0,
            datadir=folder,
            autodiscover=False,
            web_enabled=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            consumer_max_fetch_size=max(largest, 4 * 1024 * 1024),
            producer_max_request_size=largest,
            producer_compression_type="lz4",
        )
        app.transport = CommittedTransport(app.conf.broker_consumer, app, self.book.reached)
        channel = app.topic(
            *topics, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw", allow_empty=True
        )

        @app.agent(channel, name="reader")
        async def read(stream: StreamT[bytes]) -> None:
            # An exception that leaves an agent is logged and its event skipped, so none may leave.
            async for event in stream.events():
                try:
                    self.book.take(_taken(event))
                except Exception as error:
                    self._fail(error)
                    return

        return app

    async def _reconcile(self, app: faust.App, topics: tuple[str, ...]) -> None:
        admin = connect(AdminClient, common_config(self.settings))
        while not app.should_stop:
            try:
                existing = await asyncio.to_thread(existing_topics, admin, self.settings, Heard())
                self.reconciled = await reconcile(app, self.book, {topic: existing.get(topic, 0) for topic in topics})
            except BrokerUnreachableError as error:
                self._hindered(error)
            else:
                self._alive_at = time.monotonic()
                self._unreachable = ""
                if self.reconciled.is_complete and not self.caught_up.is_set():
                    _log.info("%d cases", len(self.book.files))
                    self.caught_up.set()
            self._report()
            await asyncio.sleep(_RECONCILE_SECONDS if self.caught_up.is_set() else 0.1)
        raise StreamError(f"the connection to Kafka ended: {app.crash_reason!r}")

    async def _publish(self) -> None:
        await self.caught_up.wait()
        while True:
            try:
                self.metrics.written.inc(await self.writer.publish())
            except BrokerUnreachableError as error:
                self._hindered(error)
            await asyncio.sleep(_PUBLISH_SECONDS)

    def _hindered(self, error: BrokerUnreachableError) -> None:
        """Something that passes: it is tried again, and shown until then."""
        if not self._unreachable:
            _log.warning("%s", error)
        self._unreachable = str(error)

    def _report(self) -> None:
        states = Counter(file.state for file in self.book.files.values())
        for state in get_args(CaseState):
            self.metrics.cases.labels(state).set(states[state])
        self.metrics.proposals.set(sum(file.proposal is not None for file in self.book.files.values()))
        missing: Counter[str] = Counter()
        for (topic, _), count in self.reconciled.missing.items():
            missing[topic] += count
        for topic, count in missing.items():
            self.metrics.missing.labels(topic).set(count)
        for topic, count in self.book.unreadable_counts.items():
            self.metrics.unreadable.labels(topic).set(count)
        self.metrics.unassigned.set(len(self.reconciled.unassigned))
        self.metrics.followers.set(len(self.live))

    def _acted(self, act: Disposition, counts: bool) -> None:
        self.metrics.acts.labels(act.action, str(counts).lower()).inc()
        self.writer.came(act, counts)

    async def _guarded(self, work: Awaitable[None]) -> None:
        """Background work that fails ends the desk: nothing is lost, the next start reads everything again."""
        try:
            await work
        except Exception as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if self._failure is None:
            _log.error("the desk ends: %r", error, exc_info=error)
            self._failure = error
        self._stop.set()


@asynccontextmanager
async def _started(app: faust.App) -> AsyncIterator[None]:
    await app.start()
    try:
        yield
    finally:
        await app.stop()


def _taken(event: EventT[bytes]) -> Taken:
    message = event.message
    return Taken(message.topic, message.partition, message.offset, message.key, message.value)

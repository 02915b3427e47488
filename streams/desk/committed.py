"""Faust's Kafka transport, made to read what the desk needs: committed records only, from where the desk is.

Faust's own consumer reads uncommitted records unless it runs in its exactly-once mode, so it would show alerts of
transactions that were undone. And it goes on from committed offsets, while the desk's cases follow from all alerts and
dispositions: a desk that starts has read everything again (:mod:`streams.desk.past`), so that nothing it once failed to
keep stays lost. So it commits no offsets, and its group, a new one at each start, leaves nothing behind on the brokers.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, cast

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from faust import App
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

FETCH_WAIT_MS = 500
"""How long a broker holds an empty fetch back; a record ends the wait."""


class _CommittedThread(driver.AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        conf = self.app.conf
        self._assignor = RoundRobinPartitionAssignor
        return AIOKafkaConsumer(
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            client_id=conf.broker_client_id,
            group_id=conf.id,
            bootstrap_servers=driver.server_list(transport.url, transport.default_port),
            partition_assignment_strategy=[self._assignor],
            max_poll_records=conf.broker_max_poll_records,
            max_poll_interval_ms=int(conf.broker_max_poll_interval * 1000),
            max_partition_fetch_bytes=conf.consumer_max_fetch_size,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            **driver.credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
        )

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Go to what the desk has reached instead, whenever partitions are assigned; else to the beginning."""
        await self.call_thread(self._to_reached)
        return {}

    async def commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit nothing; Faust's watch over commits that do not come is told that they did."""
        now = time.monotonic()
        self.tp_last_committed_at.update(dict.fromkeys(offsets, now))
        return True

    async def _to_reached(self) -> None:
        consumer = self._ensure_consumer()
        reached = cast(CommittedTransport, self.transport).reached
        unknown = []
        for partition in consumer.assignment():
            offset = reached.get((partition.topic, partition.partition))
            if offset is None:
                unknown.append(partition)
            else:
                consumer.seek(partition, offset)
        if unknown:
            await consumer.seek_to_beginning(*unknown)


class CommittedConsumer(driver.Consumer):
    """Reads committed records; remembers up to where it has fetched each partition."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fetched: dict[TP, int] = {}
        """The offset of the last record that was fetched, by partition."""

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return _CommittedThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        records = await super()._getmany(active_partitions, timeout)
        for partition, batch in records.items():
            if batch:
                self.fetched[TP(partition.topic, partition.partition)] = batch[-1].offset
        return records


class CommittedTransport(driver.Transport):
    """The transport of the desk's app; ``reached`` says where reading goes on, by topic and partition."""

    Consumer = CommittedConsumer

    def __init__(self, url: Any, app: App, reached: Mapping[tuple[str, int], int]) -> None:
        super().__init__(url, app)
        self.reached = reached

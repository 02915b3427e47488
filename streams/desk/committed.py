"""Faust's Kafka transport, made to read what the desk needs: committed records only, and all of them at each start.

Faust's own consumer reads uncommitted records unless it runs in its exactly-once mode, so it would show alerts of
transactions that were undone. And it goes on from committed offsets, while the desk's cases follow from all alerts and
dispositions: reading everything again at a start means that nothing the desk once failed to keep stays lost. So it
commits no offsets either, and its group, which is a new one at each start, leaves nothing behind on the brokers.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
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
        """Go to the beginning instead, whenever partitions are assigned."""
        await self.call_thread(self._to_beginning)
        return {}

    async def commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit nothing; Faust's watch over commits that do not come is told that they did."""
        now = time.monotonic()
        self.tp_last_committed_at.update(dict.fromkeys(offsets, now))
        return True

    async def _to_beginning(self) -> None:
        consumer = self._ensure_consumer()
        await consumer.seek_to_beginning(*consumer.assignment())


class CommittedConsumer(driver.Consumer):
    """Reads committed records from the beginning; remembers up to where it has fetched each partition."""

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
    """The transport of the desk's app."""

    Consumer = CommittedConsumer

"""A proxy in front of a broker that loses answers, cuts connections, or lets nobody through."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from typing import Self

from streams.kafka.local import HOST

PRODUCE, ADD_PARTITIONS, ADD_OFFSETS, END_TRANSACTION, COMMIT_OFFSETS = 0, 24, 25, 26, 28
"""Kafka's numbers of the requests a transaction consists of (https://kafka.apache.org/protocol)."""


class Proxy:
    """Forwards whole requests and answers between clients and ``target_port``; a context manager."""

    def __init__(self) -> None:
        self.port = 0
        """Where it listens, once it does."""
        self.target_port = 0
        self.swallowed = 0
        """How many answers were lost."""
        self._lose: list[int] = []
        self._open = True
        self._connections: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, HOST, 0), self._loop).result(
            10
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._server.close)
        asyncio.run_coroutine_threadsafe(self._settle(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def lose_answers(self, *requests: int) -> None:
        """Lose the next answer to each of these requests, which the broker has carried out, and cut."""
        self._lose += requests

    def cut(self) -> None:
        """Cut every connection and let nobody in."""
        self._open = False
        self._loop.call_soon_threadsafe(self._close_all)

    def restore(self) -> None:
        """Let everybody in again."""
        self._open = True

    async def _settle(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _close_all(self) -> None:
        for writer in self._connections:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            broker_reader, broker_writer = await asyncio.open_connection(HOST, self.target_port, limit=1 << 26)
        except OSError:
            writer.close()
            return
        if not self._open:
            writer.close()
            broker_writer.close()
            return
        self._connections |= {writer, broker_writer}
        lost: set[bytes] = set()
        ways = (
            asyncio.ensure_future(self._requests(reader, broker_writer, lost)),
            asyncio.ensure_future(self._answers(broker_reader, writer, lost)),
        )
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._connections -= {writer, broker_writer}
            writer.close()
            broker_writer.close()

    async def _requests(self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, lost: set[bytes]) -> None:
        async for frame in _frames(reader):
            request = int.from_bytes(frame[4:6], "big")
            if request in self._lose:
                self._lose.remove(request)
                lost.add(frame[8:12])  # the correlation id, with which the answer begins
            to.write(frame)
            await to.drain()

    async def _answers(self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, lost: set[bytes]) -> None:
        async for frame in _frames(reader):
            if frame[4:8] in lost:
                self.swallowed += 1
                return
            to.write(frame)
            await to.drain()


async def _frames(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Whole requests or answers, each with its length before it, until the connection ends."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            length = await reader.readexactly(4)
            yield length + await reader.readexactly(int.from_bytes(length, "big"))

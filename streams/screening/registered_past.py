"""What customers bought before a worker started, read from the registry in the background."""

from __future__ import annotations

import logging
import threading
import time

from streams.errors import RecordError, StreamError
from streams.records.registered_party import NOTHING_BOUGHT, Bought
from streams.screening.diversion import Diversion
from streams.screening.diversion.past import Past
from streams.screening.registry_reader import RegistryReader
from streams.settings import Settings

_log = logging.getLogger("highfence.past")


class RegisteredPast:
    """Reads the registry as it was at the start in a thread, and hands what it tells to the rules that ask for it.

    Nothing waits for it. Until then, and when the registry cannot be read, which is logged, these rules know what the
    worker has seen itself.
    """

    def __init__(self, settings: Settings, diversion: Diversion | None) -> None:
        self._settings = settings
        self._diversion = diversion
        self._most = diversion.customers if diversion is not None else 0
        self._past: dict[str, Bought] | None = None
        self._failed: str | None = None
        self._heard_at = float("inf")
        self._told = False
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, partitions: int) -> None:
        """Take note of where the registry ends, and begin to read it up to there; to be called before screening.

        What the worker registers itself comes after that, so nothing counts twice. Does nothing where no rule asks.
        """
        if not self._most:
            return
        reader = RegistryReader(self._settings, f"{self._settings.worker.group_id}-parties")
        try:
            ends = reader.ends(partitions)
        except StreamError as error:
            reader.close()
            self._fail(error)
            return
        self._heard_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, args=(reader, ends), name="reader of the past", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def hand_over(self) -> None:
        """Once it is read, add it to what the rules remember; to be called between batches."""
        if self._past is not None and self._diversion is not None:
            self._diversion.memory.learn(self._past)
            _log.info("quantities are compared with the past of %d customers, too", len(self._past))
            self._past = None

    def problem(self) -> str | None:
        """Why it is not known and will not be soon, or None."""
        why = self._failed
        if why is None:
            silence = time.monotonic() - self._heard_at
            if silence <= self._settings.lists.max_silence_seconds:
                return None
            why = f"no answer for {silence:.0f} s"
        return f"quantities are compared with what this worker has seen itself: the topic parties cannot be read: {why}"

    def _fail(self, error: Exception) -> None:
        self._failed = str(error) or type(error).__name__
        _log.warning("%s", self.problem())

    def _run(self, reader: RegistryReader, ends: list[int]) -> None:
        started = time.monotonic()
        customers: dict[str, Bought] = {}
        try:
            with reader:
                for partition, end in enumerate(ends):
                    # The same share of customers of each partition: a party's hash says in which it is.
                    past = Past(-(-self._most // len(ends)))
                    self._read(reader, partition, end, past)
                    self._heard_at = time.monotonic()
                    for customer, bought in past.bought().items():
                        customers[customer] = customers.get(customer, NOTHING_BOUGHT).then(bought)
        except Exception as error:  # whatever ends the thread has to be seen by those who wait for it
            self._fail(error)
            return
        if not self._stopping.is_set():
            self._past = customers
            _log.info("the registry was read to its end in %.1f s", time.monotonic() - started)
        self._heard_at = float("inf")

    def _read(self, reader: RegistryReader, partition: int, end: int, past: Past) -> None:
        for batch in reader.read(partition, end):
            if self._stopping.is_set():
                return
            if batch:
                self._heard_at = time.monotonic()
            elif not self._told and (problem := self.problem()) is not None:
                self._told = True
                _log.warning("%s", problem)
            for message in batch:
                try:
                    past.take(message.key() or b"", message.value() or b"")
                except RecordError as error:
                    _log.error("a customer's past is left out: %s", error)

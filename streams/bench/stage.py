"""Where contestants are measured: a broker with topics, a list in force and events to read."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from streams.bench.contestants import Measured
from streams.errors import StreamError
from streams.kafka.local import LocalBroker
from streams.kafka.sending import send_all
from streams.kafka.topics import TopicNames, apply_topics
from streams.lists.loading import LoadedList
from streams.lists.publisher import publish
from streams.ownership.publisher import publish as publish_edges
from streams.records.ownership import OwnershipEdge
from streams.settings import KafkaSettings, Settings, TopicSettings

_PATIENCE = 900


@contextmanager
def broker(bootstrap: str | None, given: KafkaSettings) -> Iterator[KafkaSettings]:
    """How to reach the Kafka at ``bootstrap``, which is ``given`` but for that, or one of its own on this machine."""
    if bootstrap:
        yield given.model_copy(update={"bootstrap_servers": bootstrap})
        return
    with (
        tempfile.TemporaryDirectory(prefix="highfence-bench-") as directory,
        LocalBroker(Path(directory), measured=True) as local,
    ):
        yield KafkaSettings(bootstrap_servers=local.bootstrap_servers)


def new_prefix() -> str:
    """A prefix for topics that no other run has."""
    return f"bench-{secrets.token_hex(4)}."


@dataclass(frozen=True)
class Stage:
    """Topics under a prefix of their own."""

    kafka: KafkaSettings
    prefix: str

    @property
    def settings(self) -> Settings:
        """The settings with which the topics are made and filled."""
        return Settings(kafka=self.kafka, topics=TopicSettings(prefix=self.prefix))

    def build(
        self,
        lists: Iterable[LoadedList],
        events: Iterable[tuple[bytes, bytes]],
        edges: Iterable[OwnershipEdge] | None = None,
    ) -> None:
        """Make the topics, publish the lists and who owns whom, and send the events."""
        settings = self.settings
        apply_topics(settings)
        for loaded in lists:
            publish(loaded, settings)
        if edges is not None:
            publish_edges("bench", edges, settings)
        send_all(settings, TopicNames(self.prefix).transactions, events)

    def environment(self, run: str) -> dict[str, str]:
        """The environment of a process of Highfence; ``run`` tells its group and transactional id from others'."""
        settings = {
            "HIGHFENCE_KAFKA": self.kafka.model_dump_json(),
            "HIGHFENCE_TOPICS__PREFIX": self.prefix,
            "HIGHFENCE_WORKER__GROUP_ID": f"{self.prefix}{run}",
            "HIGHFENCE_METRICS__PORT": "0",
        }
        others = {name: value for name, value in os.environ.items() if not name.startswith("HIGHFENCE_KAFKA")}
        return {**others, **settings}

    def measure(self, contestant: str, run: str, skip: int, events: int) -> Measured:
        """Let the contestant read the events anew; the first ``skip`` are not counted.

        Raises StreamError with what it said when it fails, or when it did them all at one go.
        """
        with tempfile.TemporaryDirectory(prefix="highfence-bench-") as directory:
            file = Path(directory, "measured.json")
            command = [sys.executable, "-m", "streams.bench.contestants", contestant, str(skip), str(events), str(file)]
            try:
                done = subprocess.run(
                    command,
                    env=self.environment(run),
                    cwd=directory,
                    capture_output=True,
                    check=False,
                    timeout=_PATIENCE,
                )
            except subprocess.TimeoutExpired as error:
                raise StreamError(f"{contestant} did not do {skip + events:,} events in {_PATIENCE} s") from error
            if not file.exists():
                raise StreamError(f"{contestant} did not end well: {done.stderr.decode(errors='replace')[-2000:]}")
            measured = msgspec.json.decode(file.read_bytes(), type=Measured)
            if not measured.events:
                raise StreamError(f"{contestant} did {skip + events:,} events at one go: measure with more of them")
            return measured

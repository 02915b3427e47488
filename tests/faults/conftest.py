"""Brokers that may be ill-treated, and how much of it there is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from faults.proxy import Proxy
from faults.rig import Rig
from streams.kafka.local import HOST, LocalBroker, free_port


@dataclass(frozen=True)
class Scale:
    """How long the scenarios run."""

    events: int
    kills: int
    outage_seconds: float


@dataclass(frozen=True)
class Fragile:
    """A broker, and a proxy before one of its listeners."""

    broker: LocalBroker
    proxy: Proxy

    @property
    def proxied_servers(self) -> str:
        """Where clients come through the proxy."""
        return f"{HOST}:{self.proxy.port}"


@pytest.fixture(scope="session")
def scale() -> Scale:
    """Short, as part of every test run; long when FAULTS_LONG is set (``make faults-long``)."""
    if os.environ.get("FAULTS_LONG"):
        return Scale(events=500_000, kills=100, outage_seconds=60)
    return Scale(events=12_000, kills=5, outage_seconds=3)


@pytest.fixture(scope="session")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fragile]:
    """A broker that tests kill, halt, cut off and start again."""
    with Proxy() as proxy:
        listeners = ("CLIENT", "INTERNAL", "CONTROLLER", "PROXIED")
        properties = {
            "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in listeners),
            # How often the broker looks for transactions that are past their time-out.
            "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
        }
        broker = LocalBroker(tmp_path_factory.mktemp("fragile"), properties=properties)
        # A listener more than the broker's own, whose clients are sent to the proxy.
        internal, controller = broker._take_ports()
        proxy.target_port = free_port(broker.port, internal, controller, proxy.port)
        own = f"CLIENT://{HOST}:{broker.port},INTERNAL://{HOST}:{internal}"
        properties["listeners"] = f"{own},CONTROLLER://{HOST}:{controller},PROXIED://{HOST}:{proxy.target_port}"
        properties["advertised.listeners"] = f"{own},PROXIED://{HOST}:{proxy.port}"
        with broker:
            yield Fragile(broker, proxy)


@pytest.fixture
def make_rig(topic_prefix: str, tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Makes rigs on a broker; they are closed at the end."""
    rigs: list[Rig] = []

    def make(servers: str, partitions: int = 4, batch_events: int = 50) -> Rig:
        rigs.append(Rig(servers, f"{topic_prefix}{len(rigs)}.", tmp_path, partitions, batch_events))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.close()


@pytest.fixture
def rig(kafka: LocalBroker, make_rig: Callable[..., Rig]) -> Rig:
    """A rig on the session's broker, which is left in peace."""
    return make_rig(kafka.bootstrap_servers)

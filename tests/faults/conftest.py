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
    """Short, as part of every test run; long when HIGHFENCE_FAULTS_LONG is set (``make faults-long``)."""
    if os.environ.get("HIGHFENCE_FAULTS_LONG"):
        return Scale(events=500_000, kills=100, outage_seconds=60)
    return Scale(events=12_000, kills=5, outage_seconds=8)


@pytest.fixture(scope="session")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fragile]:
    """A broker that tests kill, halt, cut off and start again."""
    with Proxy() as proxy:
        listeners = ("CLIENT", "INTERNAL", "CONTROLLER", "PROXIED")
        properties = {"listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in listeners)}
        broker = LocalBroker(tmp_path_factory.mktemp("fragile"), properties=properties)
        # The first start chooses the ports; the second adds a listener whose clients come through the proxy.
        with broker:
            configured = dict(
                line.split("=", 1) for line in (broker.directory / "server.properties").read_text().splitlines()
            )
        proxy.target_port = free_port(broker.port, proxy.port)
        for key, port in (("listeners", proxy.target_port), ("advertised.listeners", proxy.port)):
            properties[key] = f"{configured[key]},PROXIED://{HOST}:{port}"
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

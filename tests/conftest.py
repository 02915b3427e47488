"""What tests share: one real Kafka for the session, names of their own on it, and the real lists."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from streams.kafka import local
from streams.kafka.local import LocalBroker
from streams.matching import EntityIndex, Policy
from streams.records.list_entry import ListedName, ListEntry
from streams.records.party import Party

# What somebody's shell sets for a Kafka of theirs must not lead a test there.
for name in [each for each in os.environ if each.startswith("HIGHFENCE_") and each != "HIGHFENCE_SHARED_DATA"]:
    del os.environ[name]

# How long one example takes tells of the machine, and of what is compiled or read only once.
hypothesis_settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("patient")

# Tests that run side by side find free ports among different ones: a broker takes its ports seconds after they were
# found to be free.
_ROW = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
local._FREE_PORTS = local._FREE_PORTS[_ROW :: int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark every test that uses the session's Kafka, so that ``-m 'not kafka'`` leaves them out; slow ones must be
    asked for. Where tests run side by side, a file's stay together, and those
    that ill-treat brokers run one after another."""
    for item in items:
        place = item.path.relative_to(config.rootpath / "tests")
        item.add_marker(pytest.mark.xdist_group("faults" if place.parts[0] == "faults" else str(place)))
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kafka)
        if "slow" in item.keywords and "slow" not in config.getoption("-m"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: run it with -m slow"))


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> None:
    """The loops over names are compiled before many processes of the tests start, and would each do so."""
    entry = ListEntry(source="test", entry_id="1", names=(ListedName(name="Highfence"),))
    EntityIndex.build([entry]).match(Party(name="Highfence", native_name="海栏"), Policy.default())


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBroker]:
    """The Kafka all integration tests share; they fail, and say why, where it cannot be had."""
    # Nobody kills this one, and one that is too busy to say that it lives is not to be taken for gone.
    patient = {"broker.session.timeout.ms": "60000"}
    with LocalBroker(tmp_path_factory.mktemp("kafka"), properties=patient) as broker:
        yield broker


@pytest.fixture
def topic_prefix() -> str:
    """A prefix for topics, groups and transactional ids that no other test has."""
    return f"t{uuid.uuid4().hex[:12]}."


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real lists and evaluation pairs: $HIGHFENCE_SHARED_DATA, or ``shared/data`` beside the checkout."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    directory = Path(os.environ.get("HIGHFENCE_SHARED_DATA") or beside)
    if not directory.is_dir():
        pytest.skip(f"the real lists are not here: no directory {directory} (set HIGHFENCE_SHARED_DATA)")
    return directory

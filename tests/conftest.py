"""What tests share: one real Kafka for the session, names of their own on it, and the real lists."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.kafka.local import LocalBroker


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that uses the session's Kafka, so that ``-m 'not kafka'`` leaves them out."""
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kafka)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBroker]:
    """The Kafka all integration tests share; they fail, and say why, where it cannot be had."""
    with LocalBroker(tmp_path_factory.mktemp("kafka")) as broker:
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

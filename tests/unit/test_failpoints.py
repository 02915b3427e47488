"""Failpoints: armed as written, once, and nothing when not armed."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from streams import failpoints
from streams.errors import SettingsError, StreamError


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoints._armed.clear()


def test_off_unless_armed() -> None:
    for point in failpoints.POINTS:
        failpoints.reach(point)


def test_fails_at_the_count_and_only_then() -> None:
    failpoints.arm("transaction.begun=fail@3")
    failpoints.reach("transaction.begun")
    failpoints.reach("transaction.committed")
    failpoints.reach("transaction.begun")
    with pytest.raises(StreamError, match=r"transaction\.begun"):
        failpoints.reach("transaction.begun")
    failpoints.reach("transaction.begun")


def test_several_at_once() -> None:
    failpoints.arm("transaction.begun=sleep:0.01, transaction.committed=fail")
    before = time.monotonic()
    failpoints.reach("transaction.begun")
    assert time.monotonic() - before >= 0.01
    with pytest.raises(StreamError):
        failpoints.reach("transaction.committed")


@pytest.mark.parametrize("wrong", ["nowhere=kill", "transaction.begun", "transaction.begun=explode", "x", "=kill"])
def test_what_cannot_be_read_is_refused(wrong: str) -> None:
    with pytest.raises(SettingsError, match=r"HIGHFENCE_FAILPOINTS.*transaction\.begun"):
        failpoints.arm(wrong)

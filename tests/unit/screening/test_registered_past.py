"""Reading customers' past in the background: nothing waits for it, and what is wrong with it is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from live import wait_until

from streams.screening import registered_past
from streams.screening.diversion import Diversion, DiversionRules
from streams.screening.registered_past import RegisteredPast
from streams.screening.registry_reader import RegistryReader
from streams.settings import ListSettings, Settings

RULES = DiversionRules.default()


class Silent(RegistryReader):
    """A reader whose broker has gone."""

    asked = 0

    def ends(self, partitions: int) -> list[int]:
        return [7] * partitions

    def read(self, partition: int, end: int | None = None) -> Iterator[list[object]]:  # type: ignore[override]
        while True:
            time.sleep(0.01)
            Silent.asked += 1
            yield []


def test_silence_is_told_once_and_the_end_does_not_wait_for_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = [100.0]
    monkeypatch.setattr(registered_past, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(registered_past, "RegistryReader", Silent)
    past = RegisteredPast(Settings(lists=ListSettings(max_silence_seconds=60)), Diversion(RULES))
    past.start(2)
    assert past.problem() is None
    clock[0] = 161.0
    asked = Silent.asked
    wait_until(lambda: Silent.asked > asked + 10)
    past.hand_over()
    assert "the topic parties cannot be read: no answer for 61 s" in (past.problem() or "")
    past.stop()
    assert [record.levelname for record in caplog.records if record.name == "highfence.past"] == ["WARNING"]


def test_nothing_is_read_where_no_rule_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(registered_past, "RegistryReader")
    without = DiversionRules.from_toml("review = 100")
    for diversion in (None, Diversion(without)):
        past = RegisteredPast(Settings(), diversion)
        past.start(2)
        past.hand_over()
        past.stop()
        assert past.problem() is None

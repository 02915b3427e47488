"""Reading customers' past in the background: nothing waits for it, and what is wrong with it is told."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from streams.screening import registered_past
from streams.screening.diversion import Diversion, DiversionRules
from streams.screening.registered_past import RegisteredPast
from streams.screening.registry_reader import RegistryReader
from streams.settings import ListSettings, Settings

RULES = DiversionRules.default()


class Silent(RegistryReader):
    """A reader whose broker has gone."""

    def ends(self, partitions: int) -> list[int]:
        return [7] * partitions

    def read(self, partition: int, end: int | None = None) -> Iterator[list[object]]:  # type: ignore[override]
        while True:
            time.sleep(0.01)
            yield []


def test_silence_is_told_once_and_the_end_does_not_wait_for_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(registered_past, "RegistryReader", Silent)
    past = RegisteredPast(Settings(lists=ListSettings(max_silence_seconds=0.05)), Diversion(RULES))
    past.start(2)
    assert past.problem() is None
    time.sleep(0.3)
    past.hand_over()
    assert "the topic parties cannot be read: no answer for 0 s" in (past.problem() or "")
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

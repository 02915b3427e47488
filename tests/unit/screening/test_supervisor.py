"""Workers that one process starts: none is left behind when another cannot be started."""

from __future__ import annotations

import errno
import signal
import threading
from typing import Any

import pytest

from streams.screening.supervisor import Supervisor
from streams.settings import Settings


def test_no_worker_is_left_when_one_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Started] = []

    class Started:
        def __init__(self, command: list[str], **_: Any) -> None:
            if len(started) == 2:
                raise OSError(errno.ENOMEM, "Cannot allocate memory")
            self.ended_by: list[int] = []
            started.append(self)

        def send_signal(self, number: int) -> None:
            self.ended_by.append(number)

        def wait(self) -> int:
            return -self.ended_by[0]

    monkeypatch.setattr("streams.screening.supervisor.subprocess.Popen", Started)
    with pytest.raises(OSError, match="Cannot allocate memory"):
        Supervisor(Settings(), 3, ["worker"], threading.Event()).run()
    assert [each.ended_by for each in started] == [[signal.SIGTERM], [signal.SIGTERM]]

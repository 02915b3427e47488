"""Logs in JSON: one object a line whatever is logged, and the last word of a process, too."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.logs import TOLD, JsonLines


def line_of(message: str, **told: Any) -> dict[str, Any]:
    record = logging.getLogger("highfence.test").makeRecord(
        "highfence.test", logging.WARNING, __file__, 1, message, (), None, extra={TOLD: told} if told else None
    )
    written = JsonLines().format(record)
    assert "\n" not in written
    read: dict[str, Any] = json.loads(written)
    return read


def test_a_line_has_what_was_told_by_name() -> None:
    line = line_of(
        "batch", events=2, transactions={"hold": ["PO-1"]}, at=datetime(2026, 1, 2, tzinfo=UTC), where=Path("a")
    )
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "highfence.test",
        "message": "batch",
        "events": 2,
        "transactions": {"hold": ["PO-1"]},
        "at": "2026-01-02T00:00:00Z",
        "where": "a",
    }


@given(st.text(st.characters(exclude_categories=())))
def test_any_message_is_one_line(message: str) -> None:
    assert line_of(message)["message"] in (message, ascii(message))


def test_a_traceback_is_in_the_line() -> None:
    try:
        int("made by the test")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed: %s", ("why",), sys.exc_info())
    line = json.loads(JsonLines().format(record))
    assert line["message"] == "failed: why"
    assert "ValueError: invalid literal" in line["exception"]


def test_the_last_word_of_a_process_is_in_its_format() -> None:
    environment = {
        **os.environ,
        "HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "HIGHFENCE_KAFKA__TIMEOUT_SECONDS": "0.1",
    }
    for form in ("json", "text"):
        ended = subprocess.run(
            [sys.executable, "-m", "streams.cli", "topics", "check"],
            env={**environment, "HIGHFENCE_LOG__FORMAT": form},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 2
        if form == "json":
            line = json.loads(ended.stderr.splitlines()[-1])
            assert (line["level"], line["logger"]) == ("error", "highfence")
            assert "127.0.0.1:1" in line["message"]
        else:
            assert ended.stderr.splitlines()[-1].startswith("highfence: ")

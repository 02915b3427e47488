"""``highfence demo`` comes out as it must and leaves nothing running."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console

from streams.demo.run import run_demo
from streams.kafka.local import HOST


def test_the_demo_is_as_expected_and_leaves_nothing_running() -> None:
    shown = io.StringIO()
    assert run_demo(Console(file=shown, width=80), keep=False), shown.getvalue()
    text = shown.getvalue()
    assert "everything as expected" in text
    assert "NO " not in text
    ports = set(map(int, re.findall(rf"{re.escape(HOST)}:(\d+)", text)))
    assert len(ports) == 2, "Kafka's and the worker's"
    assert not ports & _listening()


def _listening() -> set[int]:
    """Ports that somebody listens on (state 0A of Linux's table of TCP sockets)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A"}

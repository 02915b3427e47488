"""Imports run one way, and what is pure stays so: the structure that ARCHITECTURE.md tells of."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import streams

ROOT = Path(streams.__file__).parent
STORIES = (
    {"errors"},
    {"records", "settings", "failpoints", "health", "html", "software"},
    {"metrics", "terminal", "invented", "matching", "mappings", "kafka", "tracing", "logs"},
    {"lists", "contract"},
    {"ownership"},
    {"screening", "evaluation"},
    {"desk", "controltest", "bench", "demo"},
    {"streams", "cli"},
)
"""Rooms from the ground up: each imports from lower ones only."""
PURE = ("matching", "mappings", "records", "evaluation/measures.py", "screening/screener.py", "screening/answer.py")
"""Rooms and modules that do no I/O, take no clock and read no environment."""
OUTSIDE = {"os", "socket", "time", "subprocess", "random", "confluent_kafka", "aiokafka", "faust", "httpx", "aiohttp"}


def modules() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """The dotted names a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{path}: imports are absolute"
            public = node.module == "streams"
            yield from ([f"streams.{alias.name}" for alias in node.names] if public else [node.module])


def story(room: str) -> int:
    found = [number for number, rooms in enumerate(STORIES) if room in rooms]
    assert found, f"{room} is a new room: say in STORIES which rooms it stands on"
    return found[0]


def room_of(path: Path) -> str:
    inside = path.relative_to(ROOT)
    return inside.parts[0].removesuffix(".py") if inside.name != "__init__.py" or len(inside.parts) > 1 else "streams"


def test_imports_run_one_way() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules()
        for name in imported(path)
        if name.startswith("streams.")
        and (other := name.split(".")[1]) != room_of(path)
        and story(other) >= story(room_of(path))
    ]
    assert not wrong


@pytest.mark.parametrize("part", PURE)
def test_pure_parts_reach_for_nothing_outside(part: str) -> None:
    where = ROOT / part
    paths = sorted(where.rglob("*.py")) if where.is_dir() else [where]
    assert paths
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in paths
        for name in imported(path)
        if name.split(".")[0] in OUTSIDE
    ]
    assert not wrong


def test_no_module_grows_much_over_400_lines() -> None:
    long = {str(path.relative_to(ROOT)): lines for path in modules() if (lines := path.read_text().count("\n")) > 420}
    assert not long

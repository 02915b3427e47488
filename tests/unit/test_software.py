"""Decisions name the software that made them."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from streams.software import digest_of, software_version


def test_every_process_tells_the_same_version() -> None:
    command = [sys.executable, "-m", "streams.cli", "--version"]
    assert subprocess.check_output(command, text=True) == f"highfence {software_version()}\n"
    assert re.fullmatch(re.escape(version("highfence")) + r"\+[0-9a-f]{12}", software_version())


@pytest.mark.parametrize(
    ("file", "content", "another"),
    [
        ("names.py", "x = 1", True),
        ("tables/words.toml", 'ltd = "company"', True),
        ("new.py", "", True),
        ("page.html", "<p>", False),
        ("__pycache__/names.cpython-311.pyc", "", False),
    ],
)
def test_code_and_tables_tell_one_software_from_another(file: str, content: str, another: bool, tmp_path: Path) -> None:
    for name in ("tables", "__pycache__"):
        (tmp_path / name).mkdir()
    (tmp_path / "names.py").write_text("x = 0")
    (tmp_path / "tables" / "words.toml").write_text("")
    before = digest_of(tmp_path).digest()
    assert digest_of(tmp_path).digest() == before
    (tmp_path / file).write_text(content)
    assert (digest_of(tmp_path).digest() != before) is another

"""What people read: safe against hostile names, and within 80 columns."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from rich.cells import cell_len

from streams.records.alert import Alert
from streams.records.case import Case
from streams.terminal import alert_lines, case_lines, clip, fill, safe

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
EXAMPLE = json.loads((EXAMPLES / "alert.json").read_text(encoding="utf-8"))


def test_control_and_direction_characters_are_shown_as_replacements() -> None:
    hostile = "a\x1b[31mb\u202ec\u200bd\ne"
    assert safe(hostile) == "a\ufffd[31mb\ufffdc\ufffdd\ufffde"


@pytest.mark.parametrize("text", ["short", "x" * 100, "浪潮" * 40, "\u0301" * 50, ""])
def test_clipped_and_filled_to_cells(text: str) -> None:
    assert cell_len(clip(text, 20)) <= 20
    assert cell_len(fill(text, 20)) == 20


@pytest.mark.parametrize("name", ["Inspur", "浪潮(北京)电子信息产业有限公司" * 6, "x" * 1024, "\x1b]0;gone\x07"])
@pytest.mark.parametrize("role", ["", "intermediate_consignee", "r" * 128])
def test_an_alert_fits_into_eighty_columns(name: str, role: str) -> None:
    changed = {**EXAMPLE, "value": name, "transaction_id": name[:512]}
    changed["party"] = {**EXAMPLE["party"], "role": role}
    changed["listed"] = {**EXAMPLE["listed"], "name": name, "source": "s" * 60}
    lines = alert_lines(msgspec.convert(changed, Alert)).plain.split("\n")
    assert len(lines) == 3
    assert max(map(cell_len, lines)) <= 80
    assert "HOLD" in lines[0]
    assert "\x1b" not in "".join(lines)


def test_a_lookback_alert_tells_the_past() -> None:
    past = [{"transaction_id": f"PO-{number}", "at": "2025-03-01T00:00:00Z"} for number in range(30)]
    lines = alert_lines(msgspec.convert({**EXAMPLE, "transactions": past}, Alert)).plain.split("\n")
    assert lines[3].split(maxsplit=1)[1].startswith("30 transactions: PO-29, PO-28")
    assert max(map(cell_len, lines)) <= 80


@pytest.mark.parametrize("name", ["Inspur", "浪潮(北京)电子信息产业有限公司" * 6, "x" * 1024, "\x1b]0;gone\x07"])
def test_a_case_fits_into_eighty_columns(name: str) -> None:
    example = json.loads((EXAMPLES / "case.json").read_text(encoding="utf-8"))
    changed = {**example, "source": "s" * 60, "assignee": name[:512], "party": {**example["party"], "name": name}}
    lines = case_lines(msgspec.convert(changed, Case)).plain.split("\n")
    assert len(lines) == 3
    assert max(map(cell_len, lines)) <= 80
    assert "assigned" in lines[0]
    assert "\x1b" not in "".join(lines)

"""``highfence map`` and ``screen --mapping`` on files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli import main
from streams.mappings import ready_made

SAMPLES = Path(__file__).parents[2] / "samples" / "events"


def run(*arguments: str | Path) -> tuple[int, str]:
    answered = CliRunner().invoke(main, [str(each) for each in arguments])
    return answered.exit_code, answered.output


def test_list_names_every_ready_made_mapping() -> None:
    status, text = run("map", "list")
    assert status == 0
    assert [line.split()[0] for line in text.splitlines()] == list(ready_made())


def test_check_shows_the_transaction_and_what_was_not_used() -> None:
    status, text = run("map", "check", "shopify_order", "--sample", SAMPLES / "shopify_order.json")
    assert status == 0
    shown, told = text.split("\nused:\n")
    assert json.loads(shown)["transaction_id"] == "6021874412877"
    used, unused = told.split("\nnot used:\n")
    assert "  shipping_address.company" in used.splitlines()
    assert "  line_items[].sku" in unused.splitlines()


def test_check_reads_lines_and_names_the_one_that_fails(tmp_path: Path) -> None:
    order = json.loads((SAMPLES / "shopify_order.json").read_text(encoding="utf-8"))
    nameless = {**order, "billing_address": {"city": "Bristol"}}
    file = tmp_path / "orders.jsonl"
    file.write_text(f"{json.dumps(order)}\n{json.dumps(nameless)}\n", encoding="utf-8")
    status, text = run("map", "check", "shopify_order", "--sample", file)
    assert status == 2
    last = text.splitlines()[-1]
    assert last == (
        f"highfence: {file}, line 2: shopify_order: [[parties]] 2, name: gives nothing on an object with city"
    )


@pytest.mark.parametrize(
    ("content", "told"), [("", "has no event"), ("[1]", "no JSON object"), ("{\n7", "line 1 is no JSON")]
)
def test_check_refuses_what_is_no_event(tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "events"
    file.write_text(content, encoding="utf-8")
    status, text = run("map", "check", "ubl_order", "--sample", file)
    assert (status, told in text) == (2, True)


def test_screen_takes_a_mapping(tmp_path: Path) -> None:
    order = json.loads((SAMPLES / "ubl_order.json").read_text(encoding="utf-8"))
    file, answers = tmp_path / "orders.jsonl", tmp_path / "answers.jsonl"
    file.write_text(f"{json.dumps(order)}\n{{}}\n", encoding="utf-8")
    status, _ = run("screen", file, "--list", "bundled", "--mapping", "ubl_order", "--output", answers)
    assert status == 1
    first, second = (json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines())
    assert (first["decision"]["outcome"], first["decision"]["transaction_id"]) == ("hold", "PO-2025-0417")
    assert second["dead_letter"]["reason"] == "mapping_failed"

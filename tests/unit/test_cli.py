"""Commands without Kafka, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli import main


def highfence(*arguments: str, environment: dict[str, str] | None = None) -> Result:
    result = CliRunner().invoke(main, list(arguments), env=environment)
    # Nothing but an orderly exit may reach the user.
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def refusal(*arguments: str, environment: dict[str, str] | None = None) -> str:
    result = highfence(*arguments, environment=environment)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert len(result.stderr.strip().splitlines()) == 1
    return result.stderr


def test_screen_writes_decisions_and_alerts_and_a_summary(tmp_path: Path) -> None:
    file = tmp_path / "orders.jsonl"
    file.write_text('{"name": "Inspur Taiwan", "country": "TW"}\n{"name": "Velavia Toys GmbH"}\n')
    result = highfence("screen", str(file), "--list", "bundled")
    assert result.exit_code == 0
    first, second = map(json.loads, result.stdout.splitlines())
    assert first["decision"]["outcome"] == "hold"
    assert first["alerts"][0]["listed"]["name"] == "Inspur Taiwan"
    assert second == {**second, "alerts": []}
    assert "2 events, 2 parties against 80 entries: 1 clear, 0 review, 1 hold, 0 error" in result.stderr


def test_screen_exits_with_1_when_a_line_could_not_be_screened(tmp_path: Path) -> None:
    file, out = tmp_path / "orders.jsonl", tmp_path / "out.jsonl"
    file.write_text('{"name": "Velavia Toys GmbH"}\n{"name": ')
    result = highfence("screen", str(file), "--list", "bundled", "--output", str(out))
    assert result.exit_code == 1
    assert [json.loads(line)["decision"]["outcome"] for line in out.read_text().splitlines()] == ["clear", "error"]


def test_explain_shows_evidence_hit_or_not() -> None:
    result = highfence("explain", "Incpur Software", "--list", "bundled", "--country", "CN")
    assert "Inspur Software" in result.stdout
    assert "incpur" in result.stdout.lower()
    lines = highfence("explain", "Inspur Taiwan", "--list", "bundled", "--json").stdout.splitlines()
    assert json.loads(lines[0])["outcome"] == "hold"
    assert json.loads(lines[0])["evidence"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is empty"),
        ('{"source": "a_list", "entry_id": "1", "names": [{"name": "A', "line 1"),
        ("PK\x03\x04 something else", "damaged or cut zip"),
    ],
)
def test_a_damaged_list_is_refused_in_one_line(content: str, told: str, tmp_path: Path) -> None:
    rows, damaged = tmp_path / "rows.jsonl", tmp_path / "list.jsonl"
    rows.write_text('{"name": "Velavia Toys GmbH"}\n')
    damaged.write_text(content)
    said = refusal("screen", str(rows), "--list", str(damaged))
    assert str(damaged) in said
    assert told in said


def test_a_wrong_setting_is_refused_in_one_line() -> None:
    said = refusal("topics", "check", environment={"HIGHFENCE_METRICS__PORT": "-1"})
    assert "metrics.port" in said
    assert "-1" in said


def test_an_inconsistent_policy_is_refused_in_one_line(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("[thresholds]\nreview = 2\n")
    said = refusal("explain", "A B", "--list", "bundled", environment={"HIGHFENCE_POLICY__FILE": str(policy)})
    assert "policy.toml" in said


@pytest.mark.parametrize("command", [("topics", "check"), ("worker",), ("lists", "show"), ("watch",)])
def test_an_unreachable_broker_is_told_in_one_line(command: tuple[str, ...]) -> None:
    environment = {"HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1", "HIGHFENCE_KAFKA__TIMEOUT_SECONDS": "1"}
    said = refusal(*command, environment=environment)
    assert "127.0.0.1:1" in said
    assert "refused" in said


def test_a_client_property_that_does_not_exist_is_refused() -> None:
    said = refusal("topics", "check", environment={"HIGHFENCE_KAFKA__PROPERTIES": '{"no.such": "1"}'})
    assert "no.such" in said

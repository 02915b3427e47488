"""The alert rules, their tests and the runbook, held together."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

TOP = Path(__file__).resolve().parents[2]
PROMETHEUS = TOP / "deploy" / "prometheus"
RUNBOOK = (TOP / "deploy" / "runbook.md").read_text(encoding="utf-8")
RULES: dict[str, dict[str, Any]] = {
    rule["alert"]: rule
    for group in yaml.safe_load((PROMETHEUS / "rules.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
}


def test_every_alert_has_its_paragraph_in_the_runbook_and_none_has_more() -> None:
    paragraphs = re.findall(r"^### (\w+)$", RUNBOOK, re.MULTILINE)
    assert len(set(paragraphs)) == len(paragraphs)
    assert set(paragraphs) == RULES.keys(), "deploy/runbook.md has one '### AlertName' for each alert of rules.yml"
    for paragraph in re.split(r"^### ", RUNBOOK, flags=re.MULTILINE)[1:]:
        assert re.findall(r"^\*\*(.+?)\*\*", paragraph, re.MULTILINE) == ["Means", "Look at", "Do"], paragraph[:40]


def test_an_alert_says_how_urgent_it_is_and_leads_to_its_paragraph() -> None:
    for name, rule in RULES.items():
        assert rule["labels"]["severity"] in {"page", "ticket"}, name
        assert rule["annotations"]["summary"], name
        assert rule["annotations"]["runbook_url"] == f"deploy/runbook.md#{name.lower()}"


def test_every_alert_is_tested_by_something_that_sets_it_off() -> None:
    tests = yaml.safe_load((PROMETHEUS / "rules_test.yml").read_text(encoding="utf-8"))["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == RULES.keys(), (
        "rules_test.yml sets off each alert of rules.yml"
    )


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not here: Debian's package prometheus has it")
def test_prometheus_takes_the_rules_and_they_hold() -> None:
    for arguments in (
        ["check", "config", "prometheus.yml"],  # which reads the rules, too
        ["test", "rules", "rules_test.yml"],
    ):
        ran = subprocess.run(["promtool", *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr


def test_that_the_rules_were_not_tested_is_one_line_and_no_failure(tmp_path: Path) -> None:
    for tool in ("make", "sh"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    ran = subprocess.run(
        ["make", "--no-print-directory", "rules"],
        cwd=TOP,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith("rules: promtool is not here")
    assert ran.stdout.count("\n") == 1
    assert not ran.stderr

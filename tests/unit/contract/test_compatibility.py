"""A change of a schema that breaks a reader or a writer of the last release is found; an optional field is none."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streams.contract.compatibility import IF_MEANT, broken, differences
from streams.records.schemas import PUBLISHED, schema

SCHEMAS = Path(__file__).parents[3] / "schemas"
Change = Callable[[dict[str, Any]], object]


def properties(made: dict[str, Any], record: str) -> dict[str, Any]:
    found: dict[str, Any] = made["$defs"][record]["properties"]
    return found


def test_schemas_are_compatible_with_the_last_release() -> None:
    problems = broken(SCHEMAS / "released", SCHEMAS)
    assert not problems, IF_MEANT


def test_there_is_a_released_schema_of_records() -> None:
    released = {file.name for file in (SCHEMAS / "released").glob("*.schema.json")}
    assert {f"{name}.schema.json" for name in ("transaction", "decision", "alert", "dead_letter")} <= released


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_schema_is_compatible_with_itself(name: str) -> None:
    assert differences(schema(name), schema(name)) == []


COMPATIBLE: dict[str, Change] = {
    "optional field": lambda made: properties(made, "Decision").update(place={"type": "string", "default": ""}),
    "optional field within": lambda made: properties(made, "EventSource").update(cluster={"type": "string"}),
    "description": lambda made: made["$defs"]["Decision"].update(description="other words"),
}

BREAKING: dict[str, tuple[Change, str]] = {
    "field gone": (lambda made: properties(made, "Decision").pop("reason"), "reason: the field is gone"),
    "field gone within": (
        lambda made: properties(made, "EventSource").pop("offset"),
        "source.offset: the field is gone",
    ),
    "new field required": (
        lambda made: (
            properties(made, "Decision").update(place={"type": "string"}),
            made["$defs"]["Decision"]["required"].append("place"),
        ),
        "place: a new field must be optional",
    ),
    "optional made required": (
        lambda made: made["$defs"]["Decision"]["required"].append("reason"),
        "reason: the field was optional",
    ),
    "required made optional": (
        lambda made: made["$defs"]["Decision"]["required"].remove("outcome"),
        "the record: outcome is optional now",
    ),
    "other type": (
        lambda made: properties(made, "Decision")["policy_version"].update(type="integer"),
        'policy_version: type "string" has become "integer"',
    ),
    "value added": (
        lambda made: properties(made, "Decision")["outcome"]["enum"].append("maybe"),
        "outcome: the values",
    ),
    "value gone": (lambda made: properties(made, "Decision")["outcome"]["enum"].remove("hold"), "outcome: the values"),
    "narrower": (
        lambda made: properties(made, "Decision")["transaction_id"].update(maxLength=10),
        "transaction_id: maxLength 512 has become 10",
    ),
    "wider": (
        lambda made: properties(made, "EventSource")["partition"].update(minimum=-1),
        "source.partition: minimum 0 has become -1",
    ),
    "narrower in a list": (
        lambda made: properties(made, "SuppressedHit")["clearance_id"].update(maxLength=10),
        "suppressed[].clearance_id: maxLength 512 has become 10",
    ),
    "other default": (
        lambda made: properties(made, "Decision")["reason"].update(default="none"),
        'reason: default "" has become "none"',
    ),
}


@pytest.mark.parametrize("change", COMPATIBLE.values(), ids=COMPATIBLE)
def test_what_may_change(change: Change) -> None:
    now = copy.deepcopy(schema("decision"))
    change(now)
    assert differences(schema("decision"), now) == []


@pytest.mark.parametrize(("change", "told"), BREAKING.values(), ids=BREAKING)
def test_what_breaks_is_named(change: Change, told: str) -> None:
    now = copy.deepcopy(schema("decision"))
    change(now)
    (found,) = differences(schema("decision"), now)
    assert found.startswith(told)


def test_a_union_that_lost_a_member_breaks() -> None:
    now = copy.deepcopy(schema("dead_letter"))
    properties(now, "DeadLetter")["value"]["anyOf"].pop()
    (found,) = differences(schema("dead_letter"), now)
    assert found.startswith("value: anyOf")


def test_command_names_what_breaks_and_fails(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "streams.contract.compatibility", str(SCHEMAS), str(tmp_path)]
    gone = subprocess.run(command, capture_output=True, text=True, check=False)
    assert gone.returncode == 1
    assert "decision.schema.json: the record is gone" in gone.stdout
    for name in PUBLISHED:
        (tmp_path / f"{name}.schema.json").write_text(json.dumps(schema(name)), encoding="utf-8")
    same = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (same.returncode, same.stdout) == (0, "compatible with the last release\n")

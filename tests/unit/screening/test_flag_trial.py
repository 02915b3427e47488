"""Rules for diversion flags tried on recorded decisions, from a file that ``screen`` answered."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from streams.cli import main

PACKAGED = files("streams.screening.diversion").joinpath("rules.toml").read_text(encoding="utf-8")
BUYER = {"role": "purchaser", "name": "Velavia Toys GmbH", "country": "DE"}
LISTED = {"role": "ultimate_consignee", "name": "Inspur Software Co., Ltd.", "country": "CN"}


def _order(transaction_id: str, consignee: str, **fields: object) -> dict[str, Any]:
    taker = {"role": "ultimate_consignee", "name": consignee, "country": "NO"}
    return {"transaction_id": transaction_id, "parties": [BUYER, taker], **fields}


ORDERS: list[dict[str, Any]] = [
    _order("FREIGHT", "Kestholm Freight Ltd"),
    _order("ROUND", "Kestholm Cargo Ltd", route={"transshipments": ["NL", "FR", "PT"], "final_destination": "NO"}),
    _order("PLAIN", "Kestholm Toys Ltd"),
    {"transaction_id": "HIT", "parties": [BUYER, LISTED]},
    {"transaction_id": "BROKEN", "parties": []},
]


def _run(*arguments: str, status: int = 0) -> str:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == status, done.output
    return done.stdout


def test_what_other_rules_would_have_made_of_recorded_decisions(tmp_path: Path) -> None:
    """A freight firm weighs 50 and a roundabout route 30. Were it 80, and 'freight' no word of the rule, ROUND alone
    would become a review, and the flag of FREIGHT would be gone."""
    orders, answers, rules = (tmp_path / name for name in ("orders.jsonl", "answers.jsonl", "rules.toml"))
    orders.write_text("\n".join(map(json.dumps, ORDERS)))
    _run("screen", str(orders), "--list", "bundled", "--output", str(answers), status=1)
    changed = PACKAGED.replace('"freight", ', "").replace("weight = 30\nat_least", "weight = 80\nat_least")
    rules.write_text(changed)
    arguments = ("flags", "try", str(rules), "--decisions", str(answers), "--events", str(orders))
    trial = json.loads(_run(*arguments, "--json"))
    assert (trial["decisions"], trial["left_out"]) == (4, 1)
    (only,) = trial["changed"]
    assert (only["transaction_id"], only["recorded"], only["tried"]) == ("ROUND", "clear", "review")
    by_rule = {rule["rule"]: rule for rule in trial["rules"]}
    consignee, route = by_rule["forwarder_or_bank_as_final_consignee"], by_rule["roundabout_route"]
    assert [consignee[key] for key in ("recorded", "tried", "new", "gone")] == [2, 1, 0, 1]
    assert [route[key] for key in ("weight", "recorded", "tried", "new", "gone")] == [80, 1, 1, 0, 0]
    text = _run(*arguments)
    assert "ROUND revision 0: clear → review" in text
    assert "on 4 decisions; 1 left out (error, or no event); 1 would become a review, 0 clear" in text


def test_the_rules_in_force_change_nothing_and_new_ones_name_where_they_fit(tmp_path: Path) -> None:
    orders, answers, rules = (tmp_path / name for name in ("orders.jsonl", "answers.jsonl", "rules.toml"))
    orders.write_text("\n".join(map(json.dumps, ORDERS[:4])))
    _run("screen", str(orders), "--list", "bundled", "--output", str(answers))
    rules.write_text(PACKAGED)
    arguments = ("flags", "try", str(rules), "--decisions", str(answers), "--events", str(orders), "--json")
    trial = json.loads(_run(*arguments))
    assert trial["version"] == json.loads(answers.read_text().splitlines()[0])["decision"]["flags_version"]
    assert trial["changed"] == []
    assert all(rule["new"] == rule["gone"] == 0 for rule in trial["rules"])
    rules.write_text(PACKAGED.replace('words = ["bank"', 'words = ["toys", "bank"'))
    trial = json.loads(_run(*arguments))
    assert [rule["examples"] for rule in trial["rules"] if rule["new"]] == [["PLAIN"]]


def test_wrong_files_are_told(tmp_path: Path) -> None:
    rules, decisions = tmp_path / "rules.toml", tmp_path / "decisions.jsonl"
    rules.write_text(PACKAGED)
    decisions.write_text('{"alerts": []}\n')
    done = CliRunner().invoke(main, ["flags", "try", str(rules), "--decisions", str(decisions)])
    assert done.exit_code == 2
    assert "line 1 is not a Recorded: Object missing required field `decision`" in done.output
    rules.write_text("review = 0")
    done = CliRunner().invoke(main, ["flags", "try", str(rules), "--decisions", str(decisions)])
    assert done.exit_code == 2
    assert f"{rules}: " in done.output

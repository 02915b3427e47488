"""Evaluation counts what it should."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streams.errors import RecordError
from streams.evaluation.measures import Confusion, by_slice, count, sweep
from streams.evaluation.pairs import score_pairs
from streams.evaluation.rows import read_rows
from streams.evaluation.search import score_searches
from streams.matching import EntityIndex, Policy
from streams.records.list_entry import ListedName, ListEntry

POLICY = Policy.default()

ROWS = [
    {"query": "Siemens Aktiengesellschaft", "expected": "Siemens AG", "is_match": True, "schema": "Company"},
    {"query": "Velma Quist", "expected": "Siemens AG", "is_match": False, "schema": "Company", "tier": "exact"},
    {
        "query": "Nord Line",
        "expected": "Sud Holding",
        "expected_aliases": ["Nord Line"],
        "is_match": True,
        "query_props": {"country": ["de"]},
        "candidate_props": {"country": ["de"], "leiCode": "529900T8BM49AURSDO55"},
    },
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "pairs.jsonl"
    made.write_text("\n".join(map(json.dumps, ROWS)))
    return made


def test_confusion_by_hand() -> None:
    counted = count([(True, True)] * 6 + [(False, True)] * 2 + [(True, False)] * 3 + [(False, False)] * 9)
    assert counted == Confusion(6, 2, 3, 9)
    assert counted.precision == 6 / 8
    assert counted.recall == 6 / 9
    assert counted.f1 == pytest.approx(2 * 6 / (2 * 6 + 2 + 3))
    assert counted.false_positive_rate == 2 / 11
    assert Confusion().f1 == 0


def test_pairs(file: Path) -> None:
    scored = list(score_pairs(read_rows(file), POLICY))
    assert [row.hit for row in scored] == [True, False, True]
    assert scored[2].found == "Nord Line"
    assert scored[0].evidence
    assert by_slice(scored)["tier"] == {"exact": Confusion(0, 0, 0, 1)}
    swept = dict(sweep(scored, steps=2))
    assert swept[0.5] == Confusion(2, 0, 0, 1)
    assert swept[1.0].false_positives == 0


def test_a_threshold_replaces_the_policy_s(file: Path) -> None:
    assert all(row.hit for row in score_pairs(read_rows(file), POLICY, threshold=0.0) if row.score > 0)
    assert not any(row.hit and row.score < 1 for row in score_pairs(read_rows(file), POLICY, threshold=1.0))


def test_search(tmp_path: Path) -> None:
    entries = [
        ListEntry(source="a_list", entry_id=str(number), names=(ListedName(name=name),))
        for number, name in enumerate(["Inspur Software", "Zhongke Hongtai Electronics"])
    ]
    file = tmp_path / "searches.csv"
    file.write_text("query,expected_id,is_match\nInspur Software,0,true\nInspur Software,1,true\nVelma Quist,,false\n")
    scored = list(score_searches(read_rows(file), EntityIndex.build(entries), POLICY))
    assert [row.hit for row in scored] == [True, False, False]
    assert [row.is_match for row in scored] == [True, True, False]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "no rows"),
        ('{"expected": "x"}', "line 1: no query"),
        ('{"query": "x", "is_match": "perhaps"}', "line 1: is_match is 'perhaps'"),
        ("{", "cannot be read"),
        ("[1]", "line 1: a row is a JSON object"),
        ('{"query": "x", "birth_date": "soon"}', "line 1: .*birth_date"),
    ],
)
def test_broken_rows_are_named(content: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(content)
    with pytest.raises(RecordError, match=told):
        list(read_rows(file))

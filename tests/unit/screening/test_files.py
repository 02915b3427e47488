"""Screening files: JSON lines and CSV, whole and broken."""

from __future__ import annotations

import gzip
import json
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.errors import ListError, RecordError
from streams.lists.loading import LoadedList
from streams.matching import Policy
from streams.records.list_entry import ListedName, ListEntry
from streams.screening.answer import Answer
from streams.screening.files import screen_file
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

NOW = datetime(2025, 10, 1, tzinfo=UTC)
LISTED = "Inspur Software Co., Ltd."
LIST = LoadedList(
    "a_list", (ListEntry(source="a_list", entry_id="1", names=(ListedName(name=LISTED),), countries=("CN",)),)
)


def screened(file: Path, max_bytes: int = 10_000, remarks: list[str] | None = None) -> list[Answer]:
    remarks = [] if remarks is None else remarks
    snapshot = Snapshot.of_lists([LIST], NOW)
    return list(
        screen_file(
            file, Screener(Policy.default()), snapshot, NOW, max_bytes, lambda _: None, remarks.append, nullcontext()
        )
    )


def outcomes(file: Path, max_bytes: int = 10_000) -> list[tuple[str, str]]:
    return [(each.decision.transaction_id, each.decision.outcome) for each in screened(file, max_bytes)]


def test_transactions_and_rows_in_one_file(tmp_path: Path) -> None:
    file = tmp_path / "orders.jsonl"
    file.write_text(
        "\ufeff"
        + json.dumps({"transaction_id": "A", "parties": [{"name": "Velavia Toys GmbH"}, {"name": LISTED}]})
        + '\n\n{"name": "Velavia Toys GmbH", "country": "DE"}\n'
        + json.dumps({"id": "C", "name": LISTED, "country": "CN", "alt_names": "Inspur Soft; ISCL"})
        + "\n",
        encoding="utf-8",
    )
    assert outcomes(file) == [("A", "hold"), ("orders.jsonl:3", "clear"), ("C", "hold")]


def test_the_place_in_the_file_is_the_source(tmp_path: Path) -> None:
    file = tmp_path / "orders.jsonl"
    file.write_text('\n{"name": "Velavia Toys GmbH"}\n')
    (answered,) = screened(file)
    assert (answered.decision.source.topic, answered.decision.source.offset) == ("orders.jsonl", 2)


def test_csv_with_any_known_heading(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("Full Name,Nationality,shoe\nVelma Quist,Denmark,43\n", encoding="utf-8")
    assert outcomes(file) == [("people.csv:2", "clear")]


def test_gzip(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv.gz"
    file.write_bytes(gzip.compress(f'id,name\n7,"{LISTED}"\n'.encode()))
    assert outcomes(file) == [("7", "hold")]


def test_broken_lines_are_errors_and_keep_their_bytes(tmp_path: Path) -> None:
    file = tmp_path / "orders.jsonl"
    lines = [b'{"name": "cut', b"[1]", b'{"transaction_id": "B", "parties": []}', b'{"name": "\xff"}', b'{"name": 5}']
    file.write_bytes(b"\n".join([*lines, b'{"name": "Velavia Toys GmbH"}']))
    answers = screened(file)
    assert [each.decision.outcome for each in answers] == ["error"] * 5 + ["clear"]
    letters = [each.dead_letter.value for each in answers if each.dead_letter]
    assert letters[:4] == lines[:4]
    assert answers[2].decision.transaction_id == "B"


def test_a_line_over_the_limit_is_an_error_and_the_next_is_read(tmp_path: Path) -> None:
    file = tmp_path / "orders.jsonl"
    file.write_bytes(b'{"name": "' + b"x" * 5000 + b'"}\n{"name": "Velavia Toys GmbH"}\n')
    assert [outcome for _, outcome in outcomes(file, max_bytes=1000)] == ["error", "clear"]


def test_csv_bytes_that_are_not_utf8_are_errors_of_their_row(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(b"id,name\n1,Caf\xe9 Ltd\n2,Velavia Toys GmbH\n")
    assert [outcome for _, outcome in outcomes(file)] == ["error", "clear"]


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_empty_file_is_refused(content: str, tmp_path: Path) -> None:
    file = tmp_path / "empty.jsonl"
    file.write_text(content)
    with pytest.raises(RecordError, match=r"empty\.jsonl holds nothing"):
        screened(file)


def test_csv_without_a_name_column_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("colour,size\nred,4\n")
    with pytest.raises(RecordError, match="no name column: found colour, size"):
        screened(file)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('id,name\n1,"never closed\n2,Velavia Toys GmbH\n', r"line 1: unexpected end of data"),
        ("name,name\nA B,C D\n", "several columns name"),
    ],
)
def test_csv_in_which_parties_would_be_missed_is_refused(content: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(content)
    with pytest.raises(RecordError, match=told):
        screened(file)


def test_csv_cells_beyond_the_headings_are_an_error_of_their_row(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(f'id,name\n1,Velavia Toys GmbH,"{LISTED}"\n2,Velavia Toys GmbH\n')
    assert [outcome for _, outcome in outcomes(file)] == ["error", "clear"]


def test_every_name_column_is_screened_and_others_are_remarked_on(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(f'name,Company Name,Bill To\n"{LISTED}",Velavia Toys GmbH,x\nVelavia Toys GmbH,"{LISTED}",x\n')
    remarks: list[str] = []
    assert [each.decision.outcome for each in screened(file, remarks=remarks)] == ["hold", "hold"]
    assert remarks == [f"{file}: these columns are not screened: Bill To"]


def test_cut_gzip_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"name": "Velavia Toys GmbH"}\n' * 1000)[:-20])
    with pytest.raises(RecordError, match=r"rows\.jsonl\.gz cannot be read"):
        screened(file)


def test_the_same_list_twice_is_refused() -> None:
    with pytest.raises(ListError, match="a_list"):
        Snapshot.of_lists([LIST, LIST], NOW)

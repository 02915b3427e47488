from __future__ import annotations

import pytest

from streams.errors import ListFormatError
from streams.lists.release import canonical_bytes
from streams.lists.sources import jsonl
from streams.lists.sources.content import ListFile
from streams.records.list_entry import ListedName, ListEntry


def _entry(entry_id: str, source: str = "own") -> ListEntry:
    return ListEntry(source=source, entry_id=entry_id, names=(ListedName(name=f"Acme {entry_id}"),))


def _lines(*entries: ListEntry) -> bytes:
    return b"\n".join(canonical_bytes(entry) for entry in entries)


def test_what_is_written_is_read() -> None:
    entries = (_entry("1"), _entry("2"))
    assert jsonl.read(ListFile.of_bytes(_lines(*entries) + b"\n\n", "own.jsonl")) == entries


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (_lines(_entry("1"), _entry("2"))[:-10], "line 2: not a list entry"),
        (b'{"source": "own", "entry_id": 1, "names": []}', "$.entry_id"),
        (b'{"source": "own", "entry_id": "1", "names": []}', "has no name"),
        (_lines(_entry("1")) + b'\n{"entry_id": "\xff"}', "line 2: not a list entry"),
        (_lines(_entry("1"), _entry("2", "other")), "line 2: source 'other', but the file began with 'own'"),
        (_lines(_entry("1"), _entry("2")) + b"\n\n" + _lines(_entry("1")), "line 4: entry '1' of own is on line 1"),
    ],
)
def test_a_wrong_line_is_refused_by_its_number(content: bytes, said: str) -> None:
    with pytest.raises(ListFormatError, match=r"^own\.jsonl, line \d+: ") as error:
        jsonl.read(ListFile.of_bytes(content, "own.jsonl"))
    assert said in str(error.value)

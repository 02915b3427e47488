"""A list file cut anywhere is refused with a clear error; it never loads short."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import ListFormatError
from streams.lists.loading import ListFormat
from streams.lists.release import canonical_bytes
from streams.lists.sources import consolidated, ecfr, jsonl
from streams.lists.sources.content import ListFile
from streams.lists.sources.entity_cell import read_cell
from streams.records.list_entry import ListedName, ListEntry

_ROW = "<TR><TD>IRAN</TD><TD>Acme {0}, 5 Hill Rd., Iran.</TD><TD>All</TD><TD>Denial</TD><TD>90 FR 1, 1/2/25.</TD></TR>"
_XML = (
    '<DIV5 N="744"><DIV9 N="Supplement No. 4 to Part 744"><DIV><TABLE><THEAD><TR><TH>Country</TH><TH>Entity</TH>'
    "<TH>License requirement</TH><TH>License review policy</TH><TH>Federal Register citation</TH></TR></THEAD><TBODY>"
    f"{''.join(_ROW.format(number) for number in range(5))}</TBODY></TABLE></DIV></DIV9></DIV5>"
).encode()
_JSON = json.dumps(
    {"total": 5, "results": [{"id": str(number), "source": "EL", "name": f"Acme {number}"} for number in range(5)]}
).encode()
_LINE = canonical_bytes(ListEntry(source="own", entry_id="1", names=(ListedName(name="Acme"),)))


@pytest.mark.parametrize(("known", "content"), [(ecfr, _XML), (consolidated, _JSON), (jsonl, _LINE)])
@given(data=st.data())
def test_a_file_cut_anywhere_is_refused(known: ListFormat, content: bytes, data: st.DataObject) -> None:
    assert tuple(known.read(ListFile.of_bytes(content, "list")))
    cut = content[: data.draw(st.integers(1, len(content) - 1))]
    with pytest.raises(ListFormatError, match=r"^list"):
        tuple(known.read(ListFile.of_bytes(cut, "list")))


_PIECES = (
    "a.k.a., the following two aliases:", "(a.k.a. Acme; f.k.a., Bcme)", "a.k.a.", "aka", "\n", "\n—",
    "; and", ".", ", ", "Subordinate institution", "Affiliated entities:",
    "The following addresses apply to the entity:", "Address 01, ",
    "(See alternate address under Iran)", "the following 2 affiliated entities:", "Ltd.", "5 Hill Rd.", "Iran", "Acme",
)  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=5), max_size=25))
def test_any_cell_is_read_without_a_crash(pieces: list[str]) -> None:
    for party in read_cell("".join(pieces)):
        assert party.names
        assert all(name.name.strip() for name in party.names)

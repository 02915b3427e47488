from __future__ import annotations

import pytest

from streams.errors import ListFormatError
from streams.lists.sources.content import ListFile

_TEXT = "name,city\nMüller,Köln\n"


@pytest.mark.parametrize(
    "content",
    [
        _TEXT.encode(),
        b"\xef\xbb\xbf" + _TEXT.encode(),
        _TEXT.encode("utf-16"),
        _TEXT.encode("utf-16-le"),
        _TEXT.encode("utf-16-be"),
        _TEXT.encode("utf-32"),
        _TEXT.encode("cp1252"),
    ],
)
def test_text_is_the_same_in_every_encoding_that_can_be_told(content: bytes) -> None:
    file = ListFile.of_bytes(content, "own.csv")
    assert "".join(file.lines()) == _TEXT
    assert file.content().decode() == _TEXT
    assert file.beginning == _TEXT.replace("ü", "�").replace("ö", "�") or file.beginning == _TEXT


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name\nИванов\n".encode("cp1251"), "line 2: is in an encoding that cannot be told"),
        ("name\nΑθήνα\n".encode("iso8859-7"), "line 2: is in an encoding that cannot be told"),
        ("name\n株式会社\n".encode("shift_jis"), "line 2: is in an encoding that cannot be told"),
        ("Müller\nMüller\n".encode() + b"M\xfcller\n", "line 1: is in UTF-8, but other parts of the file are not"),
        (b"Acme\x81\n", "in line 1 is no text in"),
        ("Müller".encode("utf-16")[:-1], "is no text in utf-16"),
    ],
)
def test_what_is_in_no_encoding_that_can_be_told_is_refused_rather_than_garbled(content: bytes, said: str) -> None:
    with pytest.raises(ListFormatError) as error:
        "".join(ListFile.of_bytes(content, "own.csv").lines())
    assert str(error.value).startswith("own.csv")
    assert said in str(error.value)


@pytest.mark.parametrize("content", [b"", b"  \n", b"\t"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    with pytest.raises(ListFormatError, match=r"own\.csv: is empty"):
        _ = ListFile.of_bytes(content, "own.csv").beginning

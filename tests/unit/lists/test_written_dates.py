from __future__ import annotations

from datetime import date

import pytest

from streams.errors import ListFormatError
from streams.lists.sources.written_dates import american_day, day_of, partial_date


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1948", "1948"),
        ("1948-12", "1948-12"),
        ("1948-12-10", "1948-12-10"),
        ("1948-12-10T00:00:00Z", "1948-12-10"),
        ("10 Dec 1948", "1948-12-10"),
        ("1 December 1948.", "1948-12-01"),
        ("Dec 1948", "1948-12"),
        ("10/12/1948", "1948-12-10"),
        ("00/00/1975", "1975"),
        ("00/03/1975", "1975-03"),
        ("dd/mm/1945", "1945"),
        ("circa 1948", None),
        ("1948 to 1950", None),
        ("31 Feb 1948", None),
        ("10 Foo 1948", None),
        ("1948-13", None),
        ("0000", None),
        ("", None),
        (None, None),
    ],
)
def test_a_date_of_birth_as_exact_as_it_is_written(text: str | None, found: str | None) -> None:
    assert partial_date(text) == found


def test_a_day_is_whole_or_refused() -> None:
    assert day_of("2025-03-28", "start", "x") == day_of("28/03/2025", "start", "x") == date(2025, 3, 28)
    assert american_day("3/28/2025", "start", "x") == date(2025, 3, 28)
    assert day_of(" ", "start", "x") is american_day("", "start", "x") is None
    for wrong in ("2025", "28 days", "13/45/2025"):
        with pytest.raises(ListFormatError, match="x: start is"):
            day_of(wrong, "start", "x")
    with pytest.raises(ListFormatError, match="x: start is"):
        american_day("28/03/2025", "start", "x")

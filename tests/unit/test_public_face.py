"""The examples in the package's own documentation are true."""

from __future__ import annotations

import doctest

import streams


def test_documented_examples() -> None:
    result = doctest.testmod(streams)
    assert result.attempted > 5
    assert result.failed == 0


def test_everything_promised_is_there() -> None:
    assert all(hasattr(streams, name) for name in streams.__all__)

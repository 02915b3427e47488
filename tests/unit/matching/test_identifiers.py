"""Identifiers and addresses on their own."""

from __future__ import annotations

import pytest

from streams.matching.addresses import address_keys, address_line
from streams.matching.identifiers import identifier_key
from streams.records.party import Address


@pytest.mark.parametrize(
    ("kind", "value", "key"),
    [
        ("IMO", "IMO 9187629", "IMO9187629"),
        ("imo number", "9187629", "IMO9187629"),
        ("IMO", "9187628", None),
        ("LEI", "5299 00T8BM49AURSDO 55", "529900T8BM49AURSDO55"),
        ("LEI", "529900T8BM49AURSDO56", None),
        ("Passport", "ab 850-901", "AB850901"),
        ("registration", "1234", None),
        ("registration", "ABCDE", None),
    ],
)
def test_identifier_key(kind: str, value: str, key: str | None) -> None:
    assert identifier_key(kind, value) == key


def test_address_keys_pair_numbers_with_street_words() -> None:
    assert address_keys("No. 1036 Langchao Road, Jinan, China") == {"1036 langchao"}
    assert address_keys("Jinan City, Shandong, China") == frozenset()
    assert "1036 langchao" in address_keys("济南市1036 Langchao")


def test_address_line() -> None:
    assert address_line(Address(street="1 Main St", city="Denver", country="US")) == "1 Main St, Denver, United States"
    assert address_line(Address(raw="1 Main St, Denver, USA")) == "1 Main St, Denver, USA"
    assert address_line(Address(country="US")) == ""

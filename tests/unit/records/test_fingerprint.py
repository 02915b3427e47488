"""A party's fingerprint: all that is screened, but for the role."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.records.party import Address, Identifier, Owner, Party, party_fingerprint
from streams.records.registered_party import registry_partition

PARTY = Party(name="Inspur Software Co., Ltd.", country="CN", role="end_user", alt_names=("Langchao",))

OTHERS: dict[str, Any] = {
    "name": "Inspur Software Co., Ltd",
    "native_name": "浪潮软件",
    "alt_names": ("Langchao", "Inspur"),
    "entity_type": "organization",
    "country": "HK",
    "addresses": (Address(city="Jinan"),),
    "identifiers": (Identifier(type="registration", value="1"),),
    "birth_date": "1990",
    "incorporated_on": "1990",
    "owners": (Owner(name="Inspur Group"),),
}


def test_every_field_but_the_role_counts() -> None:
    assert OTHERS.keys() | {"role"} == {field.name for field in msgspec.structs.fields(Party)}
    fingerprints = {party_fingerprint(msgspec.structs.replace(PARTY, **{field: OTHERS[field]})) for field in OTHERS}
    assert len(fingerprints | {party_fingerprint(PARTY)}) == len(OTHERS) + 1
    assert party_fingerprint(msgspec.structs.replace(PARTY, role="agent")) == party_fingerprint(PARTY)


def test_it_stays_what_it_is() -> None:
    # It is on topics for ten years: a change of this value is a change of the format.
    assert party_fingerprint(PARTY) == "746f7cdc84f295ec6ef6b496c8774e06"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Party(name="A", alt_names=("B", "C")), Party(name="A", alt_names=("B,C",))),
        (Party(name="A", native_name="B"), Party(name="A", alt_names=("B",))),
        (Party(name='A","country":"CN'), Party(name="A", country="CN")),
    ],
)
def test_fields_do_not_run_into_each_other(one: Party, other: Party) -> None:
    assert party_fingerprint(one) != party_fingerprint(other)


def test_parties_are_spread_over_the_partitions() -> None:
    found = {registry_partition(party_fingerprint(Party(name=f"Company {number}")), 6) for number in range(100)}
    assert found == set(range(6))

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from streams.errors import ListFormatError
from streams.lists.sources import consolidated
from streams.lists.sources.content import ListFile
from streams.records.list_entry import ListedName, ListEntry, RelatedEntry
from streams.records.party import Address, Identifier

_EL = "Entity List (EL) - Bureau of Industry and Security"


def _result(**fields: Any) -> dict[str, Any]:
    return {"id": "a1", "source": _EL, "name": "Acme", "programs": [], "addresses": [], "alt_names": [], **fields}


def _file(*results: dict[str, Any], total: int | None = None) -> bytes:
    return json.dumps({"total": len(results) if total is None else total, "results": list(results)}).encode()


def _read(**fields: Any) -> ListEntry:
    (entry,) = consolidated.read(ListFile.of_bytes(_file(_result(**fields)), "csl.json"))
    return entry


def test_the_list_an_entry_is_on_comes_first_among_its_programs() -> None:
    entry = _read(programs=["RUSSIA-EO14024"])
    assert entry.key == ("us_consolidated", "a1")
    assert entry.programs == (_EL, "RUSSIA-EO14024")


def test_everything_of_substance_is_kept() -> None:
    entry = _read(
        name="SEA  STAR",
        type="Vessel",
        entity_number="36",
        alt_names=["SSTAR", "Sea Star 2", "sea star"],
        addresses=[
            {"address": "1 Hill Rd", "city": "Havana", "state": "LH", "postal_code": "10", "country": "CU"},
            {"address": None, "city": None, "state": None, "postal_code": None, "country": "TURKIYE"},
        ],
        federal_register_notice="76 FR 1",
        start_date="2020-01-02",
        end_date="2030-01-02",
        standard_order="Y",
        license_requirement="All items",
        license_policy="Denial",
        call_sign="T2EA4",
        vessel_type="Tanker",
        vessel_flag="PA",
        gross_tonnage="100",
        gross_registered_tonnage="90",
        vessel_owner="Acme Shipping",
        title="Flagship",
        remarks="Linked to Acme",
        citizenships=["IR"],
        nationalities=["Cuba"],
        dates_of_birth=["1959-07-03", "circa 1960"],
        places_of_birth=["Havana"],
        ids=[
            {"type": "IMO", "number": "9187629", "country": "PA", "issue_date": None, "expiration_date": "2031-01-01"},
            {"type": "Gender", "number": None, "country": None},
        ],
    )
    assert entry.names == (
        ListedName(name="SEA STAR"),
        ListedName(name="SSTAR", kind="alias", strength="weak"),
        ListedName(name="Sea Star 2", kind="alias"),
    )
    assert entry.entity_type == "vessel"
    assert entry.addresses == (Address(street="1 Hill Rd", city="Havana", region="LH", postal_code="10", country="CU"),)
    assert entry.countries == ("CU", "TR", "IR", "PA")
    assert entry.identifiers == (Identifier(type="Call sign", value="T2EA4"), Identifier(type="IMO", value="9187629"))
    assert entry.birth_dates == ("1959-07-03",)
    assert (entry.effective_from, entry.effective_to) == (date(2020, 1, 2), date(2030, 1, 3))
    assert entry.related == (RelatedEntry(name="Acme Shipping", relation="owner"),)
    assert (entry.license_requirement, entry.license_policy, entry.citation) == ("All items", "Denial", "76 FR 1")
    for kept in (
        "Linked to Acme", "Title: Flagship", "Entity number: 36", "Standard order: Y", "Vessel type: Tanker",
        "Flag: PA", "Gross tonnage: 100", "Gross registered tonnage: 90", "Citizenship: IR", "Nationality: Cuba",
        "Place of birth: Havana", "Date of birth: circa 1960", "IMO 9187629: PA, expires 2031-01-01",
        "Identification: Gender",
    ):  # fmt: skip
        assert kept in entry.remarks.split("\n")


def test_a_type_of_a_newer_download_is_kept_as_a_remark() -> None:
    entry = _read(type="Submarine")
    assert entry.entity_type is None
    assert entry.remarks == "Type: Submarine"


def test_an_unknown_country_is_kept_as_it_came() -> None:
    assert _read(addresses=[{"country": "REGION: KAFIA KINGI"}]).countries == ("REGION: KAFIA KINGI",)


def test_results_of_one_id_are_told_apart_whatever_their_order() -> None:
    first, second = _result(federal_register_notice="60 FR 1"), _result(federal_register_notice="61 FR 1")
    ids = {
        entry.citation: entry.entry_id
        for entry in consolidated.read(ListFile.of_bytes(_file(first, second), "csl.json"))
    }
    turned = {
        entry.citation: entry.entry_id
        for entry in consolidated.read(ListFile.of_bytes(_file(second, first), "csl.json"))
    }
    assert ids == turned == {"60 FR 1": "a1", "61 FR 1": "a1~2"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (_file(_result(), _result(id="b"))[:-30], "cut or damaged at line 1"),
        (_file(_result(), total=2), "'total' says 2, but there are 1 results"),
        (b'{"total": 1, "results": {}}', "'results' is not a list"),
        (_file(_result(name=None)), "result 1: "),
        (_file(_result(), _result(name="")), "result 2: "),
        (_file(_result(alt_names="Acme")), "$.alt_names"),
        (_file(_result(start_date="soon")), "start_date is 'soon'"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(content: bytes, said: str) -> None:
    with pytest.raises(ListFormatError, match=r"^csl\.json: ") as error:
        consolidated.read(ListFile.of_bytes(content, "csl.json"))
    assert said in str(error.value)

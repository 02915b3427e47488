from __future__ import annotations

import pytest

from streams.errors import ListFormatError
from streams.lists.sources.draft import Draft
from streams.lists.sources.ofac import add_remarks
from streams.records.list_entry import ListedName
from streams.records.party import Address, Identifier


def _draft() -> Draft:
    draft = Draft("own", "1")
    draft.name("Acme")
    return draft


def test_the_first_name_is_primary_and_repeats_are_left_out() -> None:
    draft = Draft("own", "1")
    for name in ("", "  Acme \n Tools ", "ACME TOOLS", "AT"):
        draft.name(name)
    draft.name("Акме", "native")
    draft.name("The Shed in the Hills", weak=True)
    assert draft.finish("x").names == (
        ListedName(name="Acme Tools"),
        ListedName(name="AT", kind="alias", strength="weak"),
        ListedName(name="Акме", kind="native"),
        ListedName(name="The Shed in the Hills", kind="alias", strength="weak"),
    )


def test_a_bare_country_is_no_address_and_no_country_is_none() -> None:
    draft = _draft()
    draft.address("Cuba")
    draft.address("undetermined", city="Havana", remark="since 2001")
    entry = draft.finish("x")
    assert entry.addresses == (Address(city="Havana"),)
    assert entry.countries == ("CU",)
    assert entry.remarks == "Address: Havana, since 2001"


def test_an_unknown_country_is_kept_by_its_name_unless_it_is_prose() -> None:
    draft = _draft()
    draft.country("Region: Kafia Kingi")
    draft.country("x" * 200)
    entry = draft.finish("x")
    assert entry.countries == ("Region: Kafia Kingi",)
    assert entry.remarks == f"Country: {'x' * 200}"


@pytest.mark.parametrize(
    ("kind", "value", "identifier"),
    [
        ("Vessel Registration Identification", "IMO 9187629", Identifier(type="IMO", value="9187629")),
        ("IMO number", "9187629", Identifier(type="IMO", value="9187629")),
        ("Legal Entity Number", "5493001KJTIIGC8Y1R12", Identifier(type="LEI", value="5493001KJTIIGC8Y1R12")),
        ("", "77", Identifier(type="Identification", value="77")),
    ],
)
def test_identifiers_have_the_standard_names_of_their_types(kind: str, value: str, identifier: Identifier) -> None:
    draft = _draft()
    draft.identifier(kind, value)
    assert draft.finish("x").identifiers == (identifier,)


def test_what_does_not_fit_into_a_field_is_a_remark() -> None:
    draft = _draft()
    draft.identifier("Passport", "A" * 600, "Egypt")
    draft.birth("circa 1950")
    draft.birth("1950-01-02")
    entry = draft.finish("x")
    assert entry.identifiers == ()
    assert entry.birth_dates == ("1950-01-02",)
    assert entry.remarks == f"Passport: {'A' * 600}, Egypt\nDate of birth: circa 1950"


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        (Draft("own", " "), "x: has no id"),
        (Draft("own", "7"), "x: entry '7' has no name"),
        (Draft("own", "7\x00", _names=[ListedName(name="Acme")]), "control character"),
        (Draft("own", "7", _names=[ListedName(name="A" * 2000)]), r"length <= 1024.*names"),
    ],
)
def test_an_entry_that_cannot_be_sent_is_refused(draft: Draft, said: str) -> None:
    with pytest.raises(ListFormatError, match=said):
        draft.finish("x")


@pytest.mark.parametrize(
    ("remark", "kept"),
    [
        ("Gender Male.", "Gender Male."),
        ("Phone Number 982188526300", "Phone Number: 982188526300"),
        ("Chinese Commercial Code 1728 4320", "Chinese Commercial Code: 1728 4320"),
        ("Linked To: " + "A" * 600, "Linked To: " + "A" * 600),
        ("DOB 1950s", "Date of birth: 1950s"),
    ],
)
def test_remarks_that_are_nothing_else_stay_remarks(remark: str, kept: str) -> None:
    draft = _draft()
    add_remarks(draft, remark)
    assert draft.finish("x").remarks == kept


@pytest.mark.parametrize(
    ("remark", "kind", "value"),
    [
        ("Unified Social Credit Code (USCC) 9113100033607322XK (China)", "USCC", "9113100033607322XK"),
        ("alt. Digital Currency Address - XBT 1Kuf2Rd8mDy.", "Digital Currency Address - XBT", "1Kuf2Rd8mDy"),
        ("Vessel Registration Identification IMO 7406784", "IMO", "7406784"),
        (
            "Aircraft Construction Number (also called L/N) 8401.",
            "Aircraft Construction Number (also called L/N)",
            "8401",
        ),
        ("Passport D366 871 (Jordan).", "Passport", "D366 871"),
        ("V.A.T. Number BE 454,419,759", "V.A.T. Number", "BE 454,419,759"),
        ("C.R. No. CH-217.0.135.719-4 (Switzerland).", "C.R. No.", "CH-217.0.135.719-4"),
        ("SSN 123-45-6789", "SSN", "123-45-6789"),
        ("SWIFT/BIC ACMECUHH", "BIC", "ACMECUHH"),
    ],
)
def test_identifiers_are_found_in_remarks(remark: str, kind: str, value: str) -> None:
    draft = _draft()
    add_remarks(draft, remark)
    assert draft.finish("x").identifiers == (Identifier(type=kind, value=value),)

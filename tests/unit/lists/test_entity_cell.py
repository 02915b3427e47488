from __future__ import annotations

import pytest

from streams.lists.sources.entity_cell import read_cell
from streams.lists.sources.name_boundary import split_name


def _names(cell: str) -> list[str]:
    return [name.name for name in read_cell(cell)[0].names]


def _addresses(cell: str) -> list[str]:
    return list(read_cell(cell)[0].addresses)


@pytest.mark.parametrize(
    ("cell", "names", "addresses"),
    [
        ("Acme Trading, 5 Long Road, Kabul, Afghanistan.", ["Acme Trading"], ["5 Long Road, Kabul, Afghanistan"]),
        (
            "Acme Tools Co., Ltd., Room 7, Hill Tower, Beijing, China; and No. 9 East Road, Jinan, China.",
            ["Acme Tools Co., Ltd."],
            ["Room 7, Hill Tower, Beijing, China", "No. 9 East Road, Jinan, China"],
        ),
        (
            "Acme Tools Co., Ltd., a.k.a., the following two aliases:\n\n—Acme; and\n\n—Beijing Acme.\n\n\n"
            " 5 Long Rd., China.",
            ["Acme Tools Co., Ltd.", "Acme", "Beijing Acme"],
            ["5 Long Rd., China"],
        ),
        (
            "Ivan Petrov, a.k.a. the following alias:\n—Vanya Petrov\n \n Moscow, Russia.",
            ["Ivan Petrov", "Vanya Petrov"],
            ["Moscow, Russia"],
        ),
        (
            "Acme Group, the following one alias:\n—Acme Holding.\n \n 4/9 Hill St., 0023 Yerevan, Armenia.",
            ["Acme Group", "Acme Holding"],
            ["4/9 Hill St., 0023 Yerevan, Armenia"],
        ),
        (
            "Acme LLC, a.k.a., and the following six aliaes:\n—Acme; and;\n—Acme OOO.\n Minsk, Belarus.",
            ["Acme LLC", "Acme", "Acme OOO"],
            ["Minsk, Belarus"],
        ),
        (
            "Li Wei, a.k.a., the following one alias: Wei Li. 21 Tower, Bangkok 10250 Thailand.",
            ["Li Wei", "Wei Li"],
            ["21 Tower, Bangkok 10250 Thailand"],
        ),
        (
            "Acme Oil (a.k.a. Acme OAO; a.k.a. JSC Acme; f.k.a. Old Acme)\n\n"
            " Address: 1 Hill St, Moscow, Russia\n Alt Address: 2 Hill St, Moscow, Russia.",
            ["Acme Oil", "Acme OAO", "JSC Acme", "Old Acme"],
            ["1 Hill St, Moscow, Russia", "2 Hill St, Moscow, Russia"],
        ),
        (
            "Lim Nam, (a.k.a., Lin Rong, Steven Lim and Nam Lim), 170 Hill West, Singapore 650170.",
            ["Lim Nam", "Lin Rong", "Steven Lim", "Nam Lim"],
            ["170 Hill West, Singapore 650170"],
        ),
        (
            "Acme Airlines, a.k.a., AC Airlines, AC Air, 7, Hill Str., Kiev, Ukraine.",
            ["Acme Airlines", "AC Airlines", "AC Air"],
            ["7, Hill Str., Kiev, Ukraine"],
        ),
        (
            "Acme Construction, Old Park, Kabul, Afghanistan, and West District, Takhar Province, Afghanistan.",
            ["Acme Construction"],
            ["Old Park, Kabul, Afghanistan", "West District, Takhar Province, Afghanistan"],
        ),
        ("Mehdi Karimi.", ["Mehdi Karimi"], []),
        ("Acme Works Ltd. 5 Mill St., Omsk, Russia.", ["Acme Works Ltd."], ["5 Mill St., Omsk, Russia"]),
    ],
)
def test_names_and_addresses(cell: str, names: list[str], addresses: list[str]) -> None:
    assert _names(cell) == names
    assert _addresses(cell) == addresses


def test_former_names_are_marked_and_short_aliases_are_weak() -> None:
    party = read_cell(
        "Acme Oil (f.k.a., Old Acme), a.k.a., the following two aliases:\n—AOC; and\n—Acme Oils.\n Perm."
    )[0]
    assert [(name.name, name.kind, name.strength) for name in party.names] == [
        ("Acme Oil", "primary", "strong"),
        ("Old Acme", "former", "strong"),
        ("AOC", "alias", "weak"),
        ("Acme Oils", "alias", "strong"),
    ]


@pytest.mark.parametrize(
    "reference", ["See alternate addresses under Pakistan", "For alternate addresses, see Iran and Turkey"]
)
def test_a_reference_to_another_country_is_kept_out_of_the_address(reference: str) -> None:
    party = read_cell(f"Acme, 5 Hill Rd., Kabul, Afghanistan. ({reference}).")[0]
    assert party.addresses == ("5 Hill Rd., Kabul, Afghanistan",)
    assert party.see_elsewhere == (reference,)


def test_a_bare_address_is_name_and_address() -> None:
    party = read_cell("Address 01,\nUnit D, 16/F One Place, 18 Hill Rd, Hong Kong.")[0]
    assert party.label == "Address 01"
    assert [name.name for name in party.names] == list(party.addresses)
    assert party.addresses == ("Unit D, 16/F One Place, 18 Hill Rd, Hong Kong",)


def test_subordinate_institutions_are_parties_and_share_the_addresses() -> None:
    cell = (
        "Acme Corporation 14th Institute, a.k.a., the following one alias, and two subordinate institutions:\n"
        "—A14I.\nSubordinate institution\nSunSea Industry.\nSubordinate institution Radio Works, a.k.a., the following "
        "one alias:\n—RadWorks.\nThe following addresses apply to the entity and the two subordinate institutions:\n \n"
        "1 Hill Road, Nanjing, China; and 2 Hill Road, Nanjing, China."
    )
    parties = read_cell(cell)
    assert [[name.name for name in party.names] for party in parties] == [
        ["Acme Corporation 14th Institute", "A14I"],
        ["SunSea Industry"],
        ["Radio Works", "RadWorks"],
    ]
    assert {party.addresses for party in parties} == {("1 Hill Road, Nanjing, China", "2 Hill Road, Nanjing, China")}
    assert [party.parent for party in parties] == ["", *["Acme Corporation 14th Institute"] * 2]


def test_affiliated_entities_are_parties_with_their_own_aliases_and_addresses() -> None:
    cell = (
        "Acme Technologies Co., Ltd., a.k.a., the following two aliases:\n—Shenzhen Acme; and\n—Acme Technology, "
        "and to include the following addresses and the following 2 affiliated entities:\n \n "
        "Addresses for Acme Technologies Co., Ltd.: Acme Base, Shenzhen, 518129, China.\n"
        "Affiliated entities:\n Hangzhou Acme Co., Ltd., Room 605, No. "
        "21, Hangzhou, China.\n Acme Marine Co., Ltd., a.k.a., the following one alias:\n—Acme Sea;\n AM Tech.\n "
        "Building R4, No. 2 City Avenue, Dongguan, China."
    )
    parties = read_cell(cell)
    assert [[name.name for name in party.names] for party in parties] == [
        ["Acme Technologies Co., Ltd.", "Shenzhen Acme", "Acme Technology"],
        ["Hangzhou Acme Co., Ltd."],
        ["Acme Marine Co., Ltd.", "Acme Sea", "AM Tech"],
    ]
    assert [party.addresses for party in parties] == [
        ("Acme Base, Shenzhen, 518129, China",),
        ("Room 605, No. 21, Hangzhou, China",),
        ("Building R4, No. 2 City Avenue, Dongguan, China",),
    ]


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("Druzhba, AO, 5 Hill St., Perm, Russia", "Druzhba, AO", "5 Hill St., Perm, Russia"),
        (
            "Academy of Sciences, Institute of Optics, 27 Hill Road, Beijing",
            "Academy of Sciences, Institute of Optics",
            "27 Hill Road, Beijing",
        ),
        (
            "Ali Rezai, Nuclear Research Institute, Tehran, Iran",
            "Ali Rezai",
            "Nuclear Research Institute, Tehran, Iran",
        ),
        ("Acme (Beijing, Shanghai) Ltd., Room 1, China", "Acme (Beijing, Shanghai) Ltd.", "Room 1, China"),
        ("Acme Pvt. Ltd. Consultants, G-9, Islamabad", "Acme Pvt. Ltd. Consultants", "G-9, Islamabad"),
    ],
)
def test_where_a_name_ends(text: str, name: str, address: str) -> None:
    assert split_name(text) == (name, address)


@pytest.mark.parametrize(
    "address",
    [
        "Harapaisentie 55, Lappeenranta, 53500, Finland",
        "Wassmanstrasse 16, D30459 Hannover, Germany",
        "OBA Mah. Karakuslar Sk. Berfin Sitesi, B Blok No: 2B, Antalya, Türkiye",
        "Workshop 15, 2/F, Cardinal Industrial Building, Fanling, New Territories, Hong Kong",
        "DD102 LOT359RP-362, 365RP, San Tin, Yuen Long, New Territories, Hong Kong",
        "Office #343, Al Nokhita Building, Al Khaleej Road, Dubai, UAE",
    ],
)
def test_a_street_with_a_number_ends_a_list_of_names(address: str) -> None:
    (party,) = read_cell(f"Acme Cargo OY, a.k.a. Acme Cargo WH, a.k.a. Acme WH, {address}")
    assert [name.name for name in party.names] == ["Acme Cargo OY", "Acme Cargo WH", "Acme WH"]
    assert party.addresses == (address,)

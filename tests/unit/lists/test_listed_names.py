from __future__ import annotations

import pytest

from streams.lists.sources.listed_names import alias, entry_id_for
from streams.lists.sources.places import country_code, country_of_address


@pytest.mark.parametrize(
    ("name", "entry_id"),
    [
        ("Beijing Acme Technology Co., Ltd.", "beijing-acme-technology-co-ltd.cn"),
        ("BEIJING ACME TECHNOLOGY CO LTD", "beijing-acme-technology-co-ltd.cn"),
        ("Société d'Études", "societe-detudes.cn"),
    ],
)
def test_an_id_is_the_name_without_case_accents_and_punctuation(name: str, entry_id: str) -> None:
    assert entry_id_for(name, "CN") == entry_id


def test_names_that_differ_only_in_other_letters_or_far_behind_have_different_ids() -> None:
    assert entry_id_for("浪潮", "CN") != entry_id_for("百度", "CN")
    long = "Institute of " * 20
    assert entry_id_for(f"{long} A", "RU") != entry_id_for(f"{long} B", "RU")
    assert len(entry_id_for(long, "RU")) < 120


@pytest.mark.parametrize(
    ("name", "strength"),
    [("BAAI", "weak"), ("Suma", "weak"), ("TGT23", "weak"), ("Langchao", "strong"), ("Silk Road", "strong")],
)
def test_one_short_word_is_a_weak_alias(name: str, strength: str) -> None:
    assert alias(name).strength == strength


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("CHINA, PEOPLE'S REPUBLIC OF", "CN"),
        ("BURMA", "MM"),
        ("U.A.E.", "AE"),
        ("Hong Kong", "HK"),
        ("TURKIYE", "TR"),
        ("CRIMEA REGION OF UKRAINE", "UA"),
        ("MAN, ISLE OF", "IM"),
        ("PRC", "CN"),
        ("REGION: WEST BANK", "PS"),
        ("", None),
    ],
)
def test_country_codes(name: str, code: str | None) -> None:
    assert country_code(name) == code


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("5 Hill Rd., Beijing, 100095, China.", "CN"),
        ("5 Hill Rd., Shenzhen, China 518033", "CN"),
        ("PO Box 1, Dubai, United Arab Emirates", "AE"),
        ("7 Kowloon Road, Hong Kong", "HK"),
        ("Moscow 125190, Russia", "RU"),
        ("5 Mill Lane, Nowhere", None),
    ],
)
def test_the_country_an_address_ends_with(address: str, code: str | None) -> None:
    assert country_of_address(address) == code

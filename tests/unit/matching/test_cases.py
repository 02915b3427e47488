"""Cases of enforcement, and their lookalikes: what must be found and what must stay clear."""

from __future__ import annotations

import pytest

from streams.matching import EntityIndex, Policy
from streams.records.party import Address, Identifier, Party

FOUND = [
    ("Inspur (Beijing) Electronic Information Industry Co., Ltd.", "", "inspur-beijing", "hold"),
    ("Langchao Beijing Electronic Information", "CN", "inspur-beijing", "hold"),
    ("Incpur (Beijing) Electronic Informaton Industry Co Ltd", "", "inspur-beijing", "review"),
    ("Imspur Beijing Electromic Imformation Industry", "CN", "inspur-beijing", "review"),
    ("Electronic Information Industry Inspur Beijing", "", "inspur-beijing", "hold"),
    ("Іnspur (Веijing) Electronic Information Industry", "", "inspur-beijing", "hold"),
    ("In\u200bspur\u00ad (Bei\u2060jing) Electronic Information Industry", "", "inspur-beijing", "hold"),
    ("ＩＮＳＰＵＲ Beijing Electronic Information Industry", "", "inspur-beijing", "hold"),
    ("浪潮(北京)电子信息产业有限公司", "", "inspur-beijing", "hold"),
    ("浪潮（北京）電子信息產業有限公司", "CN", "inspur-beijing", "hold"),
    ("Lang Chao Beijing Electronic Information Industry Youxian Gongsi", "CN", "inspur-beijing", "hold"),
    ("Inspur Trading (HK)", "HK", "inspur-hk", "review"),
    ("Almaz Antey Telecom", "", "almaz", "hold"),
    ("Inspur Trading (HK)", "", "inspur-hk", "review"),
    ("Inspur Group Trading", "", "inspur-group", "hold"),
    ("Group Inspur", "", "inspur-group", "hold"),
    ("I n s p u r Taiwan", "", "inspur-taiwan", "hold"),
    ("AlmazAntey", "", "almaz", "hold"),
    ("SIS DOO", "", "sis", "hold"),
    ("S I S d o o", "", "sis", "hold"),
    ("Sinisa Jovanovic", "RS", "sis-director", "hold"),
    ("Siniša Jovanović", "", "sis-director", "hold"),
    ("Синиша Јовановић", "", "sis-director", "hold"),
    ("Zhongke Optics", "", "zhongke", "hold"),
    ("Zhong Ke Optics Youxian Gongsi", "", "zhongke", "hold"),
    ("BAAI", "CN", "baai", "hold"),
    ("ACTRI", "CN", "actri", "hold"),
    ("Factory No. 123", "", "factory", "hold"),
    ("Sverdlov State-Owned Enterprise", "RU", "sverdlov", "review"),
    ("Ali-Akbar al-Velayati", "", "velayati", "hold"),
    ("Ali Akbar bin Velayati", "", "velayati", "hold"),
    ("Antonyo Rodriguez", "", "antonio", "review"),
    ("晨 王", "", "chen", "hold"),
    ("بشار الأسد", "", "assad", "review"),
    ("S.I.S. d. o. o.", "RS", "sis", "hold"),
    ("Velayati Ali Akbar", "", "velayati", "hold"),
    ("Ali A. Velayati", "IR", "velayati", "review"),
    ("Dr. Ali Akbar Velayaty", "", "velayati", "hold"),
    ("Ali Akbar V. Velayati", "", "velayati", "hold"),
    ("Barack I. Obama", "", "obama", "hold"),
    ("习近平", "", "xi", "hold"),
    ("Hsi Chin-ping", "", "xi", "hold"),
    ("Mao Tse-tung", "", "mao", "hold"),
    ("贝拉克·奥巴马", "", "obama", "review"),
    ("Барак Обама", "", "obama", "hold"),
    ("ბარაკ ობამა", "", "obama", "hold"),
    ("Բարակ Օբամա", "", "obama", "hold"),
    ("Brigade Forty-four", "", "brigade", "hold"),
    ("Ba\u0301rack Ob4ma", "", "obama", "hold"),
]


@pytest.mark.parametrize(("name", "country", "entry_id", "outcome"), FOUND, ids=[row[0] for row in FOUND])
def test_found(index: EntityIndex, policy: Policy, name: str, country: str, entry_id: str, outcome: str) -> None:
    best = index.match(Party(name=name, country=country), policy)[0]
    assert best.entry.entry_id == entry_id
    assert best.outcome == outcome or (outcome == "review" and best.outcome == "hold")
    assert best.threshold <= best.score <= 1.0


CLEAR = [
    ("Beijing Sunfresh", "CN"),
    ("Beijing Sunfresh Technology Co., Ltd.", "CN"),
    ("Shanghai Graphene Institute", "CN"),
    ("Arrow Electronics Inc, Denver", "US"),
    ("Arrow Electronics Inc", "US"),
    ("Beijing Technology Co., Ltd.", "CN"),
    ("Aviation Repair Plant 218", "RU"),
    ("Electronic Information Industry Co., Ltd.", "CN"),
    ("Group Co., Ltd.", "CN"),
    ("IGL", "CN"),
    ("The Doctor", ""),
    ("Ali Reza Velasco", "IR"),
    ("Sunshine Garden Furniture GmbH", "DE"),
    ("Brigade 45", ""),
    ("习近朋", ""),
    ("Factory 218", "CN"),
    ("Sinisa Petrovic", "RS"),
    ("Martin Ponce", ""),  # two common enough names of four
    ("Antonia Rodriguez", ""),  # a woman
    ("Salvi Redi", ""),  # no word is the same
    ("平 张", ""),  # Zhang Ping is not Jiang Ping
    ("晨 彬 王", ""),  # Wang Chenbin is not Wang Chen
    ("瑜 金 莹", ""),  # Yu is no legal form here
    ("בארי זמיר", ""),  # five consonants, and the names the other way round
]


@pytest.mark.parametrize(("name", "country"), CLEAR, ids=[row[0] for row in CLEAR])
def test_stays_clear(index: EntityIndex, policy: Policy, name: str, country: str) -> None:
    assert index.match(Party(name=name, country=country), policy) == ()


def test_listed_address_under_another_name(index: EntityIndex, policy: Policy) -> None:
    address = Address(street="1036 Langchao Rd.", city="Jinan", country="CN")
    (match,) = index.match(Party(name="Sunny Side Trading Ltd", addresses=(address,)), policy)
    assert (match.entry.entry_id, match.field, match.outcome) == ("inspur-beijing", "addresses[0]", "review")
    assert "address agrees" in match.summary.lower()


def test_bare_address_entry(index: EntityIndex, policy: Policy) -> None:
    address = Address(raw="Unit D, 16/F, One Capital Place, 18 Luard Road, Wanchai, Hong Kong")
    (match,) = index.match(Party(name="Sunny Side Trading Ltd", addresses=(address,)), policy)
    assert match.entry.entry_id == "address-01"


@pytest.mark.parametrize("street", ["1038 Langchao Rd.", "No. 1036 Yangguang Road"])
def test_other_house_number_or_street_is_another_address(index: EntityIndex, policy: Policy, street: str) -> None:
    address = Address(street=street, city="Jinan", country="CN")
    assert index.match(Party(name="Sunny Side Trading Ltd", addresses=(address,)), policy) == ()


def test_identifier_is_a_hit_whatever_the_name(index: EntityIndex, policy: Policy) -> None:
    party = Party(name="Blue Dolphin", identifiers=(Identifier(type="imo", value="9187629"),))
    (match,) = index.match(party, policy)
    assert (match.entry.entry_id, match.field, match.outcome) == ("vessel", "identifiers[0]", "hold")


def test_other_fields_are_screened(index: EntityIndex, policy: Policy) -> None:
    party = Party(name="Sunny Side", native_name="浪潮（北京）", alt_names=("Almaz Antey",))
    fields = {match.entry.entry_id: match.field for match in index.match(party, policy)}
    assert fields == {"inspur-beijing": "native_name", "almaz": "alt_names[0]"}

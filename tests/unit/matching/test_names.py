"""Reading names: cleaning, scripts, legal forms, numbers, abbreviations."""

from __future__ import annotations

import unicodedata

import pytest

from streams.matching.lexicon import HAN, MEANINGS, PLACES
from streams.matching.names import read_name
from streams.matching.romanise import clean, fold_lookalikes, latin


def texts(name: str, proper: bool = False) -> list[str]:
    return [word.text for word in read_name(name, proper).words if word.kind not in ("legal", "empty")]


def kinds(name: str, proper: bool = False) -> dict[str, str]:
    return {word.text: word.kind for word in read_name(name, proper).words}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Inspur Int'l Tech. Co., Ltd.", ["inspur", "international", "technology"]),
        ("SIS d.o.o.", ["sis"]),
        ("S.I.S. d. o. o.", ["sis"]),
        ("Foo S. p. A.", ["foo"]),
        ("Beijing Xyz Youxian Gongsi", ["beijing", "xyz"]),
        ("OBSHCHESTVO S OGRANICHENNOI OTVETSTVENNOSTYU STILSOFT", ["stilsoft"]),
        ("Общество с ограниченной ответственностью «Бай»", ["bai"]),
        ("13th Research Inst", ["13", "research", "institute"]),
        ("Brigade Forty-four", ["brigade", "44"]),
        ("Drew Properties II Co. Ltd.", ["drew", "real", "ii"]),
        ("Ig0r Sech1n", ["igor", "sechin"]),
        ("SiemensAG", ["siemens"]),
        ("RamiMakhlouf", ["rami", "makhlouf"]),
        ("McDonald", ["mcdonald"]),
        ("Hong Kong Qisu", ["hongkong", "qisu"]),
        ("Muhammad Jamal Network (MJN)", ["muhammad", "jamal", "network"]),
        ("Procter & Gamble", ["procter", "gamble"]),
        ("Electromic Imformation", ["electronics", "information"]),
        ("Mao Tse-tung", ["mao", "ze", "dong"]),
        ("I n s p u r Taiwan", ["inspur", "taiwan"]),
        ("S I S d o o", ["sis"]),
        ("J R Simplot", ["j", "r", "simplot"]),
        ("Factory No. 123", ["factory", "123"]),
        ("Zh M Sverdlov", ["z", "m", "sverdlov"]),
        ("Ya Li", ["ya", "li"]),
        ("Intl Tech Inst Co", ["international", "technology", "institute"]),
        ("Inspur Elec. Info. Ind. Co.", ["inspur", "electronics", "information", "industry"]),
        ("Kiev Peking Rossii", ["kyiv", "beijing", "russia"]),
        ("---", []),
    ],
)
def test_words(name: str, expected: list[str]) -> None:
    assert texts(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("浪潮(北京)电子信息产业有限公司", ["langchao", "beijing", "electronics", "information", "industry"]),
        ("電子信息產業", ["electronics", "information", "industry"]),
        ("河南鼎信信息产业有限公司", ["henan", "dingxin", "information", "industry"]),
        ("宁波飞鸟检测技术有限公司", ["ningbo", "feiniao", "test", "technology"]),
        ("习近平", ["xi", "jinping"]),
        ("김정은", ["kim", "jeongeun"]),
        ("김유", ["kim", "yu"]),
        ("하드웰", ["hadeuwel"]),
        ("유키토", ["yukito"]),
        ("晨 彬 鑫", ["chen", "bin", "xin"]),
        ("Владимир Путин", ["vladimir", "putin"]),
        ("Αλέξης", ["alexis"]),
        ("ბარაკ", ["barak"]),
        ("バラク・オバマ", ["baraku", "obama"]),
        ("שלום", ["slwm"]),
        ("ប៉ុល ពត", ["baulo", "pota"]),
        ("Müller Łódź", ["muller", "lodz"]),
    ],
)
def test_scripts(name: str, expected: list[str]) -> None:
    assert texts(name) == expected


def test_places_of_china_are_known_in_han() -> None:
    in_china = {MEANINGS[place][0] for place, code in PLACES.items() if code == "cn"}
    assert in_china - set(HAN.values()) <= {"sino", "kowloon"}


def test_spellings_of_a_place_lie_in_one_country() -> None:
    places = {word: text for word, (text, kind) in MEANINGS.items() if kind == "place"}
    assert all(PLACES[word] == PLACES[text] for word, text in places.items())


def test_script_is_remembered_where_it_is_rough() -> None:
    scripts = {word.text: word.script for word in read_name("贝拉克 Обама Smith محمود").words}
    assert scripts == {"beilake": "han", "obama": "", "smith": "", "mhmwd": "abjad"}


def test_persons_have_names_only() -> None:
    assert kinds("Paris Bank", proper=True) == {"paris": "name", "bank": "name"}
    assert kinds("Paris Bank") == {"paris": "place", "bank": "generic"}


def test_particle_is_a_name_where_hardly_another_is_left() -> None:
    assert kinds("XU, Bin") == {"xu": "name", "bin": "name"}
    assert kinds("Osama bin Laden") == {"osama": "name", "bin": "particle", "laden": "name"}


def test_homoglyphs_and_invisible_characters() -> None:
    assert fold_lookalikes("Іnspur") == "Inspur"
    assert fold_lookalikes("Москвa") == "Москва"
    assert fold_lookalikes("Путин") == "Путин"
    assert clean("In\u200bsp\u00adur\u202e") == "Inspur"
    assert clean("ＡＢＣ") == "ABC"


@pytest.mark.parametrize(
    ("damaged", "written"),
    [
        ("Nicol&aacute;s &#77;aduro &amp; Co.", "Nicolás Maduro & Co."),
        ("Inspur%20Electronic", "Inspur Electronic"),
        ("浪潮电子".encode().decode("latin-1"), "浪潮电子"),
        ("Владимир «Путин»".encode().decode("latin-1"), "Владимир «Путин»"),
        ("Siniša Jovanović".encode().decode("cp1252"), "Siniša Jovanović"),
        ("Игорь Сечин".encode("cp1251").decode("latin-1"), "Игорь Сечин"),
        ("浪潮电子信息".encode("gb2312").decode("latin-1"), "浪潮电子信息"),
        ("\u202erupsnI\u202c Group", "Inspur Group"),
        ("\u202eمحمد\u202c", "محمد"),
        ("Nicol?s Maduro", "Nicols Maduro"),
        ("In\x00sp\x7fur", "Inspur"),
    ],
)
def test_damage_is_mended(damaged: str, written: str) -> None:
    assert clean(damaged) == unicodedata.normalize("NFKC", written)
    assert read_name(damaged).words == read_name(written).words


@pytest.mark.parametrize(
    "sound",
    ["CAFÉ™", "SJÖ” AB", "Müller & Söhne; Ré", "JOÃO", "Who? Me", "AT&T; Co", "50%De", "Øystein Æsøy", "Å Ä Ö", "ÉÈ"],
)
def test_what_is_sound_is_left_alone(sound: str) -> None:
    assert clean(sound) == unicodedata.normalize("NFKC", sound)


def test_latin_text_is_left_alone() -> None:
    assert latin("Inspur Group") == ("Inspur Group", {})


def test_tokens_keep_what_was_written() -> None:
    read = read_name("Intl Tech Brigade Forty 4")
    assert read.tokens == ("intl", "tech", "brigade", "forty 4")
    assert len(read.tokens) == len(read.words)

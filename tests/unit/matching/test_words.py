"""How alike two words are."""

from __future__ import annotations

import pytest

from streams.matching.words import read_word, similarity

FLOOR = 0.76


def alike(a: str, b: str) -> float:
    return similarity(read_word(a), read_word(b))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("inspur", "incpur"),
        ("mohammed", "muhammad"),
        ("aleksandr", "alexander"),
        ("sergeyevich", "sergeevich"),
        ("zelenskyy", "zelensky"),
        ("lindenberg", "lindenburg"),
        ("walmart", "wallmart"),
        ("osama", "usama"),
        ("robert", "bob"),
        ("juan", "john"),
        ("polyot", "polet"),
        ("kronatech", "kronatehc"),
        ("takeuchi", "takecuhi"),
        ("mahmoud", "mhmoud"),
        ("harbi", "hxarbi"),
        ("shell", "shyll"),
    ],
)
def test_alike(a: str, b: str) -> None:
    assert FLOOR <= alike(a, b) < 1.0


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("sunfresh", "foundfresh"),
        ("kim", "kum"),
        ("npk", "npc"),
        ("7901", "7900"),
        ("castillo", "castro"),
        ("frank", "frederik"),
        ("singh", "sinh"),
        ("kosmatsov", "kosmatmsovh"),
        ("ltd", "lte"),
        ("ii", "iii"),
    ],
)
def test_not_alike(a: str, b: str) -> None:
    assert alike(a, b) < FLOOR


def test_same_word_and_symmetry() -> None:
    assert alike("inspur", "inspur") == 1.0
    assert alike("intl", "international") == 1.0
    for a, b in (("inspur", "incpur"), ("bob", "robert"), ("mohammed", "muhammad")):
        assert alike(a, b) == alike(b, a)


def test_nearer_words_are_more_alike() -> None:
    assert alike("information", "informatiom") > alike("information", "inforxatiom")
    assert alike("lindenberg", "lindenburg") > alike("lindenberg", "lindentberg") > 0


@pytest.mark.parametrize(
    ("native", "latin_form"),
    [
        ("贝拉克", "barack"),
        ("محمود", "mahmud"),
        ("카르도주", "cardoso"),
        ("奥巴马", "obama"),
        ("オバマ", "obama"),
        ("워드", "ward"),
        ("윈터", "winter"),
        ("브리짓", "bridgette"),
        ("웨지", "wedge"),
        ("얀", "jan"),
        ("요바노비치", "jovanovic"),
        ("하드웰", "hardwell"),
        ("리스", "rhys"),
        ("يان", "jan"),
    ],
)
def test_rough_scripts(native: str, latin_form: str) -> None:
    from streams.matching.names import read_name

    assert similarity(read_name(native).words[0], read_word(latin_form)) >= FLOOR


def test_what_is_written_in_pinyin_is_read_exactly() -> None:
    from streams.matching.names import read_name

    jianguo = read_name("建国").words[0]
    assert similarity(jianguo, read_word("jianguo")) == 1.0
    assert similarity(jianguo, read_word("jiankuo")) == 0.0

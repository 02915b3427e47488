"""A name written in another way: by hand, by a careless typist, by someone who hides it, or in another romanisation."""

from __future__ import annotations

import random
import re
import string
from functools import lru_cache

from icu import Transliterator
from pypinyin import Style, lazy_pinyin
from pypinyin.style import convert

from streams.matching.names import read_name
from streams.matching.pinyin import syllables

_LEAST_FOR_A_TYPO = 5
_LEAST_FOR_A_SPLIT = 8
_LOOKALIKES = str.maketrans("aceopxyABCEHKMOPTX", "асеорхуАВСЕНКМОРТХ")
_ZERO_WIDTH = ("\u200b", "\u200c", "\u200d", "\u2060")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_SHORT = {
    "international": "Intl", "technology": "Tech", "technologies": "Tech", "company": "Co", "limited": "Ltd",
    "corporation": "Corp", "industries": "Ind", "industry": "Ind", "industrial": "Ind", "manufacturing": "Mfg",
    "institute": "Inst", "university": "Univ", "electronics": "Elec", "engineering": "Eng", "development": "Dev",
    "association": "Assn", "department": "Dept", "management": "Mgmt", "services": "Svcs", "laboratory": "Lab",
    "brothers": "Bros", "general": "Gen", "national": "Natl", "research": "Res", "equipment": "Equip",
}  # fmt: skip


def words_of(name: str) -> list[str]:
    """The words between blanks, without the comma after a family name."""
    return [word for part in name.split() if (word := part.strip(","))]


def typo(name: str, rng: random.Random) -> str | None:
    """One letter changed, dropped, added or swapped with its neighbour, in a word of at least five letters."""
    places = [
        found
        for found in re.finditer(r"[A-Za-z]+", name)
        if len(found.group()) >= _LEAST_FOR_A_TYPO and not _says_nothing(found.group())
    ]
    if not places:
        return None
    start, end = rng.choice(places).span()
    at = rng.randrange(start + 1, end - 1)
    letter = rng.choice([each for each in string.ascii_lowercase if each != name[at].lower()])
    letter = letter.upper() if name[at].isupper() else letter
    kind = rng.choice(("change", "drop", "add", "swap"))
    if kind == "drop":
        return name[:at] + name[at + 1 :]
    if kind == "add":
        return name[:at] + letter + name[at:]
    if kind == "swap" and name[at] != name[at + 1]:
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return name[:at] + letter + name[at + 1 :]


def reordered(name: str, rng: random.Random) -> str | None:
    """Some words from the front put at the end."""
    words = words_of(name)
    if len(words) < 2:
        return None
    turn = rng.randrange(1, len(words))
    return " ".join([*words[turn:], *words[:turn]])


def without_a_word(name: str, rng: random.Random) -> str | None:
    """A word left out of at least three, never the longest: without that it would be another name."""
    words = words_of(name)
    if len(words) < 3:
        return None
    longest = max(range(len(words)), key=lambda at: len(words[at]))
    gone = rng.choice([at for at in range(len(words)) if at != longest])
    return " ".join(word for at, word in enumerate(words) if at != gone)


def split(name: str, rng: random.Random) -> str | None:
    """A word of at least eight letters written as two."""
    words = words_of(name)
    long = [at for at, word in enumerate(words) if len(word) >= _LEAST_FOR_A_SPLIT and word.isalpha()]
    if not long:
        return None
    at = rng.choice(long)
    cut = rng.randrange(3, len(words[at]) - 2)
    words[at] = f"{words[at][:cut]} {words[at][cut:]}"
    return " ".join(words)


def joined(name: str, rng: random.Random) -> str | None:
    """Two neighbouring words written as one."""
    words = words_of(name)
    pairs = [at for at in range(len(words) - 1) if words[at].isalpha() and words[at + 1].isalpha()]
    if not pairs:
        return None
    at = rng.choice(pairs)
    second = words[at + 1] if words[at].isupper() else words[at + 1].lower()
    return " ".join([*words[:at], words[at] + second, *words[at + 2 :]])


def initials(name: str) -> str | None:
    """A person's given names as initials; of "FAMILY, Given" the family name is before the comma, else it is last."""
    family, comma, given = name.partition(",")
    if not comma:
        given, _, family = name.rpartition(" ")
    if not given.strip() or not family.strip():
        return None
    return " ".join([*(f"{word[0]}." for word in words_of(given)), *words_of(family)])


def abbreviated(name: str) -> str | None:
    """Every business word that has a common short form written so."""
    words = [_SHORT.get(word.strip(".").lower(), word) for word in words_of(name)]
    return " ".join(words) if words != words_of(name) else None


def other_legal_form(name: str, rng: random.Random) -> str:
    """The legal form at the end replaced by another one, or one added where the name has none."""
    words = words_of(name)
    while len(words) > 1 and all(word.kind == "legal" for word in read_name(words[-1]).words):
        words.pop()
    ended = re.sub(r"\W", "", name).lower()
    return " ".join(
        [*words, rng.choice([form for form in ("LLC", "GmbH", "Inc.") if not ended.endswith(form.strip(".").lower())])]
    )


def homoglyphs(name: str, rng: random.Random) -> str | None:
    """Up to three Latin letters replaced by Cyrillic ones that look the same."""
    places = [at for at, letter in enumerate(name) if letter.translate(_LOOKALIKES) != letter]
    if not places:
        return None
    chosen = set(rng.sample(places, min(3, len(places))))
    return "".join(letter.translate(_LOOKALIKES) if at in chosen else letter for at, letter in enumerate(name))


def zero_width(name: str, rng: random.Random) -> str | None:
    """An invisible character within a word."""
    places = [at for at in range(1, len(name)) if name[at - 1].isalnum() and name[at].isalnum()]
    if not places:
        return None
    at = rng.choice(places)
    return name[:at] + rng.choice(_ZERO_WIDTH) + name[at:]


def is_han(name: str) -> bool:
    """Whether the name has Chinese characters."""
    return bool(_HAN.search(name))


def is_native(name: str) -> bool:
    """Whether the name has letters of a script other than Latin."""
    return any(ord(letter) > 0x24F for letter in name if letter.isalpha())


def chinese_words(name: str) -> list[list[str]] | None:
    """The name as words of pinyin syllables, from Chinese characters or from Latin letters; None when it is neither.

    A Latin name of at most three words counts, when every word can be cut into syllables.
    """
    if is_han(name):
        return [lazy_pinyin(part, errors="ignore") for part in name.split()]
    words = [_syllables(word.lower()) for word in words_of(name)]
    return [list(word) for word in words if word] if 2 <= len(words) <= 3 and all(words) else None


def pinyin_spaced(words: list[list[str]]) -> str:
    """Every syllable a word of its own."""
    return " ".join(syllable.capitalize() for word in words for syllable in word)


def pinyin_joined(words: list[list[str]]) -> str:
    """The syllables of each word written together; a name of one word in Chinese characters is a single one."""
    return " ".join("".join(word).capitalize() for word in words)


def wade_giles(words: list[list[str]]) -> str:
    """The syllables in Wade-Giles, hyphenated within a word."""
    spelt = ["-".join(str(convert(each, Style.WADEGILES, strict=False)) for each in word) for word in words]
    return " ".join(word.capitalize() for word in spelt)


def romanised(name: str) -> str | None:
    """A name in a script other than Latin and Han as ICU writes it in Latin letters, accents left out."""
    if is_han(name) or not is_native(name):
        return None
    return str(_icu().transliterate(name)).strip() or None


@lru_cache(maxsize=1)
def _icu() -> Transliterator:
    return Transliterator.createInstance("Any-Latin; Latin-ASCII")


@lru_cache(maxsize=65_536)
def _syllables(word: str) -> tuple[str, ...]:
    """The word cut into pinyin syllables, long ones first; empty when it cannot be."""
    if word in syllables():
        return (word,)
    for length in range(min(6, len(word) - 1), 0, -1):
        if word[:length] in syllables() and (rest := _syllables(word[length:])):
            return (word[:length], *rest)
    return ()


def _says_nothing(word: str) -> bool:
    return all(each.kind in ("legal", "empty", "particle") for each in read_name(word).words)

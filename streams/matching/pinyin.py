"""The syllables of Chinese, in pinyin and in Wade-Giles."""

from __future__ import annotations

from functools import lru_cache

from pypinyin import Style
from pypinyin.constants import PINYIN_DICT
from pypinyin.contrib.tone_convert import to_normal
from pypinyin.style import convert

_ONLY_WADE_GILES = ("hs", "ts", "tz", "sz")


@lru_cache(maxsize=1)
def syllables() -> frozenset[str]:
    """All syllables of pinyin, without tones."""
    readings = {reading for readings in PINYIN_DICT.values() for reading in readings.split(",")}
    return frozenset(to_normal(reading) for reading in readings)


@lru_cache(maxsize=65_536)
def is_pinyin(text: str, most: int = 2) -> bool:
    """Whether ``text`` reads as pinyin of up to ``most`` syllables; Chinese names have one or two a word."""
    known = syllables()
    if len(text) < 2 or len(text) > 6 * most:
        return False
    if text in known:
        return True
    return most > 1 and any(text[:at] in known and is_pinyin(text[at:], most - 1) for at in range(1, len(text) - 1))


def from_wade_giles(tokens: list[str]) -> list[str]:
    """``tokens`` in pinyin when they can only be a Chinese name in Wade-Giles (Mao Tse-tung), else themselves.

    Apostrophes are often left out, and are gone here: an unaspirated consonant is assumed.
    """
    if len(tokens) > 3 or not any(token.startswith(_ONLY_WADE_GILES) for token in tokens):
        return tokens
    table = _wade_giles()
    return [table[token] for token in tokens] if all(token in table for token in tokens) else tokens


@lru_cache(maxsize=1)
def _wade_giles() -> dict[str, str]:
    """Wade-Giles syllable without apostrophe → pinyin syllable."""
    table = {"ping": "ping"}  # the one aspirated syllable that is far the more common in names
    # Aspirated ones are spelt with an apostrophe: the unaspirated, without, go first.
    spelt = [(str(convert(syllable, Style.WADEGILES, strict=False)), syllable) for syllable in sorted(syllables())]
    for wade_giles, syllable in sorted(spelt, key=lambda pair: "'" in pair[0]):
        table.setdefault(wade_giles.replace("'", "").replace("ü", "u").replace("ŭ", "u"), syllable)
    return table

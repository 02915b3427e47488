"""Chinese names in Wade-Giles, put into pinyin: Mao Tse-tung is Mao Ze dong."""

from __future__ import annotations

from functools import lru_cache

from pypinyin import Style
from pypinyin.constants import PINYIN_DICT
from pypinyin.contrib.tone_convert import to_normal
from pypinyin.style import convert

_ONLY_WADE_GILES = ("hs", "ts", "tz", "sz")


def to_pinyin(tokens: list[str]) -> list[str]:
    """``tokens`` in pinyin when they can only be a Chinese name in Wade-Giles, else ``tokens`` themselves.

    Apostrophes are often left out, and are gone here: an unaspirated consonant is assumed.
    """
    if len(tokens) > 3 or not any(token.startswith(_ONLY_WADE_GILES) for token in tokens):
        return tokens
    table = _table()
    return [table[token] for token in tokens] if all(token in table for token in tokens) else tokens


@lru_cache(maxsize=1)
def _table() -> dict[str, str]:
    """Wade-Giles syllable without apostrophe → pinyin syllable."""
    syllables = sorted({to_normal(reading) for readings in PINYIN_DICT.values() for reading in readings.split(",")})
    table = {"ping": "ping"}  # the one aspirated syllable that is far the more common in names
    # Aspirated ones are spelt with an apostrophe: the unaspirated, without, go first.
    spelt = [(str(convert(syllable, Style.WADEGILES, strict=False)), syllable) for syllable in syllables]
    for wade_giles, syllable in sorted(spelt, key=lambda pair: "'" in pair[0]):
        table.setdefault(wade_giles.replace("'", "").replace("ü", "u").replace("ŭ", "u"), syllable)
    return table

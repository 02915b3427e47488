"""Names in any script, written in plain Latin letters.

Han goes through OpenCC (traditional to simplified), a lexicon of company words and places, and
pypinyin; Latin, Cyrillic, Greek, Armenian, Georgian and Hangul through rigour; everything else through
rigour's fallback, ICU. Letters of one script hidden in a word of another (homoglyphs) are folded before that.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from opencc import OpenCC
from pypinyin import lazy_pinyin
from rigour.text.translit import ascii_text, maybe_ascii

from streams.matching.lexicon import HAN, HAN_LONGEST

_HAN: Final = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_KANA: Final = r"\u3040-\u30ff"
_han_run = re.compile(f"[{_HAN}]+")
_kana = re.compile(f"[{_KANA}]")
_word = re.compile(r"[^\W_]+(?:['’ʼ`][^\W_]+)*")

_simplify = OpenCC("t2s")

# Cyrillic and Greek letters that look like Latin ones, both cases; from the Unicode confusables list.
_LOOKALIKES: Final = str.maketrans(
    "АВЕЅІЈКМНОРСТХУаеѕіјкмнорстхуһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧαοιкν",
    "ABESIJKMHOPCTXYaesijkmhopctxyhdqwABEZHIKMNOPTYXaoikv",
)
_TO_CYRILLIC: Final = str.maketrans("ABEKMHOPCTXYaeopcxykmt", "АВЕКМНОРСТХУаеорсхукмт")


def clean(text: str) -> str:
    """``text`` in NFKC without format, control and zero-width characters."""
    text = unicodedata.normalize("NFKC", text)
    return "".join(c for c in text if c in "\t\n\r " or unicodedata.category(c) not in ("Cf", "Cc", "Co", "Cn"))


def latin(text: str) -> tuple[str, bool]:
    """``text`` (already clean) in ASCII, and whether its script spells foreign names only roughly.

    Han and kana, Arabic, Hangul and other scripts that lose vowels or sounds count as rough.
    """
    if text.isascii():
        return text, False
    rough = False
    if _kana.search(text):
        return ascii_text(text), True
    if _han_run.search(text):
        person = len(_han_run.findall(text)) == 1
        text = _han_run.sub(lambda run: " " + _read_han(run.group(), person) + " ", text)
        rough = True
    text = _word.sub(lambda word: fold_lookalikes(word.group()), text)
    written = str(maybe_ascii(text))
    if not written.isascii():
        rough = rough or any(_is_rough(c) for c in written)
        written = ascii_text(written)
    elif any("\uac00" <= c <= "\ud7a3" for c in text):
        rough = True
    return written, rough


def fold_lookalikes(word: str) -> str:
    """``word`` with homoglyphs put into the script most of its letters have."""
    if word.isascii():
        return word
    scripts = [_script(c) for c in word if c.isalpha()]
    latin_letters = scripts.count("latin")
    if latin_letters == 0 or latin_letters == len(scripts):
        return word
    folded = word.translate(_LOOKALIKES)
    if all(_script(c) == "latin" for c in folded if c.isalpha()):
        return folded
    return word.translate(_TO_CYRILLIC) if scripts.count("cyrillic") > latin_letters else folded


def _script(letter: str) -> str:
    code = ord(letter)
    if code < 0x250 or 0x1E00 <= code < 0x1F00:
        return "latin"
    if 0x400 <= code < 0x530:
        return "cyrillic"
    return "greek" if 0x370 <= code < 0x400 else "other"


def _is_rough(letter: str) -> bool:
    return ord(letter) > 0x52F and letter.isalpha() and not 0x1E00 <= ord(letter) < 0x2000


@lru_cache(maxsize=65_536)
def _read_han(run: str, person: bool) -> str:
    """A run of Han characters as English company words, places and joined pinyin.

    A short run without any company word is split after its first character when it can be a ``person``:
    the surname comes first.
    """
    run = _simplify.convert(run)
    words: list[str] = []
    start = rest = 0
    while start < len(run):
        for length in range(min(HAN_LONGEST, len(run) - start), 0, -1):
            meaning = HAN.get(run[start : start + length])
            if meaning is not None:
                words += [*_spell(run[rest:start]), meaning]
                start += length
                rest = start
                break
        else:
            start += 1
    if person and rest == 0 and 2 <= len(run) <= 4:
        words += [*_spell(run[:1]), *_spell(run[1:])]
    else:
        words += _spell(run[rest:])
    return " ".join(word for word in words if word)


def _spell(run: str) -> list[str]:
    return ["".join(lazy_pinyin(run, errors="ignore"))] if run else []

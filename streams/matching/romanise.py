"""Names in any script, written in plain Latin letters.

Han goes through OpenCC (traditional to simplified), a lexicon of company words and places, and
pypinyin; Latin, Cyrillic, Greek, Armenian, Georgian and Hangul through rigour; everything else through
rigour's fallback, ICU; what ICU cannot write (Khmer, Tibetan …) by the Unicode names of its letters.
Letters of one script hidden in a word of another (homoglyphs) are folded before that.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final, Literal

from opencc import OpenCC
from pypinyin import lazy_pinyin
from rigour.text.translit import ascii_text, maybe_ascii

from streams.matching.damage import is_suspect, mended
from streams.matching.lexicon import HAN, HAN_LONGEST, KOREAN_SURNAMES

Script = Literal["", "han", "han_name", "hangul", "abjad", "kana", "other"]
"""The script a word came from, when that script spells foreign names only roughly; else empty. ``han_name`` is
a Han word of up to two characters, as Chinese names are."""

_word = re.compile(r"[^\W_]+(?:['’ʼ`\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff\u0e00-\u1aff][^\W_]*)*")
_SCRIPTS: Final[dict[Script, re.Pattern[str]]] = {
    "kana": re.compile("[\u3041-\u30fa\u30fc-\u30ff]+"),
    "han": re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f]+"),
    "hangul": re.compile("[\uac00-\ud7a3]+"),
    "abjad": re.compile("[\u0590-\u077f\u08a0-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]+"),
    "other": re.compile("[\u0780-\u08ff\u0900-\u109f\u1200-\u1bff\ua000-\uabff]+"),
}
_letter_name = re.compile(r"(?:LETTER|VOWEL SIGN)(?: [A-Z]+)* ([A-Z]+)$")
_SURNAMES: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤习温"
)

_SYLLABLES: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]")
# What no Korean reading of a Chinese character has, and so no Korean given name: it is a foreign name then.
_NEVER_BEGIN: Final = frozenset("\u1101\u1104\u1108\u110a\u110d\u110f")  # kk, tt, pp, ss, jj, k
_ALWAYS_END: Final = frozenset("\u11a8\u11ab\u11af\u11b7\u11b8\u11bc")  # k, n, l, m, p, ng
_EU: Final = "\u1173"

_HAN_NAME: Final = 2
_KOREAN_NAME: Final = 4
_simplify = OpenCC("t2s")

# Cyrillic and Greek letters that look like Latin ones, both cases; from the Unicode confusables list.
_LOOKALIKES: Final = str.maketrans(
    "АВЕЅІЈКМНОРСТХУаеѕіјкмнорстхуһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧαοιкν",
    "ABESIJKMHOPCTXYaesijkmhopctxyhdqwABEZHIKMNOPTYXaoikv",
)
_TO_CYRILLIC: Final = str.maketrans("ABEKMHOPCTXYaeopcxykmt", "АВЕКМНОРСТХУаеорсхукмт")


def clean(text: str) -> str:
    """``text``, its damage mended, in NFKC without format, control and zero-width characters."""
    if not is_suspect(text):
        return text
    text = unicodedata.normalize("NFKC", mended(text))
    return "".join(c for c in text if c.isspace() or unicodedata.category(c) not in ("Cf", "Cc", "Co", "Cn"))


def latin(text: str) -> tuple[str, dict[str, Script]]:
    """``text`` (already clean) in ASCII, and the words of it that came from a rough script.

    A single syllable of Han or Hangul is among them, without a script: it is read exactly.
    """
    scripts: dict[str, Script] = {}
    alone = len(_word.findall(text)) == 1

    def written(found: re.Match[str]) -> str:
        spelt, script = _write(found.group(), alone)
        if script or _SYLLABLES.match(found.group()):
            scripts.update((word, script) for word in spelt.lower().split())
        return spelt

    return ascii_text(_word.sub(written, text)), scripts


@lru_cache(maxsize=65_536)
def _write(word: str, alone: bool) -> tuple[str, Script]:
    """One word in ASCII, and its script when that is rough; an ``alone`` word may be a whole person's name."""
    if word.isascii():
        return word, ""
    script: Script = next((script for script, pattern in _SCRIPTS.items() if pattern.search(word)), "")
    if script == "han":
        spelt = _SCRIPTS["han"].sub(lambda run: f" {_read_han(run.group(), alone)} ", word)
        if len(word) == 1:
            return spelt, ""
        return f" {spelt} ", "han_name" if len(word) <= _HAN_NAME or " " in spelt.strip() else "han"
    if script == "hangul" and word[0] in KOREAN_SURNAMES and (len(word) == 1 or (alone and _is_korean_name(word))):
        given = maybe_ascii(word[1:]).replace("-", "")
        return f"{KOREAN_SURNAMES[word[0]]} {given}".rstrip(), script if given else ""
    if not script:
        word = fold_lookalikes(word)
        plain = str(maybe_ascii(word))
        if plain.isascii():
            return plain, ""
    spelt = "".join(c for c in ascii_text(word) if c.isalnum())
    return spelt or _by_letter_names(word), script


def _is_korean_name(word: str) -> bool:
    """Whether a word of Hangul that begins with a surname may be a Korean name, not a foreign one spelt in Hangul."""
    return len(word) <= _KOREAN_NAME and all(map(_is_korean_syllable, word[1:]))


def _is_korean_syllable(syllable: str) -> bool:
    """Whether a Chinese character can be read so in Korean: those end in few consonants, and none in the vowel eu."""
    letters = unicodedata.normalize("NFD", syllable)
    if letters[0] in _NEVER_BEGIN:
        return False
    return letters[-1] in _ALWAYS_END if len(letters) > 2 else letters[-1] != _EU


def _by_letter_names(word: str) -> str:
    """``word`` by the Unicode names of its letters: KHMER LETTER PHO is ``pho``."""
    names = (_letter_name.search(unicodedata.name(c, "")) for c in word)
    return "".join(name.group(1).lower() for name in names if name)


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


def _read_han(run: str, alone: bool) -> str:
    """A run of Han characters as English company words, places and joined pinyin.

    A short run that is ``alone``, has no company word and begins with a common surname is a person:
    the surname is split off.
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
    if alone and rest == 0 and 2 <= len(run) <= 4 and run[0] in _SURNAMES:
        words += [*_spell(run[:1]), *_spell(run[1:])]
    else:
        words += _spell(run[rest:])
    return " ".join(word for word in words if word)


def _spell(run: str) -> list[str]:
    return ["".join(lazy_pinyin(run, errors="ignore"))] if run else []

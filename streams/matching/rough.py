"""Words written in a script that spells foreign names only roughly, against Latin spellings.

Han, Hangul, kana, Arabic and others have no letters for many sounds: 克魯森 is *kelusen* for Crewson. Such a
word is compared by its consonants, in classes that these scripts confuse (b p f v, d t, k g h, s z j ch,
l r), and a little by its vowels. As everywhere, words that share no key are not alike.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from rapidfuzz.distance import OSA

from streams.matching.pinyin import is_pinyin
from streams.matching.romanise import Script
from streams.matching.spelling import sound_of

LEAST: Final = 0.62
"""Raw likeness from which on a word may be the other; at this bound 80% of real transliterations and 2% of
unrelated words reach it."""
SHORT: Final = 2
"""Words of so few consonants must have them all in common."""
_SURE, _SURE_OF_FEW, _SURE_OF_NAMES = 0.91, 0.94, 0.96
LOWEST, HIGHEST = 0.76, 0.97
CLASS_COST, LETTER_COST, VOWEL_COST, START_COST = 0.6, 0.25, 0.12, 0.25

_letters: Final = str.maketrans("fptkqrzcw", "vbdgglsjv", "aeiouy")
_classes: Final = str.maketrans("vjh", "bsg")
_vowel_classes: Final = str.maketrans("eoy", "iui")
_doubled = re.compile(r"(.)\1+")
_not_vowels = re.compile("[^aeiouy]")
_mute_h = re.compile("(?<=[aeiou])h(?=[^aeiou]|$)")
_final_s = re.compile("ks$|(?<=[aeiou])z$")
_han_r = re.compile("(?<=.)er(?=[^aeiou]|$)")
_han_g = re.compile("j(?=[iu])")
# Korea's rules for foreign words: a final t is written with s, which only ends a syllable there; a final r as eo.
_hangul_t = re.compile("(?<!s)s(?=[^aeiouyws]|$)")
_hangul_r = re.compile("(?<=.)eo$")
_MUTE: Final = "-"
_consonant_y = re.compile("^y(?=[aeou])")  # j and y at the beginning are one letter in half of Europe
_first_y = re.compile("^y")
_glide = re.compile("(?<=[a-z])w")
_slavic = re.compile("vic$")
_article = re.compile("^al(?=.{3})")


class Spelling(NamedTuple):
    """The consonants of a word as ``letters`` and in ``classes``, its ``vowels``, whether it starts with one."""

    letters: str
    classes: str
    vowels: str
    starts: bool


@lru_cache(maxsize=131_072)
def spelling(text: str, script: Script) -> Spelling:
    """The rough spelling of ``text``, as romanised from ``script``."""
    text = (_consonant_y if script != "abjad" else _first_y).sub("j", text)
    if script == "abjad":
        text = _article.sub("", text).replace("tsh", "c").replace("sh", "s").replace("kh", "h").replace("gh", "g")
        text = text.replace("dj", "j").replace("w", "u").replace("y", "i")
    elif script == "hangul":
        text = _hangul_t.sub("t", _hangul_r.sub("eor", text)).replace("eu", _MUTE)
        text = _glide.sub("", text)
    elif script in ("han", "han_name"):
        text = text.replace("zh", "j").replace("x", "s").replace("q", "c")
        text = _han_g.sub("g", _han_r.sub("r", text))
    elif not script:
        text = _slavic.sub("vich", text).replace("dg", "j")
    sound = _mute_h.sub("", _final_s.sub("s", sound_of(text).replace(_MUTE, "").replace("ng", "n")))
    letters = _doubled.sub(r"\1", sound.translate(_letters))
    classes = _doubled.sub(r"\1", letters.translate(_classes))
    return Spelling(letters, classes, _not_vowels.sub("", sound).translate(_vowel_classes), sound[:1] in "aeiou")


def keys(classes: str) -> set[str]:
    """The keys under which a word of these ``classes`` is found by those of other scripts.

    The classes, with and without l (which stands for r too), and each with one of them left out.
    """
    found = {classes}
    for mark, rest in (("", classes), ("-", without_l(classes))):
        found.add(mark + rest)
        if len(rest) > 2:
            found.update([mark + rest[:i] + rest[i + 1 :] for i in range(len(rest))])
    return found


def without_l(classes: str) -> str:
    """The ``classes`` without l and r: they are often dropped or put in, and count half."""
    return _doubled.sub(r"\1", classes.replace("l", ""))


def similarity(a: str, a_script: Script, b: str, b_script: Script) -> float:
    """How alike two words of different scripts are: 0, or from 0.76 to 0.97.

    A Chinese name in Han is not compared with pinyin: what is written in pinyin is read exactly.
    """
    if (a_script == "han_name" and is_pinyin(b)) or (b_script == "han_name" and is_pinyin(a)):
        return 0.0
    x, y = spelling(a, a_script), spelling(b, b_script)
    longest = max(len(x.classes), len(y.classes))
    if not longest or (longest <= SHORT and x.classes != y.classes) or keys(x.classes).isdisjoint(keys(y.classes)):
        return 0.0
    limit = (1.0 - LEAST) * (longest + CLASS_COST)
    classes = OSA.distance(x.classes, y.classes) + OSA.distance(without_l(x.classes), without_l(y.classes))
    cost = CLASS_COST * classes / 2 + START_COST * (x.starts != y.starts)
    if cost > limit:
        return 0.0
    cost += LETTER_COST * OSA.distance(x.letters, y.letters) + VOWEL_COST * OSA.distance(x.vowels, y.vowels)
    if cost > limit:
        return 0.0
    raw = 1.0 - cost / (longest + CLASS_COST)
    return LOWEST + (HIGHEST - LOWEST) * max(raw - LEAST, 0.0) / (1.0 - LEAST)


def is_sure(text: str, script: Script, likeness: float) -> bool:
    """Whether a rough word is so like a Latin one that it can be taken for it.

    The fewer consonants, the more must agree; most of all in Chinese and short Korean names, of which there
    are few that are not like many others.
    """
    few = len(spelling(text, script).classes) <= SHORT
    if script == "han_name" or (few and script == "hangul"):
        return likeness >= _SURE_OF_NAMES
    return likeness >= (_SURE_OF_FEW if few else _SURE)

"""One word of a name: how it is spelt, how it sounds, and how alike two words are.

Two spellings of one word are found by rule, not by chance, so that an index can find them: they must
share a *key* (see :func:`keys`). What shares no key has similarity 0 by definition. That is what makes
retrieval lossless.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from rapidfuzz.distance import OSA, LCSseq

from streams.matching.lexicon import MEANINGS, NICKNAMES, Kind

SHORT: Final = 3
"""Words of at most so many letters must sound exactly alike."""
SHORT_SKELETON: Final = 4
"""Consonant skeletons shorter than this must be equal."""
SAME_SOUND: Final = 0.97
NICKNAME: Final = 0.9


class Word(NamedTuple):
    """A word as compared: ``text`` is what it stands for, ``sound`` its phonetic spelling,
    ``skeleton`` the consonants of that."""

    text: str
    kind: Kind
    sound: str
    skeleton: str


_SOUNDS: Final = {
    "tsch": "c", "sch": "s", "tch": "c", "dzh": "j", "zh": "j", "sh": "s", "ch": "c", "kh": "h", "gh": "g",
    "ph": "f", "th": "t", "dh": "d", "bh": "b", "ck": "k", "dj": "j", "ts": "z", "tz": "z", "cz": "c", "q": "k",
    "x": "ks", "w": "v", "ou": "u", "oo": "u", "ee": "i", "y": "i", "ce": "se", "ci": "si", "cy": "si", "c": "k",
}  # fmt: skip
_sounds = re.compile("|".join(sorted(_SOUNDS, key=len, reverse=True)))
_doubled = re.compile(r"(.)\1+")
_silent_h = re.compile(r"(?<=[^aeiou])h|(?<=.)h$")
_vowels: Final = str.maketrans("", "", "aeiou")
_digits = re.compile(r"^0*(\d+)(?:st|nd|rd|th|e|ya|y|i|go)?$")


def sound_of(text: str) -> str:
    """A phonetic spelling of ``text`` (lower-case ASCII) that common romanisations share."""
    sound = _sounds.sub(lambda found: _SOUNDS[found.group()], text)
    return _doubled.sub(r"\1", _silent_h.sub("", sound))


def skeleton_of(sound: str) -> str:
    """The consonants of ``sound``; a leading vowel, whichever, is kept as ``a``."""
    rest = sound.translate(_vowels)
    return "a" + rest if sound[:1] in "aeiou" and sound else rest


def read_word(raw: str) -> Word:
    """The word a token (lower-case ASCII letters and digits) stands for."""
    meaning = MEANINGS.get(raw)
    if meaning is not None:
        text, kind = meaning
    elif raw.isalpha():
        text, kind = raw, "initial" if len(raw) == 1 else "name"
    else:
        plain = _digits.match(raw)
        text, kind = (plain.group(1) if plain else raw), "number"
    sound = sound_of(text) if kind in ("name", "generic", "place") else text
    return Word(text, kind, sound, skeleton_of(sound))


def keys(word: Word) -> Iterator[str]:
    """The keys of ``word``: two words can only be alike when they share one.

    A key is the phonetic spelling, or that with one letter left out, or the consonant skeleton, or that
    with one consonant left out. So words with one letter changed, dropped, added or swapped share a key,
    and so do words that differ in any number of vowels.
    """
    sound, skeleton = word.sound, word.skeleton
    yield sound
    if word.kind not in ("name", "generic", "place"):
        return
    if len(sound) > SHORT:
        for i in range(len(sound)):
            yield sound[:i] + sound[i + 1 :]
        yield "-" + skeleton
        if len(skeleton) >= SHORT_SKELETON:
            for i in range(len(skeleton)):
                yield "-" + skeleton[:i] + skeleton[i + 1 :]
    full = NICKNAMES.get(word.text)
    if full is not None:
        yield "=" + full


def similarity(a: Word, b: Word) -> float:
    """How alike two words are, 0 to 1; 0 when they share no key.

    A changed consonant costs one letter of the longer word, a changed vowel half a letter (the mean of the
    edit distances of spelling and skeleton, over the length); the better of written and phonetic spelling
    counts.
    """
    if a.text == b.text:
        return 1.0
    fuzzy = ("name", "generic", "place")
    if a.kind not in fuzzy or b.kind not in fuzzy:
        return 0.0
    if a.sound == b.sound:
        return SAME_SOUND
    full = NICKNAMES.get(a.text)
    nickname = NICKNAME if full is not None and full == NICKNAMES.get(b.text) else 0.0
    if min(len(a.sound), len(b.sound)) <= SHORT:
        return nickname
    consonants = 0
    if a.skeleton != b.skeleton:
        consonants = OSA.distance(a.skeleton, b.skeleton)
        longest = max(len(a.skeleton), len(b.skeleton))
        near = longest >= SHORT_SKELETON and LCSseq.distance(a.skeleton, b.skeleton) <= 1
        if not near and LCSseq.distance(a.sound, b.sound) > 1:
            return nickname
    spelling = (OSA.distance(a.sound, b.sound) + consonants) / (2 * max(len(a.sound), len(b.sound)))
    written = (OSA.distance(a.text, b.text) + consonants) / (2 * max(len(a.text), len(b.text)))
    return max(1.0 - min(spelling, written), nickname)

"""A phonetic spelling that common romanisations share."""

from __future__ import annotations

import re
from typing import Final

_SOUNDS: Final = {
    "tsch": "c", "sch": "s", "tch": "c", "dzh": "j", "zh": "j", "sh": "s", "ch": "c", "kh": "h", "gh": "g",
    "ph": "f", "th": "t", "dh": "d", "bh": "b", "ck": "k", "dj": "j", "ts": "z", "tz": "z", "cz": "c", "q": "k",
    "x": "ks", "w": "v", "ou": "u", "oo": "u", "ee": "i", "y": "i", "ce": "se", "ci": "si", "cy": "si", "c": "k",
}  # fmt: skip
_sounds = re.compile("|".join(sorted(_SOUNDS, key=len, reverse=True)))
_doubled = re.compile(r"(.)(?=\1)")
_silent_h = re.compile(r"(?<=[^aeiou])h|(?<=.)h$")
_vowels: Final = str.maketrans("", "", "aeiou")


def sound_of(text: str) -> str:
    """A phonetic spelling of ``text`` (lower-case ASCII) that common romanisations share."""
    sound = _sounds.sub(lambda found: _SOUNDS[found.group()], text)
    if "h" in sound:
        sound = _silent_h.sub("", sound)
    return _doubled.sub("", sound)


def skeleton_of(sound: str) -> str:
    """The consonants of ``sound``; a leading vowel, whichever, is kept as ``a``."""
    rest = sound.translate(_vowels)
    return "a" + rest if sound[:1] in "aeiou" and sound else rest

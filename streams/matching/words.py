"""One word of a name: how it is spelt, how it sounds, and how alike two words are.

Two spellings of one word are found by rule, not by chance, so that an index can find them: they must
share a *key* (see :func:`share_a_key`). What shares no key has similarity 0 by definition. That is what makes
retrieval lossless.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rapidfuzz.distance import OSA, LCSseq

from streams.matching import rough
from streams.matching.lexicon import COGNATES, MEANINGS, NICKNAMES, Kind
from streams.matching.romanise import Script
from streams.matching.spelling import skeleton_of, sound_of

FUZZY: Final = ("name", "common", "everyday", "generic", "place")
"""Kinds of words that agree when they are only alike; all others must be equal."""
_JOINED: Final = ("name", "common", "everyday")
SHORT: Final = 3
"""Words of at most so many letters must sound exactly alike."""
WRITTEN_FROM: Final = 5
"""Words of at least so many letters are known with one of them wrong, whatever that does to their sound."""
SHORT_SKELETON: Final = 5
"""Consonant skeletons shorter than this must be equal."""
SAME_SOUND: Final = 0.97
"""Likeness of two words and the one they spell together."""
SPELLING_COST: Final = 0.4
LEAST_SAME_SOUND: Final = 0.77
NICKNAME: Final = 0.9
COGNATE: Final = 0.8


class Word(NamedTuple):
    """A word as compared: ``text`` is what it stands for, ``sound`` its phonetic spelling,
    ``skeleton`` the consonants of that, ``script`` the script it came from if that is rough."""

    text: str
    kind: Kind
    sound: str
    skeleton: str
    script: Script = ""


_SLIP_FROM: Final = 8
"""Business words of so many letters are known with one letter wrong."""
_CUT_FROM: Final = 3
"""So many letters of a word that a field has cut tell which one it was."""
_UNSPOILT: Final = 3
"""So many of its letters, the first or the last, are right then."""
_VOWELS: Final = str.maketrans("", "", "aeiouy")
# Digits within a word that look like letters: Ig0r Sech1n.
_disguised = re.compile(r"[a-z]+(?:[013457][a-z]+)+$")
_DISGUISES: Final = str.maketrans("013457", "oieast")
_digits = re.compile(r"^0*(\d+)(?:st|nd|rd|th|e|ya|y|i|go)?$")


def read_word(raw: str) -> Word:
    """The word a token (lower-case ASCII letters and digits) stands for."""
    if not raw.isalpha() and _disguised.match(raw):
        raw = raw.translate(_DISGUISES)
    meaning = MEANINGS.get(raw)
    if meaning is None and len(raw) >= _SLIP_FROM:
        meaning = _misspelt(raw)
    if meaning is not None:
        text, kind = meaning
    elif raw.isalpha():
        text, kind = raw, "initial" if len(raw) == 1 else "name"
    else:
        plain = _digits.match(raw)
        text, kind = (plain.group(1) if plain else raw), "number"
    sound = sound_of(text) if kind in FUZZY else text
    return Word(text, kind, sound, skeleton_of(sound))


def cut_short(raw: str) -> Word | None:
    """The business word or legal form that ``raw`` begins, as the last word of a name does that a field has cut."""
    at = bisect_left(_WHOLE, raw)
    whole = _WHOLE[at] if at < len(_WHOLE) else ""
    return read_word(whole) if len(raw) >= _CUT_FROM and whole.startswith(raw) else None


def _misspelt(raw: str) -> tuple[str, Kind] | None:
    """The meaning of a long business word that ``raw`` misspells by one letter."""
    if raw[:_UNSPOILT] not in _GENERIC_STARTS and raw[-_UNSPOILT:] not in _GENERIC_ENDS:
        return None
    for key in _leaving_out_one(raw):
        for word in _GENERIC_KEYS.get(key, ()):
            if OSA.distance(raw, word) == 1:
                return MEANINGS[word]
    return None


def _leaving_out_one(text: str) -> Iterator[str]:
    yield text
    for i in range(len(text)):
        yield text[:i] + text[i + 1 :]


def as_name(text: str, script: Script = "") -> Word:
    """The word ``text`` (lower-case ASCII) as a name, whatever it else may mean."""
    sound = sound_of(text)
    return Word(text, "name", sound, skeleton_of(sound), script)


def joinable(first: Word, second: Word) -> bool:
    """Whether two adjacent words may be written as one: Zhong Ke, Al Otaibi."""
    return second.kind in _JOINED and (first.kind in _JOINED or first.kind == "particle")


def given_names(text: str) -> Sequence[str]:
    """The given names that ``text`` is a short or a foreign form of."""
    return _GIVEN_NAMES.get(text, ())


_GIVEN_NAMES: Final = {
    text: [full for names in (NICKNAMES, COGNATES) if (full := names.get(text)) is not None]
    for text in (*NICKNAMES, *COGNATES)
}


def share_a_key(a: Word, b: Word) -> bool:
    """Whether two fuzzy words have a key in common; two without one are not alike.

    A key of a word of at least five letters is how it is written with one letter left out; of a word of more than
    three sounds the phonetic spelling, or that with one letter left out, or the consonant skeleton, or that
    with one consonant left out. So words with one letter changed, dropped, added or swapped share a key,
    and so do words that differ in any number of vowels. Given names also share one with their other forms.
    """
    if _one_slip_written(a.text, b.text):
        return True
    if min(len(a.sound), len(b.sound)) <= SHORT:
        return False
    if a.skeleton == b.skeleton:
        return True
    longest = max(len(a.skeleton), len(b.skeleton))
    near = longest >= SHORT_SKELETON and LCSseq.distance(a.skeleton, b.skeleton) <= 1
    return near or LCSseq.distance(a.sound, b.sound) <= 1


def _one_slip_written(a: str, b: str) -> bool:
    return min(len(a), len(b)) >= WRITTEN_FROM and LCSseq.distance(a, b) <= 1


def similarity(a: Word, b: Word) -> float:
    """How alike two words are, 0 to 1; 0 when they share no key.

    A changed consonant is one edit, a changed vowel half of one (the mean of the edit distances of spelling
    and skeleton); e edits cost (e + e²) / 2 letters of the longer word, so one slip is cheap and two are
    dear. The better of written and phonetic spelling counts; a letter written wrong is one edit at most, though it may
    change two sounds ("ch" and "hc"). Of words of up to three sounds only the
    written spelling counts, each letter whole.

    Words of different scripts are compared by :mod:`streams.matching.rough`.
    """
    if a.text == b.text:
        return 1.0
    if a.kind not in FUZZY or b.kind not in FUZZY:
        return 0.0
    if a.sound == b.sound:
        return _same_sound(a.text, b.text)
    if a.script != b.script:
        return rough.similarity(a.text, a.script, b.text, b.script)
    if a.script in ("han", "han_name", "hangul"):
        return 0.0  # each character is a syllable of its own: another one is another name
    nickname = _same_given_name(a.text, b.text)
    if not share_a_key(a, b):
        return nickname
    written = OSA.distance(a.text, b.text)
    if min(len(a.sound), len(b.sound)) <= SHORT:
        return max(likeness(2 * written, max(len(a.text), len(b.text))), nickname)
    consonants = OSA.distance(a.skeleton, b.skeleton)
    by_sound = likeness(OSA.distance(a.sound, b.sound) + consonants, max(len(a.sound), len(b.sound)))
    as_written = likeness(written + min(consonants, written), max(len(a.text), len(b.text)))
    return max(by_sound, as_written, nickname)


def _same_given_name(a: str, b: str) -> float:
    for names, similar in ((NICKNAMES, NICKNAME), (COGNATES, COGNATE)):
        full = names.get(a)
        if full is not None and full == names.get(b):
            return similar
    return 0.0


def _same_sound(a: str, b: str) -> float:
    """Words that sound the same: less alike the more their spelling differs. Acronyms have no sound."""
    if min(len(a), len(b)) <= SHORT and (a.translate(_VOWELS) == a or b.translate(_VOWELS) == b):
        return 0.0
    return max(1.0 - SPELLING_COST * OSA.distance(a, b) / max(len(a), len(b)), LEAST_SAME_SOUND)


def likeness(doubled_edits: int, length: int) -> float:
    """Likeness of words of ``length`` letters, from the sum of the edits of spelling and of skeleton.

    Half of the sum is the number of edits e; (e + e²) / 2 makes one slip cheap and two of them dear.
    """
    edits = doubled_edits / 2
    return 1.0 - edits * (1.0 + edits) / (2 * length)


def _generic_keys() -> dict[str, list[str]]:
    keyed: dict[str, list[str]] = {}
    for word, (_, kind) in MEANINGS.items():
        if kind == "generic" and len(word) >= _SLIP_FROM:
            for key in set(_leaving_out_one(word)):
                keyed.setdefault(key, []).append(word)
    return keyed


_GENERIC_KEYS: Final = _generic_keys()
_LONG_GENERIC: Final = [word for words in _GENERIC_KEYS.values() for word in words]
_GENERIC_STARTS: Final = frozenset(word[:_UNSPOILT] for word in _LONG_GENERIC)
_GENERIC_ENDS: Final = frozenset(word[-_UNSPOILT:] for word in _LONG_GENERIC)
_WHOLE: Final = sorted(
    word for word, (_, kind) in MEANINGS.items() if kind in ("generic", "legal") and len(word) > _CUT_FROM
)

"""The words of all listed names, and which of them are like a given word.

Words are found through the keys of :func:`streams.matching.words.share_a_key`: a sorted array holds, for each
key of each word, the key's hash and the word's number in one 64-bit integer. Two different keys with one
hash only cost a comparison, never a result. Words of rough scripts are found by :mod:`streams.matching.rough_words`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from streams.matching.arrays import Keys
from streams.matching.compiled_words import UNDECIDED, Spellings, alike_words, bucket_keys, pack_keys
from streams.matching.rough_words import RoughWords
from streams.matching.words import (
    FUZZY,
    LEAST_SAME_SOUND,
    SHORT,
    SHORT_SKELETON,
    SPELLING_COST,
    WRITTEN_FROM,
    Word,
    given_names,
    similarity,
)

Spelt = tuple[str, str, str]
"""What tells words apart: text, kind and script."""
_SHORTEST: Final = (WRITTEN_FROM, SHORT, SHORT_SKELETON)
_SAME_SOUND: Final = (SPELLING_COST, LEAST_SAME_SOUND)


class Vocabulary:
    """An immutable snapshot of numbered words; :meth:`extended` makes the next one.

    Words are never dropped: one no listed name has any more is found and leads nowhere.
    """

    __slots__ = (
        "_buckets", "_found", "_given", "_numbers", "_packed", "_rough", "_same_text", "_seen", "_spellings", "_values",
        "words",
    )  # fmt: skip

    def __init__(
        self,
        words: list[Word],
        numbers: dict[Spelt, int],
        same_text: dict[str, tuple[int, ...]],
        given: dict[str, tuple[int, ...]],
        spellings: Spellings,
        packed: Keys,
        rough: RoughWords,
    ) -> None:
        self.words = words
        self._numbers = numbers
        self._same_text = same_text
        self._given = given
        self._spellings = spellings
        self._packed = packed
        self._buckets = bucket_keys(packed)
        self._rough = rough
        # Room for a look-up to work in; nothing is kept in it.
        self._seen, self._found = np.zeros(len(words), np.bool), np.zeros(len(words), np.int64)
        self._values = np.zeros(len(words))

    @classmethod
    def empty(cls) -> Vocabulary:
        """A vocabulary without words."""
        return cls([], {}, {}, {}, _spellings(()), np.empty(0, np.uint64), RoughWords.empty())

    def __len__(self) -> int:
        return len(self.words)

    @property
    def any_script(self) -> bool:
        """Whether some words come from a script that spells names only roughly."""
        return self._rough.any_script

    def number(self, word: Word) -> int | None:
        """The number of exactly this word, if it is here."""
        return self._numbers.get((word.text, word.kind, word.script))

    def number_of(self, word: Word) -> int:
        """The number of a word that is known to be here."""
        return self._numbers[word.text, word.kind, word.script]

    def numbers_of_text(self, text: str) -> tuple[int, ...]:
        """The numbers of the words spelt ``text``, of whatever kind."""
        return self._same_text.get(text, ())

    def extended(self, words: Iterable[Word]) -> Vocabulary:
        """This vocabulary and the ``words`` it does not have yet."""
        known, numbers = list(self.words), dict(self._numbers)
        same_text, given = dict(self._same_text), dict(self._given)
        for word in words:
            spelt = (word.text, word.kind, word.script)
            if spelt in numbers:
                continue
            number = numbers[spelt] = len(known)
            known.append(word)
            same_text[word.text] = (*same_text.get(word.text, ()), number)
            if word.kind in FUZZY:
                for name in given_names(word.text):
                    given[name] = (*given.get(name, ()), number)
        start = len(self.words)
        if len(known) == start:
            return self
        more = _spellings(known[start:])
        fresh = pack_keys(more.chars, more.rows, more.fuzzy, start, _SHORTEST)
        packed = np.insert(self._packed, self._packed.searchsorted(fresh), fresh)
        rough = self._rough.extended(known, start)
        return Vocabulary(known, numbers, same_text, given, self._spellings.followed_by(more), packed, rough)

    def alike(self, word: Word, floor: float) -> dict[int, float]:
        """Word number → similarity, for all words at least ``floor`` like ``word``."""
        found = dict.fromkeys(self._same_text.get(word.text, ()), 1.0)
        if word.kind not in FUZZY:
            return found
        spelt = self._spellings
        sound, skeleton = len(word.text), len(word.text) + len(word.sound)
        count = alike_words(
            (word.text + word.sound + word.skeleton).encode("ascii"), sound, skeleton, _is_plain(word),
            spelt.chars, spelt.rows, self._packed, self._buckets, _SHORTEST, _SAME_SOUND, floor,
            self._seen, self._found, self._values,
        )  # fmt: skip
        undecided: list[int] = []
        if count:
            for number, similar in zip(self._found[:count].tolist(), self._values[:count].tolist(), strict=True):
                if similar == UNDECIDED:
                    undecided.append(number)
                else:
                    found[number] = similar
        for name in given_names(word.text):
            undecided += self._given.get(name, ())
        if word.script or self.any_script:
            found = {**self._rough.alike(word, self.words, floor), **found}
        for number in undecided:
            similar = similarity(word, self.words[number])
            if similar >= floor:
                found[number] = similar
            else:
                found.pop(number, None)
        return found

    def alike_exhaustively(self, word: Word, floor: float) -> dict[int, float]:
        """The answer of :meth:`alike`, by comparing with every word."""
        compared = ((number, similarity(word, other)) for number, other in enumerate(self.words))
        return {number: similar for number, similar in compared if similar >= floor}


def _spellings(words: Sequence[Word]) -> Spellings:
    strings = [spelling for word in words for spelling in (word.text, word.sound, word.skeleton)]
    return Spellings.of(strings, [word.kind in FUZZY for word in words], [_is_plain(word) for word in words])


def _is_plain(word: Word) -> bool:
    """Whether edits alone decide how like another such word it is that is no other form of the same given name."""
    return not word.script and len(word.sound) > SHORT

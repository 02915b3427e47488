"""The words of all listed names, and which of them are like a given word.

Words are found through the keys of :func:`streams.matching.words.keys`: a sorted array holds, for each
key of each word, the key's hash and the word's number in one 64-bit integer. Two different keys with one
hash only cost a comparison, never a result.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from streams.matching.words import Word, keys, similarity

_NUMBER_BITS: Final = 24
_NUMBER: Final = (1 << _NUMBER_BITS) - 1
_HASH: Final = (1 << 40) - 1
_MERGE_RATIO: Final = 8


class Vocabulary:
    """An immutable snapshot of numbered words; :meth:`extended` makes the next one.

    Words are never dropped: one no listed name has any more is found and leads nowhere.
    """

    __slots__ = ("_numbers", "_segments", "words")

    def __init__(
        self, words: list[Word], numbers: dict[tuple[str, bool], int], segments: tuple[array[int], ...]
    ) -> None:
        self.words = words
        self._numbers = numbers
        self._segments = segments

    @classmethod
    def empty(cls) -> Vocabulary:
        """A vocabulary without words."""
        return cls([], {}, ())

    def __len__(self) -> int:
        return len(self.words)

    def number(self, word: Word) -> int | None:
        """The number of exactly this word."""
        return self._numbers.get((word.text, word.kind == "legal"))

    def number_of(self, word: Word) -> int:
        """The number of a word that is known to be here."""
        return self._numbers[word.text, word.kind == "legal"]

    def number_of_text(self, text: str) -> int | None:
        """The number of the word spelt ``text`` that is no legal form."""
        return self._numbers.get((text, False))

    def extended(self, words: Iterable[Word]) -> Vocabulary:
        """This vocabulary and the ``words`` it does not have yet."""
        known, numbers = list(self.words), dict(self._numbers)
        packed = []
        for word in words:
            name = (word.text, word.kind == "legal")
            if name in numbers:
                continue
            number = numbers[name] = len(known)
            known.append(word)
            packed += [(hash(key) & _HASH) << _NUMBER_BITS | number for key in keys(word)]
        if not packed:
            return self
        packed.sort()
        segments = [*self._segments, array("Q", packed)]
        # Like a log-structured merge: a segment is merged into the one before it once it is not much smaller,
        # so there are few segments and a key is moved few times.
        while len(segments) > 1 and len(segments[-1]) * _MERGE_RATIO > len(segments[-2]):
            last, before = segments.pop(), segments.pop()
            segments.append(array("Q", sorted([*before, *last])))
        return Vocabulary(known, numbers, tuple(segments))

    def alike(self, word: Word, floor: float) -> dict[int, float]:
        """Word number → similarity, for all words at least ``floor`` like ``word``."""
        known = self.words
        found: dict[int, float] = {}
        for number in self._sharing_key(word):
            similar = similarity(word, known[number])
            if similar >= floor:
                found[number] = similar
        return found

    def alike_exhaustively(self, word: Word, floor: float) -> dict[int, float]:
        """The answer of :meth:`alike`, by comparing with every word."""
        compared = ((number, similarity(word, other)) for number, other in enumerate(self.words))
        return {number: similar for number, similar in compared if similar >= floor}

    def _sharing_key(self, word: Word) -> list[int]:
        numbers: set[int] = set()
        for legal in (False, True):
            number = self._numbers.get((word.text, legal))
            if number is not None:
                numbers.add(number)
        for segment in self._segments:
            end = len(segment)
            for key in keys(word):
                low = (hash(key) & _HASH) << _NUMBER_BITS
                at = bisect_left(segment, low)
                while at < end and segment[at] <= low | _NUMBER:
                    numbers.add(segment[at] & _NUMBER)
                    at += 1
        return sorted(numbers)

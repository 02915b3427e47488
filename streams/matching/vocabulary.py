"""The words of all listed names, and which of them are like a given word.

Words are found through the keys of :func:`streams.matching.words.keys`: a sorted array holds, for each
key of each word, the key's hash and the word's number in one 64-bit integer. Two different keys with one
hash only cost a comparison, never a result. Words of rough scripts are found through the keys of
:mod:`streams.matching.rough`, in a map that is made when it is first needed.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from streams.matching import rough
from streams.matching.lexicon import COGNATES, NICKNAMES
from streams.matching.words import FUZZY, Word, keys, likeness, most_edits, similarity

_NUMBER_BITS: Final = 24
_NUMBER: Final = (1 << _NUMBER_BITS) - 1
_HASH: Final = (1 << 40) - 1
_MERGE_RATIO: Final = 8
_SLOTS_A_KEY: Final = 5

_WORTH_FILTERING: Final = 6


def _within(word: str, choices: list[str], most: int) -> list[tuple[str, int, int]]:
    """The ``choices`` within ``most`` edits (insert, delete, replace, swap) of ``word``: text, edits, position."""
    return process.extract(word, choices, scorer=OSA.distance, score_cutoff=most, limit=None)


def _is_given_name(text: str) -> bool:
    return text in NICKNAMES or text in COGNATES


Name = tuple[str, str, str]
"""What tells words apart: text, kind and script."""


class _Block:
    """Consecutive words and the keys that lead to them."""

    __slots__ = ("_latin", "keys", "mask", "present", "rough", "start", "words")

    def __init__(self, start: int, words: list[Word], packed: array[int]) -> None:
        self.start = start
        self.words = words
        self.keys = packed
        # One byte for each of many slots says whether any key falls there: most keys asked for are not here,
        # and this tells so faster than the search does.
        size = 1 << (_SLOTS_A_KEY * len(packed)).bit_length()
        self.mask = size - 1
        self.present = bytearray(size)
        for key in packed:
            self.present[(key >> _NUMBER_BITS) & self.mask] = 1
        self.rough = self._by_rough_key(rough_script=True)
        self._latin: dict[str, tuple[int, ...]] | None = None

    @property
    def latin(self) -> dict[str, tuple[int, ...]]:
        """Rough key → the Latin words that have it; made when a word of a rough script first asks."""
        if self._latin is None:
            self._latin = self._by_rough_key(rough_script=False)
        return self._latin

    def _by_rough_key(self, rough_script: bool) -> dict[str, tuple[int, ...]]:
        numbers: dict[str, list[int]] = {}
        for number, word in enumerate(self.words, self.start):
            if word.kind in FUZZY and bool(word.script) == rough_script:
                for key in set(rough.keys(word.text, word.script)):
                    numbers.setdefault(key, []).append(number)
        return {key: tuple(found) for key, found in numbers.items()}


class Vocabulary:
    """An immutable snapshot of numbered words; :meth:`extended` makes the next one.

    Words are never dropped: one no listed name has any more is found and leads nowhere.
    """

    __slots__ = ("_blocks", "_numbers", "_same_text", "rough", "skeletons", "sounds", "texts", "words")

    def __init__(
        self,
        words: list[Word],
        numbers: dict[Name, int],
        same_text: dict[str, tuple[int, ...]],
        blocks: tuple[_Block, ...],
    ) -> None:
        self.words = words
        self._numbers = numbers
        self._same_text = same_text
        self._blocks = blocks
        self.texts = [word.text for word in words]
        self.skeletons = [word.skeleton for word in words]
        self.sounds = [word.sound for word in words]
        self.rough = frozenset(number for number, word in enumerate(words) if word.script)

    @classmethod
    def empty(cls) -> Vocabulary:
        """A vocabulary without words."""
        return cls([], {}, {}, ())

    def __len__(self) -> int:
        return len(self.words)

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
        known, numbers, same_text = list(self.words), dict(self._numbers), dict(self._same_text)
        packed = []
        for word in words:
            name = (word.text, word.kind, word.script)
            if name in numbers:
                continue
            number = numbers[name] = len(known)
            known.append(word)
            same_text[word.text] = (*same_text.get(word.text, ()), number)
            if word.kind in FUZZY:
                packed += [(hash(key) & _HASH) << _NUMBER_BITS | number for key in keys(word)]
        if len(known) == len(self.words):
            return self
        start = len(self.words)
        blocks = [*self._blocks, _Block(start, known[start:], array("Q", sorted(packed)))]
        # Like a log-structured merge: a block is merged into the one before it once it is not much smaller,
        # so there are few blocks and a word is moved few times.
        while len(blocks) > 1 and len(blocks[-1].words) * _MERGE_RATIO > len(blocks[-2].words):
            last, before = blocks.pop(), blocks.pop()
            merged = array("Q", sorted([*before.keys, *last.keys]))
            blocks.append(_Block(before.start, before.words + last.words, merged))
        return Vocabulary(known, numbers, same_text, tuple(blocks))

    def alike(self, word: Word, floor: float) -> dict[int, float]:
        """Word number → similarity, for all words at least ``floor`` like ``word``."""
        known = self.words
        found: dict[int, float] = {}
        for number in self._near(word, self._sharing_key(word), floor):
            similar = similarity(word, known[number])
            if similar >= floor:
                found[number] = similar
        if word.script or self.rough:
            for number in self._sharing_rough_key(word):
                similar = similarity(word, known[number], rough_key=True)
                if similar >= floor:
                    found[number] = similar
        return found

    def _near(self, word: Word, numbers: list[int], floor: float) -> Iterable[int]:
        """Those of ``numbers`` that are few enough edits away, or may be alike for another reason than edits.

        The edit distances are taken of all at once, then likeness is worked out as :func:`similarity` does.
        """
        if word.script or len(numbers) < _WORTH_FILTERING:
            return numbers
        near: set[int] = set()
        skeleton, skeletons = word.skeleton, self.skeletons
        for ours, spellings in ((word.sound, self.sounds), (word.text, self.texts)):
            length = len(ours)
            choices = [spellings[number] for number in numbers]
            for theirs, edits, at in _within(ours, choices, most_edits(length, floor)):
                number = numbers[at]
                if edits:
                    other = skeletons[number]
                    consonants = 0 if other == skeleton else OSA.distance(skeleton, other)
                    if likeness(edits + consonants, max(length, len(theirs))) < floor:
                        continue
                near.add(number)
        if _is_given_name(word.text):
            near.update(number for number in numbers if _is_given_name(self.texts[number]))
        return near

    def alike_exhaustively(self, word: Word, floor: float) -> dict[int, float]:
        """The answer of :meth:`alike`, by comparing with every word."""
        compared = ((number, similarity(word, other)) for number, other in enumerate(self.words))
        return {number: similar for number, similar in compared if similar >= floor}

    def _sharing_key(self, word: Word) -> list[int]:
        numbers = set(self._same_text.get(word.text, ()))
        if word.kind not in FUZZY:
            return list(numbers)
        lows = [(hash(key) & _HASH) << _NUMBER_BITS for key in keys(word)]
        for block in self._blocks:
            packed, end = block.keys, len(block.keys)
            present, mask = block.present, block.mask
            for low in lows:
                if not present[(low >> _NUMBER_BITS) & mask]:
                    continue
                at = bisect_left(packed, low)
                high = low | _NUMBER
                while at < end:
                    found_at = packed[at]
                    if found_at > high:
                        break
                    numbers.add(found_at & _NUMBER)
                    at += 1
        return list(numbers)

    def _sharing_rough_key(self, word: Word) -> set[int]:
        """Words of a rough script for a Latin one, and the other way round."""
        numbers: set[int] = set()
        if word.kind in FUZZY:
            for block in self._blocks:
                found = block.latin if word.script else block.rough
                if found:
                    for key in set(rough.keys(word.text, word.script)):
                        numbers.update(found.get(key, ()))
        return numbers

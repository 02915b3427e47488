"""Listed words by their rough spelling: which of them are like a word of another script.

Words are grouped by the classes of their consonants, as only those decide whether two words share a key: far
fewer classes than words have to be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from streams.matching import rough
from streams.matching.arrays import Bytes, Lists, Numbers
from streams.matching.compiled_words import alike_roughly
from streams.matching.pinyin import is_pinyin
from streams.matching.romanise import Script
from streams.matching.words import FUZZY, Word

_SCRIPTS: Final[dict[str, int]] = {script: number for number, script in enumerate(get_args(Script))}
_COSTS: Final = (rough.CLASS_COST, rough.LETTER_COST, rough.VOWEL_COST, rough.START_COST)
_MERGE_RATIO: Final = 8
_RANGE: Final = (rough.LEAST, rough.LOWEST, rough.HIGHEST)


class _Group(NamedTuple):
    """The words of some scripts: their ``numbers``, and how they are spelt.

    ``having`` maps a key to the classes that have it, ``position`` the classes to their place in ``members``, which
    are the words (by their place here) of each. The arrays are those of :func:`compiled_words.alike_roughly`.
    """

    numbers: Numbers
    position: dict[str, int]
    having: dict[str, list[int]]
    members: Lists
    chars: Bytes
    at: Numbers
    vowel_first: NDArray[np.bool]
    scripts: Bytes
    pinyin: NDArray[np.bool]

    @classmethod
    def of(cls, words: Sequence[tuple[int, Word]]) -> _Group:
        """The numbered ``words``."""
        position: dict[str, int] = {}
        having: dict[str, list[int]] = {}
        members: list[list[int]] = []
        strings: list[str] = []
        spelt = [rough.spelling(word.text, word.script) for _, word in words]
        for place, spelling in enumerate(spelt):
            classes = spelling.classes
            group = position.get(classes)
            if group is None:
                group = position[classes] = len(members)
                members.append([])
                for key in rough.keys(classes):
                    having.setdefault(key, []).append(group)
            members[group].append(place)
            strings += (classes, rough.without_l(classes), spelling.letters, spelling.vowels)
        return cls(
            np.array([number for number, _ in words], np.int64),
            position,
            having,
            Lists.of(members),
            np.frombuffer("".join(strings).encode("ascii"), np.uint8),
            np.cumsum([0, *[len(string) for string in strings]]),
            np.array([spelling.starts for spelling in spelt], np.bool),
            np.array([_SCRIPTS[word.script] for _, word in words], np.uint8),
            np.array([is_pinyin(word.text) for _, word in words], np.bool),
        )

    def alike(self, word: Word, floor: float) -> dict[int, float]:
        """Word number → similarity, of those at least ``floor`` like ``word``, as :func:`rough.similarity` has it."""
        ours = rough.spelling(word.text, word.script)
        having = self.having
        groups = {group for key in rough.keys(ours.classes) for group in having.get(key, ())} if ours.classes else ()
        if not groups:
            return {}
        strings = (ours.classes, rough.without_l(ours.classes), ours.letters, ours.vowels)
        thin = len(ours.classes)
        letters = thin + len(strings[1])
        numbers, values = np.empty(len(self.numbers), np.int64), np.empty(len(self.numbers))
        count = alike_roughly(
            np.frombuffer("".join(strings).encode("ascii"), np.uint8), (thin, letters, letters + len(ours.letters)),
            ours.starts, _SCRIPTS[word.script], _SCRIPTS["han_name"], is_pinyin(word.text),
            np.fromiter(groups, np.int64),
            self.members.flat, self.members.at, self.chars, self.at, self.vowel_first, self.scripts,
            self.pinyin, _COSTS, _RANGE, rough.SHORT, floor, numbers, values,
        )  # fmt: skip
        return dict(zip(self.numbers[numbers[:count]].tolist(), values[:count].tolist(), strict=True))


class RoughWords:
    """An immutable snapshot of the listed words by their rough spelling; :meth:`extended` makes the next one.

    Those in Latin letters are many, and only asked for by words of other scripts: they are grouped when one first is.
    """

    __slots__ = ("_latin", "_others")

    def __init__(self, others: tuple[_Group, ...], latin: tuple[_Group, ...] | None) -> None:
        self._others = others
        self._latin = latin

    @classmethod
    def empty(cls) -> RoughWords:
        """No words."""
        return cls((), None)

    @property
    def any_script(self) -> bool:
        """Whether there are words of a script that spells names only roughly."""
        return bool(self._others)

    def extended(self, words: Sequence[Word], start: int) -> RoughWords:
        """These and the ``words`` from number ``start`` on."""
        latin = None if self._latin is None else _extended(self._latin, words, start, latin=True)
        return RoughWords(_extended(self._others, words, start, latin=False), latin)

    def alike(self, word: Word, words: Sequence[Word], floor: float) -> dict[int, float]:
        """Word number → similarity, of all ``words`` in other scripts that are at least ``floor`` like ``word``.

        Words of one sound are among them, though not their spelling decides then.
        """
        groups = self._others
        if word.script:
            if self._latin is None:
                self._latin = _extended((), words, 0, latin=True)
            groups += self._latin
        found: dict[int, float] = {}
        for group in groups:
            found.update(group.alike(word, floor))
        return found


def _extended(groups: tuple[_Group, ...], words: Sequence[Word], start: int, latin: bool) -> tuple[_Group, ...]:
    """``groups`` and one more, of the words from ``start`` on; merged with the last while that is not much larger."""
    numbered = [
        (number, word)
        for number, word in enumerate(words[start:], start)
        if word.kind in FUZZY and bool(word.script) != latin
    ]
    if not numbered:
        return groups
    while groups and len(numbered) * _MERGE_RATIO > len(groups[-1].numbers):
        numbered = [(number, words[number]) for number in groups[-1].numbers.tolist()] + numbered
        groups = groups[:-1]
    return (*groups, _Group.of(numbered))

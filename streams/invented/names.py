"""Invented names that look like the listed ones: new queries, and more of a list than there is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

import msgspec

from streams.errors import ListError
from streams.records.list_entry import ListedName, ListEntry

_COINED_WORDS: Final = 0.09
"""Of the words of a list that grows, so many are new. Of all words of the consolidated list, those of a tenth of its
entries are 6,400 and those of all 37,700, 5.9 times as many; with this share ten times the list has 4.7 times as
many."""

_TRIES: Final = 20
"""So many names are made for each that is wanted, before it is given up that they differ."""


class NameMaker:
    """Makes names from the words of real ones: as many words as a real name has, in their places, from others.

    A share of the words is coined (the front of one word, the back of another), so that new names bring new words
    as they do in life. The same seed gives the same names.
    """

    def __init__(self, entries: Sequence[ListEntry], seed: int) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - invented names, not a secret
        names = [listed.name.split() for entry in entries for listed in entry.names]
        self._names = [words for words in names if len(words) > 1] or names

    def name(self, coined: float = 0.4) -> str:
        """One name; ``coined`` is the share of its words that no other name has."""
        rng = self._rng
        words = []
        for position in range(len(rng.choice(self._names))):
            donor, other = rng.choice(self._names), rng.choice(self._names)
            word, end = donor[min(position, len(donor) - 1)], other[min(position, len(other) - 1)]
            words.append(word[: (len(word) + 1) // 2] + end[len(end) // 2 :].lower() if rng.random() < coined else word)
        return " ".join(words)[:1000]

    def misspelt(self, name: str) -> str:
        """The name with one letter changed."""
        spots = [position for position, char in enumerate(name) if char.isalpha()]
        if not spots:
            return name
        spot = self._rng.choice(spots)
        return name[:spot] + self._rng.choice("abcdefghijklmnopqrstuvwxyz") + name[spot + 1 :]


def unseen_names(entries: Sequence[ListEntry], count: int, seed: int) -> list[str]:
    """Names to ask for, none twice: seven in ten invented, three in ten listed ones with a letter changed.

    Raises ListError when so many different ones cannot be made of the listed ones.
    """
    maker = NameMaker(entries, seed)
    rng = random.Random(seed + 1)  # noqa: S311 - invented names, not a secret
    names: dict[str, None] = {}
    for _ in range(_TRIES * count):
        listed = rng.choice(rng.choice(entries).names).name
        names.setdefault(maker.name() if rng.random() < 0.7 else maker.misspelt(listed))
        if len(names) == count:
            return list(names)
    raise ListError(f"its names are too few to make {count:,} others of them: take a larger list")


def grown(entries: Sequence[ListEntry], times: int, seed: int) -> list[ListEntry]:
    """The entries and, for each, ``times - 1`` invented ones with as many names, otherwise alike."""
    maker = NameMaker(entries, seed)
    more = [
        msgspec.structs.replace(
            entry,
            entry_id=f"{entry.entry_id} grown {copy}",
            names=tuple(
                ListedName(name=maker.name(_COINED_WORDS), kind=listed.kind, strength=listed.strength)
                for listed in entry.names
            ),
        )
        for copy in range(1, times)
        for entry in entries
    ]
    return [*entries, *more]

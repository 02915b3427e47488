"""Invented names that look like the listed ones: new queries, and more of a list than there is."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec

from streams.records.list_entry import ListedName, ListEntry


class NameMaker:
    """Makes names from the words of real ones: as many words, in their places, from other names.

    A share of the words is bent by a letter, so that not every word is one the list already has. The same seed
    gives the same names.
    """

    def __init__(self, entries: Sequence[ListEntry], seed: int) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - invented names, not a secret
        self._names = [words for entry in entries for listed in entry.names if len(words := listed.name.split()) > 1]

    def name(self, bent: float = 0.3) -> str:
        """One name; ``bent`` is the share of words with a letter changed."""
        rng = self._rng
        pattern = rng.choice(self._names)
        words = []
        for position in range(len(pattern)):
            donor = rng.choice(self._names)
            word = donor[min(position, len(donor) - 1)]
            words.append(self._bent(word) if rng.random() < bent else word)
        return " ".join(words)[:1000]

    def misspelt(self, name: str) -> str:
        """The name with one letter changed."""
        return self._bent(name)

    def _bent(self, word: str) -> str:
        spots = [position for position, char in enumerate(word) if char.isalpha()]
        if not spots:
            return word
        spot = self._rng.choice(spots)
        return word[:spot] + self._rng.choice("abcdefghijklmnopqrstuvwxyz") + word[spot + 1 :]


def unseen_names(entries: Sequence[ListEntry], count: int, seed: int) -> list[str]:
    """Names to ask for, none twice: seven in ten invented, three in ten listed ones with a letter changed."""
    maker = NameMaker(entries, seed)
    rng = random.Random(seed + 1)  # noqa: S311 - invented names, not a secret
    names: dict[str, None] = {}
    while len(names) < count:
        listed = rng.choice(rng.choice(entries).names).name
        names.setdefault(maker.name() if rng.random() < 0.7 else maker.misspelt(listed))
    return list(names)


def grown(entries: Sequence[ListEntry], times: int, seed: int) -> list[ListEntry]:
    """The entries and, for each, ``times - 1`` invented ones with as many names, otherwise alike."""
    maker = NameMaker(entries, seed)
    more = [
        msgspec.structs.replace(
            entry,
            entry_id=f"{entry.entry_id}~{copy}",
            names=tuple(
                ListedName(name=maker.name(), kind=listed.kind, strength=listed.strength) for listed in entry.names
            ),
        )
        for copy in range(1, times)
        for entry in entries
    ]
    return [*entries, *more]

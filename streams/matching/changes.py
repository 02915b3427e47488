"""What a release changes, seen from a party: whether its matches can be other ones than before.

So the answers for parties that come again and again are kept across releases, and only those that a release can
have changed are worked out anew. A party's matches can only be other ones when

- the weight of a word of its names has changed, or such a word became listed or ceased to be; or
- it may score enough with a *changed name*: a listed name that came or went, or has a word whose weight changed.
  Then those words of the party that are like words of changed names carry enough of its weight; or
- it shares an address key or an identifier with an entry of a changed name.

Being told that nothing changed can be relied on; being told that something may have changed means to ask the index.
"""

from __future__ import annotations

from typing import Final

import msgspec

from streams.matching.addresses import address_keys, entry_lines
from streams.matching.identifiers import entry_keys
from streams.matching.index import EntityIndex, Key
from streams.matching.judging import Asked
from streams.matching.names import ReadName
from streams.matching.names_index import ListedNames, NameFinder
from streams.matching.policy import Policy
from streams.matching.words import Word

_ROUNDING: Final = 1e-6
_MOST_NAMES: Final = 20_000
"""With more names changed, looking costs more than it spares."""


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What of a party decides whom it can match.

    ``names`` are the words of each of its names with their weights, ``keys`` the hashes of its address keys and
    identifiers, ``lowest`` is the lowest score of a name that can become a hit.
    """

    names: tuple[tuple[tuple[Word, ...], tuple[float, ...]], ...]
    keys: tuple[int, ...]
    lowest: float

    @classmethod
    def of(cls, asked: Asked) -> Reading:
        """What decides whom the party ``asked`` for can match."""
        names = [(name.read.words, tuple([word.weight for word in name.query.words])) for name in asked.names]
        keys = [hash(key) for line in asked.addresses for key in line.keys]
        keys += [hash(key) for _, key, _ in asked.identifiers]
        return cls(tuple(names), tuple(keys), asked.lowest)


class Changes:
    """What is different between an index and one that :meth:`EntityIndex.apply` made from it, once or repeatedly."""

    def __init__(self, before: EntityIndex, after: EntityIndex, policy: Policy) -> None:
        self._surplus, self._saturation = policy.score.surplus, policy.score.saturation
        old, new = before._finder(policy), after._finder(policy)
        reweighted = _reweighted(old, new)
        changed = _changed_entries(before, after)
        names: list[ReadName] = []
        self._keys: set[int] = set()
        for index, finder in ((before, old), (after, new)):
            numbers = {number for key in changed for number in index._places.of_entry.get(key, ())}
            for word in reweighted:
                if word < len(finder.listed.vocabulary):
                    numbers.update(finder.listed.names_with(word))
            known = finder.listed.vocabulary.words
            names += [ReadName(tuple([known[word] for word in finder.listed.of(name)]), ()) for name in numbers]
            for key in {index._places.of_name[name][0] for name in numbers}:
                entry = index.entries[key]
                self._keys.update(hash(each) for line in entry_lines(entry) for each in address_keys(line))
                self._keys.update(hash(each) for each in entry_keys(entry))
        self.too_many = not len(before) or len(names) > _MOST_NAMES
        """Whether so much has changed that it is not worth asking."""
        listed = ListedNames.empty() if self.too_many else ListedNames.empty().changed([names], [])[0]
        self._finder = NameFinder.build(listed, policy)
        words = new.listed.vocabulary.words
        self._reweighted = {listed.vocabulary.number(words[number]) for number in reweighted}

    def may_concern(self, party: Reading) -> bool:
        """Whether the party's matches may be other ones than before."""
        return (
            self.too_many
            or not self._keys.isdisjoint(party.keys)
            or any(self._may_concern_name(words, weights, party.lowest) for words, weights in party.names)
        )

    def _may_concern_name(self, words: tuple[Word, ...], weights: tuple[float, ...], lowest: float) -> bool:
        query = self._finder.query(ReadName(words, ()))
        if query.splits:  # a word of the party is two of a changed name
            return True
        shared = 0.0
        for i, word in enumerate(query.words):
            if word.alike:
                if not self._reweighted.isdisjoint(word.alike):
                    return True
                shared += weights[i]
            elif i in query.joins or i - 1 in query.joins:
                shared += weights[i]
        return shared > 0.0 and self._may_reach(shared, sum(weights) - shared, lowest)

    def _may_reach(self, shared: float, rest: float, lowest: float) -> bool:
        """Whether a name that shares so much of the party's weight may score ``lowest``.

        What agrees is at most ``shared``, and at least the ``rest`` is left over, which costs least when the listed
        name has nothing left over (the formula is in :mod:`streams.matching.scoring`).
        """
        cost = self._surplus * rest / (1.0 + self._saturation * rest)
        return cost <= shared * (1.0 - lowest) / lowest + _ROUNDING


def _reweighted(old: NameFinder, new: NameFinder) -> list[int]:
    """The words whose weight is another one, or that became listed or ceased to be."""
    had, has = old.listed.entries, new.listed.entries
    weights = zip(old.weights.tolist(), new.weights.tolist(), strict=False)
    changed = [
        number
        for number, (before, after) in enumerate(weights)
        if before != after or (not had[number]) != (not has[number])
    ]
    return changed + [number for number in range(len(had), len(has)) if has[number]]


def _changed_entries(before: EntityIndex, after: EntityIndex) -> list[Key]:
    old, new = before.entries, after.entries
    changed = [key for key, entry in new.items() if old.get(key) is not entry]
    return changed + [key for key in old if key not in new]

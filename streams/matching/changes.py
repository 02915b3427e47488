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

from itertools import compress, count, islice, pairwise, takewhile
from operator import is_, ne
from typing import Final, Literal

import msgspec

from streams.matching.addresses import address_keys, entry_lines
from streams.matching.asking import Asked
from streams.matching.identifiers import entry_keys
from streams.matching.index import EntityIndex, Key
from streams.matching.names import ReadName
from streams.matching.names_index import ListedNames, NameFinder, same_rough_script
from streams.matching.policy import Policy
from streams.matching.words import Word, as_name, joinable

_ROUNDING: Final = 1e-6
_MOST_NAMES: Final = 20_000
"""With more names changed, looking costs more than it spares."""
_MEMO: Final = 50_000
"""How many words of parties are remembered with what they are to what changed; about 100 bytes each."""

Touch = Literal["nothing", "alike", "decides"]
"""What a word of a party is to the words of changed names: like none, like some, or alone enough to ask the index."""


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
        self._listed = ListedNames.empty() if self.too_many else ListedNames.empty().changed([names], [])[0]
        words = new.listed.vocabulary.words
        self._reweighted = {self._listed.vocabulary.number(words[number]) for number in reweighted}
        self._floor = policy.score.word_similarity
        self._known: dict[Word, Touch] = {}

    def may_concern(self, party: Reading) -> bool:
        """Whether the party's matches may be other ones than before."""
        return (
            self.too_many
            or not self._keys.isdisjoint(party.keys)
            or any(self._may_concern_name(words, weights, party.lowest) for words, weights in party.names)
        )

    def _may_concern_name(self, words: tuple[Word, ...], weights: tuple[float, ...], lowest: float) -> bool:
        known = self._known
        touches = [known.get(word) or self._touch(word) for word in words]
        if "decides" in touches:
            return True
        shared = {i for i, touch in enumerate(touches) if touch == "alike"}
        for i, (first, second) in enumerate(pairwise(words)):
            if joinable(first, second) and self._spell_together(first, second):
                shared |= {i, i + 1}
        if not shared:
            return False
        weight = sum([weights[i] for i in shared])
        return weight > 0.0 and self._may_reach(weight, sum(weights) - weight, lowest)

    def _touch(self, word: Word) -> Touch:
        """What a word that is not remembered is to the words of changed names."""
        if len(self._known) >= _MEMO:
            self._known.clear()
        touch: Touch = "nothing"
        if self._listed.joined.get(word.text):  # it is two words of a changed name
            touch = "decides"
        elif alike := self._listed.vocabulary.alike(word, self._floor):
            touch = "alike" if self._reweighted.isdisjoint(alike) else "decides"
        self._known[word] = touch
        return touch

    def _spell_together(self, first: Word, second: Word) -> bool:
        """Whether two adjacent words are one of a changed name: exactly, or roughly if their script is rough."""
        text = first.text + second.text
        if same_rough_script(first, second):
            name = as_name(text, first.script)
            return (self._known.get(name) or self._touch(name)) != "nothing"
        return bool(self._listed.vocabulary.numbers_of_text(text))

    def _may_reach(self, shared: float, rest: float, lowest: float) -> bool:
        """Whether a name that shares so much of the party's weight may score ``lowest``.

        What agrees is at most ``shared``, and at least the ``rest`` is left over, which costs least when the listed
        name has nothing left over (the formula is in :mod:`streams.matching.scoring`).
        """
        cost = self._surplus * rest / (1.0 + self._saturation * rest)
        return cost <= shared * (1.0 - lowest) / lowest + _ROUNDING


def _reweighted(old: NameFinder, new: NameFinder) -> list[int]:
    """The words whose weight is another one, or that became listed or ceased to be.

    A weight is another one only where another number of entries has the word.
    """
    had, has = old.listed.entries, new.listed.entries
    changed = [
        number
        for number in compress(count(), map(ne, had, has))
        if not had[number] or not has[number] or old.weights[number] != new.weights[number]
    ]
    return changed + [number for number in range(len(had), len(has)) if has[number]]


def _changed_entries(before: EntityIndex, after: EntityIndex) -> list[Key]:
    """The keys of entries that came, went or have another form.

    An index appends what changes, so entries that nothing was done to mostly come first, in both in the same order.
    """
    same = sum(takewhile(bool, map(is_, before.entries.values(), after.entries.values())))
    old, new = (dict(islice(index.entries.items(), same, None)) for index in (before, after))
    changed = [key for key, entry in new.items() if old.get(key) is not entry]
    return changed + [key for key in old if key not in new]

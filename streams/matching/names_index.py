"""Which listed names agree with a name, found without looking at most of them.

:class:`ListedNames` is what the lists say, whatever the policy; :class:`NameFinder` is the same under one
policy, with the weight of every word and name. Both are immutable snapshots.

Nothing is lost: :mod:`streams.matching.bounds` says how much a name must have of a query at least, and what cannot
have so much need not be looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, product
from typing import Final, NamedTuple

import numpy as np

from streams.matching.arrays import Lists, Values
from streams.matching.bounds import STEPS_A_WEIGHT, least_credit, needed
from streams.matching.compiled_names import OF_WORD, OF_WORDS, invert, names_within_reach, weigh_names
from streams.matching.names import ReadName
from streams.matching.pinyin import is_pinyin
from streams.matching.policy import Policy
from streams.matching.scoring import Agreement, Joined, Query, QueryWord, agree, credit_of
from streams.matching.vocabulary import Vocabulary
from streams.matching.words import SAME_SOUND, SHORT, Word, as_name, joinable

_MEMO: Final = 250_000
"""How many listed words are remembered as like words asked for, at most; about 150 bytes each."""
_WORD_SIZE: Final = 6
"""What a remembered word takes beside them, in the same unit."""
_MANY: Final = 500
"""Words that lead to more names are not followed where they can be spared."""
_COMMON_FROM: Final = 8
_ROUNDING: Final = 1e-9
_SLACK: Final = 1e-8
"""More than sums of weights can be off by."""


class ListedNames(NamedTuple):
    """The words of every listed name.

    ``words`` are the word numbers of each name, none once it was removed; ``having`` the names that have each word;
    ``joined`` the names in which two adjacent words spell a text; ``entries[w]`` how many entries have word w.
    """

    vocabulary: Vocabulary
    words: Lists
    having: Lists
    joined: dict[str, tuple[int, ...]]
    entries: list[int]

    @classmethod
    def empty(cls) -> ListedNames:
        """No names at all."""
        return cls(Vocabulary.empty(), _NOTHING, _NOTHING, {}, [])

    @property
    def size(self) -> int:
        """How many names there are, removed ones included."""
        return len(self.words.at) - 1

    def of(self, name: int) -> list[int]:
        """The words of a name."""
        return self.words.row(name)

    def names_with(self, word: int) -> list[int]:
        """The names that have a word; one that has it twice is there twice."""
        return self.having.row(word)

    def changed(
        self, added: Sequence[Sequence[ReadName]], removed: Sequence[Sequence[int]]
    ) -> tuple[ListedNames, set[int]]:
        """The names after some entries' names were ``added`` (numbered in order) and others ``removed``.

        Also returns the words whose number of entries changed.
        """
        vocabulary = self.vocabulary.extended(word for names in added for name in names for word in name.words)
        joined = dict(self.joined)
        entries = self.entries + [0] * (len(vocabulary) - len(self.entries))
        touched: set[int] = set()
        for names in removed:
            of_entry: set[int] = set()
            for name in names:
                numbers = self.of(name)
                of_entry.update(numbers)
                for spelt in self._joins(vocabulary, numbers):
                    joined[spelt] = tuple(other for other in joined[spelt] if other != name)
            for number in of_entry:
                entries[number] -= 1
            touched |= of_entry
        fresh: list[list[int]] = []
        more_joined: dict[str, list[int]] = {}
        for names_read in added:
            of_entry = set()
            for read in names_read:
                numbers = [vocabulary.number_of(word) for word in read.words]
                for spelt in self._joins(vocabulary, numbers):
                    more_joined.setdefault(spelt, []).append(self.size + len(fresh))
                fresh.append(numbers)
                of_entry.update(numbers)
            for number in of_entry:
                entries[number] += 1
            touched |= of_entry
        for spelt, names_more in more_joined.items():
            joined[spelt] = (*joined.get(spelt, ()), *names_more)
        gone = [name for names in removed for name in names]
        words = self.words.emptied(gone).followed_by(Lists.of(fresh))
        having = Lists(*invert(words.flat, words.at, len(vocabulary)))
        return ListedNames(vocabulary, words, having, joined, entries), touched

    @staticmethod
    def _joins(vocabulary: Vocabulary, numbers: Sequence[int]) -> set[str]:
        known = vocabulary.words
        return {known[a].text + known[b].text for a, b in pairwise(numbers) if joinable(known[a], known[b])}


_NO_LINKS: Final = np.empty((0, 2))
_NOTHING: Final = Lists.of(())


class NameFinder:
    """The listed names under one policy."""

    __slots__ = (
        "_found",
        "_known",
        "_lowest",
        "_names",
        "_needed",
        "_remembered",
        "_rules",
        "_strongest",
        "listed",
        "policy",
        "totals",
        "weights",
    )

    def __init__(self, listed: ListedNames, policy: Policy, weights: Values) -> None:
        self.listed = listed
        self.policy = policy
        self.weights = weights
        self.totals = weigh_names(listed.words.flat, listed.words.at, weights)
        rules = policy.score
        self._rules = (rules.conflict, rules.surplus, rules.saturation, rules.caution)
        # Room for a search to work in; nothing is kept in it.
        self._found, self._names = np.zeros((listed.size, 4)), np.zeros(listed.size, np.int32)
        self._strongest = np.zeros((2, len(weights)))
        self._known: dict[Word, QueryWord] = {}
        self._remembered = 0
        self._needed: dict[tuple[int, float], float] = {}
        facts = product((False, True), repeat=3)
        self._lowest = {known: policy.score_needed(*known) for known in facts}

    @classmethod
    def build(cls, listed: ListedNames, policy: Policy) -> NameFinder:
        """The finder of ``listed`` under ``policy``."""
        empty = cls(ListedNames.empty(), policy, np.empty(0))
        return empty.evolved(listed, range(len(listed.vocabulary)))

    def evolved(self, listed: ListedNames, touched: Iterable[int]) -> NameFinder:
        """The finder of ``listed``, in which other numbers of entries have the words ``touched``."""
        known, entries = listed.vocabulary.words, listed.entries
        weights = np.concatenate((self.weights, np.zeros(len(known) - len(self.weights))))
        for number in touched:
            weights[number] = weigh(known[number], entries[number], self.policy)
        return NameFinder(listed, self.policy, weights)

    def query(self, name: ReadName) -> Query:
        """``name`` as compared with the listed names."""
        known, ours = self._known, name.words
        words = tuple([known.get(word) or self._word(word) for word in ours])
        joins: dict[int, Joined] = {}
        for i in range(len(ours) - 1):
            if joinable(ours[i], ours[i + 1]):
                joined = self._joined(ours[i], ours[i + 1], words[i].weight + words[i + 1].weight)
                if joined is not None:
                    joins[i] = joined
        return _query(words, joins)

    def query_exhaustively(self, name: ReadName) -> Query:
        """The answer of :meth:`query`, by comparing every word with every listed word."""
        vocabulary, floor = self.listed.vocabulary, self.policy.score.word_similarity
        words = [self._query_word(word, vocabulary.alike_exhaustively(word, floor)) for word in name.words]
        joins: dict[int, Joined] = {}
        for i, (first, second) in enumerate(pairwise(name.words)):
            if joinable(first, second):
                if same_rough_script(first, second):
                    alike = vocabulary.alike_exhaustively(as_name(first.text + second.text, first.script), floor)
                else:
                    alike = self._spelling(first.text + second.text)
                joins[i] = Joined(self._in_force(alike), _NO_LINKS, 1.0)
        return _query(tuple(words), {i: joined for i, joined in joins.items() if joined.alike})

    def lowest(self, known: tuple[bool, bool, bool]) -> float:
        """The score a name must have to become a hit when all of :attr:`PartyFacts.known` corroborates."""
        return self._lowest[known]

    def agreement(self, query: Query, name: int) -> Agreement:
        """How ``query`` agrees with listed name number ``name``."""
        listed, numbers = self.listed, self.listed.of(name)
        weights = self.weights[numbers].tolist()
        return agree(query, numbers, listed.vocabulary.words, weights, float(self.totals[name]), self.policy.score)

    def name_weights(self, name: int) -> list[float]:
        """The weights of the words of listed name number ``name``."""
        weights: list[float] = self.weights[self.listed.of(name)].tolist()
        return weights

    def find(self, query: Query, lowest: float) -> list[tuple[int, Agreement]]:
        """All listed names scoring at least ``lowest`` (above 0), with their agreement."""
        names = self._within_reach(query, lowest)
        if query.splits:
            names = list({*names, *(name for word in query.words for name in word.split)})
        found = []
        for name in names:
            agreement = self.agreement(query, name)
            if agreement.score >= lowest:
                found.append((name, agreement))
        return found

    def _within_reach(self, query: Query, lowest: float) -> list[int]:
        least = self._least_agreeing(query.weight, lowest)
        if query.most < least - _SLACK or not query.words:
            return []
        asked = [word.links for word in query.words]
        if query.joins:
            asked = [
                links
                for i, word in enumerate(query.words)
                for links in (word.links, *[query.joins[at].links for at in (i - 1, i) if at in query.joins])
            ]
        sure, many = 0.0, _MANY
        if any(word.word.script for word in query.words):
            # Words of rough scripts are a little like very many: one at least must be much like its own.
            sure, many = least_credit(query.weight, lowest, self.policy.score), len(self.totals)
        words, having = self.listed.words, self.listed.having
        reached = names_within_reach(
            asked[0] if len(asked) == 1 else np.concatenate(asked),
            words.flat, words.at, having.flat, having.at, self.weights, self.totals,
            least, query.weight, (1.0 - lowest) / lowest + _ROUNDING,
            sure, self._rules, many, self._found, self._strongest, self._names,
        )  # fmt: skip
        numbers: list[int] = reached.tolist()
        return numbers

    def _least_agreeing(self, weight: float, lowest: float) -> float:
        steps = int(weight * STEPS_A_WEIGHT)
        least = self._needed.get((steps, lowest))
        if least is None:
            least = self._needed[steps, lowest] = needed(steps / STEPS_A_WEIGHT, lowest, self.policy.score)
        return least

    def _word(self, word: Word) -> QueryWord:
        """A word that is not remembered."""
        if self._remembered > _MEMO:
            self._known.clear()
            self._remembered = 0
        found = self._query_word(word, self.listed.vocabulary.alike(word, self.policy.score.word_similarity))
        self._known[word] = found
        self._remembered += _WORD_SIZE + len(found.alike)
        return found

    def _query_word(self, word: Word, found: dict[int, float]) -> QueryWord:
        alike = self._in_force(found)
        weight = self._weight(word, alike)
        links, best = self._links(word, (OF_WORD, weight), alike)
        return QueryWord(word, weight, alike, links, best, self.listed.joined.get(word.text, ()))

    def _links(self, word: Word, head: tuple[float, float], alike: dict[int, float]) -> tuple[Values, float]:
        """What ``word`` leads to, as :func:`names_within_reach` asks for it, and the greatest share that counts."""
        if not alike:
            return np.array((head,)), 0.0
        rules = self.policy.score
        if word.script or self.listed.vocabulary.any_script:
            known = self.listed.vocabulary.words
            shares = [credit_of(word, known[number], similar, rules) for number, similar in alike.items()]
        else:
            steepness = rules.steepness
            shares = [1.0 - steepness * (1.0 - similar) for similar in alike.values()]
        return np.array([head, *zip(alike, shares, strict=True)]), max(shares)

    def _weight(self, word: Word, alike: dict[int, float]) -> float:
        """The weight of a word of the party: that of the listed word, or else of the most similar one."""
        number = self.listed.vocabulary.number(word)
        if number is not None and self.listed.entries[number]:
            return float(self.weights[number])
        if alike and word.kind == "name":
            best = max(alike.values())
            return min([float(self.weights[number]) for number, similar in alike.items() if similar == best])
        return weigh(word, 0, self.policy)

    def _joined(self, first: Word, second: Word, together: float) -> Joined | None:
        """The listed words that two adjacent words spell: exactly, or roughly if their script is rough."""
        text = first.text + second.text
        if same_rough_script(first, second):
            name = as_name(text, first.script)
            word = self._known.get(name) or self._word(name)
            links = np.concatenate(([[OF_WORDS, together]], word.links[1:]))
            return Joined(word.alike, links, word.best) if word.alike else None
        if not self.listed.vocabulary.numbers_of_text(text):
            return None
        alike = self._in_force(self._spelling(text))
        return Joined(alike, *self._links(first, (OF_WORDS, together), alike)) if alike else None

    def _spelling(self, text: str) -> dict[int, float]:
        return dict.fromkeys(self.listed.vocabulary.numbers_of_text(text), SAME_SOUND)

    def _in_force(self, alike: dict[int, float]) -> dict[int, float]:
        """Without the words that no name has any more."""
        entries = self.listed.entries
        return {number: similar for number, similar in alike.items() if entries[number]}


def _query(words: tuple[QueryWord, ...], joins: dict[int, Joined]) -> Query:
    """The query of ``words``: each agrees by its best at the most, alone or with a neighbour."""
    most = sum([word.weight * word.best for word in words])
    if joins:
        most += sum([joined.best * (words[i].weight + words[i + 1].weight) for i, joined in joins.items()])
    return Query(words, joins, sum([word.weight for word in words]), most, any(word.split for word in words))


def same_rough_script(first: Word, second: Word) -> bool:
    """Whether two words come from one script that spells names only roughly."""
    return bool(first.script) and first.script == second.script


def weigh(word: Word, entries: int, policy: Policy) -> float:
    """The weight of a word that ``entries`` listed entries have.

    A name loses ``halving`` with each doubling of ``entries`` from 8 on, down to ``least``; a
    short one, or one syllable of pinyin, no more than ``short``; other kinds
    weigh what the policy says.
    """
    weights = policy.weights
    if word.kind != "name":
        return float(getattr(weights, word.kind))
    doublings = max(entries.bit_length() - _COMMON_FROM.bit_length() + 1, 0)
    most = weights.short if len(word.text) <= SHORT or is_pinyin(word.text, 1) else 1.0
    return max(min(1.0 - weights.halving * doublings, most), weights.least)

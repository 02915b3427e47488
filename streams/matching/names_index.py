"""Which listed names agree with a name, found without looking at most of them.

:class:`ListedNames` is what the lists say, whatever the policy; :class:`NameFinder` is the same under one
policy, with the weight of every word and name. Both are immutable snapshots.

Nothing is lost: with r = (1 - t) / t for the lowest score t asked for, a name scores t only if
agreeing x r >= cost, and the cost, being concave in what only one side has and steepest for what disagrees on
both, is at least that of leaving over what the query has left. As agreeing is at most the weight W of the
query's words that the name has, W has a lower bound (:func:`_needed`); so a name has one of the heaviest
words and, unless that word makes up nearly all of one of the two names, another one too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import sqrt
from typing import Final, NamedTuple

from streams.matching.names import ReadName
from streams.matching.pinyin import is_pinyin
from streams.matching.policy import Policy, Score
from streams.matching.scoring import Agreement, Query, QueryWord, agree, credit_of
from streams.matching.vocabulary import Vocabulary
from streams.matching.words import SAME_SOUND, SHORT, Word, as_name, joinable

_MEMO: Final = 500_000
_MEMO_A_NAME: Final = 12
"""Numbers of names kept with remembered words, at most: so many, and so many more for each listed name."""
_WORD_SIZE: Final = 20
"""What a remembered word takes beside them, in the same unit."""
_TWO_WORDS: Final = 2.0
"""No two words weigh more."""
_ROUNDING: Final = 1e-9
_COMMON_FROM: Final = 8


class ListedNames(NamedTuple):
    """The words of every listed name.

    ``words[n]`` are the word numbers of name n, empty once it was removed; ``having[w]`` the names that
    have word w; ``joined`` the names in which two adjacent words spell a text; ``entries[w]`` how many
    entries have word w.
    """

    vocabulary: Vocabulary
    words: list[tuple[int, ...]]
    having: list[tuple[int, ...]]
    joined: dict[str, tuple[int, ...]]
    entries: list[int]

    @classmethod
    def empty(cls) -> ListedNames:
        """No names at all."""
        return cls(Vocabulary.empty(), [], [], {}, [])

    def changed(
        self, added: Sequence[Sequence[ReadName]], removed: Sequence[Sequence[int]]
    ) -> tuple[ListedNames, set[int]]:
        """The names after some entries' names were ``added`` (numbered in order) and others ``removed``.

        Also returns the words whose number of entries changed.
        """
        vocabulary = self.vocabulary.extended(word for names in added for name in names for word in name.words)
        fresh = len(vocabulary) - len(self.having)
        words, joined = list(self.words), dict(self.joined)
        having = self.having + [()] * fresh
        entries = self.entries + [0] * fresh
        touched: set[int] = set()
        gone: dict[int, set[int]] = {}
        for names in removed:
            of_entry: set[int] = set()
            for name in names:
                of_entry.update(words[name])
                for number in words[name]:
                    gone.setdefault(number, set()).add(name)
                for spelt in self._joins(vocabulary, words[name]):
                    joined[spelt] = tuple(other for other in joined[spelt] if other != name)
                words[name] = ()
            for number in of_entry:
                entries[number] -= 1
            touched |= of_entry
        for number, names_gone in gone.items():
            having[number] = tuple(name for name in having[number] if name not in names_gone)
        more: dict[int, list[int]] = {}
        more_joined: dict[str, list[int]] = {}
        for names_read in added:
            of_entry = set()
            for read in names_read:
                numbers = tuple([vocabulary.number_of(word) for word in read.words])
                name = len(words)
                words.append(numbers)
                of_entry.update(numbers)
                for number in set(numbers):
                    more.setdefault(number, []).append(name)
                for spelt in self._joins(vocabulary, numbers):
                    more_joined.setdefault(spelt, []).append(name)
            for number in of_entry:
                entries[number] += 1
            touched |= of_entry
        for number, names_more in more.items():
            having[number] += tuple(names_more)
        for spelt, names_more in more_joined.items():
            joined[spelt] = (*joined.get(spelt, ()), *names_more)
        return ListedNames(vocabulary, words, having, joined, entries), touched

    @staticmethod
    def _joins(vocabulary: Vocabulary, numbers: Sequence[int]) -> set[str]:
        known = vocabulary.words
        return {known[a].text + known[b].text for a, b in pairwise(numbers) if joinable(known[a], known[b])}


_Having = tuple[float, frozenset[int], float, frozenset[int]]
"""The weight of a word of the query, the names that have it, the most it can agree with, and the names that have it
strongly."""


class NameFinder:
    """The listed names under one policy."""

    __slots__ = ("_memo", "_remembered", "_sure", "alone", "listed", "policy", "totals", "weights")

    def __init__(
        self,
        listed: ListedNames,
        policy: Policy,
        weights: list[float],
        totals: list[float],
        alone: set[int],
    ) -> None:
        self.listed = listed
        self.policy = policy
        self.weights = weights
        self.totals = totals
        self.alone = alone
        self._memo: dict[tuple[str, str, str], QueryWord] = {}
        self._remembered = 0
        self._sure = 1.0 - (1.0 - _least_credit(policy)) / policy.score.rough_steepness - _ROUNDING

    @classmethod
    def build(cls, listed: ListedNames, policy: Policy) -> NameFinder:
        """The finder of ``listed`` under ``policy``."""
        empty = cls(ListedNames.empty(), policy, [], [], set())
        return empty.evolved(listed, range(len(listed.having)), range(len(listed.words)))

    def evolved(self, listed: ListedNames, touched: Iterable[int], changed: Iterable[int]) -> NameFinder:
        """The finder after words were ``touched`` and names ``changed`` (added or removed)."""
        weights = self.weights + [-1.0] * (len(listed.having) - len(self.weights))
        names = set(changed)
        for number in touched:
            weight = weigh(listed.vocabulary.words[number], listed.entries[number], self.policy)
            if weight != weights[number]:
                weights[number] = weight
                names.update(listed.having[number])
        totals = self.totals + [0.0] * (len(listed.words) - len(self.totals))
        alone = set(self.alone)
        limit = _alone_limit(self.policy)
        for name in names:
            numbers = listed.words[name]
            total = totals[name] = sum([weights[number] for number in numbers])
            heaviest = max([weights[number] for number in numbers], default=0.0)
            if total - heaviest <= limit * heaviest + _ROUNDING:
                alone.add(name)
            else:
                alone.discard(name)
        return NameFinder(listed, self.policy, weights, totals, alone)

    def query(self, name: ReadName, exhaustively: bool = False) -> Query:
        """``name`` as compared with the listed names."""
        words = tuple([self._word(word, exhaustively) for word in name.words])
        joins: dict[int, dict[int, float]] = {}
        for i, (first, second) in enumerate(pairwise(name.words)):
            if joinable(first, second):
                joined = self._joined(first, second, exhaustively)
                if joined:
                    joins[i] = joined
        splits = any(word.splits for word in words)
        rough = any(word.strong is not word.names for word in words)
        return Query(words, joins, sum([word.weight for word in words]), splits, rough)

    def agreement(self, query: Query, name: int) -> Agreement:
        """How ``query`` agrees with listed name number ``name``."""
        return agree(
            query,
            self.listed.words[name],
            self.listed.vocabulary.words,
            self.weights,
            self.totals[name],
            self.policy.score,
        )

    def name_weights(self, name: int) -> list[float]:
        """The weights of the words of listed name number ``name``."""
        return [self.weights[number] for number in self.listed.words[name]]

    def find(self, query: Query, lowest: float) -> list[tuple[int, Agreement]]:
        """All listed names scoring at least ``lowest`` (above 0), with their agreement."""
        rules, totals, words = self.policy.score, self.totals, self.listed.words
        ratio = (1.0 - lowest) / lowest + 2.0 * _ROUNDING
        conflict, surplus, saturation, caution = rules.conflict, rules.surplus, rules.saturation, rules.caution
        sets = self._sets(query)
        having = [(names, weight, heaviest) for weight, names, heaviest, _ in sets if names]
        ours_most, listed_most = query.weight, sum([heaviest for _, _, heaviest in having])
        worth = None if query.splits else self._best_worth(query)
        found = []
        # The most that can agree on either side tells most candidates off without aligning them.
        for name in self._candidates(query, sets, ratio):
            total = totals[name]
            over = total - listed_most
            if over > 0.0 and surplus * over / (1.0 + saturation * over) > ours_most * ratio:
                continue
            ours = listed = 0.0
            for names, weight, heaviest in having:
                if name in names:
                    ours += weight
                    listed += heaviest
            left, right = ours_most - ours, total - listed
            if right < 0.0:
                right = 0.0
            agreeing = min(ours, listed, total)
            if worth is not None:
                # What agrees of each listed word, at the best; two words that one of ours spells are not in it.
                most = sum([worth.get(number, 0.0) for number in words[name]])
                agreeing = min(agreeing, most)
                if agreeing <= 0.0:
                    continue
                right = max(total - min(listed, most), 0.0)
            if left < right:
                cost = conflict * left + surplus * (right - left) / (1.0 + saturation * (right - left))
            else:
                cost = conflict * right + surplus * (left - right) / (1.0 + saturation * (left - right))
            if cost + caution * cost / agreeing > agreeing * ratio:
                continue
            agreement = self.agreement(query, name)
            if agreement.score >= lowest:
                found.append((name, agreement))
        return found

    def _best_worth(self, query: Query) -> dict[int, float]:
        """What each listed word is worth at the most: where it agrees with a word of the query, or two as one."""
        best: dict[int, float] = {}
        worths = [word.worth for word in query.words]
        worths += [self._worth(query.words[position].word, joined) for position, joined in query.joins.items()]
        for worth in worths:
            if not best:
                best = dict(worth)
                continue
            for number, each in worth.items():
                if each > best.get(number, 0.0):
                    best[number] = each
        return best

    def _worth(self, word: Word, alike: dict[int, float]) -> dict[int, float]:
        rules, known, weights = self.policy.score, self.listed.vocabulary.words, self.weights
        return {
            number: credit_of(word, known[number], similar, rules) * weights[number]
            for number, similar in alike.items()
        }

    def _sets(self, query: Query) -> list[_Having]:
        """For each word of the query, heaviest first, its weight and the names that have it."""
        sets: list[_Having] = []
        for i, word in enumerate(query.words):
            names, heaviest = word.names, word.heaviest
            if query.joins:
                for at in (i - 1, i):
                    joined = query.joins.get(at)
                    if joined is not None:
                        names = names.union(*(self.listed.having[number] for number in joined))
                        heaviest = max(heaviest, *(self.weights[number] for number in joined))
            strong = word.strong if names is word.names and word.strong is not word.names else names
            sets.append((word.weight, names, heaviest, strong))
        sets.sort(key=_weight_of, reverse=True)
        return sets

    def _candidates(self, query: Query, sets: list[_Having], ratio: float) -> set[int]:
        """The names that have enough of the query's words to be worth a look.

        Where words of a rough script are alike to very many, one word at least must agree strongly: names
        in which none does cannot score enough (:func:`_least_credit`).
        """
        conflict = self.policy.score.conflict
        needed = _needed(query.weight, ratio, self.policy.score) - _ROUNDING
        rest = query.weight
        candidates: set[int] = set()
        if query.splits:
            joined = self.listed.joined
            candidates.update(*(joined[word.word.text] for word in query.words if word.splits))
        for i, (weight, names, _, strong) in enumerate(sets):
            if rest < needed and not query.rough:
                break
            rest -= weight
            if not names:
                continue
            if weight >= needed:
                dominates = (query.weight - weight) * conflict <= ratio * weight + _ROUNDING
                candidates |= strong if dominates else strong & self.alone
            others = rest
            for other_weight, other_names, _, other_strong in sets[i + 1 :]:
                tiered = strong is not names or other_strong is not other_names
                if weight + others < needed and not tiered:
                    if not query.rough:
                        break
                    continue
                others -= other_weight
                if other_names:
                    candidates |= strong & other_names
                    if tiered:
                        candidates |= names & other_strong
        return candidates

    def _joined(self, first: Word, second: Word, exhaustively: bool) -> dict[int, float]:
        """The listed words that two adjacent words spell: exactly, or roughly if their script is rough."""
        text = first.text + second.text
        if first.script and first.script == second.script:
            return self._word(as_name(text, first.script), exhaustively).alike
        having = self.listed.having
        return {number: SAME_SOUND for number in self.listed.vocabulary.numbers_of_text(text) if having[number]}

    def _word(self, word: Word, exhaustively: bool) -> QueryWord:
        if exhaustively:
            return self._look_up(word, exhaustively)
        memo = self._memo
        name = (word.text, word.kind, word.script)
        known = memo.get(name)
        if known is None:
            known = self._look_up(word, exhaustively)
            self._remembered += _WORD_SIZE + len(known.names) + 2 * len(known.alike)
            if self._remembered > _MEMO + _MEMO_A_NAME * len(self.totals):
                memo.clear()
                self._remembered = 0
            memo[name] = known
        return known

    def _look_up(self, word: Word, exhaustively: bool) -> QueryWord:
        listed, floor = self.listed, self.policy.score.word_similarity
        find = listed.vocabulary.alike_exhaustively if exhaustively else listed.vocabulary.alike
        alike = {number: similar for number, similar in find(word, floor).items() if listed.having[number]}
        names = frozenset().union(*(listed.having[number] for number in alike), listed.joined.get(word.text, ()))
        joined = listed.joined.get(word.text, ())
        heaviest = max([self.weights[number] for number in alike], default=0.0)
        if joined:
            heaviest = max(heaviest, _TWO_WORDS)
        strong = names
        if word.script:
            sure = self._sure
            strong = frozenset(joined).union(
                *(listed.having[number] for number, similar in alike.items() if similar >= sure)
            )
        worth = self._worth(word, alike)
        return QueryWord(word, self._weight(word, alike), alike, names, heaviest, bool(joined), strong, worth)

    def _weight(self, word: Word, alike: dict[int, float]) -> float:
        """The weight of a word of the party: that of the listed word, or else of the most similar one."""
        number = self.listed.vocabulary.number(word)
        if number is not None and self.listed.entries[number]:
            return self.weights[number]
        if alike and word.kind == "name":
            return min((-similar, self.weights[number]) for number, similar in alike.items())[1]
        return weigh(word, 0, self.policy)


def _weight_of(part: _Having) -> float:
    return part[0]


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


def _needed(weight: float, ratio: float, rules: Score) -> float:
    """The least weight of the query's words that a name must have.

    With u left over of the query's ``weight``, (weight - u) x ratio >= surplus x u / (1 + saturation x u); the
    largest such u solves a quadratic equation.
    """
    square = ratio * rules.saturation
    linear = ratio + rules.surplus - square * weight
    if square < _ROUNDING:
        return weight - ratio * weight / linear
    return weight - (sqrt(linear * linear + 4.0 * square * ratio * weight) - linear) / (2.0 * square)


def _least_credit(policy: Policy) -> float:
    """How well the best word of a name must agree for the name to score at all.

    When no word agrees by more than c, a share 1 - c of both names is left over, so agreeing x r >= conflict x
    (agreeing / c) x (1 - c), which gives c >= conflict / (conflict + r).
    """
    lowest = policy.lowest_asked
    return policy.score.conflict / (policy.score.conflict + (1.0 - lowest) / lowest)


def _alone_limit(policy: Policy) -> float:
    """How much of its heaviest word's weight a name may have beside it, to be found by one word alone.

    min(ours, listed) x conflict <= agreeing x r, and the lowest score ever asked for bounds r.
    """
    lowest = policy.lowest_asked
    return (1.0 - lowest) / lowest / policy.score.conflict + _ROUNDING

"""How well two names agree.

Each word weighs what it tells. Words of both names are aligned one to one, best first; then two adjacent
words against one (``Zhong Ke`` and ``Zhongke``). With *agreeing* the weight that agrees, and *ours* and
*listed* the weight left over on either side,

    only = |ours - listed|
    cost = (conflict x min(ours, listed) + surplus x only / (1 + saturation x only)) x (1 + caution / agreeing)
    score = agreeing / (agreeing + cost)

so a word replaced by another costs much more than a word left out. ``agreeing`` is the smaller of what
agrees on each side. The form is a Tversky index (Psychological Review 84, 1977) with the common part of
both remainders weighed apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from streams.matching.arrays import Values
from streams.matching.policy import Score
from streams.matching.words import SAME_SOUND, Word


class QueryWord(NamedTuple):
    """A word of the party's name, with what the list knows of it.

    ``alike`` maps the numbers of listed words to their similarity; ``links`` says the same and what it is worth, as
    :func:`streams.matching.compiled_names.names_within_reach` asks for it; ``best`` is the greatest share of its
    weight that counts, of any of them; ``split`` holds the listed names that have it as two.
    """

    word: Word
    weight: float
    alike: dict[int, float]
    links: Values
    best: float
    split: tuple[int, ...]


class Joined(NamedTuple):
    """The listed words that two adjacent words spell: as in a query word."""

    alike: dict[int, float]
    links: Values
    best: float


class Query(NamedTuple):
    """The words of the party's name and their total weight; ``joins`` maps the position of a word to what it spells
    together with the next; ``most`` of the weight can agree with any one listed name; ``splits`` says whether some
    listed name has one of the words as two."""

    words: tuple[QueryWord, ...]
    joins: dict[int, Joined]
    weight: float
    most: float
    splits: bool


class Aligned(NamedTuple):
    """Words that agree: positions in the party's and the listed name, and how alike they are."""

    ours: tuple[int, ...]
    listed: tuple[int, ...]
    similarity: float


class Agreement(NamedTuple):
    """How two names agree; see the module for the formula."""

    score: float
    agreeing: float
    aligned: tuple[Aligned, ...]


def align(query: Query, numbers: Sequence[int], known: Sequence[Word]) -> list[Aligned]:
    """Align the words of ``query`` with the listed words ``numbers``."""
    edges = []
    for i, ours in enumerate(query.words):
        alike = ours.alike
        if alike:
            for j, number in enumerate(numbers):
                similar = alike.get(number)
                if similar is not None:
                    edges.append((-similar, i, j))
    if len(edges) > 1:
        edges.sort()
    aligned: list[Aligned] = []
    ours_taken: set[int] = set()
    listed_taken: set[int] = set()
    for negative, i, j in edges:
        if i not in ours_taken and j not in listed_taken:
            ours_taken.add(i)
            listed_taken.add(j)
            aligned.append(Aligned((i,), (j,), -negative))
    joinable = query.splits or query.joins
    if joinable and len(ours_taken) < len(query.words) and len(listed_taken) < len(numbers):
        _align_joined(query, numbers, known, aligned, ours_taken, listed_taken)
    return aligned


def _align_joined(
    query: Query,
    numbers: Sequence[int],
    known: Sequence[Word],
    aligned: list[Aligned],
    ours_taken: set[int],
    listed_taken: set[int],
) -> None:
    """Align two adjacent words left over on one side with one left over on the other."""
    for i, both in query.joins.items():
        if i in ours_taken or i + 1 in ours_taken:
            continue
        joined = both.alike
        free = [(-joined[number], j) for j, number in enumerate(numbers) if number in joined and j not in listed_taken]
        if free:
            negative, j = min(free)
            ours_taken.update((i, i + 1))
            listed_taken.add(j)
            aligned.append(Aligned((i, i + 1), (j,), -negative))
    for j in range(len(numbers) - 1 if query.splits else 0):
        if j in listed_taken or j + 1 in listed_taken:
            continue
        spelt = known[numbers[j]].text + known[numbers[j + 1]].text
        for i, ours in enumerate(query.words):
            if i not in ours_taken and ours.word.text == spelt:
                ours_taken.add(i)
                listed_taken.update((j, j + 1))
                aligned.append(Aligned((i,), (j, j + 1), SAME_SOUND))
                break


def credit_of(ours: Word, listed: Word, similar: float, rules: Score) -> float:
    """The share of their weight that two words count which are ``similar``: less across scripts."""
    steepness = rules.rough_steepness if ours.script != listed.script else rules.steepness
    return 1.0 - steepness * (1.0 - similar)


def agree(
    query: Query,
    numbers: Sequence[int],
    known: Sequence[Word],
    weights: Sequence[float],
    listed_weight: float,
    rules: Score,
) -> Agreement:
    """How well ``query`` agrees with the listed name of the words ``numbers``.

    ``known`` are all listed words by number; ``weights`` are those of the name's words, ``listed_weight`` their sum.
    """
    aligned = align(query, numbers, known)
    ours = listed = 0.0
    for pair in aligned:
        credit = credit_of(query.words[pair.ours[0]].word, known[numbers[pair.listed[0]]], pair.similarity, rules)
        for i in pair.ours:
            ours += credit * query.words[i].weight
        for j in pair.listed:
            listed += credit * weights[j]
    agreeing = min(ours, listed)
    if agreeing <= 0.0:
        return Agreement(0.0, 0.0, tuple(aligned))
    left, right = max(query.weight - ours, 0.0), max(listed_weight - listed, 0.0)
    only = abs(left - right)
    cost = rules.conflict * min(left, right) + rules.surplus * only / (1.0 + rules.saturation * only)
    cost *= 1.0 + rules.caution / agreeing
    return Agreement(agreeing / (agreeing + cost), agreeing, tuple(aligned))

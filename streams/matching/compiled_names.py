"""Compiled loops over listed names: their weights, and which can score enough."""

from __future__ import annotations

from typing import Final

import numpy as np

from streams.matching.arrays import Names, Numbers, Values, compiled

_ROUNDING: Final = 1e-9
OF_WORD: Final = -1.0
OF_WORDS: Final = -2.0


@compiled
def weigh_names(words: Names, at: Numbers, weights: Values) -> Values:
    """The sum of the weights of each name's words."""
    totals = np.zeros(len(at) - 1, np.float64)
    for name in range(len(totals)):
        for row in range(at[name], at[name + 1]):
            totals[name] += weights[words[row]]
    return totals


@compiled
def invert(words: Names, at: Numbers, size: int) -> tuple[Names, Numbers]:
    """For each of ``size`` words, the names that have it, in order; a name that has it twice is there twice."""
    starts = np.zeros(size + 1, np.int64)
    for word in words:
        starts[word + 1] += 1
    for word in range(size):
        starts[word + 1] += starts[word]
    free = starts[:-1].copy()
    names = np.empty(len(words), np.int32)
    for name in range(len(at) - 1):
        for row in range(at[name], at[name + 1]):
            word = words[row]
            names[free[word]] = name
            free[word] += 1
    return names, starts


@compiled
def names_within_reach(
    asked: Values,
    words: Names,
    words_at: Numbers,
    having: Names,
    having_at: Numbers,
    weights: Values,
    totals: Values,
    needed: float,
    weight: float,
    ratio: float,
    least_credit: float,
    rules: tuple[float, float, float, float],
    many: int,
    found: Values,
    strongest: Values,
    names: Names,
) -> Names:
    """The listed names that may score enough, by what can agree of them at the most; no others can.

    ``asked`` has two columns: for each word of the query a row of :data:`OF_WORD` and its weight, then for each listed
    word like it a row of its number and the share of the weight that counts; after a row of :data:`OF_WORDS` and the
    weight of both, those that it and a neighbour spell. ``words`` are those of each name, ``having`` the names of each
    listed word, ``weights`` its weight, ``totals`` the names' weights. A name's cost must be at most ``ratio`` times
    what agrees, by ``rules`` (conflict, surplus, saturation, caution), and a word agree by ``least_credit``.

    Words of the query that lead to more than ``many`` names are not followed while they can be spared: with them,
    what a name is found to have must still come to ``needed``. ``found`` has three rows of zeros, before and after, a
    column for each name, ``strongest`` two, a column for each listed word; ``names`` is room for all of them.
    """
    conflict, surplus, saturation, caution = rules
    ours, best, credited = found[0], found[1], found[2]
    spare, ours_missed, best_missed = needed - _ROUNDING, 0.0, 0.0
    reached = 0
    for follow_many in (True, False):  # words that lead to many are looked at first: most is saved there
        row = 0
        while row < len(asked):
            of_word = together = asked[row, 1]
            first = row + 1
            row = first
            size, most = 0, 0.0
            while row < len(asked) and asked[row, 0] != OF_WORD:
                if asked[row, 0] == OF_WORDS:
                    together = asked[row, 1]
                else:
                    number, credit = np.int64(asked[row, 0]), asked[row, 1]
                    size += having_at[number + 1] - having_at[number]
                    most = max(most, credit)
                    # A listed word agrees with one word of the query only, or with two as one.
                    strongest[0, number] = max(strongest[0, number], credit)
                    strongest[1, number] = max(strongest[1, number], credit * together)
                row += 1
            if (size > many) != follow_many:
                continue
            if follow_many and most * of_word < spare:
                spare -= most * of_word
                ours_missed += most * of_word
                best_missed = max(best_missed, most)
                continue
            for each in range(first, row):
                number, credit = np.int64(asked[each, 0]), asked[each, 1]
                if number < 0:
                    continue
                for place in range(having_at[number], having_at[number + 1]):
                    name = having[place]
                    if best[name] == 0.0:
                        names[reached] = name
                        reached += 1
                    if credit > credited[name]:  # and a word of the query with one word of the name
                        ours[name] += (credit - credited[name]) * of_word
                        credited[name] = credit
                    best[name] = max(best[name], credit)
            for each in range(first, row):
                number = np.int64(asked[each, 0])
                if number >= 0:
                    for place in range(having_at[number], having_at[number + 1]):
                        credited[having[place]] = 0.0
    kept = 0
    for each in range(reached):
        name = names[each]
        agreeing = ours[name] + ours_missed
        if ours[name] >= spare and max(best[name], best_missed) >= least_credit:
            theirs = by_theirs = 0.0
            for place in range(words_at[name], words_at[name + 1]):
                theirs += strongest[0, words[place]] * weights[words[place]]
                by_theirs += strongest[1, words[place]]
            agreeing = min(agreeing, by_theirs)
            left, right = max(weight - agreeing, 0.0), max(totals[name] - theirs, 0.0)
            agreeing = min(agreeing, theirs)
            only = abs(left - right)
            cost = conflict * min(left, right) + surplus * only / (1.0 + saturation * only)
            if cost * (agreeing + caution) <= agreeing * agreeing * ratio:
                names[kept] = name
                kept += 1
        ours[name] = best[name] = 0.0
    for each in range(len(asked)):
        number = np.int64(asked[each, 0])
        if number >= 0:
            strongest[:, number] = 0.0
    return names[:kept].copy()

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
) -> int:
    """Fill in the listed ``names`` that may score enough, by what can agree of them at the most; no others can.

    ``asked`` has two columns: for each word of the query a row of :data:`OF_WORD` and its weight, then for each listed
    word like it a row of its number and the share of the weight that counts; after a row of :data:`OF_WORDS` and the
    weight of both, those that it and a neighbour spell. ``having`` are the names of each listed word,
    ``weights`` its weight, ``totals`` the names' weights. A name's cost must be at most ``ratio`` times what agrees,
    by ``rules`` (conflict, surplus, saturation, caution), and one of its words agree by ``least_credit``.

    Words of the query that lead to more than ``many`` names are not followed while they can be spared: with them,
    what a name is found to have must still come to ``needed``. ``found`` has five rows of zeros, before and after, a
    column for each name; ``strongest`` two, a column for each listed word.
    """
    conflict, surplus, saturation, caution = rules
    spare, ours_missed, theirs_missed, best_missed = needed - _ROUNDING, 0.0, 0.0, 0.0
    ours, theirs, best, credited, ours_by_theirs = found[0], found[1], found[2], found[3], found[4]
    reached = 0
    for follow_many in (True, False):  # words that lead to many are looked at first: most is saved there
        row = 0
        while row < len(asked):
            of_word = asked[row, 1]
            first = row + 1
            row = first
            size = 0
            most_credit = most_theirs = 0.0
            while row < len(asked) and asked[row, 0] != OF_WORD:
                if asked[row, 0] >= 0.0:
                    number, credit = np.int64(asked[row, 0]), asked[row, 1]
                    size += having_at[number + 1] - having_at[number]
                    most_credit = max(most_credit, credit)
                    most_theirs = max(most_theirs, credit * weights[number])
                row += 1
            if (size > many) != follow_many:
                continue
            if follow_many and most_credit * of_word < spare:
                spare -= most_credit * of_word
                ours_missed += most_credit * of_word
                theirs_missed += most_theirs
                best_missed = max(best_missed, most_credit)
                continue
            together = of_word
            for each in range(first, row):
                if asked[each, 0] == OF_WORDS:
                    together = asked[each, 1]
                    continue
                number, credit = np.int64(asked[each, 0]), asked[each, 1]
                # One of the name's words agrees with one of the query's only, too.
                more_theirs = max(credit - strongest[0, number], 0.0) * weights[number]
                more_ours = max(credit * together - strongest[1, number], 0.0)
                strongest[0, number] = max(strongest[0, number], credit)
                strongest[1, number] = max(strongest[1, number], credit * together)
                for place in range(having_at[number], having_at[number + 1]):
                    name = having[place]
                    if ours[name] == 0.0:
                        names[reached] = name
                        reached += 1
                    if credit > credited[name]:  # one of the query's words agrees with one of the name's only
                        ours[name] += (credit - credited[name]) * of_word
                        credited[name] = credit
                    theirs[name] += more_theirs
                    ours_by_theirs[name] += more_ours
                    best[name] = max(best[name], credit)
            for each in range(first, row):
                if asked[each, 0] < 0.0:
                    continue
                number = np.int64(asked[each, 0])
                for place in range(having_at[number], having_at[number + 1]):
                    credited[having[place]] = 0.0
    for each in range(len(asked)):
        if asked[each, 0] >= 0.0:
            strongest[:, np.int64(asked[each, 0])] = 0.0
    kept = 0
    for each in range(reached):
        name = names[each]
        most_ours = min(ours[name], ours_by_theirs[name])
        if most_ours >= spare and max(best[name], best_missed) >= least_credit:
            agreeing = min(most_ours + ours_missed, theirs[name] + theirs_missed)
            left = max(weight - most_ours - ours_missed, 0.0)
            right = max(totals[name] - theirs[name] - theirs_missed, 0.0)
            only = abs(left - right)
            cost = conflict * min(left, right) + surplus * only / (1.0 + saturation * only)
            if cost * (agreeing + caution) <= agreeing * agreeing * ratio:
                names[kept] = name
                kept += 1
        ours[name] = theirs[name] = best[name] = ours_by_theirs[name] = 0.0
    return kept

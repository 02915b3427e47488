"""Compiled loops over listed names: their weights, and which can score enough."""

from __future__ import annotations

from typing import Final

import numpy as np

from streams.matching.arrays import Names, Numbers, Values, compiled

_ROUNDING: Final = 1e-9
OF_WORD: Final = -1.0
OF_WORDS: Final = -2.0
_OURS, _BEST, _CREDITED, _BY = 0, 1, 2, 3
"""What is noted of a name: what of the query it may agree in, the best share, the last word's, and which that was."""


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

    Words of the query that lead to more than ``many`` names are not followed while they can be spared, those that lead
    to most first: with them, what a name is found to have must still come to ``needed``. ``found`` has a row of four
    zeros for each name, before and after, ``strongest`` two rows, a column for each listed word; ``names`` is room for
    all names.
    """
    conflict, surplus, saturation, caution = rules
    # Of each word of the query: where its rows begin and end, to how many names they lead, and the best share.
    places = np.empty((len(asked), 3), np.int64)
    most = np.zeros(len(asked), np.float64)
    groups = 0
    together = 0.0
    for row in range(len(asked)):
        if asked[row, 0] == OF_WORD:
            together = asked[row, 1]
            places[groups] = (row, row + 1, 0)
            groups += 1
            continue
        if asked[row, 0] == OF_WORDS:
            together = asked[row, 1]
        else:
            number, credit = np.int64(asked[row, 0]), asked[row, 1]
            places[groups - 1, 2] += having_at[number + 1] - having_at[number]
            most[groups - 1] = max(most[groups - 1], credit)
            # A listed word agrees with one word of the query only, or with two as one.
            strongest[0, number] = max(strongest[0, number], credit)
            strongest[1, number] = max(strongest[1, number], credit * together)
        places[groups - 1, 1] = row + 1
    spare, ours_missed, best_missed = needed - _ROUNDING, 0.0, 0.0
    for group in np.argsort(-places[:groups, 2]):
        if places[group, 2] <= many:
            break
        worth = most[group] * asked[places[group, 0], 1]
        if worth < spare:
            spare -= worth
            ours_missed += worth
            best_missed = max(best_missed, most[group])
            places[group, 1] = places[group, 0]  # no rows to follow
    reached = 0
    for group in range(groups):
        first, end = places[group, 0], places[group, 1]
        of_word = asked[first, 1]
        for row in range(first + 1, end):
            number, credit = np.int64(asked[row, 0]), asked[row, 1]
            if number < 0:
                continue
            for place in range(having_at[number], having_at[number + 1]):
                name = having[place]
                if found[name, _BEST] == 0.0:
                    names[reached] = name
                    reached += 1
                if found[name, _BY] != group + 1:
                    found[name, _BY] = group + 1
                    found[name, _CREDITED] = 0.0
                credited = found[name, _CREDITED]
                if credit > credited:  # a word of the query agrees with one word of the name, too
                    found[name, _OURS] += (credit - credited) * of_word
                    found[name, _CREDITED] = credit
                    found[name, _BEST] = max(found[name, _BEST], credit)
    kept = 0
    for each in range(reached):
        name = names[each]
        ours, best = found[name, _OURS], found[name, _BEST]
        found[name] = 0.0
        agreeing = ours + ours_missed
        if ours >= spare and max(best, best_missed) >= least_credit:
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
    for each in range(len(asked)):
        number = np.int64(asked[each, 0])
        if number >= 0:
            strongest[:, number] = 0.0
    return names[:kept].copy()

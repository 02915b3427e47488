"""How much two names must agree in, at least, to score so much: what lets most listed names be passed over.

With r = (1 - t) / t for the lowest score t asked for, a name scores t only if cost <= agreeing x r (the formula is
in :mod:`streams.matching.scoring`). The cost grows with what is left over on either side, and with less agreeing.
So it is at least that of too high an estimate of what agrees, and what such an estimate tells off cannot score t.
"""

from __future__ import annotations

from typing import Final

from streams.matching.policy import Score

_ROUNDING: Final = 1e-9
_HALVINGS: Final = 40
STEPS_A_WEIGHT: Final = 64
"""Weights may be rounded down to so many steps, so that what is needed is worked out few times."""


def needed(weight: float, lowest: float, rules: Score) -> float:
    """The least that must agree of a query of ``weight``, counted on its side, for a score of ``lowest``.

    With A agreeing and u = weight - A left over, only the query's surplus costs at least: A must be so large that
    (surplus x u / (1 + saturation x u)) x (1 + caution / A) <= A x r. The more of it the dearer: what is needed grows
    with ``weight``.
    """
    ratio = (1.0 - lowest) / lowest
    low, high = 0.0, max(weight, _ROUNDING)
    for _ in range(_HALVINGS):  # too little stays on the low side
        middle = (low + high) / 2.0
        left = weight - middle
        cost = rules.surplus * left / (1.0 + rules.saturation * left) * (1.0 + rules.caution / middle)
        if cost > middle * ratio:
            low = middle
        else:
            high = middle
    return low


def least_credit(weight: float, lowest: float, rules: Score) -> float:
    """How well the best word of a name must agree, as a share of its weight, for a score of ``lowest``.

    When none agrees by more than c, a share 1 - c of what agrees on both sides is left over there, so that
    agreeing x r >= conflict x (agreeing / c) x (1 - c) x (1 + caution / weight), which bounds c.
    """
    dearest = rules.conflict * (1.0 + rules.caution / max(weight, _ROUNDING))
    return dearest / (dearest + (1.0 - lowest) / lowest) - _ROUNDING

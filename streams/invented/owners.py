"""Invented ownership: who owns whom among firms of which few ever trade."""

from __future__ import annotations

import random
from collections.abc import Iterator

from streams.invented.trade import Trade
from streams.records.ownership import HoldingParty, OwnershipEdge

_TRADING = 100
"""Of so many parties of the trade one has an owner."""
_FRONTS = ("Alt", "Bel", "Cor", "Dor", "Ems", "Fal", "Gren", "Hal", "Ist", "Jor", "Kel", "Lum", "Mar", "Nor", "Ost")
_ENDS = ("berg", "dale", "fort", "holm", "ington", "land", "mark", "mere", "stad", "vik", "wald", "wick")
_FORMS = ("AG", "B.V.", "Co., Ltd.", "GmbH", "LLC", "Ltd", "S.A.", "S.p.A.")


def invented_edges(trade: Trade, count: int) -> Iterator[OwnershipEdge]:
    """So many edges, the first of them about one in a hundred parties of the trade; the same trade gives the same."""
    rng = random.Random(trade.seed)  # noqa: S311 - invented owners, not a secret
    traded = min(count, (trade.population or 0) // _TRADING)
    for number in range(count):
        if number < traded:
            party = trade.party(number * _TRADING)
            owned = HoldingParty(name=party["name"], country=party["country"])
        else:
            owned = HoldingParty(name=_firm(rng, number), country=rng.choice(("CN", "DE", "GB", "US", "VN")))
        owner = HoldingParty(name=_firm(rng, number + 1))
        yield OwnershipEdge(owner=owner, owned=owned, percent=rng.choice((5, 25, 30, 51, 100)), source="invented")


def _firm(rng: random.Random, number: int) -> str:
    name = f"{rng.choice(_FRONTS)}{rng.choice(_ENDS)} {rng.choice(_FRONTS)}{rng.choice(_ENDS)}"
    return f"{name} {number} {rng.choice(_FORMS)}"

"""Pairs of names: does matching say of each what its label says?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streams.errors import RecordError, ScreeningError
from streams.evaluation.measures import Scored
from streams.evaluation.rows import Row
from streams.matching import EntityIndex, Policy


def score_pairs(rows: Iterable[Row], policy: Policy, threshold: float | None = None) -> Iterator[Scored]:
    """Score each query against the one entry its row expects.

    A name that cannot be read scores 0. A hit is a score at or above ``threshold``, or above the policy's own
    where none is given. Raises RecordError for a row without ``expected``.
    """
    for row in rows:
        if row.expected is None:
            raise RecordError(f"row {row.number} has no expected name to compare with")
        try:
            best = next(iter(EntityIndex.build([row.expected]).candidates(row.party, policy, 1)), None)
            why_not = "nothing agrees"
        except ScreeningError as error:
            best, why_not = None, str(error)
        score = best.score if best else 0.0
        hit = best is not None and (best.outcome is not None if threshold is None else score >= threshold)
        yield Scored(
            number=row.number,
            query=row.party.name,
            expected=row.expected.names[0].name,
            is_match=row.is_match,
            score=score,
            hit=hit,
            found=best.listed_name if best else "",
            summary=best.summary if best else why_not,
            evidence=best.evidence if best else (),
            slices=row.slices,
        )

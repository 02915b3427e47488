"""Searches in a list: is the expected entry found, and is nobody else alerted?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streams.errors import ScreeningError
from streams.evaluation.measures import Scored
from streams.evaluation.rows import Row
from streams.matching import EntityIndex, Match, Policy


def score_searches(
    rows: Iterable[Row], index: EntityIndex, policy: Policy, threshold: float | None = None
) -> Iterator[Scored]:
    """Search each query in the index.

    A row that is a match is hit when its expected entry (by id, or by name among the entry's names) is; a row
    that is none is hit when anything is. A hit is a score at or above ``threshold``, or above the policy's own
    where none is given; a name that cannot be read scores 0.
    """
    for row in rows:
        why_not = "nothing agrees"
        try:
            found = index.match(row.party, policy) if threshold is None else index.candidates(row.party, policy, 100)
        except ScreeningError as error:
            found, why_not = (), str(error)
        hits = [match for match in found if threshold is None or match.score >= threshold]
        right = [match for match in hits if _is_expected(match, row)] if row.is_match else hits
        best = right[0] if right else (found[0] if found else None)
        yield Scored(
            number=row.number,
            query=row.party.name,
            expected=row.expected.names[0].name if row.expected else row.expected_id,
            is_match=row.is_match,
            score=best.score if best and (right or not row.is_match) else 0.0,
            hit=bool(right),
            found=best.listed_name if best else "",
            summary=best.summary if best else why_not,
            evidence=best.evidence if best else (),
            slices=row.slices,
        )


def _is_expected(match: Match, row: Row) -> bool:
    if row.expected_id and row.expected_id in (match.entry.entry_id, f"{match.entry.source}/{match.entry.entry_id}"):
        return True
    if row.expected is None:
        return False
    wanted = {listed.name.casefold() for listed in row.expected.names}
    return any(listed.name.casefold() in wanted for listed in match.entry.names)

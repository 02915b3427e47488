"""Counting right and wrong answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from streams.records.alert import Evidence


@dataclass(frozen=True, slots=True)
class Scored:
    """One row with what matching said: the score, whether it is a hit, and why.

    ``score`` is that of the expected entry, or the best alert where nothing is expected; ``found`` names what was
    hit.
    """

    number: int
    query: str
    expected: str
    is_match: bool
    score: float
    hit: bool
    found: str
    summary: str
    evidence: tuple[Evidence, ...]
    slices: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Confusion:
    """Right and wrong answers. Precision, recall and F1 are 0 where they are not defined."""

    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0
    true_negatives: int = 0

    @property
    def rows(self) -> int:
        """All rows counted."""
        return self.true_positives + self.false_positives + self.false_negatives + self.true_negatives

    @property
    def precision(self) -> float:
        """The share of hits that are right."""
        hits = self.true_positives + self.false_positives
        return self.true_positives / hits if hits else 0.0

    @property
    def recall(self) -> float:
        """The share of matches that are hit."""
        matches = self.true_positives + self.false_negatives
        return self.true_positives / matches if matches else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def false_positive_rate(self) -> float:
        """The share of rows that are no match but are hit."""
        others = self.false_positives + self.true_negatives
        return self.false_positives / others if others else 0.0

    def as_dict(self) -> dict[str, float]:
        """Counts and rates, for JSON."""
        return {
            "rows": self.rows,
            "true_positives": self.true_positives,
            "false_positives": self.false_positives,
            "false_negatives": self.false_negatives,
            "true_negatives": self.true_negatives,
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
            "false_positive_rate": round(self.false_positive_rate, 5),
        }


def count(answers: Iterable[tuple[bool, bool]]) -> Confusion:
    """Count pairs of (is a match, was hit)."""
    cells = [0, 0, 0, 0]
    for is_match, hit in answers:
        cells[(0 if hit else 2) if is_match else (1 if hit else 3)] += 1
    return Confusion(*cells)


def by_slice(scored: Iterable[Scored]) -> dict[str, dict[str, Confusion]]:
    """Column → value → counts."""
    answers: dict[str, dict[str, list[tuple[bool, bool]]]] = defaultdict(lambda: defaultdict(list))
    for row in scored:
        for column, value in row.slices.items():
            answers[column][value].append((row.is_match, row.hit))
    return {
        column: {value: count(rows) for value, rows in sorted(values.items())} for column, values in answers.items()
    }


def sweep(scored: Sequence[Scored], steps: int = 50) -> list[tuple[float, Confusion]]:
    """Counts at thresholds from 0.5 to 1, as if every row had that one threshold."""
    thresholds = [0.5 + 0.5 * step / steps for step in range(steps + 1)]
    return [(each, count((row.is_match, row.score >= each) for row in scored)) for each in thresholds]

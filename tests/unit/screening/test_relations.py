"""Whom a list names beside its entries: no hit that raises nothing hides such a relation."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from screened import screened

from streams.lists.loading import LoadedList
from streams.matching import Policy
from streams.records.list_entry import ListedName, ListEntry, RelatedEntry
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

NOW = datetime(2025, 10, 15, 12, tzinfo=UTC)
X, Y, PARTY = "Zorblatt Petrokhim", "Quvelian Marstrand", "Velavia Toys GmbH"


def listing(entry_id: str, name: str, related: str = "", effective_to: date | None = None) -> ListEntry:
    return ListEntry(
        source="us_ofac_sdn",
        entry_id=entry_id,
        names=(ListedName(name=name),),
        related=(RelatedEntry(name=related, relation="linked to"),) if related else (),
        effective_to=effective_to,
    )


def naming(entry_id: str, name: str, effective_to: date | None = None) -> ListEntry:
    return listing(entry_id, name, PARTY, effective_to)


def answers(*entries: ListEntry) -> list[tuple[str, str]]:
    """What a party gets that these entries name: outcome and entry of each alert."""
    lists = Snapshot.of_lists([LoadedList("us_ofac_sdn", entries)], NOW)
    event = {"transaction_id": "T", "parties": [{"name": PARTY}]}
    answered = screened(event, Screener(Policy.default()), lists, NOW, NOW)
    return [(alert.outcome, alert.listed.entry_id) for alert in answered.alerts]


@pytest.mark.parametrize(
    "others",
    [
        [listing("2", PARTY, effective_to=date(2020, 1, 1))],
        [naming(f"0{number}", Y, effective_to=date(2020, 1, 1)) for number in range(12)],
    ],
    ids=["its own entry is out of force", "ten others that name it are out of force"],
)
def test_what_raises_nothing_hides_no_relation(others: list[ListEntry]) -> None:
    assert answers(*others, naming("1", X)) == [("review", "1")]


def test_a_party_that_many_entries_name_is_ten_reviews() -> None:
    assert len(answers(*(naming(f"{number:02}", X) for number in range(12)))) == 10

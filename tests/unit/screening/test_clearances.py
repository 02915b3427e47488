"""A clearance covers one party and one form of one entry, for a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from streams.lists.loading import LoadedList
from streams.lists.release import entry_hash
from streams.matching import Policy
from streams.records.clearance import Clearance
from streams.records.decision import EventSource
from streams.records.list_entry import ListedName, ListEntry
from streams.records.party import Party, party_fingerprint
from streams.records.transaction import Transaction
from streams.screening.clearances import Clearances
from streams.screening.screener import Screener, Screening
from streams.screening.snapshot import Snapshot

NOW = datetime(2025, 10, 1, 12, tzinfo=UTC)
PLACE = EventSource(topic="transactions", partition=1, offset=42)
ENTRY = ListEntry(source="a_list", entry_id="1", names=(ListedName(name="Inspur Software Co., Ltd."),))
PARTY = Party(name="Inspur Software Co., Ltd.", role="end_user")
CLEARANCE = Clearance(
    clearance_id="C-1",
    fingerprint=party_fingerprint(PARTY),
    source="a_list",
    entry_id="1",
    entry_hash=entry_hash(ENTRY),
    reason="another company",
    maker="m",
    checker="c",
    disposition_id="D-1",
    at=NOW - timedelta(days=1),
    expires_at=NOW + timedelta(days=1),
)


def screened(
    clearance: Clearance, entry: ListEntry = ENTRY, party: Party = PARTY, now: datetime = NOW, recorded: datetime = NOW
) -> Screening:
    snapshot = Snapshot.of_lists([LoadedList("a_list", (entry,))], NOW)
    other = Party(name="Velavia Toys GmbH")
    transaction = Transaction(transaction_id="T", parties=(other, party))
    clearances = Clearances({clearance.key: clearance})
    return Screener(Policy.default()).screen(transaction, snapshot, PLACE, now, recorded, clearances)


def test_a_cleared_hit_is_suppressed_and_named() -> None:
    screening = screened(CLEARANCE)
    assert (screening.decision.outcome, screening.alerts, screening.decision.alert_ids) == ("clear", (), ())
    (hit,) = screening.decision.suppressed
    assert (hit.clearance_id, hit.source, hit.entry_id, hit.party_index) == ("C-1", "a_list", "1", 1)
    assert hit.alert_id == screened(msgspec.structs.replace(CLEARANCE, entry_id="2")).alerts[0].alert_id


def test_it_covers_the_party_in_every_role() -> None:
    assert screened(CLEARANCE, party=msgspec.structs.replace(PARTY, role="agent")).alerts == ()


@pytest.mark.parametrize(
    "screening",
    [
        lambda: screened(CLEARANCE, entry=msgspec.structs.replace(ENTRY, remarks="changed")),
        lambda: screened(CLEARANCE, party=msgspec.structs.replace(PARTY, country="CN")),
        lambda: screened(CLEARANCE, now=CLEARANCE.expires_at),
        lambda: screened(CLEARANCE, recorded=CLEARANCE.expires_at),
        lambda: screened(msgspec.structs.replace(CLEARANCE, withdrawn_at=NOW)),
    ],
    ids=["entry changed", "party changed", "expired", "expired when recorded", "withdrawn"],
)
def test_what_is_not_covered_is_an_alert(screening: object) -> None:
    assert callable(screening)
    answer = screening()
    (alert,) = answer.alerts
    assert answer.decision.outcome in ("hold", "review")
    assert answer.decision.suppressed == ()
    assert alert.party_fingerprint
    assert alert.entry_hash


def test_another_hit_of_the_same_party_stays_an_alert() -> None:
    second = ListEntry(
        source="b_list", entry_id="1", names=(ListedName(name="Inspur Software"),), effective_from=date(2025, 1, 1)
    )
    snapshot = Snapshot.of_lists([LoadedList("a_list", (ENTRY,)), LoadedList("b_list", (second,))], NOW)
    transaction = Transaction(transaction_id="T", parties=(PARTY,))
    clearances = Clearances({CLEARANCE.key: CLEARANCE})
    screening = Screener(Policy.default()).screen(transaction, snapshot, PLACE, NOW, NOW, clearances)
    assert [alert.listed.source for alert in screening.alerts] == ["b_list"]
    assert [hit.source for hit in screening.decision.suppressed] == ["a_list"]

"""Whatever the releases and whenever parties were registered, lookback raises what offline screening says, once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.lists.loading import LoadedList
from streams.lists.release import diff, digest, entry_hash
from streams.lists.state import Change
from streams.matching import Policy
from streams.records.decision import EventSource
from streams.records.list_entry import ListedName, ListEntry
from streams.records.list_release import ListRelease
from streams.records.party import Party, party_fingerprint
from streams.records.registered_party import PastTransaction, RegisteredParty
from streams.records.transaction import Transaction
from streams.screening.clearances import NO_CLEARANCES
from streams.screening.list_changes import ListChanges
from streams.screening.lookback import Lookback
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

NOW = datetime(2025, 10, 1, tzinfo=UTC)
NAMES = ("Inspur Software", "Inspur Group", "Kestwick Ore Trading", "Nordmont Timber", "Zhongke Sugon Optics")
SCREENER = Screener(Policy.default())
PLACE = EventSource(topic="offline", partition=0, offset=0)

versions = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 2), max_size=len(NAMES))
"""A release: the names it lists, each in one of three forms."""
registrations = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from([*NAMES, "Nordmont Timbers", "Velavia Toys"]), st.sampled_from("ab")),
    max_size=8,
)
"""Parties: after which release each was registered, its name and role."""


def entries(release: dict[str, int]) -> tuple[ListEntry, ...]:
    return tuple(
        ListEntry(source="a_list", entry_id=name, names=(ListedName(name=name),), remarks=str(version))
        for name, version in release.items()
    )


def change(number: int, before: dict[str, int], after: dict[str, int]) -> Change:
    old, new = ({each.entry_id: entry_hash(each) for each in entries(release)} for release in (before, after))
    difference = diff(old, new)
    release = ListRelease(
        source="a_list", release_id=f"R{number}", published_at=NOW, entries=len(new), digest=digest(new)
    )
    touched = {*difference.added, *difference.changed}
    return Change(
        "a_list", release, tuple(each for each in entries(after) if each.entry_id in touched), difference.removed
    )


def record(number: int, release: int, party: Party) -> RegisteredParty:
    past = PastTransaction(transaction_id=f"T{number}", at=NOW, role=party.role)
    return RegisteredParty(
        fingerprint=party_fingerprint(party),
        opened_by=f"0-{number}-0",
        party=party,
        first=past,
        latest=(past,),
        count=1,
        releases={"a_list": f"R{release}"},
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(versions, min_size=1, max_size=4), registrations)
def test_each_release_raises_what_offline_screening_of_earlier_parties_gives(
    releases: list[dict[str, int]], parties: list[tuple[int, str, str]]
) -> None:
    changes = ListChanges()
    before: dict[str, int] = {}
    raised: Counter[str] = Counter()
    for number, after in enumerate(releases, start=1):
        changes.feed(change(number, before, after))
        known = [
            record(position, release, Party(name=name, role=role))
            for position, (release, name, role) in enumerate(parties)
            if release < number
        ]
        lookback = Lookback(changes, SCREENER, NO_CLEARANCES, NOW, [("a_list", f"R{number}")], {})
        for each in known:
            lookback.take(each)
        findings = lookback.findings()
        assert findings.parties == len({each.fingerprint for each in known})
        brought = {name for name, version in after.items() if before.get(name) != version}
        expected = set()
        if after:
            snapshot = Snapshot.of_lists([LoadedList("a_list", entries(after))], NOW)
            for each in known:
                asked = Transaction(transaction_id="offline", parties=(each.party,))
                for alert in SCREENER.screen(asked, snapshot, PLACE, NOW, NOW).alerts:
                    if alert.listed.entry_id in brought:
                        expected.add((each.fingerprint, alert.listed.entry_id, alert.outcome, alert.score))
        found = [
            (alert.party_fingerprint, alert.listed.entry_id, alert.outcome, alert.score) for alert in findings.alerts
        ]
        assert len(found) == len(expected)
        assert set(found) == expected
        raised.update(alert.alert_id for alert in findings.alerts)
        before = after
    assert all(count == 1 for count in raised.values())

"""Which parties owe a lookback to which entries, and what is raised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from streams.errors import ScreeningError
from streams.lists.release import entry_hash
from streams.lists.state import Change
from streams.matching import EntityIndex, Policy
from streams.matching.jurisdiction_rules import JurisdictionRule, JurisdictionRules
from streams.matching.policy import Thresholds
from streams.records.alert import Alert
from streams.records.clearance import Clearance
from streams.records.list_entry import ListedName, ListEntry
from streams.records.list_release import ListRelease
from streams.records.lookback import LookbackCoverage
from streams.records.party import Party, party_fingerprint
from streams.records.registered_party import PastTransaction, RegisteredParty
from streams.screening.clearances import NO_CLEARANCES, Clearances
from streams.screening.list_changes import ListChanges, ReleaseKey
from streams.screening.lookback import Findings, Lookback, lookback_alert_id
from streams.screening.lookback_work import Coverage, Pass, Work, coverage_records
from streams.screening.screener import Screener

NOW = datetime(2025, 10, 1, 12, tzinfo=UTC)
POLICY = Policy.default()
R1, R2, R3 = (("a_list", f"R{number}") for number in (1, 2, 3))

INSPUR = ListEntry(source="a_list", entry_id="1", names=(ListedName(name="Inspur Software Co., Ltd."),))
KESTWICK = ListEntry(source="a_list", entry_id="2", names=(ListedName(name="Kestwick Ore Trading"),))
A = Party(name="Inspur Software Co., Ltd.", role="end_user")
B = Party(name="Kestwick Ore Trading", role="forwarder")


def release(number: int, upserts: Sequence[ListEntry] = (), removals: Sequence[str] = ()) -> Change:
    made = ListRelease(
        source="a_list",
        release_id=f"R{number}",
        published_at=datetime(2025, 4, number, tzinfo=UTC),
        entries=5,
        digest="d",
    )
    return Change("a_list", made, tuple(upserts), tuple(removals))


def changes_of(*changes: Change) -> ListChanges:
    made = ListChanges()
    for change in changes:
        made.feed(change)
    return made


def record(
    party: Party, under: str = "R1", *transactions: str, opened_by: str = "0-0-0", addition: bool = False
) -> RegisteredParty:
    past = tuple(
        PastTransaction(transaction_id=each, at=NOW - timedelta(days=100 - number), party_index=number, role=party.role)
        for number, each in enumerate(transactions or ("T",))
    )
    return RegisteredParty(
        fingerprint=party_fingerprint(party),
        opened_by=opened_by,
        party=party,
        first=past[0],
        latest=past,
        count=len(past),
        releases={"a_list": under},
        addition=addition,
    )


def looked(
    changes: ListChanges,
    records: Sequence[RegisteredParty],
    among: Sequence[ReleaseKey] = (R2,),
    covered: Sequence[ReleaseKey] = (),
    clearances: Clearances = NO_CLEARANCES,
    ended: Sequence[Clearance] = (),
    policy: Policy = POLICY,
    late: bool = False,
    everyone: bool = False,
) -> Findings:
    by_fingerprint = Work((), tuple(ended)).ended_by_fingerprint()
    lookback = Lookback(
        changes, Screener(policy), clearances, NOW, among, by_fingerprint, covered=covered, everyone=everyone
    )
    for each in records:
        lookback.take(each, late=late)
    return lookback.findings()


def test_no_list_is_ruled_out_for_parties_that_came_with_any_event() -> None:
    rule = JurisdictionRule(name="US", lists=("a_list",), topics=("transactions",), exporters=("us",))
    policy = replace(POLICY, jurisdiction=JurisdictionRules(rules=(rule,), exporter_roles=("end_user",)))
    exporter = msgspec.structs.replace(A, country="CN")
    (alert,) = looked(changes_of(release(1), release(2, [INSPUR])), [record(exporter)], policy=policy).alerts
    assert alert.outcome == "hold"


def test_only_what_the_release_brought_is_raised() -> None:
    changes = changes_of(release(1, [KESTWICK]), release(2, [INSPUR]))
    findings = looked(changes, [record(A, "R1", "T1", "T2"), record(B)])
    (alert,) = findings.alerts
    assert findings.parties == 2
    assert (alert.trigger, alert.trigger_id, alert.listed.entry_id) == ("lookback", "R2", "1")
    assert (alert.transaction_id, alert.party_index, alert.party) == ("T2", 1, A)
    assert [past.transaction_id for past in alert.transactions] == ["T1", "T2"]
    expected = lookback_alert_id(party_fingerprint(A), "a_list", "1", entry_hash(INSPUR), "R2")
    assert alert.alert_id == expected
    assert looked(changes, [record(A, "R1", "T1", "T2")]).alerts == (alert,)


def test_who_was_screened_under_it_owes_nothing() -> None:
    changes = changes_of(release(1, [KESTWICK]), release(2, [INSPUR]), release(3, [KESTWICK]))
    assert looked(changes, [record(A, "R2"), record(A, "R3", opened_by="1")]).alerts == ()
    assert len(looked(changes, [record(A, "R2"), record(A, "R1", opened_by="1")]).alerts) == 1
    assert len(looked(changes, [record(A, "R3")], everyone=True).alerts) == 1


def test_who_was_screened_without_the_list_owes_all_of_it() -> None:
    changes = changes_of(release(1, [INSPUR]))
    before = msgspec.structs.replace(record(A), releases={"b_list": "X"})
    assert len(looked(changes, [before], [R1]).alerts) == 1


def test_an_entry_that_was_changed_or_removed_since_is_its_own_release_s() -> None:
    again = msgspec.structs.replace(INSPUR, remarks="again")
    changes = changes_of(release(1, [KESTWICK]), release(2, [INSPUR]), release(3, [again]))
    assert looked(changes, [record(A)], [R2]).alerts == ()
    (alert,) = looked(changes, [record(A)], [R2, R3]).alerts
    assert (alert.trigger_id, alert.entry_hash) == ("R3", entry_hash(again))
    gone = changes_of(release(1, [KESTWICK]), release(2, [INSPUR]), release(3, removals=["1"]))
    assert looked(gone, [record(A)], [R2, R3]).alerts == ()


def test_an_entry_that_comes_back_is_a_new_alert() -> None:
    changes = changes_of(release(1, [KESTWICK, INSPUR]))
    (first,) = looked(changes, [record(A, "R0")], [R1]).alerts
    changes.feed(release(2, removals=["1"]))
    changes.feed(release(3, [INSPUR]))
    (second,) = looked(changes, [record(A)], [R3]).alerts
    assert first.entry_hash == second.entry_hash
    assert first.alert_id != second.alert_id


def test_records_of_one_party_are_one_alert() -> None:
    changes = changes_of(release(1, [KESTWICK]), release(2, [INSPUR]))
    records = [
        record(A, "R1", "T1", opened_by="0-1-0"),
        record(msgspec.structs.replace(A, role="agent"), "R1", "T7", opened_by="1-1-0"),
        record(A, "R1", "T3", "T4", opened_by="2-1-0"),
    ]
    (alert,) = looked(changes, records).alerts
    assert {past.transaction_id for past in alert.transactions} == {"T1", "T3", "T4", "T7"}
    assert {past.role for past in alert.transactions} == {"end_user", "agent"}
    (other,) = looked(changes, records[::-1]).alerts
    assert (other.alert_id, other.transactions) == (alert.alert_id, alert.transactions)


def test_late_records_owe_what_is_covered_already_but_additions_do_not() -> None:
    changes = changes_of(release(1, [KESTWICK]), release(2, [INSPUR]))
    assert len(looked(changes, [record(A)], (), [R1, R2], late=True).alerts) == 1
    assert looked(changes, [record(A)], (), [R1, R2]).alerts == ()
    assert looked(changes, [record(A, addition=True)], (), [R1, R2], late=True).alerts == ()


def test_an_entry_that_takes_effect_later_is_told_now() -> None:
    later = msgspec.structs.replace(INSPUR, effective_from=date(2025, 6, 1))
    changes = changes_of(release(1, [KESTWICK]), release(2, [later]))
    (alert,) = looked(changes, [record(A)]).alerts
    assert alert.outcome == "review"
    assert "2025-06-01" in alert.summary
    over = msgspec.structs.replace(INSPUR, effective_to=date(2025, 4, 1))
    assert looked(changes_of(release(1, [KESTWICK]), release(2, [over])), [record(A)]).alerts == ()


def clearance(**fields: object) -> Clearance:
    made = Clearance(
        clearance_id="C-1",
        fingerprint=party_fingerprint(A),
        source="a_list",
        entry_id="1",
        entry_hash=entry_hash(INSPUR),
        reason="another company",
        maker="m",
        checker="c",
        disposition_id="D-1",
        at=NOW - timedelta(days=300),
        expires_at=NOW + timedelta(days=1),
    )
    return msgspec.structs.replace(made, **fields)


def test_a_cleared_hit_is_counted_and_not_raised() -> None:
    changes = changes_of(release(1, [KESTWICK]), release(2, [INSPUR]))
    given = clearance()
    findings = looked(changes, [record(A)], clearances=Clearances({given.key: given}))
    assert findings.alerts == ()
    assert findings.suppressed == {("a_list", "R2"): 1}


def test_the_end_of_a_clearance_raises_what_it_covered() -> None:
    changes = changes_of(release(1, [KESTWICK, INSPUR]))
    ended = clearance(expires_at=NOW)
    clearances = Clearances({ended.key: ended})
    records = [record(A, "R1"), record(B, "R1")]
    (alert,) = looked(changes, records, (), [R1], clearances, [ended]).alerts
    assert (alert.trigger_id, alert.listed.entry_id, alert.party) == ("C-1", "1", A)
    changes.feed(release(2, [msgspec.structs.replace(INSPUR, remarks="changed")]))
    assert looked(changes, records, (), [R1, R2], clearances, [ended]).alerts == ()
    (by_release,) = looked(changes, records, [R2], [R1], clearances, [ended]).alerts
    assert by_release.trigger_id == "R2"


def test_where_roles_have_thresholds_each_role_is_screened() -> None:
    strict = policy_by_role()
    changes = changes_of(release(1, [KESTWICK]), release(2, [INSPUR]))
    lax = msgspec.structs.replace(A, role="bank")
    (alert,) = looked(changes, [record(lax, "R1", "T9"), record(A, "R1", "T1", opened_by="1")], policy=strict).alerts
    assert (alert.party.role, alert.transaction_id, alert.outcome) == ("end_user", "T1", "hold")
    assert looked(changes, [record(lax, "R1", "T9")], policy=strict).alerts[0].outcome == "review"


def policy_by_role() -> Policy:
    """A policy under which a bank is never held."""
    never = Thresholds(review=POLICY.lowest_review, hold=2.0, role="bank")
    return replace(POLICY, version="by-role", thresholds=(never, *POLICY.thresholds))


def test_a_party_that_cannot_be_screened_is_told_and_the_others_are(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = changes_of(release(1, [KESTWICK]), release(2, [INSPUR]))
    asked = EntityIndex.asked

    def broken(self: EntityIndex, party: Party, policy: Policy) -> object:
        if party.name == B.name:
            raise ScreeningError("made by the test")
        if party.name == "C":
            raise ZeroDivisionError("made by the test")
        return asked(self, party, policy)

    monkeypatch.setattr(EntityIndex, "asked", broken)
    findings = looked(changes, [record(B), record(Party(name="C")), record(A)])
    assert (findings.parties, len(findings.alerts), len(findings.unscreened)) == (3, 1, 2)
    assert party_fingerprint(B) in findings.unscreened[0]
    assert "ZeroDivisionError" in findings.unscreened[1]


def test_alert_ids_tell_apart_what_is_different() -> None:
    parts = ("f", "s", "1", "h", "R")
    ids = {lookback_alert_id(*parts)}
    for position in range(len(parts)):
        ids.add(lookback_alert_id(*(part + "1" if n == position else part for n, part in enumerate(parts))))
    assert len(ids) == len(parts) + 1


# --- what is open, and what is written ---


def covered(trigger: tuple[str, str], partition: int, end: int = 7) -> LookbackCoverage:
    findings = Findings(3, (), Counter(), Counter(), ())
    made = Pass(partition, 2, end, NOW, NOW, "p")
    (written,) = coverage_records(made, Work((trigger,)), findings, changes_of())
    return written


def test_a_release_is_open_until_each_partition_is_covered() -> None:
    coverage = Coverage()
    assert coverage.open(0, 2, [R1, R2], NO_CLEARANCES, NOW).releases == (R1, R2)
    coverage.add(covered(R1, 0))
    assert coverage.open(0, 2, [R1, R2], NO_CLEARANCES, NOW).releases == (R2,)
    assert coverage.open(1, 2, [R1, R2], NO_CLEARANCES, NOW).releases == (R1, R2)
    assert coverage.covered(0, [R1, R2]) == (R1,)
    assert (coverage.end(0), coverage.end(1)) == (7, 0)


def test_an_ended_clearance_is_open_in_its_party_s_partition() -> None:
    given, ended = clearance(), clearance(entry_id="2", clearance_id="C-2", expires_at=NOW)
    clearances = Clearances({each.key: each for each in (given, ended)})
    coverage = Coverage()
    works = [coverage.open(partition, 2, [], clearances, NOW) for partition in (0, 1)]
    (work,) = (each for each in works if each)
    assert work.ended == (ended,)
    (written,) = coverage_records(
        Pass(works.index(work), 2, 9, NOW, NOW, "p"),
        work,
        Findings(3, (), Counter(), Counter(), ()),
        changes_of(),
    )
    assert (written.trigger, written.trigger_id, written.partitions, written.parties) == ("clearance", "C-2", 1, 1)
    coverage.add(written)
    assert not coverage.open(written.partition, 2, [], clearances, NOW)


def test_coverage_counts_by_trigger() -> None:
    changes = changes_of(release(1, [KESTWICK]), release(2, [INSPUR]))
    before = msgspec.structs.replace(record(A), releases={})
    other = msgspec.structs.replace(record(B), releases={})
    work = Work((R1, R2))
    findings = looked(changes, [before, other], work.releases)
    written = list(coverage_records(Pass(0, 2, 9, NOW, NOW, "p"), work, findings, changes))
    assert [(each.trigger_id, each.entries, each.parties, each.alerts) for each in written] == [
        ("R1", 1, 2, 1),
        ("R2", 1, 2, 1),
    ]
    assert all(isinstance(alert, Alert) for alert in findings.alerts)

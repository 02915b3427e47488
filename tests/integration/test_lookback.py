"""Lookback on a real Kafka: past parties held against what a release changed, each hit once, through kills."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from confluent_kafka import Producer
from live import PATIENCE, cloud_event_kinds, running, wait_until
from msgspec.structs import replace

from streams.cli import main
from streams.kafka.clients import connect, producer_config
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.lists.loading import LoadedList
from streams.lists.publisher import publish
from streams.lists.release import entry_hash
from streams.matching import Policy
from streams.records.alert import Alert
from streams.records.clearance import Clearance
from streams.records.codec import decode, encode
from streams.records.list_entry import ListedName, ListEntry
from streams.records.list_release import ListRelease
from streams.records.party import Party, party_fingerprint
from streams.records.registered_party import PastTransaction, RegisteredParty, registry_partition
from streams.screening.lookback_service import LookbackService
from streams.screening.lookback_status import LookbackStatus, statuses
from streams.settings import LookbackSettings, Settings

pytestmark = pytest.mark.kafka

SOURCE = "a_list"
MARCH = datetime(2025, 3, 20, tzinfo=UTC)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    lookback = LookbackSettings(
        group_id=f"{settings.topics.prefix}lookback", settle_seconds=0, session_timeout_seconds=2
    )
    return settings.model_copy(update={"lookback": lookback})


def listed(entry_id: str, name: str, remarks: str = "") -> ListEntry:
    return ListEntry(
        source=SOURCE,
        entry_id=entry_id,
        names=(ListedName(name=name),),
        countries=("CN",),
        effective_from=date(2025, 3, 25),
        remarks=remarks,
    )


FIRST = listed("1", "Kestwick Ore Trading Co., Ltd.")
SECOND = listed("2", "Inspur Software Co., Ltd.")


def released(settings: Settings, *entries: ListEntry) -> ListRelease:
    # A list is not expected to lose half of its ids at once, so there are some that nobody is.
    others = [listed(f"x{number}", f"Qorbavian Zelmut{number} Holding") for number in range(30)]
    return publish(LoadedList(SOURCE, (*entries, *others)), settings)


def registered(
    settings: Settings, party: Party, release: ListRelease | None, *transactions: str, opened_by: str = "0-0-0"
) -> None:
    """Write to the registry what a worker would."""
    past = tuple(
        PastTransaction(transaction_id=each, at=MARCH + timedelta(days=number), role=party.role)
        for number, each in enumerate(transactions)
    )
    record = RegisteredParty(
        fingerprint=party_fingerprint(party),
        opened_by=opened_by,
        party=party,
        first=past[0],
        latest=past,
        count=len(past),
        releases={SOURCE: release.release_id} if release else {},
    )
    producer = connect(Producer, producer_config(settings))
    producer.produce(
        TopicNames(settings.topics.prefix).parties,
        encode(record),
        record.key.encode(),
        partition=registry_partition(record.fingerprint, settings.topics.partitions),
    )
    assert producer.flush(PATIENCE) == 0


def clear(settings: Settings, party: Party, entry: ListEntry, **fields: object) -> Clearance:
    clearance = Clearance(
        clearance_id="C-1",
        fingerprint=party_fingerprint(party),
        source=entry.source,
        entry_id=entry.entry_id,
        entry_hash=entry_hash(entry),
        reason="another company",
        maker="m",
        checker="c",
        disposition_id="D-1",
        at=MARCH,
        expires_at=datetime.now(UTC) + timedelta(days=30),
    )
    clearance = replace(clearance, **fields)
    producer = connect(Producer, producer_config(settings))
    producer.produce(TopicNames(settings.topics.prefix).clearances, encode(clearance), clearance.key.encode())
    assert producer.flush(PATIENCE) == 0
    return clearance


def looking_back(settings: Settings) -> AbstractContextManager[LookbackService]:
    """A lookback in a thread of this process."""
    return running(lambda stop: LookbackService(settings, Policy.default(), stop))


def status_of(settings: Settings, trigger_id: str) -> LookbackStatus:
    return next(each for each in statuses(settings) if each.trigger_id == trigger_id)


def complete(settings: Settings, trigger_id: str) -> LookbackStatus:
    wait_until(lambda: any(each.complete for each in statuses(settings) if each.trigger_id == trigger_id))
    return status_of(settings, trigger_id)


def alerts_of(settings: Settings) -> list[Alert]:
    topic = TopicNames(settings.topics.prefix).alerts
    return [decode(Alert, message.value() or b"", topic) for message in read_topic(settings, topic)]


INSPUR = Party(name="Inspur Software Co., Ltd.", country="CN", role="end_user")
KESTWICK = Party(name="Kestwick Ore Trading Co., Ltd.", country="CN", role="purchaser")
VELAVIA = Party(name="Velavia Toys GmbH", country="DE", role="bank")


def test_a_release_raises_past_parties_once_with_their_transactions(settings: Settings) -> None:
    before = released(settings, FIRST)
    registered(settings, INSPUR, before, "T1", "T2")
    registered(settings, INSPUR, before, "T5", opened_by="1-7-0")  # by another worker
    registered(settings, VELAVIA, before, "T1")
    registered(settings, KESTWICK, before, "T3")  # a hit of the first release, which was live then
    with looking_back(settings):
        assert complete(settings, before.release_id).parties == 3
        assert alerts_of(settings) == []
        after = released(settings, FIRST, SECOND)
        status = complete(settings, after.release_id)
    (alert,) = alerts_of(settings)
    assert (alert.trigger, alert.trigger_id, alert.release_id) == ("lookback", after.release_id, after.release_id)
    assert [past.transaction_id for past in alert.transactions] == ["T1", "T5", "T2"]
    assert (alert.transaction_id, alert.party.role, alert.outcome) == ("T2", "end_user", "hold")
    assert (alert.party_fingerprint, alert.entry_hash) == (party_fingerprint(INSPUR), entry_hash(SECOND))
    assert (status.parties, status.alerts, status.entries, status.partitions_done) == (3, 1, 1, 2)
    names = TopicNames(settings.topics.prefix)
    assert cloud_event_kinds(settings, names.alerts) == {"highfence.alert"}
    assert cloud_event_kinds(settings, names.lookbacks) == {"highfence.lookback_coverage"}


def test_only_a_changed_entry_raises_again(settings: Settings) -> None:
    before = released(settings, FIRST, SECOND)
    registered(settings, INSPUR, before, "T1")
    registered(settings, KESTWICK, before, "T2")
    changed = released(settings, FIRST, replace(SECOND, remarks="changed"))
    released(settings, FIRST, replace(SECOND, remarks="changed"))  # nothing new: nothing to look back for
    with looking_back(settings):
        complete(settings, changed.release_id)
    (alert,) = alerts_of(settings)
    assert alert.listed.entry_id == "2"
    assert [each.trigger_id for each in statuses(settings)] == [before.release_id, changed.release_id]


def test_a_party_registered_late_under_the_old_release_is_screened_when_it_comes(settings: Settings) -> None:
    before = released(settings, FIRST)
    after = released(settings, FIRST, SECOND)
    with looking_back(settings):
        complete(settings, after.release_id)
        registered(settings, INSPUR, before, "T1")
        registered(settings, replace(INSPUR, role="agent"), after, "T2", opened_by="0-9-0")  # screened live
        wait_until(lambda: len(alerts_of(settings)) > 0)
    (alert,) = alerts_of(settings)
    assert alert.trigger_id == after.release_id
    with looking_back(settings):  # what was followed is not followed again
        newest = released(settings, FIRST, SECOND, listed("3", "Nordmont Shipping"))
        complete(settings, newest.release_id)
    assert len(alerts_of(settings)) == 1


def test_a_cleared_hit_is_suppressed_and_comes_back_when_the_clearance_ends(settings: Settings) -> None:
    before = released(settings, FIRST)
    registered(settings, INSPUR, before, "T1")
    given = clear(settings, INSPUR, SECOND)
    with looking_back(settings):
        after = released(settings, FIRST, SECOND)
        status = complete(settings, after.release_id)
        assert (status.alerts, status.suppressed) == (0, 1)
        clear(settings, INSPUR, SECOND, withdrawn_at=datetime.now(UTC), withdrawn_by="c")
        complete(settings, given.clearance_id)
    (alert,) = alerts_of(settings)
    assert (alert.trigger_id, alert.listed.entry_id) == (given.clearance_id, "2")
    assert status_of(settings, given.clearance_id).alerts == 1


def test_by_hand_gives_the_same_ids_again(settings: Settings) -> None:
    before = released(settings, FIRST)
    registered(settings, INSPUR, before, "T1")
    after = released(settings, FIRST, SECOND)
    with looking_back(settings):
        complete(settings, after.release_id)
    environment = {
        "HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "HIGHFENCE_TOPICS__PREFIX": settings.topics.prefix,
    }
    runner = CliRunner(env=environment)

    def run(*arguments: str) -> str:
        result = runner.invoke(main, ["lookback", *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    assert "1 parties held" in run("run", "--release", after.release_id)
    assert ": 1 alerts" in run("run", "--release", after.release_id, "--since", "2025-03-01").splitlines()[-1]
    assert ": 0 alerts" in run("run", "--release", after.release_id, "--since", "2025-04-01").splitlines()[-1]
    first, *others = alerts_of(settings)
    assert [replace(each, raised_at=first.raised_at) for each in others] == [first, first]
    told = [json.loads(line) for line in run("status", "--json").splitlines()]
    assert [(each["complete"], each["alerts"]) for each in told] == [(True, 0), (True, 1)]
    assert "1 parties held against 1 entries, 1 alerts" in run("status")
    refused = runner.invoke(main, ["lookback", "run", "--release", "none"])
    assert refused.exit_code == 2
    assert "'highfence lookback status'" in refused.output

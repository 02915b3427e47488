"""March 2025 again, with the goods already sold: what lookback raises is what offline screening says, through kills."""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Producer
from entity_list_rows import entity_list

from streams.invented.orders import population
from streams.kafka.clients import connect, producer_config
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.lists.loading import LoadedList
from streams.lists.publisher import publish
from streams.matching import Policy
from streams.records.alert import Alert
from streams.records.base import Record
from streams.records.codec import decode
from streams.records.decision import Decision, EventSource
from streams.records.list_entry import ListEntry
from streams.records.party import Party, party_fingerprint
from streams.records.registered_party import RegisteredParty
from streams.records.transaction import Transaction
from streams.screening.lookback_status import statuses
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot
from streams.settings import Settings

pytestmark = pytest.mark.kafka

PATIENCE = 180.0
ROLES = ("purchaser", "ultimate_consignee", "forwarder")
BEFORE, ADDED = "entity_list_before_2025-03-28.jsonl.gz", "entity_list_added_2025-03-28.jsonl.gz"

_log = logging.getLogger("measured")
"""Shown by ``pytest --log-cli-level=INFO``."""


@contextmanager
def process(
    settings: Settings, command: str, log: Path, failpoints: str = "", replica: str = "0"
) -> Iterator[subprocess.Popen[bytes]]:
    """A ``highfence worker`` or ``highfence lookback``."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "HIGHFENCE_TOPICS__PREFIX": settings.topics.prefix,
        "HIGHFENCE_WORKER__GROUP_ID": settings.worker.group_id,
        "HIGHFENCE_WORKER__BATCH_EVENTS": "100",
        "HIGHFENCE_WORKER__SESSION_TIMEOUT_SECONDS": "2",
        "HIGHFENCE_LOOKBACK__GROUP_ID": f"{settings.topics.prefix}lookback",
        "HIGHFENCE_LOOKBACK__REPLICA": replica,
        "HIGHFENCE_LOOKBACK__SESSION_TIMEOUT_SECONDS": "2",
        "HIGHFENCE_LOOKBACK__SETTLE_SECONDS": "0.5",
        "HIGHFENCE_METRICS__PORT": "0",
        "HIGHFENCE_FAILPOINTS": failpoints,
    }
    with log.open("ab") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", "streams.cli", command], env=environment, stdout=output, stderr=output
        )
    try:
        yield started
    finally:
        started.terminate()
        started.wait(PATIENCE)


def until(what: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, f"waited in vain: {log.read_text()[-2000:]}"
        time.sleep(0.1)


def read(settings: Settings, topic: str, kind: type[Record]) -> list[Record]:
    messages = read_topic(settings, settings.topics.prefix + topic)
    return [decode(kind, message.value() or b"", topic) for message in messages]


def decided(settings: Settings) -> set[str]:
    decisions = read(settings, "decisions", Decision)
    return {each.transaction_id for each in decisions if isinstance(each, Decision)}


def all_told(settings: Settings, took_part: Mapping[str, set[str]], before: set[str]) -> bool:
    """Whether the registry has of each party its transactions, or ten of them, but for those decided ``before``."""
    told: dict[str, set[str]] = defaultdict(set)
    for record in read(settings, "parties", RegisteredParty):
        assert isinstance(record, RegisteredParty)
        told[record.fingerprint].update(past.transaction_id for past in record.latest)
    return all(len(told[party] - before) >= min(len(mine - before), 10) for party, mine in took_part.items())


def trading_parties(count: int, before: Sequence[ListEntry], added: Sequence[ListEntry]) -> list[Party]:
    """Companies of which one in twelve has a name like one that is listed, most of them listed that day."""
    rng = random.Random(count)
    named = []
    for number in range(count // 12):
        entry = rng.choice(added if number % 4 else before)
        name = rng.choice(entry.names).name
        if number % 3 == 0:
            name = name.replace("Technology", "Tech.").replace("Company", "Co.").upper()
        named.append(Party(name=name, country=entry.countries[0] if number % 5 else "SG"))
    unique = {party_fingerprint(party): party for party in named}
    others = msgspec.convert(population(count - len(unique), count), list[Party])
    return [*unique.values(), *others]


def orders_of(parties: Sequence[Party], count: int) -> Iterator[Transaction]:
    """Every party has its orders; some of them in several roles."""
    rng = random.Random(count)
    for number in range(count):
        chosen = [parties[number % len(parties)], *rng.choices(parties, k=2)]
        yield Transaction(
            transaction_id=f"PO-{number}",
            parties=tuple(msgspec.structs.replace(party, role=role) for party, role in zip(chosen, ROLES, strict=True)),
        )


def offline(parties: Sequence[Party], snapshot: Snapshot) -> dict[tuple[str, str], tuple[str, float, str]]:
    """Party and entry of each hit with what was added or changed, with its outcome, score and summary."""
    screener, now = Screener(Policy.default()), datetime.now(UTC)
    place = EventSource(topic="offline", partition=0, offset=0)
    found: dict[tuple[str, str], tuple[str, float, str]] = {}
    for party in parties:
        asked = Transaction(transaction_id="offline", parties=(party,))
        for alert in screener.screen(asked, snapshot, place, now, now).alerts:
            if alert.listed.entry_id.startswith(ADDED) or "changed" in alert.listed.license_requirement:
                key = (alert.party_fingerprint, alert.listed.entry_id)
                found[key] = (alert.outcome, alert.score, alert.summary)
    return found


@pytest.mark.parametrize(
    ("orders", "parties"), [(2_000, 500), pytest.param(50_000, 5_000, marks=pytest.mark.slow)], ids=["short", "long"]
)
def test_lookback_raises_what_offline_screening_says_each_once(
    settings: Settings, shared_data: Path, tmp_path: Path, orders: int, parties: int
) -> None:
    before = entity_list(shared_data / "lists" / BEFORE)
    added = entity_list(shared_data / "lists" / ADDED)
    known = trading_parties(parties, before, added)
    publish(LoadedList("us_bis_entity_list", before), settings)
    changed = tuple(
        msgspec.structs.replace(entry, license_requirement=f"changed: {entry.license_requirement}")
        if not n % 7
        else entry
        for n, entry in enumerate(before)
    )
    after_entries = (*changed, *added)
    traded = list(orders_of(known, orders))
    took_part: dict[str, set[str]] = defaultdict(set)
    for each in traded:
        for party in each.parties:
            took_part[party_fingerprint(party)].add(each.transaction_id)
    producer = connect(Producer, producer_config(settings))
    for each in traded:
        producer.produce(
            TopicNames(settings.topics.prefix).transactions, msgspec.json.encode(each), each.transaction_id.encode()
        )
    assert producer.flush(PATIENCE) == 0

    log = tmp_path / "log"
    # Killed with half of a transaction sent, and started again: what it knew of parties is forgotten.
    with process(settings, "worker", log, f"transaction.between_records=kill@{orders // 2}") as worker:
        until(lambda: worker.poll() is not None, log)
    before_the_kill = decided(settings)
    assert 0 < len(before_the_kill) < orders
    with process(settings, "worker", log):
        until(lambda: len(decided(settings)) >= orders, log)
        release = publish(LoadedList("us_bis_entity_list", after_entries), settings)
        until(lambda: all_told(settings, took_part, before_the_kill), log)
        # Killed while it reads the registry, then within the transaction of a partition.
        for failpoint in (f"lookback.between_records=kill@{parties // 3}", "transaction.before_commit=kill@3"):
            with process(settings, "lookback", log, failpoint) as killed:
                until(lambda killed=killed: killed.poll() is not None, log)  # type: ignore[misc]
        began = time.monotonic()
        with process(settings, "lookback", log), process(settings, "lookback", log, replica="1"):
            until(lambda: all(status.complete for status in statuses(settings)), log)
        _log.info("%d parties covered in %.1f s, start included", parties, time.monotonic() - began)

    registry: dict[str, list[RegisteredParty]] = defaultdict(list)
    for record in read(settings, "parties", RegisteredParty):
        assert isinstance(record, RegisteredParty)
        registry[record.fingerprint].append(record)
    assert registry.keys() == {party_fingerprint(party) for each in traded for party in each.parties}
    status = statuses(settings)[-1]
    assert (status.trigger_id, status.entries) == (release.release_id, len(added) + (len(before) + 6) // 7)
    assert status.parties == len(registry) == parties
    assert status.unscreened == status.suppressed == 0

    alerts = [alert for alert in read(settings, "alerts", Alert) if isinstance(alert, Alert)]
    looked_back = [alert for alert in alerts if alert.trigger == "lookback"]
    snapshot = Snapshot.of_lists([LoadedList("us_bis_entity_list", after_entries)], datetime.now(UTC))
    expected = offline(known, snapshot)
    raised = {
        (alert.party_fingerprint, alert.listed.entry_id): (alert.outcome, alert.score, alert.summary)
        for alert in looked_back
    }
    assert raised == expected
    assert len(looked_back) == len(expected) == status.alerts > parties // 20
    assert set(Counter(alert.alert_id for alert in alerts).values()) == {1}

    for alert in looked_back:
        told = {past.transaction_id for past in alert.transactions}
        mine = took_part[alert.party_fingerprint]
        assert told <= mine
        # A worker that is killed takes with it what it had not yet added to parties it had registered.
        assert bool(told & before_the_kill) == bool(mine & before_the_kill)
        assert len(told - before_the_kill) >= min(len(mine - before_the_kill), 10)
    _log.info(
        "%d lookback alerts of %d parties in %d registry records",
        len(looked_back),
        parties,
        sum(map(len, registry.values())),
    )

"""The desk on a real Kafka: what comes on the topics becomes cases, once, and what people do becomes clearances."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from confluent_kafka import Producer
from desks import desk_of, with_people
from live import PATIENCE, cloud_event_kinds, wait_until
from unit.desk.story import CASE, OTHER_FORM, act, alert, at, cleared

from streams.desk.book import CaseBook, Taken
from streams.errors import StreamError, TopicError
from streams.kafka.clients import connect, producer_config
from streams.kafka.local import LocalBroker
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.records.alert import Alert
from streams.records.case import Case
from streams.records.clearance import Clearance
from streams.records.codec import decode, encode
from streams.records.disposition import Disposition
from streams.settings import KafkaSettings, Settings, TopicSettings

pytestmark = pytest.mark.kafka


def write(settings: Settings, *records: Alert | Disposition | bytes, committed: bool = True) -> None:
    """Write records in one Kafka transaction, which is then undone unless it shall be committed."""
    names = TopicNames(settings.topics.prefix)
    producer = connect(Producer, producer_config(settings, {"transactional.id": f"{settings.topics.prefix}test"}))
    producer.init_transactions(PATIENCE)
    producer.begin_transaction()
    for record in records:
        if isinstance(record, Disposition):
            producer.produce(names.dispositions, encode(record), record.case_id.encode())
        elif isinstance(record, Alert):
            producer.produce(names.alerts, encode(record), record.alert_id.encode())
        else:
            producer.produce(names.alerts, record, b"unreadable")
    producer.flush(PATIENCE)
    if committed:
        producer.commit_transaction(PATIENCE)
    else:
        producer.abort_transaction(PATIENCE)


def of_another_party(number: int, minutes: float = 0) -> Alert:
    return alert(number, minutes, party_fingerprint=f"{number:032x}")


def test_committed_alerts_become_cases_and_undone_ones_do_not(settings: Settings) -> None:
    write(settings, alert(1, 0), alert(2, 1), of_another_party(3))
    write(settings, of_another_party(4), committed=False)
    with desk_of(with_people(settings)) as running:
        write(settings, of_another_party(5), committed=False)
        write(settings, of_another_party(6), alert(2, 1))
        wait_until(lambda: len(running.cases()) >= 3)
        wait_until(lambda: running.desk.reconciled.is_complete and not len(running.desk.book.cases_out))
        cases = {case["case_id"]: case["count"] for case in running.cases()}
    assert cases[CASE] == 2
    assert sorted(cases.values()) == [1, 1, 2]
    published = [
        decode(Case, message.value() or b"", "case")
        for message in read_topic(settings, TopicNames(settings.topics.prefix).cases)
    ]
    assert {case.case_id: case.count for case in published} == cases


def test_a_record_that_cannot_be_read_is_counted_and_shown_and_the_rest_is_not_held_up(settings: Settings) -> None:
    write(settings, b"{not json", alert(1, 0), b'{"alert_id": "incomplete"}')
    with desk_of(with_people(settings)) as running:
        assert [case["case_id"] for case in running.cases()] == [CASE]
        health = running.ask("GET", "/api/health").json()
        page = running.ask("GET", "/health").text
        metrics = running.desk.metrics.registry
    topic = TopicNames(settings.topics.prefix).alerts
    assert health["unreadable"] == {topic: 2}
    assert health["problem"] is None
    assert "invalid character" in page or "malformed" in page
    assert metrics.get_sample_value("highfence_desk_unreadable", {"topic": topic}) == 2
    assert metrics.get_sample_value("highfence_desk_missing", {"topic": topic}) == 0


def test_two_people_clear_a_case_and_a_changed_entry_brings_it_back(settings: Settings) -> None:
    write(settings, alert(1, 0))
    with desk_of(with_people(settings)) as running:
        running.clear(CASE)
        assert running.case(CASE)["state"] == "false_positive"
        (clearance,) = clearances(settings, 1)
        assert (clearance.maker, clearance.checker, clearance.withdrawn_at) == ("mia", "chen", None)
        later = (clearance.at - at(0)).total_seconds() / 60 + 1
        write(settings, alert(2, later))
        write(settings, alert(3, later + 1, OTHER_FORM))
        wait_until(lambda: running.case(CASE)["count"] == 3)
        case = running.case(CASE)
        assert (case["state"], case["reopened_by"]) == ("reopened", "alert-3")
        reopened = running.ask("GET", "/cases?state=reopened").text
        assert f"/cases/{CASE}" in reopened
        wait_until(lambda: not len(running.desk.book.cases_out))
    names = TopicNames(settings.topics.prefix)
    for topic, kind in ((names.cases, "case"), (names.clearances, "clearance"), (names.dispositions, "disposition")):
        assert cloud_event_kinds(settings, topic) == {f"highfence.{kind}"}


def clearances(settings: Settings, count: int) -> list[Clearance]:
    """What the topic says, once there is so much of it."""
    topic = TopicNames(settings.topics.prefix).clearances
    found: list[Clearance] = []

    def look() -> bool:
        found[:] = [decode(Clearance, each.value() or b"", topic) for each in read_topic(settings, topic)]
        return len(found) >= count

    wait_until(look)
    return found


def test_what_a_killed_desk_did_not_write_the_next_one_writes(settings: Settings) -> None:
    """Dispositions without the clearance that follows: as a desk leaves them that died in between."""
    write(settings, alert(1, 0), *cleared())
    with desk_of(with_people(settings)) as running:
        (clearance,) = clearances(settings, 1)
        assert (clearance.clearance_id, clearance.checker) == ("d2", "chen")
        wait_until(lambda: not len(running.desk.book.cases_out))
    with desk_of(with_people(settings)) as running:
        time.sleep(0.5)
        assert running.desk.metrics.registry.get_sample_value("highfence_desk_records_written_total") == 0
    assert len(clearances(settings, 1)) == 1


def replayed(settings: Settings) -> CaseBook:
    """The cases by reading the topics without a desk: the oracle."""
    names = TopicNames(settings.topics.prefix)
    book = CaseBook(names)
    for topic in (names.alerts, names.dispositions):
        for message in read_topic(settings, topic):
            place = (message.partition(), message.offset())
            assert place[0] is not None
            assert place[1] is not None
            book.take(Taken(topic, place[0], place[1], message.key(), message.value()))
    return book


def desk_process(settings: Settings, log: Path) -> subprocess.Popen[bytes]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "HIGHFENCE_TOPICS__PREFIX": settings.topics.prefix,
        "HIGHFENCE_DESK__PORT": "0",
        "HIGHFENCE_METRICS__PORT": "0",
    }
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "streams.cli", "desk"], env=environment, stdout=output, stderr=output
        )


def test_killed_desks_lose_and_double_nothing(settings: Settings, tmp_path: Path) -> None:
    cases = TopicNames(settings.topics.prefix).cases
    acts = [*cleared(), act(3, "comment", "mia", 20, reason="seen")]
    for first in (0, 300):
        process = desk_process(settings, tmp_path / "desk.log")
        numbers = range(first, first + 300)
        write(settings, *(alert(number, number % 50) if number % 3 else of_another_party(number) for number in numbers))
        # It is in the middle of writing the cases of these alerts when it is killed.
        wait_until(lambda first=first: sum(1 for _ in read_topic(settings, cases)) > first // 3)  # type: ignore[misc]
        process.kill()
        process.wait()
        write(settings, *acts[first // 150 : first // 150 + 2])
    with desk_of(with_people(settings)) as running:
        wait_until(lambda: not len(running.desk.book.cases_out) and not len(running.desk.book.clearances_out))
        book = running.desk.book
        expected = replayed(settings)
        assert book.cases == expected.cases
        assert book.clearances == expected.clearances
        assert len(book.cases) == 201
        assert book.cases[CASE].count == 400
    published: dict[str, bytes] = {}
    for message in read_topic(settings, TopicNames(settings.topics.prefix).cases):
        published[(message.key() or b"").decode()] = message.value() or b""
    assert {key: decode(Case, value, "case") for key, value in published.items()} == expected.cases


def test_sigterm_ends_a_desk_in_order(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "desk.log"
    process = desk_process(settings, log)
    wait_until(lambda: "0 cases" in log.read_text())
    process.terminate()
    assert process.wait(PATIENCE) == 0
    told = log.read_text()
    assert "console at http://127.0.0.1:" in told
    assert "nobody may use the desk yet" in told
    assert told.endswith("stopped\n")
    assert "Traceback" not in told


def test_a_failure_while_reading_ends_the_desk_instead_of_skipping_the_record(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = CaseBook.take

    def failing(self: CaseBook, record: Taken) -> None:
        if b"alert-13" in (record.value or b""):
            raise ZeroDivisionError("made by the test")
        take(self, record)

    monkeypatch.setattr(CaseBook, "take", failing)

    def meet_it() -> None:
        with desk_of(with_people(settings)) as running:
            write(settings, alert(1, 0), alert(13, 1))
            wait_until(lambda: running.desk.stopping)

    with pytest.raises(StreamError, match="ZeroDivisionError"):
        meet_it()
    monkeypatch.setattr(CaseBook, "take", take)
    with desk_of(with_people(settings)) as running:
        assert running.case(CASE)["count"] == 2


def test_two_desks_each_see_everything(settings: Settings) -> None:
    write(settings, *(of_another_party(number) for number in range(20)))
    with desk_of(with_people(settings)) as first, desk_of(with_people(settings)) as second:
        assert len(first.cases()) == len(second.cases()) == 20
        first.clear(first.cases()[0]["case_id"])
        wait_until(lambda: len(second.cases("state=false_positive")) == 1)


def test_missing_topics_are_told(kafka: LocalBroker, topic_prefix: str) -> None:
    settings = Settings(
        kafka=KafkaSettings(bootstrap_servers=kafka.bootstrap_servers), topics=TopicSettings(prefix=topic_prefix)
    )
    with pytest.raises(TopicError, match="topics apply"), desk_of(with_people(settings)):
        pass

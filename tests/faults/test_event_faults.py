"""Events that cannot be read, events the matcher fails on, and clocks that jump."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import Producer

from faults.raw_headers import send_with_header_name
from faults.rig import PATIENCE, Rig, wait_for
from faults.traffic import POISON, Sent, trade, with_poison
from streams.kafka.local import LocalBroker

pytestmark = pytest.mark.kafka

FAULTY = str(Path(__file__).with_name("faulty_matcher.py"))
SHIFTED = str(Path(__file__).with_name("shifted_clock.py"))
FAILURES = {
    "Raises Ltd": "internal error: ZeroDivisionError",
    "Hangs Ltd": "longer than limits.screening_seconds",
    "Slow C Ltd": "longer than limits.screening_seconds",
    "Eats Memory Ltd": "internal error: MemoryError",
    "Digs Deep Ltd": "internal error: RecursionError",
    "Raises Unsayable Ltd": "internal error: ValueError: half a pair: ?",
    "Finds Unsayable Ltd": "its answer cannot be written",
    "Finds Endless Ltd": "its answer cannot be written: an alert has",
}


def test_poison_of_every_kind(rig: Rig) -> None:
    events = list(with_poison(trade(3000), 0.1))
    assert len(events) - 3000 > 3 * len(POISON)
    rig.send(events)
    worker = rig.keep_running(failpoints="transaction.before_commit=kill@20")
    rig.wait_decided()
    assert not worker.runs
    rig.kills += 1
    verdict = rig.verdict()
    assert verdict.holds
    assert verdict.dead_letters == verdict.outcomes["error"] == len(events) - 3000


def test_timestamps_of_no_calendar(rig: Rig) -> None:
    rig.start()
    for milliseconds in (1, -1, -(10**17)):
        rig.send(trade(20, rig.sent), milliseconds)
    rig.wait_decided(60)
    rig.close()


def test_a_header_whose_name_is_not_utf8(rig: Rig) -> None:
    """It once crashed the process: the client leaves an error behind that nobody had looked for."""
    worker = rig.start()
    rig.send(trade(200))
    rig.wait_decided()
    send_with_header_name(
        rig.servers, f"{rig.settings.topics.prefix}transactions", b"\xff\xfe", b'{"transaction_id": "HEADER"}'
    )
    rig.send(trade(200, rig.sent))
    rig.wait_decided(401)
    assert worker.runs
    (letter,) = rig.read("dead-letters")
    assert "header" in letter["detail"]
    assert base64.b64decode(letter["value"]) == b'{"transaction_id": "HEADER"}'


def test_a_matcher_that_fails_on_one_event(rig: Rig) -> None:
    """The event gets ``error`` and a dead letter; the partition goes on."""
    names = list(FAILURES)
    poisoned = [
        Sent(f"F-{number}".encode(), f'{{"transaction_id": "F-{number}", "parties": [{{"name": "{name}"}}]}}'.encode())
        for number, name in enumerate(names)
    ]
    for each in poisoned:
        rig.send([*trade(100, rig.sent), each])
    worker = rig.start(
        program=(FAULTY, "worker"), LIMITS__SCREENING_SECONDS="1.5", WORKER__TRANSACTION_TIMEOUT_SECONDS="60"
    )
    rig.wait_decided()
    reasons = rig.reasons()
    for number, name in enumerate(names):
        assert FAILURES[name] in reasons[f"F-{number}"]
    counted = ('{reason="timed_out"} 2.0', '{reason="screening_failed"} 6.0')
    wait_for(lambda: all(count in worker.get("/metrics") for count in counted), told=lambda: worker.get("/metrics"))
    wait_for(lambda: "highfence_ready 1.0" in worker.get("/metrics"))
    assert rig.verdict(unscreenable={f"F-{number}" for number in range(len(names))}).holds


def test_an_event_too_large_for_a_dead_letter(rig: Rig) -> None:
    """Packed, zeros of any number are small enough for the topic; a letter with them would be refused for ever."""
    value = b'{"transaction_id": "PACKED", "x": "' + b"0" * 80_000_000 + b'"}'
    producer = Producer(
        {"bootstrap.servers": rig.servers, "compression.type": "zstd", "message.max.bytes": 100_000_000}
    )
    topic = f"{rig.settings.topics.prefix}transactions"
    rig.send(trade(100))
    producer.produce(topic, value, b"PACKED")
    assert producer.flush(PATIENCE) == 0
    rig.send(trade(100, rig.sent))
    worker = rig.start()
    rig.wait_decided(201)
    assert worker.runs
    (letter,) = rig.read("dead-letters")
    assert (letter["reason"], letter["value"]) == ("too_large", None)
    assert hashlib.sha256(value).hexdigest() in letter["detail"]
    assert rig.reasons()["PACKED"].startswith("too_large")


def test_many_hanging_events_do_not_outlive_the_transaction(rig: Rig) -> None:
    """A batch is cut short before its transaction's time-out, whatever is in it."""
    hanging = [
        Sent(b"H", f'{{"transaction_id": "H-{number}", "parties": [{{"name": "Hangs Ltd"}}]}}'.encode())
        for number in range(12)
    ]
    rig.send(hanging)
    worker = rig.start(
        program=(FAULTY, "worker"),
        LIMITS__SCREENING_SECONDS="0.4",
        WORKER__TRANSACTION_TIMEOUT_SECONDS="3",
        WORKER__SESSION_TIMEOUT_SECONDS="45",  # to leave the group would undo a batch, too
    )
    rig.wait_decided()
    assert "slow screening" in worker.log
    assert "undone" not in worker.log
    assert rig.verdict(unscreenable={f"H-{number}" for number in range(12)}).holds


def test_a_matcher_that_never_returns(make_rig: Callable[..., Rig], kafka: LocalBroker) -> None:
    """The worker ends itself and tells where; a person finds the event and refuses it unscreened."""
    rig = make_rig(kafka.bootstrap_servers, partitions=1)
    rig.send([*trade(130), Sent(b"N", b'{"transaction_id": "N", "parties": [{"name": "Never Returns Ltd"}]}')])
    rig.send(trade(100, rig.sent))
    settings = {"LIMITS__SCREENING_SECONDS": "1", "WORKER__TRANSACTION_TIMEOUT_SECONDS": "5"}
    worker = rig.start(program=(FAULTY, "--verbose", "worker"), **settings)
    assert worker.process.wait(PATIENCE) == 1
    assert "Timeout" in worker.log
    assert "in _failing" in worker.log
    *_, place = re.findall(r"screening (\S+/\d+/\d+)", worker.log)
    assert place == f"{rig.settings.topics.prefix}transactions/0/130"
    rig.start(program=(FAULTY, "worker"), WORKER__REFUSE=json.dumps([place]), **settings)
    rig.wait_decided()
    assert "a person refused it" in rig.reasons()["N"]
    assert rig.verdict(unscreenable={"N"}).holds


def test_clock_jumps(rig: Rig, tmp_path: Path) -> None:
    """Forward, every list is too old; far back, none can have been published yet: nothing is screened either way."""
    clock = tmp_path / "clock"

    def off_by(seconds: int) -> None:
        clock.with_suffix(".new").write_text(str(seconds))
        clock.with_suffix(".new").replace(clock)  # at once, as the worker may read it at any moment

    off_by(0)
    worker = rig.start(program=(SHIFTED, "worker"), prefixed=("env", f"CLOCK={clock}"))
    rig.send(trade(300))
    rig.wait_decided()
    for days, told in ((40, "max_age_days"), (-40, "clock")):
        off_by(days * 86_400)
        wait_for(lambda told=told: told in worker.get("/readyz"), told=rig.logs)  # type: ignore[misc]
        wait_for(lambda told=told: re.search(f"not screening: .*{told}", worker.log), told=rig.logs)  # type: ignore[misc]
        rig.send(trade(300, rig.sent))
        time.sleep(1)
        assert rig.decided() == rig.sent - 300
        wait_for(lambda: re.search(r"^highfence_ready 0\.0", worker.get("/metrics"), re.MULTILINE), told=rig.logs)
        off_by(-600)
        rig.wait_decided()
    assert rig.verdict().holds

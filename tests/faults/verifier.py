"""Reads every topic as any reader would (plain JSON, read_committed) and compares it with the events sent.

It shares no code with the worker but the screening itself, which it runs offline: what was decided must be what
screening the same events against the same release without Kafka gives.
"""

from __future__ import annotations

import base64
import functools
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Message, TopicPartition

from streams.lists.loading import LoadedList
from streams.matching import Policy
from streams.records.codec import decode, encode
from streams.records.decision import EventSource
from streams.records.party import Party, party_fingerprint
from streams.screening.answer import Answer, Event, answer
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

_TIMES = frozenset({"screened_at", "raised_at", "release_id", "failed_at"})
"""What differs between a live and an offline answer."""

Place = tuple[int, int]
"""Partition and offset of an event."""


@dataclass
class Verdict:
    """What is wrong, a line each, and what was counted."""

    events: int = 0
    missing: int = 0
    doubled: int = 0
    wrongly_clear: int = 0
    other: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    alerts: int = 0
    dead_letters: int = 0

    @property
    def holds(self) -> bool:
        """Whether nothing at all is wrong."""
        return not (self.missing or self.doubled or self.wrongly_clear or self.other)

    def __str__(self) -> str:
        outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(self.outcomes.items()))
        text = (
            f"{self.events:,} events ({outcomes}), {self.alerts:,} alerts, {self.dead_letters:,} dead letters: "
            f"{self.missing:,} missing, {self.doubled:,} doubled, {self.wrongly_clear:,} wrongly clear"
        )
        if self.other:
            text += f", {len(self.other):,} otherwise wrong: " + "; ".join(self.other[:5])
        return text


class Verifier:
    """Verifies the topics under one prefix.

    ``releases`` are the states the lists were in, each a list of all sources in force together.
    """

    def __init__(
        self,
        servers: str,
        prefix: str,
        releases: Sequence[Sequence[LoadedList]],
        max_event_bytes: int,
        unscreenable: Collection[str] = (),
    ) -> None:
        self._servers = servers
        self._prefix = prefix
        self._max_event_bytes = max_event_bytes
        self._unscreenable = frozenset(unscreenable)
        self._screener = Screener(Policy.default())
        snapshots = [_snapshot(tuple(lists)) for lists in releases]
        self._snapshots = {
            frozenset((source, ref.digest) for source, ref in each.refs.items()): each for each in snapshots
        }
        self._clear: set[tuple[Any, bytes]] = set()
        self._registered: set[str] = set()

    def verify(self) -> Verdict:
        """Read everything and judge it."""
        verdict = Verdict()
        events = {(_partition(each), _offset(each)): each for each in self._read("transactions")}
        verdict.events = len(events)
        decisions: dict[Place, dict[str, Any]] = {}
        last: dict[tuple[int, int], int] = {}
        for message in self._read("decisions"):
            decision = json.loads(message.value() or b"")
            source = decision["source"]
            place = source["partition"], source["offset"]
            verdict.outcomes[decision["outcome"]] += 1
            if (message.key() or b"").decode() != decision["transaction_id"]:
                verdict.other.append(f"decision of {place} under the key {message.key()!r}")
            if place not in events:
                verdict.other.append(f"decision of {place}, where no event is")
            if place in decisions:
                verdict.doubled += 1
            if place not in decisions or decision["outcome"] == "clear":  # of two, the one that could do harm
                decisions[place] = decision
            lane = _partition(message), place[0]
            if place[1] < last.get(lane, -1):
                verdict.other.append(f"decision of {place} after that of offset {last[lane]}")
            last[lane] = place[1]
        verdict.missing = len(events.keys() - decisions.keys())
        self._registered = {json.loads(each.value() or b"")["fingerprint"] for each in self._read("parties")}
        letters = self._letters(events, verdict)
        alerts = self._alerts(verdict)
        for place, message in events.items():
            if place in decisions:
                found = alerts.pop((decisions[place]["transaction_id"], decisions[place]["revision"]), [])
                self._judge(message, decisions[place], found, place in letters, verdict)
        verdict.other += [f"alerts of {identity}, which was not decided" for identity in alerts]
        return verdict

    def _letters(self, events: dict[Place, Message], verdict: Verdict) -> set[Place]:
        places: set[Place] = set()
        for message in self._read("dead-letters"):
            letter = json.loads(message.value() or b"")
            place = letter["source"]["partition"], letter["source"]["offset"]
            verdict.dead_letters += 1
            event = events.get(place)
            if event is None or place in places:
                verdict.other.append(f"dead letter of {place}, which has none or has one already")
                continue
            places.add(place)
            came = event.value(), event.key(), list(event.headers() or ())
            kept = (
                _bytes(letter["value"]),
                _bytes(letter["key"]),
                [(header["key"], _bytes(header.get("value"))) for header in letter["headers"]],
            )
            if came != kept:
                verdict.other.append(f"dead letter of {place} is not what came")
        return places

    def _alerts(self, verdict: Verdict) -> dict[tuple[str, int], list[dict[str, Any]]]:
        found = defaultdict(list)
        seen: set[str] = set()
        for message in self._read("alerts"):
            alert = json.loads(message.value() or b"")
            verdict.alerts += 1
            if alert["alert_id"] in seen:
                verdict.other.append(f"alert {alert['alert_id']} twice")
            seen.add(alert["alert_id"])
            found[alert["transaction_id"], alert["revision"]].append(alert)
        return found

    def _judge(
        self,
        message: Message,
        decision: dict[str, Any],
        alerts: list[dict[str, Any]],
        has_letter: bool,
        verdict: Verdict,
    ) -> None:
        place = _partition(message), _offset(message)
        outcome = decision["outcome"]
        if decision["transaction_id"] in self._unscreenable:
            if outcome != "error" or alerts or not has_letter:
                verdict.other.append(f"{place}: {outcome}, where screening must have failed")
                verdict.wrongly_clear += outcome == "clear"
            return
        digests = frozenset((source, ref["digest"]) for source, ref in decision["releases"].items())
        snapshot = self._snapshots.get(digests)
        if snapshot is None:
            verdict.other.append(f"{place}: decided under lists that were never published")
            return
        body = (message.value() or b"").partition(b'"parties"')[2]
        if outcome == "clear" and not alerts and not has_letter and (digests, body) in self._clear:
            return
        expected = self._offline(message, snapshot)
        if outcome == "clear" != expected.decision.outcome:
            verdict.wrongly_clear += 1
        if _plain(expected.decision) != _without_times(decision):
            verdict.other.append(f"{place}: decided {decision}, offline {_plain(expected.decision)}")
        by_id = {alert["alert_id"]: _without_times(alert) for alert in alerts}
        if by_id != {alert.alert_id: _plain(alert) for alert in expected.alerts}:
            verdict.other.append(f"{place}: other alerts than offline")
        if has_letter != (expected.dead_letter is not None):
            verdict.other.append(f"{place}: {'a' if has_letter else 'no'} dead letter, unlike offline")
        for party in expected.parties:
            if party_fingerprint(decode(Party, bytes(party), "a party")) not in self._registered:
                verdict.other.append(f"{place}: {bytes(party)!r} was screened and is not in the registry")
        if expected.decision.outcome == "clear" and body:
            self._clear.add((digests, body))

    def _offline(self, message: Message, snapshot: Snapshot) -> Answer:
        event = Event(
            message.value(),
            EventSource(topic=message.topic() or "", partition=_partition(message), offset=_offset(message)),
            datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC),
            message.key(),
            tuple(message.headers() or ()),  # type: ignore[arg-type] # bytes, as the client reads them
        )
        return answer(event, self._screener, snapshot, datetime.now(UTC), self._max_event_bytes)

    def _read(self, topic: str) -> Iterator[Message]:
        """All committed messages of a topic."""
        consumer = Consumer(
            {
                "bootstrap.servers": self._servers,
                "group.id": "verifier",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "check.crcs": True,
            }
        )
        try:
            name = self._prefix + topic
            partitions = set(consumer.list_topics(name, timeout=30).topics[name].partitions)
            consumer.assign([TopicPartition(name, partition, OFFSET_BEGINNING) for partition in partitions])
            while partitions:
                for message in consumer.consume(5000, timeout=0.1):
                    if (error := message.error()) is None:
                        yield message
                    elif error.code() == KafkaError._PARTITION_EOF:
                        partitions.discard(_partition(message))
                    elif not error.retriable():
                        raise AssertionError(f"{name} cannot be read: {error}")
        finally:
            consumer.close()


@functools.cache
def _snapshot(lists: tuple[LoadedList, ...]) -> Snapshot:
    return Snapshot.of_lists(lists, datetime.now(UTC))


def _plain(record: Any) -> dict[str, Any]:
    return _without_times(json.loads(encode(record)))


def _without_times(record: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in record.items() if key not in _TIMES}
    if "releases" in kept:
        kept["releases"] = {source: ref["digest"] for source, ref in kept["releases"].items()}
    if "alert_ids" in kept:
        kept["alert_ids"] = sorted(kept["alert_ids"])
    return kept


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)


def _partition(message: Message) -> int:
    partition = message.partition()
    assert partition is not None
    return partition


def _offset(message: Message) -> int:
    offset = message.offset()
    assert offset is not None
    return offset

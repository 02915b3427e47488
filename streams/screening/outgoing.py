"""What is published for an event as the records that the producer takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from streams.kafka.cloud_events import RecordHeaders, headers
from streams.kafka.topics import TopicNames
from streams.screening.publication import Publication


class Outgoing(NamedTuple):
    """One record, in the order of :meth:`TransactionalProducer.send`."""

    topic: str
    key: bytes
    value: bytes
    headers: RecordHeaders


def outgoing(published: Publication, names: TopicNames) -> Iterator[Outgoing]:
    """The decision, its alerts and samples, and the dead letter if there is one."""
    answered = published.answer
    decision, letter = answered.decision, answered.dead_letter
    key, made_at = decision.transaction_id.encode(), decision.screened_at
    place = f"{decision.source.topic}/{decision.source.partition}/{decision.source.offset}"
    topic = names.decisions
    yield Outgoing(topic, key, published.decision, headers(topic, "decision", place, made_at))
    topic = names.alerts
    for alert, written in zip((*answered.alerts, *answered.samples), published.alerts, strict=True):
        yield Outgoing(topic, alert.alert_id.encode(), written, headers(topic, "alert", alert.alert_id, made_at))
    if letter is not None and published.dead_letter is not None:
        topic = names.dead_letters
        yield Outgoing(topic, letter.key or key, published.dead_letter, headers(topic, "dead_letter", place, made_at))

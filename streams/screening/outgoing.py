"""What is published for an event as the records that the producer takes."""

from __future__ import annotations

from streams.kafka.cloud_events import RecordHeaders, headers
from streams.kafka.topics import TopicNames
from streams.screening.publication import Publication

Outgoing = tuple[str, bytes, bytes, RecordHeaders]
"""One record: topic, key, value and headers, in the order of :meth:`TransactionalProducer.send`."""


def outgoing(published: Publication, names: TopicNames) -> list[Outgoing]:
    """The decision, its alerts and samples, and the dead letter if there is one."""
    answered = published.answer
    decision, letter = answered.decision, answered.dead_letter
    source, made_at = decision.source, decision.screened_at
    key = decision.transaction_id.encode()
    place = f"{source.topic}/{source.partition}/{source.offset}"
    topic = names.decisions
    records = [(topic, key, published.decision, headers(topic, "decision", place, made_at))]
    if published.alerts:
        topic = names.alerts
        for alert, written in zip((*answered.alerts, *answered.samples), published.alerts, strict=True):
            identity = alert.alert_id
            records.append((topic, identity.encode(), written, headers(topic, "alert", identity, made_at)))
    if letter is not None and published.dead_letter is not None:
        topic = names.dead_letters
        records.append((topic, letter.key or key, published.dead_letter, headers(topic, "dead_letter", place, made_at)))
    return records

"""``schemas/asyncapi.yaml``: every topic with its Kafka settings, its messages, their schemas and examples.

``python -m streams.contract.asyncapi schemas`` writes it; a test holds the written one, the topics and the records
together. A new topic needs a line in :data:`CHANNELS`.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NamedTuple

import orjson

from streams.errors import RecordError
from streams.kafka.topics import CONTROL_TEST, TopicNames, wanted_topics
from streams.records.schemas import PUBLISHED
from streams.settings import Settings


class Channel(NamedTuple):
    """A topic: the kinds of its records by the names of their schemas, what its keys are, and who writes it."""

    topic: str
    messages: tuple[str, ...]
    key: str
    description: str
    action: Literal["receive", "send"] = "send"


_TOPICS = TopicNames()

CHANNELS = (
    Channel(
        _TOPICS.transactions, ("transaction",), "The transaction's id, so that its revisions stay in order.",
        "Events in. Bare JSON, or CloudEvents 1.0 in binary or structured mode. Topics of other platforms, in their "
        "own formats, are read beside it when worker.mappings says how.", "receive",
    ),
    Channel(_TOPICS.decisions, ("decision",), "The transaction's id.", "One decision for each event."),
    Channel(_TOPICS.alerts, ("alert",), "alert_id.", "One alert for each hit. Act once per alert_id."),
    Channel(
        _TOPICS.dead_letters, ("dead_letter",), "The event's own key, else the id in its decision.",
        "Events that could not be read or screened, with their bytes, key and headers untouched.",
    ),
    Channel(
        _TOPICS.parties, ("registered_party",), "The party's fingerprint, and where it was first met.",
        "Every party that was screened, with its transactions. The partition follows from the fingerprint.",
    ),
    Channel(
        _TOPICS.list_updates, ("list_entry", "list_release"), "SOURCE/ENTRY of an entry, SOURCE/@release of a release.",
        "The lists in force. A release is one Kafka transaction with its marker last. A tombstone removes an entry.",
    ),
    Channel(
        _TOPICS.list_history, ("list_entry", "list_release"), "As on list-updates.",
        "Everything ever written to list-updates, kept for good.",
    ),
    Channel(
        _TOPICS.ownership, ("ownership_page", "ownership_release"),
        "SOURCE/PAGE of a page, SOURCE/@release of a release.",
        "Who owns whom. A release is one Kafka transaction with its marker last. A tombstone removes a page.",
    ),
    Channel(
        _TOPICS.lookbacks, ("lookback_coverage",), "Source, release or clearance, and partition.",
        "Which partitions of parties each release was held against.",
    ),
    Channel(
        _TOPICS.dispositions, ("disposition",), "case_id.", "What people at the desk did; cases follow from it.",
    ),
    Channel(
        _TOPICS.clearances, ("clearance",), "clearance_id.",
        "Which hits were cleared, and until when.",
    ),
    Channel(_TOPICS.cases, ("case",), "case_id.", "The desk's cases as they stand."),
)  # fmt: skip
"""Every topic."""


def document(examples: Path) -> dict[str, Any]:
    """The AsyncAPI document, for the default settings; ``examples`` holds an example of each record."""
    settings = {topic.name: topic for topic in wanted_topics(Settings())}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Highfence",
            "version": version("highfence"),
            "description": "Streaming restricted-party screening: events in; decisions and alerts out. Topics are "
            "named without topics.prefix, and have the settings that 'highfence topics apply' gives them by default. "
            "Read with isolation.level=read_committed. A control test has topics of its own, named with "
            f"{CONTROL_TEST} before transactions, decisions, alerts, dead-letters and parties, with the same records.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": {"host": "127.0.0.1:9092", "protocol": "kafka"}},
        "channels": {
            channel.topic: {
                "address": channel.topic,
                "description": channel.description,
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in channel.messages},
                "bindings": {
                    "kafka": _topic_binding(settings[channel.topic].partitions, settings[channel.topic].config)
                },
            }
            for channel in CHANNELS
        },
        "operations": {
            f"{channel.action}-{channel.topic}": {
                "action": channel.action,
                "channel": {"$ref": f"#/channels/{channel.topic}"},
                "summary": channel.description.split(". ", 1)[0].rstrip(".") + ".",
            }
            for channel in CHANNELS
        },
        "components": {
            "messages": {name: _message(name, examples) for name in PUBLISHED},
            "schemas": {"cloudEvent": _cloud_event()},
        },
    }


def _topic_binding(partitions: int, config: Any) -> dict[str, Any]:
    return {
        "partitions": partitions,
        "topicConfiguration": {
            key: value.split(",") if key == "cleanup.policy" else int(value) for key, value in config.items()
        },
        "bindingVersion": "0.5.0",
    }


def _message(name: str, examples: Path) -> dict[str, Any]:
    channel = next((channel for channel in CHANNELS if name in channel.messages), None)
    if channel is None:
        raise RecordError(f"{name} travels on no topic: add it to a Channel of CHANNELS")
    made: dict[str, Any] = {
        "name": name,
        "title": PUBLISHED[name].__name__,
        "contentType": "application/json",
        "payload": {
            "schemaFormat": "application/schema+json;version=2020-12",
            "schema": {"$ref": f"./{name}.schema.json"},
        },
        "bindings": {"kafka": {"key": {"type": "string", "description": channel.key}, "bindingVersion": "0.5.0"}},
        "examples": [{"payload": orjson.loads((examples / f"{name}.json").read_bytes())}],
    }
    if channel.action == "send":
        made["headers"] = {"$ref": "#/components/schemas/cloudEvent"}
    return made


def _cloud_event() -> dict[str, Any]:
    meanings = {
        "ce_specversion": {"const": "1.0"},
        "ce_type": {"description": "highfence. and the name of the record's schema."},
        "ce_source": {"description": "/highfence/ and the topic."},
        "ce_id": {"description": "Unique on the topic; a record written again has the same."},
        "ce_time": {"format": "date-time"},
        "content-type": {"const": "application/json"},
    }
    return {
        "type": "object",
        "description": "CloudEvents 1.0, Kafka protocol binding, binary mode.",
        "properties": {
            **{name: {"type": "string", **meaning} for name, meaning in meanings.items()},
            "traceparent": {"type": "string", "description": "W3C Trace Context, on what a worker that traces writes."},
        },
        "required": list(meanings),
    }


def write(folder: Path) -> None:
    """Write ``asyncapi.yaml`` into the folder of the schemas."""
    import yaml  # a development dependency

    text = yaml.safe_dump(document(folder / "examples"), sort_keys=False, allow_unicode=True, width=120)
    (folder / "asyncapi.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))

"""``schemas/asyncapi.yaml``, the topics, the records and their examples say the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from streams.contract.asyncapi import CHANNELS, document, write
from streams.kafka.cloud_events import headers
from streams.kafka.topics import wanted_topics
from streams.records.schemas import PUBLISHED
from streams.settings import Settings

SCHEMAS = Path(__file__).parents[3] / "schemas"


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text(encoding="utf-8"))
    return read


def test_every_topic_is_a_channel_and_every_record_a_message_of_one() -> None:
    topics = {topic.name for topic in wanted_topics(Settings())}
    channels = [channel.topic for channel in CHANNELS]
    missing = topics - set(channels)
    assert not missing, f"add a Channel for {missing} to CHANNELS in streams/contract/asyncapi.py"
    assert sorted(channels) == sorted(topics), (
        "a Channel in streams/contract/asyncapi.py has no topic, or is there twice"
    )
    carried = {name for channel in CHANNELS for name in channel.messages}
    unsent = PUBLISHED.keys() - carried
    assert not unsent, f"no Channel in streams/contract/asyncapi.py has {unsent}"
    assert carried == PUBLISHED.keys(), (
        "a message in streams/contract/asyncapi.py is not in PUBLISHED of records/schemas"
    )


def test_written_document_is_that_of_topics_and_records(tmp_path: Path, written: dict[str, Any]) -> None:
    (tmp_path / "examples").symlink_to(SCHEMAS / "examples")
    write(tmp_path)
    made = (tmp_path / "asyncapi.yaml").read_bytes()
    assert (SCHEMAS / "asyncapi.yaml").read_bytes() == made, "run: python -m streams.contract.asyncapi schemas"
    assert written == document(SCHEMAS / "examples")


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_reference_leads_somewhere(written: dict[str, Any]) -> None:
    found = set(references(written))
    assert len(found) > 2 * len(PUBLISHED)
    for reference in found:
        if reference.startswith("#/"):
            node: Any = written
            for part in reference.removeprefix("#/").split("/"):
                node = node[part]
        else:
            assert (SCHEMAS / reference).is_file(), reference


@pytest.mark.parametrize("name", PUBLISHED)
def test_examples_follow_the_schema_that_their_message_names(name: str, written: dict[str, Any]) -> None:
    message = written["components"]["messages"][name]
    assert message["payload"]["schemaFormat"] == "application/schema+json;version=2020-12"
    payload_schema = json.loads((SCHEMAS / message["payload"]["schema"]["$ref"]).read_text(encoding="utf-8"))
    assert message["examples"]
    for example in message["examples"]:
        jsonschema.Draft202012Validator(payload_schema).validate(example["payload"])


def test_document_has_the_form_of_asyncapi_3(written: dict[str, Any]) -> None:
    """The parts of the specification that are used here, written down once more from its text."""
    reference = {"type": "object", "required": ["$ref"], "properties": {"$ref": {"type": "string"}}}
    binding = {
        "type": "object",
        "required": ["partitions", "topicConfiguration", "bindingVersion"],
        "additionalProperties": False,
        "properties": {
            "partitions": {"type": "integer", "minimum": 1},
            "bindingVersion": {"const": "0.5.0"},
            "topicConfiguration": {
                "type": "object",
                "required": ["cleanup.policy"],
                "properties": {"cleanup.policy": {"type": "array", "items": {"enum": ["compact", "delete"]}}},
                "additionalProperties": {"type": "integer"},
            },
        },
    }
    channel = {
        "type": "object",
        "required": ["address", "messages", "bindings"],
        "additionalProperties": False,
        "properties": {
            "address": {"type": "string"},
            "description": {"type": "string"},
            "messages": {"type": "object", "minProperties": 1, "additionalProperties": reference},
            "bindings": {"type": "object", "required": ["kafka"], "properties": {"kafka": binding}},
        },
    }
    operation = {
        "type": "object",
        "required": ["action", "channel"],
        "additionalProperties": False,
        "properties": {
            "action": {"enum": ["send", "receive"]},
            "channel": reference,
            "summary": {"type": "string"},
        },
    }
    form = {
        "type": "object",
        "required": ["asyncapi", "info", "channels", "operations", "components"],
        "additionalProperties": False,
        "properties": {
            "asyncapi": {"const": "3.0.0"},
            "info": {"type": "object", "required": ["title", "version"]},
            "defaultContentType": {"const": "application/json"},
            "servers": {"type": "object"},
            "channels": {"type": "object", "additionalProperties": channel},
            "operations": {"type": "object", "additionalProperties": operation},
            "components": {"type": "object", "required": ["messages", "schemas"]},
        },
    }
    jsonschema.Draft202012Validator(form).validate(written)


def test_produced_headers_are_those_described(written: dict[str, Any]) -> None:
    described = jsonschema.Draft202012Validator(written["components"]["schemas"]["cloudEvent"])
    made = {key: value.decode() for key, value in headers("decisions", "decision", "t/0/1", datetime.now(UTC))}
    described.validate(made)
    assert made.keys() == set(written["components"]["schemas"]["cloudEvent"]["required"])
    for name, message in written["components"]["messages"].items():
        assert ("headers" in message) == (name != "transaction")

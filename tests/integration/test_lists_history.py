"""The lists as they stood, by the commands: log, show, diff, verify, export, and screening as of a time."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from confluent_kafka import Producer
from live import PATIENCE

from streams.cli import main
from streams.kafka.clients import connect, producer_config
from streams.kafka.topics import TopicNames
from streams.lists.loading import LoadedList, load_list
from streams.lists.publisher import publish
from streams.records.list_entry import ListedName, ListEntry
from streams.records.list_release import ForcedBy, ListRelease
from streams.settings import Settings

pytestmark = pytest.mark.kafka


def _entry(entry_id: str, name: str, **fields: object) -> ListEntry:
    return msgspec.convert({"source": "own", "entry_id": entry_id, "names": [{"name": name}], **fields}, ListEntry)


FIRST = LoadedList("own", (_entry("a", "Zorblatt Trading"), _entry("b", "Quixmar Shipping", remarks="old")))
SECOND = LoadedList("own", (_entry("b", "Quixmar Shipping", remarks="new"), _entry("c", "Wexlund Metals")))


@pytest.fixture
def released(settings: Settings) -> tuple[ListRelease, ListRelease, datetime]:
    """Two releases of one list, and a moment between them."""
    first = publish(FIRST, settings)
    between = datetime.now(UTC)
    time.sleep(0.01)
    return first, publish(SECOND, settings, ForcedBy(name="Ada", reason="as announced")), between


def highfence(settings: Settings, *arguments: str) -> Result:
    result = CliRunner().invoke(
        main,
        list(arguments),
        env={
            "HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
            "HIGHFENCE_TOPICS__PREFIX": settings.topics.prefix,
        },
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def _said(settings: Settings, *arguments: str) -> str:
    result = highfence(settings, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


Released = tuple[ListRelease, ListRelease, datetime]


def test_the_log_has_every_release(settings: Settings, released: Released) -> None:
    publish(SECOND, settings)
    said = _said(settings, "lists", "log")
    assert said.count("UTC  own  ") == 2  # the third changed nothing
    assert "2 entries: 1 added, 1 changed, 1 removed" in said
    assert f"digest {released[1].digest[:16]}…" in said
    assert _said(settings, "lists", "log", "--all").count("UTC  own  ") == 3
    assert _said(settings, "lists", "log", "other") == ""
    assert [json.loads(line)["release_id"] for line in _said(settings, "lists", "log", "--json").splitlines()] == [
        release.release_id for release in released[:2]
    ]


def test_an_entry_is_shown_now_and_through_releases(settings: Settings, released: Released) -> None:
    first, second, _ = released
    said = _said(settings, "lists", "show", "own/b")
    assert "Quixmar Shipping (primary)" in said
    assert f"added by release {first.release_id}" in said
    assert f"changed by release {second.release_id}\n    remarks - old\n    remarks + new" in said
    said = _said(settings, "lists", "show", "own/a")
    assert said.startswith("not in force")
    assert "Zorblatt Trading (primary)" in said
    assert f"removed by release {second.release_id}" in said
    assert "never had" in highfence(settings, "lists", "show", "own/z").stderr


def test_two_releases_are_compared_field_by_field(settings: Settings, released: Released) -> None:
    first, second, _ = released
    said = _said(settings, "lists", "diff", first.release_id, second.release_id)
    assert said.splitlines() == [
        "+ Wexlund Metals (c)",
        "~ Quixmar Shipping (b)",
        "    remarks - old",
        "    remarks + new",
        "- Zorblatt Trading (a)",
        "own: 1 added, 1 changed, 1 removed; 2 entries before, 2 after",
    ]
    assert "0 added, 0 changed, 0 removed" in _said(settings, "lists", "diff", second.release_id, "published")
    assert "no release 'nowhere'" in highfence(settings, "lists", "diff", "nowhere", "published").stderr


def test_what_does_not_hold_is_found(settings: Settings, released: Released) -> None:
    _, second, _ = released
    said = _said(settings, "lists", "verify")
    assert f"own: release {second.release_id} holds: 2 entries, digest {second.digest}" in said
    assert "in the history 2 of 2 hold" in said
    names = TopicNames(settings.topics.prefix)
    for topic in (names.list_history, names.list_updates):  # somebody writes past the publisher
        producer = connect(Producer, producer_config(settings))
        producer.produce(topic, key=b"own/b", value=msgspec.json.encode(FIRST.entries[1]))
        marker = msgspec.structs.replace(second, release_id="rogue")
        producer.produce(topic, key=b"own/@release", value=msgspec.json.encode(marker))
        assert producer.flush(PATIENCE) == 0
        result = highfence(settings, "lists", "verify")
        assert result.exit_code == 2
        assert "release rogue does not match its entries" in result.stderr


def test_an_export_is_the_list_as_it_stood_and_can_be_published(
    settings: Settings, released: Released, tmp_path: Path
) -> None:
    first, second, between = released
    for when, release in (((), second), (("--as-of", between.isoformat()), first)):
        _said(settings, "lists", "export", *when, "--to", str(tmp_path / "out"))
        assert publish(load_list(tmp_path / "out" / "own.jsonl"), settings).digest == release.digest
    for arguments, told in (
        (("--as-of", "2001-01-01"), "no list was in force at 2001-01-01T00:00:00+00:00"),
        (("nowhere",), "not in force: nowhere; in force: own"),
        (("--as-of", "yesterday"), "is not a time"),
    ):
        result = highfence(settings, "lists", "export", *arguments, "--to", str(tmp_path))
        assert result.exit_code == 2
        assert told in result.stderr


def test_a_file_is_screened_against_the_lists_as_they_stood(
    settings: Settings, released: Released, tmp_path: Path
) -> None:
    first, second, between = released
    file = tmp_path / "orders.jsonl"
    file.write_text('{"name": "Zorblatt Trading"}\n{"name": "Wexlund Metals"}\n')
    for when, outcomes, release in (
        (between, ["hold", "clear"], first),
        (datetime.now(UTC), ["clear", "hold"], second),
    ):
        lines = _said(settings, "screen", str(file), "--as-of", when.isoformat()).splitlines()
        decisions = [json.loads(line)["decision"] for line in lines]
        assert [decision["outcome"] for decision in decisions] == outcomes
        assert {decision["releases"]["own"]["release_id"] for decision in decisions} == {release.release_id}
        assert {decision["releases"]["own"]["digest"] for decision in decisions} == {release.digest}
    for arguments in ((), ("--list", "bundled", "--as-of", "2025-01-01")):
        assert "either --list or --as-of" in highfence(settings, "screen", str(file), *arguments).stderr


def test_as_of_a_time_an_entry_counts_that_was_in_force_then(settings: Settings, tmp_path: Path) -> None:
    listed = LoadedList(
        "own",
        (
            ListEntry(
                source="own",
                entry_id="a",
                names=(ListedName(name="Zorblatt Trading"),),
                effective_to=datetime.now(UTC).date(),
            ),
        ),
    )
    publish(listed, settings)
    file = tmp_path / "orders.jsonl"
    file.write_text('{"name": "Zorblatt Trading"}\n')
    (line,) = _said(settings, "screen", str(file), "--as-of", datetime.now(UTC).isoformat()).splitlines()
    assert json.loads(line)["decision"]["outcome"] == "clear"  # its last day was yesterday

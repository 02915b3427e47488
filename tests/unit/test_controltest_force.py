"""From publication to force, as the decisions tell it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from streams.controltest import force
from streams.records.list_release import ListRelease
from streams.settings import Settings

START = datetime(2026, 11, 25, 12, tzinfo=UTC)
RELEASES = {
    source: ListRelease(source=source, release_id="r2", published_at=START, entries=1, digest="d" * 64)
    for source in ("busy", "quiet")
}


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def message(key: str, value: object, written_at: datetime = START) -> Any:
    moment = int(written_at.timestamp() * 1000)
    return SimpleNamespace(key=key.encode, value=lambda: msgspec.json.encode(value), timestamp=lambda: (1, moment))


def decision(release_id: str, screened_at: datetime) -> Any:
    releases = {"busy": {"release_id": release_id, "digest": "d" * 64}}
    return message("PO", {"releases": releases, "policy_version": "p", "screened_at": screened_at})


def test_the_first_decision_under_a_release_and_those_still_under_an_earlier_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    older = msgspec.structs.replace(RELEASES["busy"], release_id="r1")
    topics = {
        "list-updates": [
            message("busy/@release", older, at(-50)),
            message("busy/1", {}, at(0.1)),
            message("busy/@release", RELEASES["busy"], at(0.25)),
            message("quiet/@release", RELEASES["quiet"], at(0.5)),
        ],
        "decisions": [
            decision("r1", at(0.2)),  # begun before the release was published
            decision("r1", at(0.3)),
            decision("r2", at(0.55)),
            decision("r1", at(0.4)),  # of another partition
            decision("r2", at(0.45)),
        ],
    }

    def read_topic(settings: Settings, topic: str, **_: object) -> Iterator[Any]:
        yield from topics[topic]

    monkeypatch.setattr(force, "read_topic", read_topic)
    busy, quiet = force.times_to_force(Settings(), RELEASES)
    assert (busy.published_at, busy.seconds, busy.earlier, busy.earlier_seconds) == (at(0.25), 0.2, 2, 0.15)
    assert (quiet.source, quiet.seconds) == ("quiet", None)

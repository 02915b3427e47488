"""Publishing to and following a real Kafka."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from confluent_kafka import Producer
from live import PATIENCE, wait_until

from streams.cli.lists import lists as lists_command
from streams.errors import BrokerUnreachableError, FencedError, ListError, ReleaseRefusedError, TopicError
from streams.kafka.clients import connect, consumer_config, producer_config
from streams.kafka.local import LocalBroker, free_port
from streams.kafka.topics import TopicNames, apply_topics
from streams.lists import publisher
from streams.lists.follower import Follower
from streams.lists.loading import LoadedList, load_list
from streams.lists.publisher import publish, replay
from streams.lists.release import canonical_bytes, digest, entry_hash
from streams.lists.state import Change
from streams.records.list_entry import ListedName, ListEntry
from streams.records.list_release import ForcedBy, ListRelease
from streams.settings import KafkaSettings, Settings, TopicSettings

pytestmark = pytest.mark.kafka


def _topic(settings: Settings) -> str:
    return TopicNames(settings.topics.prefix).list_updates


def _list(source: str = "own", **names: str) -> LoadedList:
    return LoadedList(
        source,
        tuple(
            ListEntry(source=source, entry_id=entry_id, names=(ListedName(name=name),))
            for entry_id, name in names.items()
        ),
    )


class _InForce:
    """What a follower has told so far."""

    def __init__(self) -> None:
        self.calls: list[Sequence[Change]] = []
        self.refused: list[ReleaseRefusedError] = []
        self.entries: dict[str, dict[str, ListEntry]] = {}

    def apply(self, changes: Sequence[Change]) -> None:
        for change in changes:
            held = self.entries.setdefault(change.source, {})
            held.update({entry.entry_id: entry for entry in change.upserts})
            for entry_id in change.removals:
                del held[entry_id]
        self.calls.append(changes)

    def holds(self, loaded: LoadedList) -> bool:
        return self.entries.get(loaded.source, {}) == {entry.entry_id: entry for entry in loaded.entries}


@contextmanager
def _following(settings: Settings) -> Iterator[tuple[Follower, _InForce]]:
    seen = _InForce()
    follower = Follower(
        consumer_config(settings, f"{settings.topics.prefix}follower"),
        _topic(settings),
        seen.apply,
        seen.refused.append,
    )
    follower.start()
    try:
        assert follower.ready.wait(PATIENCE), follower.failed
        yield follower, seen
        assert follower.failed is None
    finally:
        follower.stop()


def _transaction(settings: Settings, records: dict[str, bytes | None], *, commit: bool) -> None:
    producer = connect(Producer, producer_config(settings, {"transactional.id": f"{settings.topics.prefix}rogue"}))
    producer.init_transactions(PATIENCE)
    producer.begin_transaction()
    for key, value in records.items():
        producer.produce(_topic(settings), key=key.encode(), value=value)
    producer.flush(PATIENCE)
    if commit:
        producer.commit_transaction(PATIENCE)
    else:
        producer.abort_transaction(PATIENCE)


def _marker(loaded: LoadedList, **wrong: Any) -> bytes:
    fields: dict[str, Any] = {
        "source": loaded.source,
        "release_id": "rogue",
        "published_at": datetime.now(UTC),
        "entries": len(loaded.entries),
        "digest": digest({entry.entry_id: entry_hash(entry) for entry in loaded.entries}),
    }
    return msgspec.json.encode(ListRelease(**(fields | wrong)))


def test_an_empty_topic_is_ready_with_nothing_in_force(settings: Settings) -> None:
    with _following(settings) as (_, seen):
        assert [list(changes) for changes in seen.calls] == [[]]


def test_a_follower_holds_exactly_what_was_published(settings: Settings) -> None:
    bundled = load_list("bundled")
    release = publish(bundled, settings)
    assert (release.entries, release.added, release.previous_release_id) == (80, 80, None)
    with _following(settings) as (_, seen):
        assert seen.holds(bundled)
        assert [change.release for change in seen.calls[0]] == [release]
        assert len(seen.calls) == 1


def test_releases_are_applied_as_they_land(settings: Settings) -> None:
    first = publish(_list(a="Acme", b="Bravo", c="Charlie", d="Delta"), settings)
    other = _list("other", x="Xerxes")
    with _following(settings) as (_, seen):
        second_list = _list(a="Acme", b="Beta", c="Charlie", e="Echo")
        second = publish(second_list, settings)
        assert (second.added, second.changed, second.removed) == (1, 1, 1)
        assert second.previous_release_id == first.release_id
        assert second.release_id > first.release_id
        wait_until(lambda: seen.holds(second_list))
        publish(other, settings)
        wait_until(lambda: seen.holds(other))
        assert seen.holds(second_list)
        unchanged = publish(second_list, settings)
        assert (unchanged.added, unchanged.changed, unchanged.removed) == (0, 0, 0)
        assert unchanged.digest == second.digest
        wait_until(lambda: [change.release for change in seen.calls[-1]] == [unchanged])
        assert not seen.refused


def test_an_aborted_publication_is_never_seen(settings: Settings) -> None:
    good = _list(a="Acme")
    publish(good, settings)
    bad = _list(a="Wrong", b="Bravo")
    with _following(settings) as (_, seen):
        records = {f"own/{entry.entry_id}": canonical_bytes(entry) for entry in bad.entries}
        _transaction(settings, {**records, "own/@release": _marker(bad)}, commit=False)
        again = publish(good, settings)
        assert (again.added, again.changed, again.removed) == (0, 0, 0)
        wait_until(lambda: seen.calls[-1][0].release == again if seen.calls[-1] else False)
        assert seen.holds(good)
        assert not seen.refused
    with _following(settings) as (_, seen):
        assert seen.holds(good)


def test_a_release_with_a_wrong_digest_is_refused_and_the_old_one_kept(settings: Settings) -> None:
    good = _list(a="Acme", b="Bravo")
    publish(good, settings)
    forged = _list(a="Wrong", b="Bravo")
    with _following(settings) as (follower, seen):
        record = {"own/a": canonical_bytes(forged.entries[0])}
        _transaction(settings, {**record, "own/@release": _marker(forged, digest="0" * 64)}, commit=True)
        wait_until(lambda: len(seen.refused) == 1)
        assert seen.holds(good)
        assert follower.failed is None
        mended = publish(good, settings)
        assert mended.changed == 1
        wait_until(lambda: seen.calls[-1][0].release == mended)
        assert seen.holds(good)


def test_what_a_refused_release_left_behind_is_not_in_force_after_a_restart(settings: Settings) -> None:
    publish(_list("other", x="Xerxes"), settings)
    forged = _list(a="Wrong")
    record = {"own/a": canonical_bytes(forged.entries[0])}
    _transaction(settings, {**record, "own/@release": _marker(forged, entries=2)}, commit=True)
    with _following(settings) as (_, seen):
        assert set(seen.entries) == {"other"}
        assert len(seen.refused) == 1


def test_a_list_that_shrank_or_is_empty_waits_for_a_person(settings: Settings) -> None:
    full = _list(**{f"e{number}": f"Acme {number}" for number in range(40)})
    first = publish(full, settings)
    short = LoadedList("own", full.entries[:30])
    for suspicious in (short, LoadedList("own", ())):
        with pytest.raises(ReleaseRefusedError, match="not published"):
            publish(suspicious, settings)
    assert {change.release for change in replay(settings)[1].changes} == {first}
    forced = publish(short, settings, ForcedBy(name="Ada", reason="ten were delisted"))
    said = "it has 30 entries, 25% fewer than the 40 of the last release"
    assert forced.forced_by == ForcedBy(name="Ada", reason="ten were delisted", overruled=(said,))
    assert forced.removed == 10
    normal = publish(short, settings, ForcedBy(name="Ada", reason="not needed"))
    assert normal.forced_by is None


def test_after_a_release_dated_in_the_future_a_person_has_to_look_at_the_clocks(settings: Settings) -> None:
    listed = _list(a="Acme")
    ahead = _marker(listed, published_at=datetime.now(UTC) + timedelta(days=2))
    _transaction(settings, {"own/a": canonical_bytes(listed.entries[0]), "own/@release": ahead}, commit=True)
    with pytest.raises(ReleaseRefusedError, match="clock"):
        publish(listed, settings)
    forced = publish(listed, settings, ForcedBy(name="Ada", reason="the publisher's clock was ahead"))
    assert forced.published_at < datetime.now(UTC)
    assert publish(listed, settings).published_at > forced.published_at


def test_a_second_publisher_fences_the_first(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(_list(a="Acme"), settings)
    inner = _list(a="Inner")
    releases: list[ListRelease] = []

    def replay_while_another_publishes(settings: Settings) -> object:
        outcome = replay(settings)
        monkeypatch.setattr(publisher, "replay", replay)
        releases.append(publish(inner, settings))
        return outcome

    monkeypatch.setattr(publisher, "replay", replay_while_another_publishes)
    with pytest.raises(FencedError, match="another publication"):
        publish(_list(a="Outer"), settings)
    with _following(settings) as (_, seen):
        assert seen.holds(inner)
        assert [change.release for change in seen.calls[0]] == releases


def test_publishers_of_different_lists_do_not_disturb_each_other(settings: Settings) -> None:
    both = [_list("east", a="Acme"), _list("west", a="Bravo")]
    threads = [threading.Thread(target=publish, args=(one, settings)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    with _following(settings) as (_, seen):
        assert all(seen.holds(one) for one in both)


def test_entries_that_would_be_lost_are_not_published(settings: Settings) -> None:
    twice = _list(a="Acme").entries + _list(a="Bravo").entries
    with pytest.raises(ListError, match="several of one id"):
        publish(LoadedList("own", twice), settings)


def test_a_missing_topic_is_named(kafka: LocalBroker) -> None:
    settings = Settings(
        kafka=KafkaSettings(bootstrap_servers=kafka.bootstrap_servers), topics=TopicSettings(prefix="absent.")
    )
    with pytest.raises(TopicError, match=r"absent\.list-updates"):
        publish(_list(a="Acme"), settings)


def test_an_unreachable_broker_is_named_with_the_reason() -> None:
    settings = Settings(kafka=KafkaSettings(bootstrap_servers=f"127.0.0.1:{free_port()}", timeout_seconds=1))
    with pytest.raises(BrokerUnreachableError, match="Connection refused"):
        publish(_list(a="Acme"), settings)


def test_an_error_in_the_reader_ends_the_follower_visibly(settings: Settings) -> None:
    def broken(_: Sequence[Change]) -> None:
        raise ValueError("no index")

    follower = Follower(consumer_config(settings, "broken"), _topic(settings), broken, lambda _: None)
    follower.start()
    wait_until(lambda: follower.failed is not None)
    assert not follower.ready.is_set()
    follower.stop()
    assert str(follower.failed) == "no index"


def test_a_follower_outlives_its_broker_and_tells_the_silence(tmp_path: Path) -> None:
    with LocalBroker(tmp_path / "broker") as broker:
        quick: dict[str, str | int | float | bool] = {"reconnect.backoff.max.ms": 200}
        settings = Settings(kafka=KafkaSettings(bootstrap_servers=broker.bootstrap_servers, properties=quick))
        apply_topics(settings)
        publish(_list(a="Acme"), settings)
        with _following(settings) as (follower, seen):
            quiet = follower.last_contact
            wait_until(lambda: follower.last_contact > quiet)  # a quiet topic is asked after
            broker.stop()
            wait_until(lambda: follower.silence() > 2)  # longer than a quiet topic's broker is left unasked
            silent = follower.last_contact
            assert follower.failed is None
            broker.start()
            wait_until(lambda: follower.last_contact > silent)
            again = _list(a="Acme", b="Bravo")
            publish(again, settings)
            wait_until(lambda: seen.holds(again))


def test_the_consolidated_list_is_published_and_followed_whole(settings: Settings, shared_data: Path) -> None:
    loaded = load_list(shared_data / "lists" / "consolidated.json.gz")
    release = publish(loaded, settings)
    assert release.entries == release.added == 25_921
    with _following(settings) as (_, seen):
        assert seen.holds(loaded)


def _run(settings: Settings, *arguments: str) -> str:
    outcome = CliRunner().invoke(lists_command, list(arguments), obj=settings)
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


def test_the_command_publishes_shows_and_compares(settings: Settings, tmp_path: Path) -> None:
    assert "no list is in force" in _run(settings, "show")
    said = _run(settings, "publish", "bundled")
    assert "us_bis_additions: published release" in said
    assert "80 entries: 80 added, 0 changed, 0 removed" in said
    assert "us_bis_additions" in _run(settings, "show")
    assert "Inspur Taiwan" in _run(settings, "show", "us_bis_additions")
    shown = _run(settings, "show", "us_bis_additions/inspur-taiwan.tw")
    assert "Number Media Ltd. (alias)" in shown
    assert "90 FR 14048, 3/28/25" in shown
    shorter = tmp_path / "shorter.jsonl"
    shorter.write_bytes(b"\n".join(canonical_bytes(entry) for entry in load_list("bundled").entries[1:]))
    for before in ("bundled", "published"):
        said = _run(settings, "diff", before, str(shorter))
        assert said.startswith("- Aeronautics Computing Technique Research Institute")
        assert "0 added, 0 changed, 1 removed; 80 entries before, 79 after" in said
    outcome = CliRunner().invoke(lists_command, ["publish", "bundled", "--force"], obj=settings)
    assert outcome.exit_code == 2
    assert "--by" in outcome.output


def test_the_command_refuses_what_is_not_in_force(settings: Settings) -> None:
    for wanted in ("nowhere", "nowhere/1"):
        outcome = CliRunner().invoke(lists_command, ["show", wanted], obj=settings)
        assert isinstance(outcome.exception, ListError)
        assert "'nowhere'" in str(outcome.exception)


def test_a_list_published_by_mistake_is_withdrawn_by_name(settings: Settings) -> None:
    _run(settings, "publish", "bundled")
    said = _run(settings, "withdraw", "us_bis_additions", "--by", "A. Person", "--reason", "the wrong list")
    assert "0 entries: 0 added, 0 changed, 80 removed" in said
    assert "A. Person" in said
    assert "A. Person" in _run(settings, "log")
    with _following(settings) as (_, seen):
        assert [(change.release.entries, change.upserts) for change in seen.calls[0]] == [(0, ())]

"""Keeping lists current: from a server that behaves and one that does not, through the guards, onto the topic."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from click.testing import CliRunner, Result
from list_server import Answer, ListServer, cut, in_turn, marked, whole
from live import PATIENCE, wait_until

from streams.cli.lists import lists as lists_command
from streams.errors import ListError, ReleaseRefusedError
from streams.kafka.local import free_port
from streams.kafka.topics import apply_topics
from streams.lists import download as download_module
from streams.lists import intake
from streams.lists.archive import Archive
from streams.lists.download import TRIES
from streams.lists.publisher import replay
from streams.lists.release import canonical_bytes
from streams.lists.sync import Synced, chosen, keep_current, sync
from streams.records.list_entry import ListedName, ListEntry
from streams.records.list_release import ForcedBy
from streams.settings import (
    DownloadSettings,
    ListSettings,
    MetricsSettings,
    Settings,
    TopicSettings,
)

pytestmark = pytest.mark.kafka

BOSS = ForcedBy(name="Ada", reason="the agency announced it")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "FIRST_PAUSE_SECONDS", 0.001)


@pytest.fixture
def server() -> Iterator[ListServer]:
    with ListServer().running() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, server: ListServer, tmp_path: Path) -> Settings:
    lists = ListSettings(
        archive=tmp_path / "archive",
        downloads={
            name: DownloadSettings(url=f"{server.url}/{name}", sources=(name,)) for name in ("own", "us_ofac_sdn")
        },
        sync=("own",),
    )
    return settings.model_copy(update={"lists": lists, "metrics": MetricsSettings(port=free_port())})


def _file(*names: str, source: str = "own", **fields: Any) -> bytes:
    return b"".join(
        canonical_bytes(ListEntry(source=source, entry_id=name.lower(), names=(ListedName(name=name),), **fields))
        + b"\n"
        for name in names
    )


def _names(settings: Settings, source: str = "own") -> set[str]:
    return {
        entry.names[0].name
        for change in replay(settings)[1].changes
        if change.source == source
        for entry in change.upserts
    }


MANY = tuple(f"Acme {number}" for number in range(40))


def test_what_changed_is_published_and_the_file_kept(settings: Settings, server: ListServer) -> None:
    body = _file("Acme", "Bravo")
    server.answers["/own"] = marked(body, '"1"')
    first = sync("own", settings)
    assert (first.result, first.reason) == ("published", "")
    sha256 = hashlib.sha256(body).hexdigest()
    (outcome,) = first.outcomes
    assert outcome.release is not None
    assert (outcome.release.added, outcome.release.file_sha256) == (2, sha256)
    assert Archive(settings.lists.archive).path(sha256).read_bytes() == body

    again = sync("own", settings)  # the server says 304
    assert again.result == "unchanged"
    assert again.outcomes[0].release == outcome.release
    assert server.requests["/own"][1]["If-None-Match"] == '"1"'

    server.answers["/own"] = marked(_file("Acme", "Beta"), '"2"')
    changed = sync("own", settings).outcomes[0]
    assert changed.comparison is not None
    assert (changed.comparison.difference.added, changed.comparison.difference.removed) == (("beta",), ("bravo",))
    assert _names(settings) == {"Acme", "Beta"}


def test_an_unchanged_list_is_confirmed_once_a_day(
    settings: Settings, server: ListServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["/own"] = whole(_file("Acme"))
    first = sync("own", settings).outcomes[0].release
    assert sync("own", settings).outcomes[0].release == first
    monkeypatch.setattr(intake, "CONFIRM_AFTER", timedelta(0))
    confirmed = sync("own", settings)
    assert confirmed.result == "unchanged"
    assert first is not None
    release = confirmed.outcomes[0].release
    assert release is not None
    assert (release.digest, release.previous_release_id) == (first.digest, first.release_id)


def test_a_list_missing_on_the_topic_comes_back_from_the_archive(settings: Settings, server: ListServer) -> None:
    server.answers["/own"] = marked(_file("Acme"), '"1"')
    sync("own", settings)
    elsewhere = settings.model_copy(update={"topics": TopicSettings(prefix=f"{settings.topics.prefix}new.")})
    apply_topics(elsewhere)
    assert sync("own", elsewhere).result == "published"
    assert _names(elsewhere) == {"Acme"}
    Archive(settings.lists.archive).path(hashlib.sha256(_file("Acme")).hexdigest()).unlink()
    assert sync("own", settings).result == "unchanged"
    assert "If-None-Match" not in server.requests["/own"][-1]


def test_a_dry_run_publishes_nothing(settings: Settings, server: ListServer) -> None:
    server.answers["/own"] = whole(_file("Acme"))
    assert sync("own", settings, dry_run=True).result == "differs"
    assert _names(settings) == set()
    server.answers["/own"] = whole(b"")
    assert sync("own", settings, dry_run=True).result == "quarantined"
    assert Archive(settings.lists.archive).quarantined() == ()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (whole(b""), "is empty"),
        (whole(b"<!DOCTYPE html><html><body>We are moving</body></html>", Content_Type="text/html"), "not a list"),
        (whole(_file(*MANY)[:-20]), "line 40"),
        (whole(gzip.compress(_file(*MANY))[:-200]), "cut archive"),
        (whole(_file(*MANY[:36])), "10% fewer than the 40"),
        (whole(_file(*(f"Other {number}" for number in range(40)))), "40 of the last release's 40 entry ids"),
        (whole(_file(*MANY, source="other")), "holds other; expected own"),
        (whole(_file(*MANY)), "no entry has programs any more; 40"),
    ],
)
def test_damage_is_quarantined_and_the_last_good_release_stays(
    answer: Answer, said: str, settings: Settings, server: ListServer
) -> None:
    good = _file(*MANY, programs=("P",))
    server.answers["/own"] = in_turn(whole(good), answer)
    assert sync("own", settings).result == "published"
    damaged = sync("own", settings)
    assert damaged.result == "quarantined"
    assert any(said in reason for reason in damaged.outcomes[0].reasons), damaged.outcomes[0].reasons
    assert damaged.outcomes[0].is_new
    assert _names(settings) == set(MANY)
    (kept,) = Archive(settings.lists.archive).quarantined()
    assert Archive(settings.lists.archive).path(kept.sha256).is_file()
    assert not sync("own", settings).outcomes[0].is_new
    assert len(Archive(settings.lists.archive).quarantined()) == 1
    server.answers["/own"] = whole(good)
    assert sync("own", settings).result == "unchanged"


@pytest.mark.parametrize(
    ("answer", "said"), [(whole(b"", 500), "500"), (cut(_file("Acme"), 100_000), "complete message body")]
)
def test_a_failed_download_changes_nothing(answer: Answer, said: str, settings: Settings, server: ListServer) -> None:
    server.answers["/own"] = in_turn(whole(_file("Acme")), answer)
    sync("own", settings)
    failed = sync("own", settings)
    assert failed.result == "failed"
    assert said in failed.reason
    assert _names(settings) == {"Acme"}
    assert Archive(settings.lists.archive).quarantined() == ()


def test_a_fault_of_ours_is_told_and_changes_nothing(
    settings: Settings, server: ListServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> None:
        raise ZeroDivisionError("made by the test")

    server.answers["/own"] = whole(_file("Acme"))
    monkeypatch.setattr(intake, "load_lists", broken)
    failed = sync("own", settings)
    assert (failed.result, failed.reason) == ("failed", "internal error: ZeroDivisionError: made by the test")
    assert _names(settings) == set()


def test_a_person_lets_a_quarantined_list_through(settings: Settings, server: ListServer) -> None:
    server.answers["/own"] = in_turn(whole(_file(*MANY)), marked(_file(*MANY[:30]), '"2"'))
    sync("own", settings)
    assert sync("own", settings).result == "quarantined"
    forced = sync("own", settings, forced_by=BOSS)  # the server has nothing newer: it is the kept file
    assert forced.result == "published"
    release = forced.outcomes[0].release
    assert release is not None
    assert release.forced_by is not None
    assert (release.forced_by.name, release.forced_by.reason) == ("Ada", "the agency announced it")
    assert "25% fewer" in release.forced_by.overruled[0]
    assert _names(settings) == set(MANY[:30])
    assert sync("own", settings).result == "unchanged"


def test_what_cannot_be_read_cannot_be_forced(settings: Settings, server: ListServer) -> None:
    server.answers["/own"] = whole(b"")
    assert sync("own", settings, forced_by=BOSS).result == "quarantined"


def test_the_empty_ofac_file_of_may_2024_is_quarantined(
    settings: Settings, server: ListServer, shared_data: Path
) -> None:
    """On 2024-05-03, after 14,965 entries, an empty file was published."""
    real = gzip.decompress((shared_data / "lists" / "ofac_2024-05-03_sdn.csv.gz").read_bytes())
    server.answers["/us_ofac_sdn"] = in_turn(whole(real), whole(b""), whole(b"\x1a\r\n"))
    first = sync("us_ofac_sdn", settings)
    assert first.result == "published", first
    assert first.outcomes[0].release is not None
    assert first.outcomes[0].release.entries == 14_965
    for _ in range(2):
        accident = sync("us_ofac_sdn", settings)
        assert accident.result == "quarantined"
    assert len(_names(settings, "us_ofac_sdn")) > 14_000
    assert len(Archive(settings.lists.archive).quarantined()) == 2


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("us_consolidated", "consolidated.json.gz"),
        ("us_bis", "ecfr_part744_2026-03-25.xml.gz"),
        ("us_bis_denied_persons_list", "dpl_2022.txt.gz"),
        ("us_ofac_consolidated", "ofac_consolidated_2026-01-28.xml.gz"),
        ("un_sc_consolidated", "un_2025-12-10.xml.gz"),
    ],
)
def test_an_official_file_holds_the_lists_the_settings_say(
    name: str, file: str, settings: Settings, server: ListServer, shared_data: Path
) -> None:
    official = ListSettings().downloads[name]
    path = urlsplit(official.url.replace("{date}", "2026-03-25")).path
    server.answers[path] = whole(gzip.decompress((shared_data / "lists" / file).read_bytes()))
    here = DownloadSettings(url=f"{server.url}{path}", sources=official.sources)
    settings = settings.model_copy(update={"lists": settings.lists.model_copy(update={"downloads": {name: here}})})
    synced = sync(name, settings, dry_run=True)
    assert synced.result == "differs", synced
    assert {outcome.source for outcome in synced.outcomes} == set(official.sources)


def test_it_stays_and_keeps_current_and_serves_metrics(settings: Settings, server: ListServer) -> None:
    often = {
        "own": settings.lists.downloads["own"].model_copy(update={"every_hours": 0.2 / 3600}),
    }
    settings = settings.model_copy(update={"lists": settings.lists.model_copy(update={"downloads": often})})
    server.answers["/own"] = in_turn(
        whole(_file(*MANY)), *[whole(b"", 500)] * TRIES, whole(b""), whole(_file(*MANY, "New"))
    )
    stop = threading.Event()
    seen: list[str] = []
    ready: list[tuple[int, str]] = []

    def see(done: Synced) -> None:
        answer = httpx.get(f"http://127.0.0.1:{settings.metrics.port}/readyz", timeout=PATIENCE)
        ready.append((answer.status_code, answer.text.strip()))
        seen.append(done.result)

    thread = threading.Thread(target=keep_current, args=(("own",), settings, stop, see))
    thread.start()
    try:
        wait_until(lambda: "unchanged" in seen)
        url = f"http://127.0.0.1:{settings.metrics.port}/metrics"
        with urllib.request.urlopen(url) as response:
            metrics = response.read().decode()
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()
    assert seen[:5] == ["published", "failed", "quarantined", "published", "unchanged"]
    assert ready[0] == ready[3] == ready[4] == (200, "ok")
    assert ready[1][0] == 503
    assert ready[1][1].startswith("own failed: ")
    assert ready[2] == (200, "ok, but in quarantine: own")
    for line in (
        'highfence_list_entries{source="own"} 41.0',
        'highfence_list_quarantines_total{source="own"} 1.0',
        'highfence_list_quarantined{source="own"} 0.0',
        "highfence_list_sync_ready 1.0",
        'highfence_list_syncs_total{download="own",result="failed"} 1.0',
        'highfence_list_syncs_total{download="own",result="published"} 2.0',
    ):
        assert line in metrics
    for name in ("release_age_seconds", "sync_duration_seconds", "sync_timestamp_seconds"):
        assert f"highfence_list_{name}{{" in metrics


def _run(settings: Settings, *arguments: str) -> Result:
    result = CliRunner().invoke(lists_command, list(arguments), obj=settings)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_a_published_file_is_kept_and_a_refused_one_quarantined(settings: Settings, tmp_path: Path) -> None:
    good, short = tmp_path / "good.jsonl", tmp_path / "short.jsonl"
    good.write_bytes(_file(*MANY))
    short.write_bytes(_file(*MANY[:3]))
    archive = Archive(settings.lists.archive)
    assert "40 entries" in _run(settings, "publish", str(good)).output
    assert archive.path(hashlib.sha256(good.read_bytes()).hexdigest()).is_file()
    refused = CliRunner().invoke(lists_command, ["publish", str(short)], obj=settings)
    assert isinstance(refused.exception, ReleaseRefusedError)
    (kept,) = archive.quarantined()
    assert archive.path(kept.sha256).read_bytes() == short.read_bytes()
    assert "92% fewer" in kept.reasons[0]


def test_a_damaged_archive_is_told_or_made_good(settings: Settings, server: ListServer) -> None:
    server.answers["/own"] = in_turn(whole(_file("Acme")), whole(b""))
    sync("own", settings)
    directory = settings.lists.archive
    (directory / "receipts" / "own.json").write_bytes(b"{")
    assert sync("own", settings).result == "quarantined"  # asked for anew, whole
    (directory / "quarantine.jsonl").write_bytes(b"no JSON\n")
    assert "quarantine.jsonl cannot be read" in sync("own", settings).reason
    nowhere = settings.lists.model_copy(update={"archive": directory / "quarantine.jsonl"})
    failed = sync("own", settings.model_copy(update={"lists": nowhere}))
    assert failed.result == "failed"
    assert "see lists.archive" in failed.reason


def test_a_download_may_be_dated_by_the_ecfr(settings: Settings, server: ListServer) -> None:
    dated = DownloadSettings(
        url=f"{server.url}/full/{{date}}/own.jsonl", dated_by=f"{server.url}/titles.json", sources=("own",)
    )
    settings = settings.model_copy(update={"lists": settings.lists.model_copy(update={"downloads": {"us_bis": dated}})})
    server.answers["/titles.json"] = in_turn(
        *(whole(b'{"titles": [{"number": 15, "up_to_date_as_of": "2026-07-%d"}]}' % day) for day in (22, 23))
    )
    for day in (22, 23):
        server.answers[f"/full/2026-07-{day}/own.jsonl"] = marked(_file(f"Acme {day}"), '"same"')
    assert sync("us_bis", settings).result == "published"
    assert sync("us_bis", settings, forced_by=BOSS).result == "published"
    assert _names(settings) == {"Acme 23"}
    assert chosen(("own",), settings) == ("us_bis",)
    with pytest.raises(ListError, match="no download 'nowhere'"):
        chosen(("nowhere",), settings)


def test_the_command_shows_what_changed_and_what_is_wrong(settings: Settings, server: ListServer) -> None:
    server.answers["/own"] = in_turn(
        whole(_file(*MANY)), whole(_file(*MANY[1:], "New", remarks="here")), whole(_file(*MANY[:3]))
    )
    assert "own: published" in _run(settings, "sync", "--once").output
    said = _run(settings, "sync", "own", "--dry-run", "--all").output
    for line in ("+ New (new)", "- Acme 0 (acme 0)", "~ Acme 1 (acme 1)", "    remarks + here", "own: differs"):
        assert line in said
    result = _run(settings, "sync", "own", "--once")
    assert result.exit_code == 1
    assert "because it has 3 entries, 92% fewer than the 40 of the last release" in result.output
    assert "92% fewer" in _run(settings, "quarantine").output
    forced = _run(settings, "sync", "own", "--force", "--by", "Ada", "--reason", "all delisted")
    assert "forced by Ada: all delisted" in forced.output
    logged = [json.loads(line) for line in _run(settings, "log", "--json").output.splitlines()]
    assert [release["entries"] for release in logged] == [40, 3]
    assert logged[1]["forced_by"]["name"] == "Ada"
    assert logged[1]["file_sha256"] == hashlib.sha256(_file(*MANY[:3])).hexdigest()
    for wrong in (("sync", "--force"), ("sync", "--force", "--by", "A", "--reason", "B"), ("sync", "--by", "A")):
        assert _run(settings, *wrong).exit_code == 2

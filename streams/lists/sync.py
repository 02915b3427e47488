"""Keeping the lists current: download what is newer, take it in, again and again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Literal
from urllib.parse import urlsplit

from streams.errors import HighfenceError, ListError
from streams.health import HealthServer, nothing_wrong
from streams.lists.archive import Archive, Receipt
from streams.lists.download import Response, download, newest_date
from streams.lists.intake import Intake, Outcome
from streams.lists.schedule import Schedule
from streams.metrics import SyncMetrics
from streams.records.list_release import ForcedBy
from streams.settings import DownloadSettings, Settings

_TABLE_BYTES = 1_000_000

_log = logging.getLogger("highfence.sync")

Result = Literal["published", "unchanged", "quarantined", "failed", "differs"]
"""What a synchronisation came to, the gravest of its lists'; ``failed`` is that of the download or of Kafka."""

_GRAVITY: tuple[Result, ...] = ("quarantined", "differs", "published", "unchanged")


@dataclass(frozen=True)
class Synced:
    """One synchronisation of one download: its result, the outcome of each list, or why it failed."""

    name: str
    result: Result
    outcomes: tuple[Outcome, ...] = ()
    reason: str = ""
    seconds: float = 0.0


def sync(
    name: str,
    settings: Settings,
    *,
    forced_by: ForcedBy | None = None,
    dry_run: bool = False,
    pause: Callable[[float], object] = time.sleep,
) -> Synced:
    """Synchronise one download of ``settings.lists.downloads`` with what is published.

    The file is kept in the archive whatever becomes of it. When the server has nothing newer, the kept file is
    taken in again: so a list that was let through, or is missing on the topic, comes into force all the same.
    ``pause`` waits for some seconds between tries of a server in trouble. What fails is told in the result and
    raises nothing.
    """
    started = time.monotonic()
    outcomes: tuple[Outcome, ...] = ()
    reason = ""
    try:
        archive = Archive(settings.lists.archive)
        one = settings.lists.downloads[name]
        sha256 = _newest(name, one, archive, pause)
        outcomes = Intake(settings, archive, forced_by, dry_run).take(
            name, sha256, urlsplit(one.url).path.rpartition("/")[2], one.sources
        )
    except HighfenceError as error:
        reason = str(error)
    except Exception as error:  # a fault of ours with one list must not keep the others from being current
        _log.exception("%s could not be synchronised", name)
        reason = f"internal error: {type(error).__name__}: {error}"
    result: Result = (
        "failed" if reason else next(each for each in _GRAVITY if any(done.result == each for done in outcomes))
    )
    return Synced(name, result, outcomes, reason, time.monotonic() - started)


def chosen(names: Sequence[str], settings: Settings) -> tuple[str, ...]:
    """The downloads meant by names of downloads or of lists; without any, those of ``lists.sync``.

    Raises :class:`~streams.errors.ListError` for a name that is neither.
    """
    downloads = settings.lists.downloads
    found: dict[str, None] = {}
    for name in names or settings.lists.sync:
        if name in downloads:
            found[name] = None
            continue
        having = [key for key, one in downloads.items() if name in one.sources]
        if not having:
            raise ListError(f"no download {name!r} in lists.downloads; there are {', '.join(downloads)}")
        found[having[0]] = None
    return tuple(found)


class _Standing:
    """What the last synchronisation of each download came to, for /readyz."""

    def __init__(self, names: Sequence[str]) -> None:
        self._last: dict[str, Synced | None] = dict.fromkeys(names)

    def done(self, synced: Synced) -> None:
        self._last[synced.name] = synced

    def problem(self) -> str | None:
        """The downloads whose last synchronisation failed, or that had none yet."""
        told = []
        for name, last in list(self._last.items()):
            if last is None:
                told.append(f"{name} has not been synchronised yet")
            elif last.result == "failed":
                told.append(f"{name} failed: {last.reason}")
        return "; ".join(told) or None

    def remark(self) -> str | None:
        """The lists whose newest file is in quarantine."""
        outcomes = [outcome for last in list(self._last.values()) if last is not None for outcome in last.outcomes]
        waiting = [outcome.source for outcome in outcomes if outcome.result == "quarantined"]
        return f"in quarantine: {', '.join(waiting)}" if waiting else None


def keep_current(
    names: Sequence[str], settings: Settings, stop: threading.Event, report: Callable[[Synced], None]
) -> None:
    """Synchronise the downloads on their schedules until told to stop, serving metrics and health.

    Raises :class:`~streams.errors.SettingsError` when the metrics address cannot be served.
    """
    metrics = SyncMetrics()
    standing = _Standing(names)
    metrics.ready.set_function(lambda: standing.problem() is None)
    for source in (source for name in names for source in settings.lists.downloads[name].sources):
        metrics.quarantines.labels(source)  # there from the start: of a series that begins with 1, no increase is seen
    schedule = Schedule(
        {name: settings.lists.downloads[name].every_hours * 3600 for name in names},
        Random(),  # noqa: S311 - jitter
    )
    with HealthServer(
        settings.metrics.host, settings.metrics.port, metrics.registry, nothing_wrong, standing.problem, standing.remark
    ) as health:
        _log.info("keeping %s current: metrics at %s/metrics", ", ".join(names), health.url)
        while not stop.is_set():
            metrics.report_ages(datetime.now(UTC))
            now = time.monotonic()
            for name in schedule.due(now):
                done = sync(name, settings, pause=stop.wait)
                _count(done, metrics)
                standing.done(done)
                report(done)
                schedule.done(name, time.monotonic(), failed=done.result == "failed")
                if stop.is_set():
                    return
            stop.wait(min(schedule.seconds_left(time.monotonic()), 10.0))


def _newest(name: str, one: DownloadSettings, archive: Archive, pause: Callable[[float], object]) -> str:
    """The SHA-256 of the newest file, which is in the archive then."""
    url = one.url
    with archive.incoming() as incoming:
        if one.dated_by:
            download(one.dated_by, incoming, max_bytes=_TABLE_BYTES, pause=pause)
            url = url.replace("{date}", newest_date(incoming.read_bytes(), one.dated_by).isoformat())
        receipt = archive.receipt(name)
        known = Response(receipt.etag, receipt.last_modified) if receipt and receipt.url == url else None
        response = download(url, incoming, known=known, max_bytes=one.max_bytes, pause=pause)
        if response is None:
            if receipt is None:
                raise ListError(f"{url}: the server has nothing newer than a file that is not here")
            return receipt.sha256
        sha256 = archive.take(incoming)
    archive.write_receipt(
        name,
        Receipt(
            url=url,
            sha256=sha256,
            fetched_at=datetime.now(UTC),
            etag=response.etag,
            last_modified=response.last_modified,
        ),
    )
    return sha256


def _count(done: Synced, metrics: SyncMetrics) -> None:
    metrics.synced(done.name, done.result, done.seconds)
    metrics.quarantined.labels(done.name).set(0)
    for outcome in done.outcomes:
        if outcome.is_new:
            metrics.quarantines.labels(outcome.source).inc()
        metrics.quarantined.labels(outcome.source).set(outcome.result == "quarantined")
        if outcome.release is not None:
            metrics.released(outcome.source, outcome.release.entries, outcome.release.published_at)

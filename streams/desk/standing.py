"""How the lists stand: what is in force, every release there was, and what was put in quarantine. Blocking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from streams.errors import ListError, StreamError
from streams.lists import history
from streams.lists.archive import Archive, Quarantined
from streams.records.list_release import ListRelease
from streams.screening.snapshot import Snapshot
from streams.settings import Settings

_RELEASES_SHOWN = 200
_QUARANTINES_SHOWN = 100


@dataclass(frozen=True, slots=True)
class ListStanding:
    """A list in force: its release, its age in days, the age from which it is stale, and whether it is."""

    release: ListRelease
    age_days: float
    max_age_days: float
    is_stale: bool


@dataclass(frozen=True, slots=True)
class Past:
    """The releases there were and the quarantines, newest first; ``problems`` are why some are not known."""

    releases: tuple[ListRelease, ...] = ()
    quarantines: tuple[Quarantined, ...] = ()
    problems: tuple[str, ...] = ()


def standings(snapshot: Snapshot, settings: Settings, now: datetime) -> tuple[ListStanding, ...]:
    """The lists in force, by name."""
    lists = settings.lists
    return tuple(
        ListStanding(
            release,
            (now - release.published_at).total_seconds() / 86_400,
            lists.max_age_days_of.get(source, lists.max_age_days),
            source in snapshot.stale,
        )
        for source, release in sorted(snapshot.releases.items())
    )


class ReleaseLog:
    """Reads the list history again only when a release has come since."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._read_for: Mapping[str, ListRelease] | None = None
        self._releases: tuple[ListRelease, ...] = ()

    def past(self, snapshot: Snapshot) -> Past:
        """The releases there were and the quarantines; one thread at a time."""
        problems: list[str] = []
        if self._read_for != snapshot.releases:
            try:
                log = sorted(
                    history.releases(history.records(self._settings)),
                    key=lambda release: release.published_at,
                    reverse=True,
                )
                self._releases, self._read_for = tuple(log[:_RELEASES_SHOWN]), dict(snapshot.releases)
            except (ListError, StreamError) as error:
                problems.append(str(error))
        try:
            quarantines = Archive(self._settings.lists.archive).quarantined()
        except ListError as error:
            quarantines = ()
            problems.append(str(error))
        return Past(self._releases, tuple(reversed(quarantines))[:_QUARANTINES_SHOWN], tuple(problems))

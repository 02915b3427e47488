"""Taking a list file in: read, judged, compared with what is published; then published, or quarantined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from streams.errors import ListFormatError, ReleaseRefusedError
from streams.lists.archive import Archive, Quarantined
from streams.lists.comparison import Comparison, compare
from streams.lists.guards import misdated, suspicions
from streams.lists.loading import LoadedList, load_lists
from streams.lists.publisher import publish, replay
from streams.lists.state import Change
from streams.records.list_release import ForcedBy, ListRelease
from streams.settings import Settings

CONFIRM_AFTER = timedelta(days=1)
"""An unchanged list gets a new release, which says that it is current, when the last one is older than this."""

Result = Literal["published", "unchanged", "quarantined", "differs"]
"""What became of a list; ``differs`` is that of a dry run."""


@dataclass(frozen=True)
class Outcome:
    """What became of one list of a file, or of a whole file that could not be read.

    ``comparison`` is against what was published before, ``release`` the one in force now, ``reasons`` say why
    the list is in quarantine, and ``is_new`` whether it came there now.
    """

    source: str
    result: Result
    comparison: Comparison | None = None
    release: ListRelease | None = None
    reasons: tuple[str, ...] = ()
    is_new: bool = False


@dataclass(frozen=True)
class Intake:
    """How files are taken in. A dry run only compares and judges."""

    settings: Settings
    archive: Archive
    forced_by: ForcedBy | None = None
    dry_run: bool = False

    def take(self, name: str, sha256: str, file_name: str, expected: Sequence[str]) -> tuple[Outcome, ...]:
        """Take in a file of the archive that the download ``name`` brought.

        ``file_name`` is its publisher's name for it; it should hold exactly the ``expected`` lists.

        A file that cannot be read, or holds other lists, is quarantined whole; of the others each list is judged
        for itself. Nothing of a file that cannot be read can be forced.

        Raises :class:`~streams.errors.StreamError` for what Kafka cannot do and
        :class:`~streams.errors.ListError` for the archive's disk.
        """
        with self.archive.named(sha256, file_name) as file:
            try:
                lists = load_lists(file)
            except ListFormatError as error:
                return (self._quarantine(name, sha256, (str(error).replace(str(file), "the file"),)),)
        held = {loaded.source for loaded in lists}
        if held != set(expected) and not self.forced_by:
            reason = f"the file holds {', '.join(sorted(held))}; expected {', '.join(expected)}"
            return (self._quarantine(name, sha256, (reason,)),)
        _, caught_up = replay(self.settings)
        in_force = {change.source: change for change in caught_up.changes}
        return tuple(self._judge(loaded, sha256, in_force) for loaded in lists)

    def _judge(self, loaded: LoadedList, sha256: str, in_force: Mapping[str, Change]) -> Outcome:
        current = in_force.get(loaded.source)
        before, release = (current.upserts, current.release) if current else ((), None)
        comparison = compare(before, loaded.entries)
        reasons = suspicions(before, loaded.entries, len(before), self.settings.lists.max_shrinkage)
        if reasons and not self.forced_by:
            return self._quarantine(loaded.source, sha256, reasons, comparison, release)
        now = datetime.now(UTC)
        is_recent = release and not misdated(release.published_at, now) and now - release.published_at < CONFIRM_AFTER
        if not comparison.difference and release and is_recent:
            return Outcome(loaded.source, "unchanged", comparison, release)
        if self.dry_run:
            return Outcome(loaded.source, "differs" if comparison.difference else "unchanged", comparison, release)
        try:
            published = publish(loaded, self.settings, self.forced_by, sha256)
        except ReleaseRefusedError as error:  # the last release does not hold, or another came in between
            return self._quarantine(loaded.source, sha256, (str(error),), comparison, release)
        return Outcome(loaded.source, "published" if comparison.difference else "unchanged", comparison, published)

    def _quarantine(
        self,
        source: str,
        sha256: str,
        reasons: tuple[str, ...],
        comparison: Comparison | None = None,
        release: ListRelease | None = None,
    ) -> Outcome:
        is_new = not self.dry_run and self.archive.quarantine(
            Quarantined(source=source, sha256=sha256, reasons=reasons, quarantined_at=datetime.now(UTC))
        )
        return Outcome(source, "quarantined", comparison, release, reasons, is_new)

"""The parties a worker remembers: what they match, so that a party that comes again is not screened again.

A party is known by its JSON as it came, so a known one need not even be read. What it matches depends on nothing
but itself, the index and the policy, and mostly not on its role, so roles share it; what depends on the day of the
event is judged for each event anew. When another index or other owners come into force, a party is looked at once
more when it comes next: unless the releases between can have changed its matches (:mod:`streams.matching.changes`) or
who stands behind it, they stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from streams.errors import ScreeningError
from streams.matching import Match
from streams.matching.changes import Changes, Reading
from streams.records.codec import encode
from streams.records.events import read_party
from streams.records.party import Party
from streams.screening.diversion import Cast, Diversion
from streams.screening.owners import Behind, behind
from streams.screening.screener import Found, Screener
from streams.screening.snapshot import Snapshot

_MOST_INDEXES = 8
"""A party that did not come while so many indexes or graphs of owners came into force is screened anew."""
_LONGEST = 2_048
_MOST_MATCHES = 5
_MOST_OWNERS = 20
"""A party with more bytes, matches or owners is not remembered: such must not fill the worker's memory."""


class Screened(msgspec.Struct, gc=False):
    """What a party matches and who owns it under index number ``index``, in whatever role it comes."""

    index: int
    matches: tuple[Match, ...]
    readings: tuple[Reading, ...]
    owners: Behind


class Remembered(msgspec.Struct, gc=False):
    """A party in one role: kept itself when it matches something; ``cast`` is who it is to diversion rules, if any."""

    screened: Screened
    party: Party | None
    cast: Cast | None


class Noted(NamedTuple):
    """A party of an event that is not known to be clear: ``party`` when it is new, ``known`` when it is not."""

    position: int
    content: bytes
    party: Party | None
    known: Remembered | None
    cast: Cast | None


class MatchMemory:
    """Remembers up to ``most`` parties, each form and role counted, in two generations.

    A party that comes moves to the young one; when that has half of ``most`` it becomes the old one, and the former
    old one is forgotten. It is of one set of rules for diversion flags: with others it begins anew.
    """

    def __init__(self, screener: Screener, most: int) -> None:
        self._screener = screener
        self._telling_roles = {rule.role for rule in screener.policy.thresholds if rule.role}
        self._half = max(most // 2, 1)
        self._young: dict[bytes, Remembered] = {}
        self._old: dict[bytes, Remembered] = {}
        self._snapshot = Snapshot()
        self._number = 0
        self._changes: list[Changes | None] = []  # None where the owners changed
        self._diversion: Diversion | None = None

    def __len__(self) -> int:
        """How many are remembered, at most."""
        return len(self._young) + len(self._old)

    def follow(self, snapshot: Snapshot) -> None:
        """From now on this is in force; to be called before a batch, for its snapshot."""
        if snapshot.index is not self._snapshot.index:
            self._changed(Changes(self._snapshot.index, snapshot.index, self._screener.policy))
        before = self._snapshot
        if snapshot.ownership is not before.ownership or snapshot.relations is not before.relations:
            self._changed(None)
        self._snapshot = snapshot

    def _changed(self, changes: Changes | None) -> None:
        self._changes.append(changes)
        del self._changes[:-_MOST_INDEXES]
        self._number += 1

    def note(
        self, parties: Sequence[bytes], diversion: Diversion | None = None
    ) -> tuple[list[Noted], tuple[Cast | None, ...]] | None:
        """Those of an event's parties, as JSON, that are not known to be clear, and all as ``diversion`` sees them.

        None when one of them is not valid.
        """
        if diversion is not self._diversion:
            self._diversion, self._young, self._old = diversion, {}, {}
        young, number = self._young, self._number
        noted: list[Noted] = []
        casts: list[Cast | None] = []
        for position, content in enumerate(parties):
            known = young.get(content)
            if known is not None:
                screened = known.screened
                if screened.index != number and self._is_untouched(screened):
                    screened.index = number  # for all its roles
                if screened.index == number and not screened.matches:
                    casts.append(known.cast)
                    continue
            party = None
            if known is None:
                known = self._old.get(content)
                if known is None:
                    if (party := read_party(content)) is None:
                        return None
                    known = self._known_in_another_role(party)
                if known is not None:
                    self._keep(content, known)
            cast = known.cast if known is not None else self._cast(party)
            casts.append(cast)
            noted.append(Noted(position, content, party, known, cast))
        return noted, tuple(casts)

    def can_take_long(self, noted: Sequence[Noted]) -> bool:
        """Whether something has to be worked out for these: what they match, or what their hits come to."""
        return any(
            (known := each.known) is None or known.party is not None or known.screened.index != self._number
            for each in noted
        )

    def matches(self, noted: Sequence[Noted]) -> Iterator[Found]:
        """Of these parties, those that match something, under the snapshot followed.

        Raises ScreeningError as :meth:`Screener.matches`.
        """
        for each in noted:
            known = each.known
            if known is None or known.screened.index != self._number:
                known = self._look(each)
            if known.party is not None:
                yield each.position, known.party, known.screened.matches, known.screened.owners

    def _look(self, noted: Noted) -> Remembered:
        """What holds for the party now."""
        known = noted.known or self._young.get(noted.content)  # which another event may have brought since it was noted
        if known is not None and not self._may_differ(known.screened, noted):
            known.screened.index = self._number  # for all its roles
            return known
        party = _read(noted)
        matches, owners, everybody = self._screener.matches(noted.position, party, self._snapshot)
        readings = tuple([Reading.of(asked) for asked in everybody])
        screened = Screened(self._number, tuple(matches), readings, owners)
        known = Remembered(screened, party if matches else None, noted.cast)
        self._keep(noted.content, known)
        without_role = self._without_role(party)
        self._keep(encode(without_role), self._of(known, without_role))
        return known

    def _known_in_another_role(self, party: Party) -> Remembered | None:
        key = encode(self._without_role(party))
        known = self._young.get(key) or self._old.get(key)
        return known and self._of(known, party)

    def _of(self, known: Remembered, party: Party) -> Remembered:
        """The same of a party that differs in nothing but its role."""
        return Remembered(known.screened, party if known.screened.matches else None, self._cast(party))

    def _cast(self, party: Party | None) -> Cast | None:
        return self._diversion.cast(party) if self._diversion is not None and party is not None else None

    def _without_role(self, party: Party) -> Party:
        """The party whose matches are the same whatever its role; with it, where the policy makes a difference."""
        return party if party.role in self._telling_roles else msgspec.structs.replace(party, role="")

    def _since(self, known: Screened) -> Sequence[Changes | None] | None:
        """What changed since the party was looked at; None when so much did that it is forgotten."""
        missed = self._number - known.index
        return self._changes[len(self._changes) - missed :] if missed <= len(self._changes) else None

    def _is_untouched(self, known: Screened) -> bool:
        """Whether nothing that changed since then can have given the party other matches or owners, at a glance."""
        since = self._since(known)
        return since is not None and None not in since and not _may_concern(since, known)

    def _may_differ(self, known: Screened, noted: Noted) -> bool:
        """Whether the changes since then may have given the party other matches or owners."""
        since = self._since(known)
        if since is None or _may_concern(since, known):
            return True
        if None not in since:
            return False
        try:
            return behind(_read(noted), self._snapshot.ownership, self._snapshot.relations) != known.owners
        except ScreeningError:
            return True  # the screener is asked then, and says what is wrong and of which party

    def _keep(self, content: bytes, known: Remembered) -> None:
        screened = known.screened
        if len(screened.matches) > _MOST_MATCHES or len(screened.owners.owners) > _MOST_OWNERS:
            return
        if len(content) > _LONGEST:
            return
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        self._young[content] = known


def _may_concern(since: Sequence[Changes | None], known: Screened) -> bool:
    return any(changes.may_concern(reading) for changes in since if changes is not None for reading in known.readings)


def _read(noted: Noted) -> Party:
    party = noted.party or read_party(noted.content)
    assert party is not None  # noqa: S101 - only valid parties are noted
    return party

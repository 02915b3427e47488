"""A hit that two people found to be a false positive, and until when that holds."""

from __future__ import annotations

from streams.records.base import Identity, Record, Text
from streams.records.list_release import Digest
from streams.records.party import Fingerprint
from streams.records.transaction import Moment


class Clearance(Record, frozen=True, kw_only=True):
    """On the topic ``clearances`` under :attr:`key`; a later one of the same party and entry takes its place.

    It covers the party of exactly this ``fingerprint`` (in whatever role) against the entry of exactly this
    ``entry_hash`` (:func:`streams.lists.release.entry_hash`): a changed party or entry is not covered. It ends at
    ``expires_at``, or when it is written again with ``withdrawn_at``; a tombstone withdraws it, too.
    ``maker`` proposed it, ``checker`` confirmed it, with the disposition ``disposition_id``, ``at`` that moment.
    """

    clearance_id: Identity
    fingerprint: Fingerprint
    source: Identity
    entry_id: Identity
    entry_hash: Digest
    reason: Text
    maker: Identity
    checker: Identity
    disposition_id: Identity
    at: Moment
    expires_at: Moment
    withdrawn_at: Moment | None = None
    withdrawn_by: str = ""

    @property
    def key(self) -> str:
        """The clearance's key on the topic, ``{fingerprint}/{source}/{entry_id}``."""
        return clearance_key(self.fingerprint, self.source, self.entry_id)


def clearance_key(fingerprint: str, source: str, entry_id: str) -> str:
    """One party and one listed entry; unambiguous, as neither a fingerprint nor a source has a slash."""
    return f"{fingerprint}/{source}/{entry_id}"

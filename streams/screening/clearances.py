"""Which hits people have cleared. Pure: an immutable picture, and the moment is the caller's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from streams.lists.release import entry_hash
from streams.records.clearance import Clearance, clearance_key
from streams.records.list_entry import ListEntry


class Clearances:
    """The clearances as they stand, by their key; :meth:`after` makes the next picture."""

    __slots__ = ("by_key",)

    by_key: Mapping[str, Clearance]

    def __init__(self, by_key: Mapping[str, Clearance] = MappingProxyType({})) -> None:
        self.by_key = by_key

    def __bool__(self) -> bool:
        return bool(self.by_key)

    def covering(self, fingerprint: str, entry: ListEntry, at: datetime) -> Clearance | None:
        """The clearance that covers a hit of this party on this form of the entry at that moment."""
        clearance = self.by_key.get(clearance_key(fingerprint, entry.source, entry.entry_id))
        if clearance is None or has_ended(clearance, at) or clearance.entry_hash != entry_hash(entry):
            return None
        return clearance


def has_ended(clearance: Clearance, at: datetime) -> bool:
    """Whether a clearance was withdrawn, or has expired by that moment."""
    return clearance.withdrawn_at is not None or at >= clearance.expires_at


NO_CLEARANCES = Clearances()

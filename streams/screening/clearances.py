"""Which hits people have cleared. Pure: an immutable picture, and the moment is the caller's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from streams.records.alert import Alert
from streams.records.clearance import Clearance, clearance_key
from streams.records.decision import SuppressedHit


class Clearances:
    """The clearances as they stand, by their key; :meth:`after` makes the next picture."""

    __slots__ = ("by_key",)

    by_key: Mapping[str, Clearance]

    def __init__(self, by_key: Mapping[str, Clearance] = MappingProxyType({})) -> None:
        self.by_key = by_key

    def __bool__(self) -> bool:
        return bool(self.by_key)

    def given_at(self, alert: Alert) -> datetime | None:
        """When the party and entry of ``alert`` were last cleared."""
        clearance = self.by_key.get(_key(alert))
        return None if clearance is None else clearance.at

    def suppressed(self, alert: Alert, at: datetime) -> SuppressedHit | None:
        """What the decision says instead of ``alert`` where a clearance covers its party and entry at that moment."""
        listed = alert.listed
        clearance = self.by_key.get(_key(alert))
        if clearance is None or has_ended(clearance, at) or clearance.entry_hash != alert.entry_hash:
            return None
        return SuppressedHit(
            alert_id=alert.alert_id,
            clearance_id=clearance.clearance_id,
            source=listed.source,
            entry_id=listed.entry_id,
            party_index=alert.party_index,
        )


def _key(alert: Alert) -> str:
    return clearance_key(alert.party_fingerprint, alert.listed.source, alert.listed.entry_id)


def has_ended(clearance: Clearance, at: datetime) -> bool:
    """Whether a clearance was withdrawn, or has expired by that moment."""
    return clearance.withdrawn_at is not None or at >= clearance.expires_at


NO_CLEARANCES = Clearances()

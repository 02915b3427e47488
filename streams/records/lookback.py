"""How far a lookback has come."""

from __future__ import annotations

from typing import Literal

from streams.records.base import Identity, Record
from streams.records.list_release import Count
from streams.records.transaction import Moment


class LookbackCoverage(Record, frozen=True, kw_only=True):
    """All parties of one partition of the registry were screened against what one trigger changed.

    On the topic ``lookbacks`` under :attr:`key`, in the same Kafka transaction as the alerts. ``trigger_id`` is a
    release's id or the id of a clearance that ended; a lookback is complete when each of the registry's
    ``partitions`` has its record. ``entries`` were screened against, for ``parties`` different parties, and gave
    ``alerts`` (of an ownership release, whose ``source`` is ``ownership/{source}``, they are its new edges);
    ``suppressed`` hits are covered by a clearance; ``unscreened`` parties could not be screened, and the
    log says why. ``end_offset`` is the partition's end then.
    """

    trigger: Literal["release", "clearance"]
    trigger_id: Identity
    source: Identity
    partition: Count
    partitions: Count
    entries: Count
    parties: Count
    alerts: Count
    suppressed: Count
    unscreened: Count
    end_offset: Count
    policy_version: str
    software_version: str = ""
    started_at: Moment
    finished_at: Moment

    @property
    def key(self) -> str:
        """The record's key on the topic."""
        return f"{self.source}/{self.trigger_id}/{self.partition}"

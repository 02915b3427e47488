"""The answer to one transaction."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from streams.records.base import Identity, Record
from streams.records.list_release import Count
from streams.records.transaction import Moment

Outcome = Literal["clear", "review", "hold", "error"]


class ReleaseRef(Record, frozen=True, kw_only=True):
    """The release of a list a decision was made under."""

    release_id: Identity
    digest: Identity


class EventSource(Record, frozen=True, kw_only=True):
    """Where the event came from: a topic's partition and offset, or a file and line."""

    topic: Identity
    partition: Count
    offset: Count


class SuppressedHit(Record, frozen=True, kw_only=True):
    """A hit that a clearance covers: the alert it would have been, and under which clearance it is not."""

    alert_id: Identity
    clearance_id: Identity
    source: Identity
    entry_id: Identity
    party_index: Count = 0


class NotAppliedHit(Record, frozen=True, kw_only=True):
    """A hit of a list that does not apply to the event by the policy's jurisdiction, and the rules that say so."""

    source: Identity
    entry_id: Identity
    reason: str
    party_index: Count = 0


class Flag(Record, frozen=True, kw_only=True):
    """A sign that goods may be diverted: the rule that fits, what it weighs, and why.

    ``field`` is the path of what it was seen in, ``text`` a plain sentence with what it was compared with, ``citation``
    the public guidance the rule follows.
    """

    rule: Identity
    weight: Count
    field: str
    text: str
    citation: str


class Decision(Record, frozen=True, kw_only=True, omit_defaults=False):
    """One per transaction and revision, keyed by ``transaction_id``.

    ``reason`` says why the outcome is error and is empty otherwise. ``suppressed`` are hits that a clearance covers;
    they do not count in the outcome, nor do the ``not_applied``, of lists that do not apply. ``stale_lists`` names the
    lists that were past their maximum age and screened with all the same, as the settings allow. ``flags`` may make a
    review, by the rules that ``flags_version`` names, empty where no rules were applied; ``not_checked`` are those
    rules for which the event, or what was remembered, does not tell enough. ``mapping_version`` is the digest of the
    mapping by which the event became a transaction, and is left out when it came as one. ``samples`` are the ids of
    quality samples, which do not count either. ``software_version`` is what read and compared the names.
    """

    transaction_id: Identity
    revision: Count
    outcome: Outcome
    alert_ids: tuple[str, ...]
    suppressed: tuple[SuppressedHit, ...]
    releases: dict[str, ReleaseRef]
    policy_version: str
    software_version: str = ""
    source: EventSource
    screened_at: Moment
    reason: str = ""
    stale_lists: tuple[str, ...] = ()
    not_applied: tuple[NotAppliedHit, ...] = ()
    samples: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    not_checked: tuple[str, ...] = ()
    flags_version: str = ""
    mapping_version: str | UnsetType = UNSET

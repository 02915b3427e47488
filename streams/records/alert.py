"""A hit: one party of one transaction against one listed entry."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from streams.records.base import Identity, Name, Record
from streams.records.list_entry import ListedName
from streams.records.list_release import Count
from streams.records.party import Party
from streams.records.registered_party import PastTransaction
from streams.records.transaction import Moment

Ratio = Annotated[float, Meta(ge=0, le=1)]

EvidenceKind = Literal[
    "word",
    "ignored",
    "name",
    "country",
    "address",
    "identifier",
    "birth_date",
    "entity_type",
    "alias",
    "effective",
    "reach",
    "ownership",
    "jurisdiction",
]
Effect = Literal["supports", "contradicts", "ignored"]


class Evidence(Record, frozen=True, kw_only=True):
    """One reason for or against a match.

    ``text`` is a plain sentence. For words, ``ours`` is the party's word, ``listed`` the list's,
    ``similarity`` how well they agree (0 to 1) and ``weight`` the share of the name's information they carry.
    """

    kind: EvidenceKind
    effect: Effect
    text: str
    ours: str = ""
    listed: str = ""
    similarity: Ratio | None = None
    weight: Ratio | None = None


class ListedParty(Record, frozen=True, kw_only=True):
    """What the alert shows of the listed entry."""

    source: Identity
    entry_id: Identity
    name: Name
    names: tuple[ListedName, ...] = ()
    countries: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    license_requirement: str = ""
    license_policy: str = ""
    citation: str = ""
    effective_from: date | None = None
    effective_to: date | None = None


class Alert(Record, frozen=True, kw_only=True, omit_defaults=False):
    """A hit to be looked at by a person.

    With the outcome ``sample`` it is none: it scored below the review ``threshold`` and was drawn so that people see
    whether that is right; it does not count in the decision's outcome.

    ``alert_id`` depends only on transaction, revision, party position and entry, so the same hit found
    twice has one id. ``field`` is the path of the party's field that matched (``name``, ``alt_names[0]``,
    ``addresses[1]`` …) and ``value`` its content. ``listed.name`` is the listed name that matched best.
    ``party_fingerprint`` and ``entry_hash`` tell who and which form of the entry it is about, over all transactions.

    A ``lookback`` finds past ``transactions`` of a party, oldest first; ``transaction_id``, ``revision``,
    ``party_index`` and the party's role are those of the last one. ``trigger_id`` is the release that added or changed
    the entry, or the clearance that ended, and part of its ``alert_id`` (:mod:`streams.screening.lookback`).
    """

    alert_id: Identity
    trigger: Literal["live", "lookback"]
    transaction_id: Identity
    revision: Count
    outcome: Literal["review", "hold", "sample"]
    party_index: Count
    party: Party
    field: str
    value: str
    listed: ListedParty
    score: Ratio
    threshold: Ratio
    evidence: tuple[Evidence, ...]
    summary: str
    release_id: str
    policy_version: str
    raised_at: Moment
    party_fingerprint: str = ""
    entry_hash: str = ""
    trigger_id: str = ""
    transactions: tuple[PastTransaction, ...] = ()

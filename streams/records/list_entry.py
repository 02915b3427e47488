"""One restricted party of one list."""

from __future__ import annotations

from datetime import date
from typing import Literal

from streams.records.base import Country, Identity, Name, PartialDate, Record
from streams.records.party import Address, EntityType, Identifier


class ListedName(Record, frozen=True, kw_only=True):
    """A name under which a restricted party is listed.

    ``strength`` is weak for aliases the list itself calls weak, or that are too common to stand alone.
    """

    name: Name
    kind: Literal["primary", "alias", "former", "native"] = "primary"
    strength: Literal["strong", "weak"] = "strong"


class RelatedEntry(Record, frozen=True, kw_only=True):
    """Another party the list names beside this one: ``relation`` is the list's own word, such as "linked to"."""

    name: Name
    relation: str = ""
    entry_id: str = ""


class ListEntry(Record, frozen=True, kw_only=True):
    """One entry of a list as its source published it.

    ``entry_id`` is stable across releases of ``source``. ``effective_from`` and ``effective_to`` are days
    (inclusive and exclusive) in the source's own calendar; None means no bound. An entry that lists a bare
    address has that address as its name and in ``addresses``.
    """

    source: Identity
    entry_id: Identity
    names: tuple[ListedName, ...]
    entity_type: EntityType | None = None
    addresses: tuple[Address, ...] = ()
    countries: tuple[Country, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    birth_dates: tuple[PartialDate, ...] = ()
    programs: tuple[str, ...] = ()
    license_requirement: str = ""
    license_policy: str = ""
    citation: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    remarks: str = ""
    related: tuple[RelatedEntry, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """``(source, entry_id)``, unique over all lists."""
        return (self.source, self.entry_id)

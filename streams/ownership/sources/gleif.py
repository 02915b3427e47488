"""GLEIF level 2: the relationship records of legal entities (RR-CDF 2.1), the CSV of the golden copy.

The records name entities by LEI alone. With a level-1 file (LEI-CDF CSV) beside them, the names and countries of those
that occur are taken from it; without, an entity's name is its LEI, and it is found by that alone.

A child's accounting consolidation by a parent is a share that nobody told, unless the record quantifies it in percent;
a branch is owned whole by its head office; the relations of funds to their managers and masters are control without a
share. Records that are not ACTIVE, or whose registration was withdrawn, are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from streams.errors import ListFormatError
from streams.lists.sources.content import ListFile
from streams.lists.sources.tables import records_of, rows_of
from streams.ownership.sources.shares import LONGEST_ID, percent_of, period_of
from streams.records.ownership import HoldingParty, OwnershipEdge
from streams.records.party import Identifier

NAME = "GLEIF level 2 relationship records (CSV)"

_CHILD, _PARENT = "relationship.startnode.nodeid", "relationship.endnode.nodeid"
_TYPE, _STATUS = "relationship.relationshiptype", "relationship.relationshipstatus"
_REGISTRATION: Final = "registration.registrationstatus"
_WITHDRAWN: Final = frozenset({"ANNULLED", "DUPLICATE", "RETIRED", "CANCELLED", "TRANSFERRED", "PENDING_VALIDATION"})
_KINDS: Final[Mapping[str, tuple[Literal["share", "control"], float | None]]] = {
    "IS_DIRECTLY_CONSOLIDATED_BY": ("share", None),
    "IS_ULTIMATELY_CONSOLIDATED_BY": ("share", None),
    "IS_INTERNATIONAL_BRANCH_OF": ("share", 100.0),
    "IS_FUND-MANAGED_BY": ("control", None),
    "IS_SUBFUND_OF": ("control", None),
    "IS_FEEDER_TO": ("control", None),
}
_MOST = 6
"""A record has at most so many periods and quantifiers, numbered from 1."""

Names = Mapping[str, tuple[str, str]]
"""Name and country by LEI."""


def recognises(file: ListFile) -> bool:
    """Whether the first line names the columns of relationship records."""
    first = file.beginning.partition("\n")[0].casefold()
    return _CHILD in first and _TYPE in first


def read(file: ListFile, names: ListFile | None = None) -> Iterator[OwnershipEdge]:
    """The edges in the order of the records; ``names`` is a level-1 file.

    Raises ListFormatError naming the line of a record that cannot be read.
    """
    known = _names(names, _leis(file)) if names is not None else {}
    for line, row in records_of(file, rows_of(file), (_CHILD, _PARENT, _TYPE)):
        place = f"{file.place}, line {line}"
        relation = row[_TYPE].strip()
        if relation not in _KINDS:
            raise ListFormatError(
                f"{place}: the relationship type is {relation[:60]!r}; expected {', '.join(_KINDS)}: "
                "a new type has to be understood before it is left out"
            )
        if row.get(_STATUS, "ACTIVE").strip() != "ACTIVE" or row.get(_REGISTRATION, "").strip() in _WITHDRAWN:
            continue
        kind, percent = _KINDS[relation]
        start, end = period_of(*_period(row, place), "a day of the relationship", place)
        yield OwnershipEdge(
            owner=_entity(row[_PARENT], known, place),
            owned=_entity(row[_CHILD], known, place),
            percent=percent if percent is not None else _quantified(row, place),
            kind=kind,
            from_=start,
            to=end,
            source=relation,
        )


def _entity(lei: str, names: Names, place: str) -> HoldingParty:
    lei = lei.strip()
    if not lei:
        raise ListFormatError(f"{place}: a node has no id; the file is cut or damaged, download it again")
    if len(lei) > LONGEST_ID:
        raise ListFormatError(f"{place}: a node's id is {lei[:40]!r}; the file is damaged, download it again")
    name, country = names.get(lei, ("", ""))
    return HoldingParty(name=name or lei, country=country, identifiers=(Identifier(type="LEI", value=lei),))


def _period(row: Mapping[str, str], place: str) -> tuple[str, str]:
    """Start and end of the relationship; its other periods are those of accounts and filings."""
    for number in range(1, _MOST):
        of = f"relationship.period.{number}."
        if row.get(f"{of}periodtype", "").strip() == "RELATIONSHIP_PERIOD":
            return row.get(f"{of}startdate", ""), row.get(f"{of}enddate", "")
    return "", ""


def _quantified(row: Mapping[str, str], place: str) -> float | None:
    for number in range(1, _MOST):
        of = f"relationship.quantifiers.{number}."
        if row.get(f"{of}quantifierunits", "").strip() == "PERCENTAGE":
            return percent_of(row.get(f"{of}quantifieramount", ""), place)
    return None


def _leis(file: ListFile) -> set[str]:
    rows = records_of(file, rows_of(file), (_CHILD, _PARENT))
    return {row[column].strip() for _, row in rows for column in (_CHILD, _PARENT)}


def _names(file: ListFile, wanted: set[str]) -> dict[str, tuple[str, str]]:
    columns = ("lei", "entity.legalname", "entity.legaladdress.country")
    return {
        lei: (name.strip()[:1024], country.strip()[:128])
        for _, row in records_of(file, rows_of(file), columns)
        for lei, name, country in [[row[column] for column in columns]]
        if lei in wanted
    }

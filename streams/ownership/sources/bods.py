"""Beneficial ownership statements of the Beneficial Ownership Data Standard 0.4 (JSON array or JSON lines).

Of several statements about one record the newest counts, of the same day the last. A relationship's interests become
edges: a shareholding is a share; an interest of unknown kind, or none told at all, is an unknown share; all others
(votes, seats on the board, trust roles, influence) are control without a share. A share told as a range is its lower
bound, inclusive or not, and, beside it, an unknown share. All names that are told count. A closed relationship ends on
the day of the statement that closed it. An indirect relationship is left out where its components, all of them told
and none at an end, say it link by link; an interested party or subject that is not told is left out, too, as there is
nobody to screen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from streams.errors import ListFormatError
from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import one_line
from streams.ownership.sources.shares import LONGEST_ID, LONGEST_TYPE, MOST_IDENTIFIERS, day_of, period_of
from streams.records.ownership import HoldingParty, OwnershipEdge
from streams.records.party import Identifier

NAME = "Beneficial Ownership Data Standard 0.4 (JSON)"

_SHARES = frozenset({"shareholding"})
_UNKNOWN = frozenset({"unknownInterest", "unpublishedInterest"})
_ALL = 100.0
_LONGEST_NAME, _MOST_NAMES = 1024, 100


class _Code(msgspec.Struct):
    code: str = ""
    name: str = ""


class _Identifier(msgspec.Struct):
    id: str = ""
    scheme: str = ""
    schemeName: str = ""  # noqa: N815 - as the standard spells it


class _Name(msgspec.Struct):
    fullName: str = ""  # noqa: N815
    type: str = ""


class _Share(msgspec.Struct):
    exact: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    exclusiveMinimum: float | None = None  # noqa: N815


class _Interest(msgspec.Struct):
    type: str = ""
    directOrIndirect: str = ""  # noqa: N815
    share: _Share | None = None
    startDate: str = ""  # noqa: N815
    endDate: str = ""  # noqa: N815


class _Details(msgspec.Struct):
    """What Highfence reads of an entity, a person or a relationship."""

    name: str | None = None
    alternateNames: list[str] = []  # noqa: N815
    names: list[_Name] = []
    jurisdiction: _Code | None = None
    nationalities: list[_Code] = []
    identifiers: list[_Identifier] = []
    subject: Any = None
    interestedParty: Any = None  # noqa: N815
    interests: list[_Interest] = []
    componentRecords: list[Any] = []  # noqa: N815


class _Statement(msgspec.Struct):
    statementId: str  # noqa: N815
    recordId: str  # noqa: N815
    recordType: str  # noqa: N815
    statementDate: str = ""  # noqa: N815
    recordStatus: str = ""  # noqa: N815
    recordDetails: _Details = msgspec.field(default_factory=_Details)  # noqa: N815


_ALL_AT_ONCE = msgspec.json.Decoder(list[_Statement])
_ONE = msgspec.json.Decoder(_Statement)


def recognises(file: ListFile) -> bool:
    """Whether the file begins as JSON and soon names the standard's fields."""
    return file.beginning[:1] in "[{" and '"recordType"' in file.beginning and '"statementId"' in file.beginning


def read(file: ListFile) -> Iterator[OwnershipEdge]:
    """The edges, in the order in which their relationships are first told.

    Raises ListFormatError naming the statement that cannot be read.
    """
    newest: dict[str, _Statement] = {}
    for statement in _statements(file):
        known = newest.get(statement.recordId)
        if known is None or statement.statementDate >= known.statementDate:
            newest[statement.recordId] = statement
    for statement in newest.values():
        if statement.recordType == "relationship":
            yield from _edges(statement, newest, f"{file.place}, statement {statement.statementId}")
        elif statement.recordType not in ("entity", "person"):
            raise ListFormatError(
                f"{file.place}, statement {statement.statementId}: recordType is {statement.recordType[:40]!r}; "
                "expected entity, person or relationship, as in version 0.4 of the standard"
            )


def _statements(file: ListFile) -> Iterator[_Statement]:
    if file.beginning.startswith("["):
        try:
            yield from _ALL_AT_ONCE.decode(file.content())
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ListFormatError(f"{file.place}: {error}; expected statements of version 0.4") from error
        return
    for number, line in enumerate(file.lines(), start=1):
        if line.strip():
            try:
                yield _ONE.decode(line)
            except msgspec.DecodeError as error:
                raise ListFormatError(f"{file.place}, line {number}: {error}; expected a statement of 0.4") from error


def _edges(statement: _Statement, newest: dict[str, _Statement], place: str) -> Iterator[OwnershipEdge]:
    details = statement.recordDetails
    owner, owned = (_party(each, newest, place) for each in (details.interestedParty, details.subject))
    if owner is None or owned is None or statement.statementId == "":
        return
    closed = day_of(statement.statementDate, "statementDate", place) if statement.recordStatus == "closed" else None
    by_components = bool(details.componentRecords) and _components_tell(details, newest, place)
    for interest in _interests(details):
        if interest.directOrIndirect == "indirect" and by_components:
            continue
        is_share = interest.type in _SHARES or interest.type in _UNKNOWN
        start, end = period_of(interest.startDate, interest.endDate, "an interest's day", place)
        for percent in _percents(interest, place) if is_share else [None]:
            yield OwnershipEdge(
                owner=owner,
                owned=owned,
                percent=percent,
                kind="share" if is_share else "control",
                from_=start,
                to=min(filter(None, (end, closed)), default=None),
                source=f"{statement.statementId} {interest.type}".strip()[:512],
            )


def _interests(details: _Details) -> list[_Interest]:
    return details.interests or [_Interest(type="unknownInterest")]


def _components_tell(details: _Details, newest: dict[str, _Statement], place: str) -> bool:
    """Whether the components, all of them told, lead from the interested party to the subject."""
    links: dict[str, list[str]] = {}
    for record in details.componentRecords:
        component = newest.get(record) if isinstance(record, str) else None
        if component is None:
            return False
        if component.recordType == "relationship":
            if not _is_link(component, newest, place):
                return False
            told = component.recordDetails
            links.setdefault(told.interestedParty, []).append(told.subject)
    waiting, passed = [details.interestedParty], set()
    while waiting:
        owner = waiting.pop()
        if owner not in passed:
            passed.add(owner)
            waiting += links.get(owner, ())
    return details.subject in passed


def _is_link(component: _Statement, newest: dict[str, _Statement], place: str) -> bool:
    """Whether the component is an edge by itself that nothing ends."""
    details = component.recordDetails
    if component.recordStatus == "closed" or component.statementId == "":
        return False
    if any(_party(each, newest, place) is None for each in (details.interestedParty, details.subject)):
        return False
    left_out = bool(details.componentRecords)
    return any(
        not each.endDate and not (left_out and each.directOrIndirect == "indirect") for each in _interests(details)
    )


def _percents(interest: _Interest, place: str) -> list[float | None]:
    share = interest.share
    if share is None:
        return [None]
    told = (share.exact, share.minimum, share.maximum, share.exclusiveMinimum)
    if any(each is not None and not 0 <= each <= _ALL for each in told):
        raise ListFormatError(f"{place}: a share is not from 0 to 100")
    if share.exact is not None:
        return [share.exact]
    minimum = share.exclusiveMinimum if share.minimum is None else share.minimum
    if minimum is None:
        return [None]
    return [minimum] if minimum == share.maximum else [minimum, None]


def _party(told: Any, newest: dict[str, _Statement], place: str) -> HoldingParty | None:
    """The record that a relationship names; None when it says that it is not told."""
    if not isinstance(told, str):
        return None
    statement = newest.get(told)
    if statement is None:
        raise ListFormatError(f"{place}: names the record {told[:60]!r}, which is not in the file; the file is cut")
    details = statement.recordDetails
    legal = [each.fullName for each in details.names if each.type in ("legal", "individual", "")]
    told = [details.name or "", *legal, *[each.fullName for each in details.names], *details.alternateNames]
    names = list(dict.fromkeys(name[:_LONGEST_NAME] for each in told if (name := one_line(each))))
    countries = [details.jurisdiction] if details.jurisdiction else details.nationalities
    identifiers = tuple(
        Identifier(type=_scheme(each)[:LONGEST_TYPE], value=each.id[:LONGEST_ID])
        for each in details.identifiers
        if each.id
    )
    if not names and not identifiers:
        return None
    return HoldingParty(
        name=names[0] if names else identifiers[0].value,
        alt_names=tuple(names[1 : _MOST_NAMES + 1]),
        country=next((each.code or each.name for each in countries), "")[:128],
        identifiers=identifiers[:MOST_IDENTIFIERS],
    )


def _scheme(identifier: _Identifier) -> str:
    """The type as Highfence knows it: the scheme for LEIs is called XI-LEI."""
    scheme = identifier.scheme or identifier.schemeName or "identifier"
    return "LEI" if scheme == "XI-LEI" else scheme

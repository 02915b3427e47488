"""OpenSanctions' entities as JSON lines (``entities.ftm.json``, ``targets.nested.json``), of the FollowTheMoney model.

Listed parties are the targets. Sanctions, addresses and links are entities of their own, on lines of their own anywhere
in the file, or nested in the party; they are put together with the parties they belong to.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec

from streams.errors import ListFormatError
from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import Draft
from streams.lists.sources.opensanctions import SOURCE, TYPES, add_name
from streams.lists.sources.places import country_of_address
from streams.records.list_entry import ListEntry

NAME = "OpenSanctions (FollowTheMoney entities, JSON lines)"

_IDENTIFIERS = {
    "imoNumber": "IMO", "leiCode": "LEI", "swiftBic": "BIC", "innCode": "INN", "ogrnCode": "OGRN", "uscCode": "USCC",
    "passportNumber": "Passport", "idNumber": "ID number", "taxNumber": "Tax number", "vatCode": "VAT number",
    "registrationNumber": "Registration number", "socialSecurityNumber": "Social security number", "mmsi": "MMSI",
    "callSign": "Call sign", "dunsCode": "D-U-N-S number", "uniqueEntityId": "Unique entity id", "npiCode": "NPI",
    "cageCode": "CAGE", "kppCode": "KPP", "bikCode": "BIK", "okpoCode": "OKPO", "isin": "ISIN", "permId": "PermID",
    "publicKey": "Wallet", "serialNumber": "Serial number",
}  # fmt: skip
_COUNTRIES = {
    "country": "", "jurisdiction": "", "nationality": "Nationality", "citizenship": "Citizenship", "flag": "Flag",
    "birthCountry": "Country of birth",
}  # fmt: skip
_NAMES = {"name": (False, False), "alias": (False, False), "previousName": (False, True), "weakAlias": (True, False)}
"""Properties that are names, in this order, each with whether it is weak and former."""
_NAME_PARTS = frozenset(("firstName", "secondName", "middleName", "lastName", "fatherName", "motherName", "nameSuffix"))
"""Parts of names that are among the names as a whole."""
_LINKS = {
    "Ownership": ("asset", "owner"), "Directorship": ("organization", "director"), "Family": ("person", "relative"),
    "Associate": ("person", "associate"), "Employment": ("employee", "employer"), "UnknownLink": ("subject", "object"),
    "Representation": ("client", "agent"), "Membership": ("member", "organization"),
}  # fmt: skip
"""Entities that link two parties: the property of the one that is related, and of the one it is related to."""


class _Entity(msgspec.Struct):
    id: str
    schema: str
    properties: dict[str, list[Any]]
    datasets: list[str] = []
    target: bool | None = None
    caption: str = ""


_DECODER = msgspec.json.Decoder(_Entity)


def recognises(file: ListFile) -> bool:
    """Whether the first line is a JSON object with ``schema`` and ``properties``."""
    first, _, _ = file.beginning.partition("\n")
    return first.startswith("{") and '"schema"' in first and '"properties"' in first


def read(file: ListFile) -> Iterator[ListEntry]:
    """The entries in the order of the file.

    Raises :class:`~streams.errors.ListFormatError` naming the line that is not an entity, or a target of a type that
    cannot be a party.
    """
    parties: dict[str, tuple[_Entity, str]] = {}
    others: dict[str, _Entity] = {}
    captions: dict[str, str] = {}
    for number, line in enumerate(file.lines(), start=1):
        if not line.strip():
            continue
        place = f"{file.place}, line {number}"
        entity = _decoded(line, place)
        captions[entity.id] = entity.caption or _first(entity, "name")
        if entity.schema in TYPES:
            if entity.target is not False:
                parties[entity.id] = (entity, place)
        elif entity.target:
            raise ListFormatError(f"{place}: a target of schema {entity.schema[:40]!r}; expected {', '.join(TYPES)}")
        else:
            others[entity.id] = entity
    about = _by_party(others)
    for party, place in parties.values():
        yield _draft(party, about, others, captions, place).finish(place)


def _decoded(line: str, place: str) -> _Entity:
    try:
        return _DECODER.decode(line)
    except msgspec.DecodeError as error:
        raise ListFormatError(
            f"{place}: not an entity ({error}); the file is cut or damaged, download it again"
        ) from error


def _by_party(others: dict[str, _Entity]) -> dict[str, list[_Entity]]:
    """Sanctions and links by the id of the party they are about."""
    found: dict[str, list[_Entity]] = defaultdict(list)
    for entity in others.values():
        for party in entity.properties.get(_LINKS.get(entity.schema, ("entity", ""))[0], ()):
            if isinstance(party, str):
                found[party].append(entity)
    return found


def _draft(
    party: _Entity, about: dict[str, list[_Entity]], others: dict[str, _Entity], captions: dict[str, str], place: str
) -> Draft:
    draft = Draft(SOURCE, party.id, TYPES[party.schema], list(party.datasets))
    if TYPES[party.schema] is None:
        draft.remark("Type", party.schema)
    for prop, (weak, former) in _NAMES.items():
        for name in _texts(party, prop):
            add_name(draft, name, weak=weak, former=former)
    for prop, values in party.properties.items():
        for value in values:
            if isinstance(value, dict):
                _add_other(draft, _nested(value, place), captions)
            elif not isinstance(value, str):
                raise ListFormatError(f"{place}: {prop} holds {value!r}; expected text or an entity")
            elif prop == "addressEntity":
                if value in others:
                    _add_other(draft, others[value], captions)
            elif prop not in _NAMES and prop not in _NAME_PARTS:
                _add_property(draft, prop, value)
    for entity in about.get(party.id, ()):
        _add_other(draft, entity, captions)
    return draft


def _nested(value: dict[str, Any], place: str) -> _Entity:
    try:
        return msgspec.convert(value, _Entity)
    except msgspec.ValidationError as error:
        raise ListFormatError(f"{place}: nested entity: {error}; the file is damaged, download it again") from error


def _add_property(draft: Draft, prop: str, value: str) -> None:
    if prop in _IDENTIFIERS:
        draft.identifier(_IDENTIFIERS[prop], value)
    elif prop in _COUNTRIES:
        draft.country(value, _COUNTRIES[prop])
    elif prop == "birthDate":
        draft.birth(value)
    elif prop == "address":
        draft.address(country_of_address(value), raw=value)
    else:
        draft.remark(_words(prop), value)


def _add_other(draft: Draft, entity: _Entity, captions: dict[str, str]) -> None:
    """What an address, a sanction or a link says of a party."""
    if entity.schema == "Address":
        draft.address(_first(entity, "country"), raw=_first(entity, "full") or entity.caption)
    elif entity.schema in _LINKS:
        _, end = _LINKS[entity.schema]
        for other in entity.properties.get(end, ()):
            to, name = (
                (other, captions.get(other, ""))
                if isinstance(other, str)
                else (other.get("id", ""), other.get("caption"))
            )
            roles = [*_texts(entity, "role"), *_texts(entity, "relationship")]
            draft.related(name, ", ".join(roles) or end, to)
    else:
        draft.programs += _texts(entity, "program")
        said = (
            f"{_words(prop)}: {text}"
            for prop, values in entity.properties.items()
            if prop != "entity"
            for text in values
            if isinstance(text, str)
        )
        draft.remark(entity.schema, "; ".join(said))


def _texts(entity: _Entity, prop: str) -> list[str]:
    return [value for value in entity.properties.get(prop, ()) if isinstance(value, str)]


def _first(entity: _Entity, prop: str) -> str:
    return next(iter(_texts(entity, prop)), "")


def _words(prop: str) -> str:
    """ "sourceUrl" as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", prop).capitalize()

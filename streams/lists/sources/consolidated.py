"""The US Consolidated Screening List: the official JSON download, ``{"total": …, "results": […]}``.

It joins the lists of the Departments of Commerce, State and the Treasury. The list an entry comes from is its
first program, before the sanctions programs. Left out are only the web addresses of the lists and of their
explanations: they say nothing about the party.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import msgspec
import orjson

from streams.errors import ListFormatError
from streams.lists.sources.checked import checked
from streams.lists.sources.listed_names import alias, with_unique_ids, without_repeats
from streams.lists.sources.places import country_code
from streams.records.list_entry import ListedName, ListEntry, RelatedEntry
from streams.records.party import Address, EntityType, Identifier

NAME = "US Consolidated Screening List (JSON)"
SOURCE = "us_consolidated"

_TYPES: dict[str, EntityType] = {
    "individual": "person",
    "entity": "organization",
    "vessel": "vessel",
    "aircraft": "aircraft",
}
_PARTIAL_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_REMARK_FIELDS = {
    "title": "Title",
    "entity_number": "Entity number",
    "standard_order": "Standard order",
    "vessel_type": "Vessel type",
    "vessel_flag": "Flag",
    "gross_tonnage": "Gross tonnage",
    "gross_registered_tonnage": "Gross registered tonnage",
}


class _Place(msgspec.Struct):
    address: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


class _Id(msgspec.Struct):
    type: str | None = None
    number: str | None = None
    country: str | None = None
    issue_date: str | None = None
    expiration_date: str | None = None


class _Result(msgspec.Struct):
    id: str
    source: str
    name: str
    entity_number: str | None = None
    type: str | None = None
    programs: list[str] = []
    title: str | None = None
    addresses: list[_Place] = []
    federal_register_notice: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    standard_order: str | None = None
    license_requirement: str | None = None
    license_policy: str | None = None
    call_sign: str | None = None
    vessel_type: str | None = None
    gross_tonnage: str | None = None
    gross_registered_tonnage: str | None = None
    vessel_flag: str | None = None
    vessel_owner: str | None = None
    remarks: str | None = None
    alt_names: list[str] = []
    citizenships: list[str] = []
    dates_of_birth: list[str] = []
    nationalities: list[str] = []
    places_of_birth: list[str] = []
    ids: list[_Id] = []


def recognises(content: bytes) -> bool:
    """Whether the file is a JSON object with ``results``, which the download has near its beginning."""
    return content.lstrip().startswith(b"{") and b'"results"' in content[:2000]


def read(content: bytes, place: str) -> tuple[ListEntry, ...]:
    """The entries in the order of the file.

    Two results of one id (the download has some, of one party under two notices) get ids told apart. Raises
    :class:`~streams.errors.ListFormatError` when the JSON is cut or damaged, a result does not have the
    download's form, or the number of results is not ``total``.
    """
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ListFormatError(
            f"{place}: the JSON is cut or damaged at line {error.lineno}, column {error.colno}; download it again"
        ) from error
    results = document.get("results")
    if not isinstance(results, list):
        raise ListFormatError(f"{place}: 'results' is not a list; download the consolidated list's JSON again")
    if document.get("total") != len(results):
        raise ListFormatError(
            f"{place}: 'total' says {document.get('total')}, but there are {len(results):,} results; "
            "the file is cut, download it again"
        )
    return with_unique_ids(_entry(result, f"{place}: result {number}") for number, result in enumerate(results, 1))


def _entry(content: Any, place: str) -> ListEntry:
    try:
        result = msgspec.convert(content, _Result)
    except msgspec.ValidationError as error:
        raise ListFormatError(f"{place}: {error}; this is not the consolidated list's JSON, or it changed") from error
    return checked(_converted(result, place), place)


def _converted(result: _Result, place: str) -> ListEntry:
    remarks = [f"{label}: {value}" for name, label in _REMARK_FIELDS.items() if (value := _text(result, name))]
    kind = (result.type or "").strip()
    if kind and kind.casefold() not in _TYPES:
        remarks.append(f"Type: {kind}")
    countries: list[str] = []
    for label, named in (("Citizenship", result.citizenships), ("Nationality", result.nationalities)):
        remarks += [f"{label}: {country}" for country in named]
        countries += [_country(country) for country in named]
    remarks += [f"Place of birth: {born}" for born in result.places_of_birth]
    remarks += [f"Date of birth: {born}" for born in result.dates_of_birth if not _PARTIAL_DATE.fullmatch(born)]
    addresses = tuple(dict.fromkeys(address for listed in result.addresses if (address := _address(listed))))
    flag = [_country(result.vessel_flag)] if result.vessel_flag else []
    ends = _day(result.end_date, "end_date", place)
    return ListEntry(
        source=SOURCE,
        entry_id=result.id,
        names=without_repeats(
            [ListedName(name=_one_line(result.name)), *(alias(_one_line(name)) for name in result.alt_names)]
        ),
        entity_type=_TYPES.get(kind.casefold()),
        addresses=tuple(address for address in addresses if address.street or address.city or address.postal_code),
        countries=tuple(dict.fromkeys(_present([*(a.country for a in addresses), *countries, *flag]))),
        identifiers=tuple(_identifiers(result, remarks)),
        birth_dates=tuple(born for born in result.dates_of_birth if _PARTIAL_DATE.fullmatch(born)),
        programs=(result.source, *result.programs),
        license_requirement=_one_line(result.license_requirement or ""),
        license_policy=_one_line(result.license_policy or ""),
        citation=_one_line(result.federal_register_notice or ""),
        effective_from=_day(result.start_date, "start_date", place),
        # the last day the list names still counts
        effective_to=ends + timedelta(days=1) if ends else None,
        remarks="\n".join([*_present([(result.remarks or "").strip()]), *remarks]),
        related=(RelatedEntry(name=result.vessel_owner, relation="owner"),) if result.vessel_owner else (),
    )


def _identifiers(result: _Result, remarks: list[str]) -> Iterable[Identifier]:
    if result.call_sign:
        yield Identifier(type="Call sign", value=result.call_sign)
    for listed in result.ids:
        if not listed.number:
            remarks.append(f"Identification: {' '.join(_present([listed.type, listed.country]))}")
            continue
        yield Identifier(type=listed.type or "Unknown", value=listed.number)
        details = {"country": listed.country, "issued": listed.issue_date, "expires": listed.expiration_date}
        if any(details.values()):
            said = ", ".join(f"{label} {value}" for label, value in details.items() if value)
            remarks.append(f"{listed.type or 'Identification'} {listed.number}: {said}")


def _address(listed: _Place) -> Address | None:
    address = Address(
        street=_one_line(listed.address or ""),
        city=_one_line(listed.city or ""),
        region=_one_line(listed.state or ""),
        postal_code=_one_line(listed.postal_code or ""),
        country=_country(listed.country) if listed.country else "",
    )
    return address if address != Address() else None


def _country(name: str) -> str:
    return country_code(name) or name


def _day(text: str | None, field: str, place: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise ListFormatError(f"{place}: {field} is {text!r}; expected YYYY-MM-DD") from error


def _text(result: _Result, name: str) -> str:
    return _one_line(getattr(result, name) or "")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _present(values: Iterable[str | None]) -> list[str]:
    return [value for value in values if value]

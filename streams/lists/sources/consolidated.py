"""The US Consolidated Screening List: the official JSON download, ``{"total": …, "results": […]}``.

It joins the lists of the Departments of Commerce, State and the Treasury. The list an entry comes from is its
first program, before the sanctions programs. Left out are only the web addresses of the lists and of their
explanations: they say nothing about the party.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import msgspec
import orjson

from streams.errors import ListFormatError
from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import Draft
from streams.lists.sources.listed_names import with_unique_ids
from streams.lists.sources.ofac import TYPES, add_feature
from streams.lists.sources.written_dates import day_of
from streams.records.list_entry import ListEntry

NAME = "US Consolidated Screening List (JSON)"
SOURCE = "us_consolidated"

_REMARK_FIELDS = {
    "title": "Title",
    "entity_number": "Entity number",
    "standard_order": "Standard order",
    "vessel_type": "Vessel type",
    "gross_tonnage": "Gross tonnage",
    "gross_registered_tonnage": "Gross registered tonnage",
}


class Place(msgspec.Struct):
    """An address of a result; ``raw`` where only the CSV's one line is known."""

    address: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    raw: str | None = None


class Id(msgspec.Struct):
    """An identification of a result, or whatever else the Treasury files under identifications."""

    type: str | None = None
    number: str | None = None
    country: str | None = None
    issue_date: str | None = None
    expiration_date: str | None = None


class Result(msgspec.Struct):
    """An entry as the download has it."""

    id: str
    source: str
    name: str
    entity_number: str | None = None
    type: str | None = None
    programs: list[str] = []
    title: str | None = None
    addresses: list[Place] = []
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
    ids: list[Id] = []


def recognises(file: ListFile) -> bool:
    """Whether the file is a JSON object with ``results``, which the download has near its beginning."""
    return file.beginning.startswith("{") and '"results"' in file.beginning[:2000]


def read(file: ListFile) -> tuple[ListEntry, ...]:
    """The entries in the order of the file.

    Two results of one id (the download has some, of one party under two notices) get ids told apart. Raises
    :class:`~streams.errors.ListFormatError` when the JSON is cut or damaged, a result does not have the
    download's form, or the number of results is not ``total``.
    """
    place = file.place
    try:
        document = orjson.loads(file.content())
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
    return entries_of((_result(result, f"{place}: result {number}"), f"{place}: result {number}")
                      for number, result in enumerate(results, 1))  # fmt: skip


def entries_of(results: Iterable[tuple[Result, str]]) -> tuple[ListEntry, ...]:
    """The entries of results, each with its place for errors; ids that are there twice are told apart."""
    return with_unique_ids(_draft(result, place).finish(place) for result, place in results)


def _result(content: Any, place: str) -> Result:
    try:
        return msgspec.convert(content, Result)
    except msgspec.ValidationError as error:
        raise ListFormatError(f"{place}: {error}; this is not the consolidated list's JSON, or it changed") from error


def _draft(result: Result, place: str) -> Draft:
    kind = (result.type or "").strip()
    ends = day_of(result.end_date, "end_date", place)
    draft = Draft(
        SOURCE,
        result.id,
        TYPES.get(kind.casefold()),
        [result.source, *result.programs],
        result.license_requirement or "",
        result.license_policy or "",
        [result.federal_register_notice or ""],
        day_of(result.start_date, "start_date", place),
        # the last day the list names still counts
        ends + timedelta(days=1) if ends else None,
    )
    for name in (result.name, *result.alt_names):
        draft.name(name)
    for listed in result.addresses:
        draft.address(
            listed.country,
            street=listed.address,
            city=listed.city,
            region=listed.state,
            postal_code=listed.postal_code,
            raw=listed.raw,
        )
    draft.remark("", result.remarks)
    for field, label in _REMARK_FIELDS.items():
        draft.remark(label, getattr(result, field))
    if kind and kind.casefold() not in TYPES:
        draft.remark("Type", kind)
    _add_person(draft, result)
    if result.call_sign:
        draft.identifier("Call sign", result.call_sign)
    draft.country(result.vessel_flag, "Flag")
    draft.related(result.vessel_owner, "owner")
    for identification in result.ids:
        dates = (("issued", identification.issue_date), ("expires", identification.expiration_date))
        details = ", ".join(f"{label} {day}" for label, day in dates if day)
        add_feature(
            draft,
            identification.type or "Identification",
            identification.number or "",
            identification.country or "",
            details,
        )
    return draft


def _add_person(draft: Draft, result: Result) -> None:
    for label, named in (("Citizenship", result.citizenships), ("Nationality", result.nationalities)):
        for country in named:
            draft.country(country, label)
    for born in result.dates_of_birth:
        draft.birth(born)
    for where in result.places_of_birth:
        draft.remark("Place of birth", where)

"""Lists of one's own ("never ship to") as a table: CSV with a row of column names, or JSON lines with the same names.

| column | meaning |
|---|---|
| name | the primary name; the only column that has to be there |
| id | stable over time; without it, an id is made from name and country |
| source | the list's name, the same in all rows; without it, the file's name is taken |
| aliases, weak_aliases, former_names, native_names | other names |
| type | person, organization, vessel or aircraft |
| countries | names or codes |
| addresses | each in one line |
| identifiers | each as ``type: value`` |
| birth_dates | YYYY, YYYY-MM or YYYY-MM-DD |
| programs, requirement, policy, citation | what the listing rests on and what it asks for |
| effective_from, effective_to | days, YYYY-MM-DD: the first it counts, the first it does not count any more |
| remarks | anything else |

Where several can stand, they are separated by semicolons, or are a list in JSON. Any other column becomes a remark,
unless it looks like a misspelt one of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, cast, get_args

import orjson
from rapidfuzz import fuzz, process

from streams.errors import ListFormatError
from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import Draft, Kind, one_line
from streams.lists.sources.listed_names import entry_id_for, with_unique_ids
from streams.lists.sources.places import country_code, country_of_address
from streams.lists.sources.tables import records_of, rows_of
from streams.lists.sources.written_dates import day_of
from streams.records.list_entry import ListEntry
from streams.records.party import EntityType

NAME = "a table of one's own (CSV or JSON lines with a column 'name')"

COLUMNS = (
    "name", "id", "source", "aliases", "weak_aliases", "former_names", "native_names", "type", "countries", "addresses",
    "identifiers", "birth_dates", "programs", "requirement", "policy", "citation", "effective_from", "effective_to",
    "remarks",
)  # fmt: skip
_SYNONYMS = {
    "country": "countries", "address": "addresses", "aka": "aliases", "alias": "aliases", "notes": "remarks",
    "federal_register": "citation", "program": "programs", "birth_date": "birth_dates", "identifier": "identifiers",
    "native_name": "native_names",
}  # fmt: skip
_NAMES: dict[str, tuple[Kind, bool]] = {
    "aliases": ("alias", False),
    "weak_aliases": ("alias", True),
    "former_names": ("former", False),
    "native_names": ("native", False),
}
_ALIKE = 78
"""From this similarity (0 to 100) an unknown column is taken for a misspelt one and refused."""
_CHANGES = "op"
"""A column that tells additions from removals: the file is of changes, and loading it as a list would be wrong."""


def recognises(file: ListFile) -> bool:
    """Whether the first line names a column ``name``, as CSV or as a JSON object."""
    first = file.beginning.partition("\n")[0]
    if first.startswith("{"):
        return '"name"' in first
    return "name" in [one_line(cell).strip('"').casefold() for cell in first.split(",")]


def read(file: ListFile) -> tuple[ListEntry, ...]:
    """The entries in the order of the rows.

    Raises :class:`~streams.errors.ListFormatError` naming the line and column when a column looks misspelt, a value is
    not what its column says, a row has no name, or two rows have the same id.
    """
    rows = _json_rows(file) if file.beginning.startswith("{") else _csv_rows(file)
    entries: list[ListEntry] = []
    seen: dict[str, int] = {}
    checked: set[str] = set()
    for line, row in rows:
        place = f"{file.place}, line {line}"
        _check_columns(row.keys() - checked, place)
        checked |= row.keys()
        entry = _draft({_SYNONYMS.get(column, column): values for column, values in row.items()}, file, place).finish(
            place
        )
        if row.get("id"):
            if entry.entry_id in seen:
                raise ListFormatError(
                    f"{place}: id {entry.entry_id!r} is in line {seen[entry.entry_id]} already; keep one"
                )
            seen[entry.entry_id] = line
        if entries and entry.source != entries[0].source:
            raise ListFormatError(
                f"{place}: source {entry.source!r}, but the file began with {entries[0].source!r}; "
                "put each source into a file of its own"
            )
        entries.append(entry)
    return with_unique_ids(entries)


def _csv_rows(file: ListFile) -> Iterator[tuple[int, dict[str, list[str]]]]:
    for line, record in records_of(file, rows_of(file), ("name",)):
        yield line, {column: [cell] if column in ("name", "id") else cell.split(";") for column, cell in record.items()}


def _json_rows(file: ListFile) -> Iterator[tuple[int, dict[str, list[str]]]]:
    for line, text in enumerate(file.lines(), start=1):
        if not text.strip():
            continue
        try:
            row = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise ListFormatError(f"{file.place}, line {line}: not JSON ({error}); mend the line") from error
        if not isinstance(row, dict):
            raise ListFormatError(f"{file.place}, line {line}: not a JSON object; mend the line")
        yield (
            line,
            {
                one_line(column).casefold(): _texts(value, column, f"{file.place}, line {line}")
                for column, value in row.items()
            },
        )


def _texts(value: Any, column: str, place: str) -> list[str]:
    if isinstance(value, list):
        return [text for one in value for text in _texts(one, column, place)]
    if value is None:
        return []
    if not isinstance(value, str | int | float):
        raise ListFormatError(f"{place}: column {column!r} holds {str(value)[:40]!r}; expected text or a list of texts")
    text = str(value)
    return text.split(";") if column in ("address", "addresses") else [text]


def _check_columns(columns: Iterable[str], place: str) -> None:
    for column in sorted(columns):
        if column == _CHANGES:
            raise ListFormatError(
                f"{place}: has the column {column!r}: a file of changes, not a list; apply them first"
            )
        if column in COLUMNS or column in _SYNONYMS:
            continue
        known, alike, _ = process.extractOne(column, COLUMNS, scorer=fuzz.ratio)
        if alike >= _ALIKE:
            raise ListFormatError(f"{place}: column {column!r} is not known; name it {known!r}, or unlike any column")


def _draft(row: dict[str, list[str]], file: ListFile, place: str) -> Draft:
    def one(column: str) -> str:
        return one_line("; ".join(row.get(column, ())))

    countries = [one_line(country) for country in row.get("countries", ())]
    first = next((country_code(country) or country for country in countries if country), "")
    name, kind = one("name"), one("type").casefold()
    if not name:
        raise ListFormatError(f"{place}: has no name; give it one, or take the row out")
    if kind and kind not in get_args(EntityType):
        raise ListFormatError(f"{place}: the type is {kind[:40]!r}; expected {', '.join(get_args(EntityType))}")
    draft = Draft(
        one("source") or source_of(file.name),
        one("id") or entry_id_for(name, first),
        cast(EntityType, kind) if kind else None,
        row.get("programs", []),
        one("requirement"),
        one("policy"),
        [one("citation")],
        day_of(one("effective_from"), "effective_from", place),
        day_of(one("effective_to"), "effective_to", place),
    )
    draft.name(name)
    for column, (name_kind, weak) in _NAMES.items():
        for text in row.get(column, ()):
            draft.name(text, name_kind, weak=weak)
    for country in countries:
        draft.country(country)
    for text in row.get("addresses", ()):
        address = re.sub(r"^\s*and\s+", "", text)
        draft.address(country_of_address(address) or first, raw=address)
    for text in row.get("identifiers", ()):
        said, colon, value = text.partition(":")
        draft.identifier(said if colon else "", value if colon else text)
    for text in row.get("birth_dates", ()):
        draft.birth(text)
    draft.remark("", one("remarks"))
    for column in row:
        if column not in COLUMNS:
            draft.remark(column, one(column))
    return draft


def source_of(name: str) -> str:
    """The source that a file name stands for: its stem in lower case, words joined by underscores."""
    stem = name.casefold().partition(".")[0]
    return re.sub(r"[^a-z0-9]+", "_", stem).strip("_") or "own_list"

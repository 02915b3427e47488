"""Ownership as a table of one's own: CSV with a row of column names.

| column | meaning |
|---|---|
| owner, owned | their names; the only columns that have to be there |
| percent | the share, 0 to 100; empty when unknown |
| kind | ``share`` (when empty) or ``control`` |
| from, to | days, YYYY-MM-DD: the first it counts, the first it does not count any more |
| source | what the row rests on |
| owner_country, owned_country | names or codes |
| owner_identifiers, owned_identifiers | each as ``type: value``, separated by semicolons |
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.errors import ListFormatError
from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import one_line
from streams.lists.sources.tables import records_of, rows_of
from streams.ownership.sources.shares import day_of, identifiers_of, percent_of
from streams.records.ownership import HoldingParty, OwnershipEdge

NAME = "CSV with the columns owner, owned, percent"

COLUMNS = (
    "owner", "owned", "percent", "kind", "from", "to", "source", "owner_country", "owned_country",
    "owner_identifiers", "owned_identifiers",
)  # fmt: skip
_LONGEST = 1024


def recognises(file: ListFile) -> bool:
    """Whether the first line names the columns ``owner`` and ``owned``."""
    first = [one_line(cell).strip('"').casefold() for cell in file.beginning.partition("\n")[0].split(",")]
    return "owner" in first and "owned" in first


def read(file: ListFile) -> Iterator[OwnershipEdge]:
    """The edges in the order of the rows. Raises ListFormatError naming the line and column that cannot be read."""
    for line, row in records_of(file, rows_of(file), ("owner", "owned")):
        place = f"{file.place}, line {line}"
        if unknown := sorted(row.keys() - set(COLUMNS)):
            raise ListFormatError(f"{place}: column {unknown[0]!r} is not known; expected {', '.join(COLUMNS)}")
        kind = row.get("kind", "").strip().casefold() or "share"
        if kind not in ("share", "control"):
            raise ListFormatError(f"{place}: kind is {kind[:40]!r}; expected share or control")
        start, end = (day_of(row.get(column, ""), column, place) for column in ("from", "to"))
        if start and end and end <= start:
            raise ListFormatError(f"{place}: from {start} to {end} is no range; 'to' is exclusive")
        yield OwnershipEdge(
            owner=_party(row, "owner", place),
            owned=_party(row, "owned", place),
            percent=percent_of(row.get("percent", ""), place),
            kind="control" if kind == "control" else "share",
            from_=start,
            to=end,
            source=one_line(row.get("source", ""))[:512],
        )


def _party(row: dict[str, str], column: str, place: str) -> HoldingParty:
    name = one_line(row[column])
    if not name or len(name) > _LONGEST:
        raise ListFormatError(f"{place}: {column} is {'empty' if not name else 'too long'}; expected a name")
    return HoldingParty(
        name=name,
        country=one_line(row.get(f"{column}_country", ""))[:128],
        identifiers=identifiers_of(row.get(f"{column}_identifiers", ""), place),
    )

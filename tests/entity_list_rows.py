"""The Entity List as rows of JSON: the form the real lists of these tests have."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from streams.records.list_entry import ListedName, ListEntry
from streams.records.party import Address


def entity_list(path: Path) -> tuple[ListEntry, ...]:
    """The entries of one file."""
    with gzip.open(path) as lines:
        rows = [json.loads(line) for line in lines]
    return tuple(
        ListEntry(
            source="us_bis_entity_list",
            entry_id=f"{path.name}:{number}",
            names=(ListedName(name=row["name"]), *(ListedName(name=each, kind="alias") for each in row["aliases"])),
            countries=(row["country"],),
            addresses=(Address(raw=row["address"]),) if row["address"] else (),
            license_requirement=row["notes"],
            citation=row["federal_register"],
        )
        for number, row in enumerate(rows)
    )

"""The JSON Schemas of the records, made from the records themselves.

``python -m streams.records.schemas FOLDER`` writes them; a test holds the written ones and the records together.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import msgspec
import orjson

from streams.records.alert import Alert
from streams.records.base import Record
from streams.records.case import Case
from streams.records.clearance import Clearance
from streams.records.dead_letter import DeadLetter
from streams.records.decision import Decision
from streams.records.disposition import Disposition
from streams.records.list_entry import ListEntry
from streams.records.list_release import ListRelease
from streams.records.lookback import LookbackCoverage
from streams.records.ownership import OwnershipPage, OwnershipRelease
from streams.records.registered_party import RegisteredParty
from streams.records.transaction import Transaction

PUBLISHED: dict[str, type[Record]] = {
    "transaction": Transaction,
    "decision": Decision,
    "alert": Alert,
    "list_entry": ListEntry,
    "list_release": ListRelease,
    "dead_letter": DeadLetter,
    "registered_party": RegisteredParty,
    "clearance": Clearance,
    "disposition": Disposition,
    "case": Case,
    "lookback_coverage": LookbackCoverage,
    "ownership_page": OwnershipPage,
    "ownership_release": OwnershipRelease,
}
"""The records on topics, by the name of their schema."""


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one record."""
    made = msgspec.json.schema(PUBLISHED[name], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": PUBLISHED[name].__name__,
        **_with_plain_descriptions(made),
    }


def _with_plain_descriptions(node: Any) -> Any:
    """Docstrings as descriptions read well outside Python, too."""
    if isinstance(node, dict):
        return {
            key: inspect.cleandoc(value).replace("``", "`")
            if key == "description" and isinstance(value, str)
            else _with_plain_descriptions(value)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_with_plain_descriptions(item) for item in node]
    return node


def write_schemas(folder: Path) -> None:
    """Write every schema as ``NAME.schema.json``."""
    for name in PUBLISHED:
        text = orjson.dumps(schema(name), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        (folder / f"{name}.schema.json").write_bytes(text)


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]))

"""Mappings from TOML: the ready-made ones, and files of one's own.

A mapping has a ``title``, the table ``[transaction]``, and any number of ``[[parties]]`` and ``[[items]]``, whose
``from`` gives the object, or the objects, that the other expressions of the section are read on. Every other key is a
field of the record, its value a JMESPath expression; one that gives null or an empty text leaves the field out.
``[party]`` has fields that all parties share whose section does not say otherwise.
"""

from __future__ import annotations

import hashlib
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import jmespath
import orjson
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult
from msgspec import Struct

from streams.errors import MappingError
from streams.mappings.functions import EventFunctions
from streams.mappings.mapping import Fields, Mapping, Section
from streams.records.party import Party
from streams.records.transaction import Item, Transaction

_READY_MADE = files(__package__) / "ready_made"
_MOST_BYTES = 262_144
_MOST_SECTIONS = 100
_KEYS = ("title", "transaction", "party", "parties", "items")


def ready_made() -> tuple[str, ...]:
    """The names of the mappings that come along."""
    return tuple(
        sorted(file.name.removesuffix(".toml") for file in _READY_MADE.iterdir() if file.name.endswith(".toml"))
    )


def load_mapping(name: str) -> Mapping:
    """The ready-made mapping of that name, or the one in the TOML file at that path.

    Raises MappingError naming the field when there is none, or when it is not a mapping.
    """
    if name in ready_made():
        return _mapping(name, (_READY_MADE / f"{name}.toml").read_text(encoding="utf-8"))
    file = Path(name)
    try:
        with file.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        made = ", ".join(ready_made())
        raise MappingError(f"mapping {name}: {error.strerror}; a file, or one of {made}") from error
    if len(content) > _MOST_BYTES:
        raise MappingError(f"mapping {name} has more than {_MOST_BYTES:,} bytes")
    try:
        return _mapping(file.stem, content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise MappingError(f"mapping {name} is not UTF-8: {error}") from error


def _mapping(name: str, text: str) -> Mapping:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"mapping {name} is not TOML: {error}") from error
    except RecursionError as error:
        raise MappingError(f"mapping {name} is nested too deeply") from error
    if unknown := sorted(content.keys() - set(_KEYS)):
        raise MappingError(f"mapping {name}: no key {', '.join(unknown)}; there are {', '.join(_KEYS)}")
    title = content.get("title", "")
    if not isinstance(title, str):
        raise MappingError(f"mapping {name}: title is no text")
    digest = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
    shared = content.get("party", {})
    if not isinstance(shared, dict):
        raise MappingError(f"mapping {name}: [party] is no table")
    parties = _sections(name, "parties", content.get("parties"), Party, frozenset({"name"}), shared)
    if not parties:
        raise MappingError(f"mapping {name}: [[parties]] is missing: nobody would be screened")
    transaction = content.get("transaction")
    return Mapping(
        name=name,
        title=title,
        version=digest[:16],
        transaction_fields=_fields(
            name, "[transaction]", transaction, Transaction, frozenset({"transaction_id"}), {"parties", "items"}
        ),
        parties=parties,
        items=_sections(name, "items", content.get("items"), Item, frozenset(), {}),
    )


def _sections(
    name: str, key: str, content: Any, kind: type[Struct], needed: frozenset[str], shared: dict[str, Any]
) -> tuple[Section, ...]:
    if content is None:
        return ()
    if not isinstance(content, list) or len(content) > _MOST_SECTIONS:
        raise MappingError(f"mapping {name}: {key} is written as [[{key}]], at most {_MOST_SECTIONS} times")
    made = []
    for number, section in enumerate(content, start=1):
        where = f"[[{key}]] {number}"
        if not isinstance(section, dict) or "from" not in section:
            raise MappingError(f"mapping {name}: {where} has no 'from', which says what the {key} are made of")
        each = _expression(name, f"{where}, from", section["from"])
        fields = {field: text for field, text in {**shared, **section}.items() if field != "from"}
        made.append(Section(each, _fields(name, where, fields, kind, needed, set())))
    return tuple(made)


def _fields(
    name: str, where: str, content: Any, kind: type[Struct], needed: frozenset[str], elsewhere: set[str]
) -> Fields:
    if not isinstance(content, dict):
        raise MappingError(f"mapping {name}: {where} is missing, or no table")
    known = set(kind.__struct_fields__) - elsewhere
    if unknown := sorted(content.keys() - known):
        raise MappingError(
            f"mapping {name}: {where}: no field {', '.join(unknown)}; there are {', '.join(sorted(known))}"
        )
    if missing := sorted(needed - content.keys()):
        raise MappingError(f"mapping {name}: {where}: {', '.join(missing)} is missing")
    expressions = {field: _expression(name, f"{where}, {field}", text) for field, text in content.items()}
    return Fields(where, expressions, needed)


def _expression(name: str, where: str, text: Any) -> ParsedResult:
    if not isinstance(text, str):
        raise MappingError(f"mapping {name}: {where}: a JMESPath expression is a text")
    try:
        parsed = jmespath.compile(text)
    except JMESPathError as error:
        raise MappingError(f"mapping {name}: {where}: {error}") from error
    except RecursionError as error:
        raise MappingError(f"mapping {name}: {where}: nested too deeply") from error
    if unknown := sorted(_called(parsed.parsed) - EventFunctions.FUNCTION_TABLE.keys()):
        raise MappingError(f"mapping {name}: {where}: no function {', '.join(unknown)}")
    return parsed


def _called(node: Any) -> set[str]:
    """The functions that a parsed expression calls."""
    called = {node["value"]} if node["type"] == "function_expression" else set()
    return called.union(*(_called(child) for child in node["children"] if isinstance(child, dict)))

"""A mapping: JMESPath expressions that turn one event into a Transaction. Pure."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
from jmespath.parser import ParsedResult
from jmespath.visitor import Options, TreeInterpreter
from msgspec import Struct

from streams.errors import MappingError, UnreadableEventError
from streams.mappings.functions import EventFunctions
from streams.records.party import Address, Identifier, Owner
from streams.records.transaction import Route, Transaction

_PARTS = {
    field: frozenset(kind.__struct_fields__)
    for field, kind in (("addresses", Address), ("identifiers", Identifier), ("owners", Owner), ("route", Route))
}
"""The fields whose expression makes objects, and what fields these have."""


class Fields(Struct, frozen=True):
    """The expressions of some fields; ``where`` is the place in the mapping, for errors; ``needed`` give something."""

    where: str
    expressions: dict[str, ParsedResult]
    needed: frozenset[str]


class Section(Struct, frozen=True):
    """Parties or items of one kind: ``each`` gives the object or objects they are made of, ``fields`` their fields."""

    each: ParsedResult
    fields: Fields


class Mapping(Struct, frozen=True):
    """How events of one kind become transactions.

    ``version`` is the first 16 hexadecimal digits of the SHA-256 of the mapping's meaning.
    """

    name: str
    title: str
    version: str
    transaction_fields: Fields
    parties: tuple[Section, ...]
    items: tuple[Section, ...]

    def transaction(self, content: bytes) -> Transaction:
        """The event, as JSON, as a transaction.

        Raises UnreadableEventError when it is no JSON, MappingError naming the field when the mapping does not give
        a valid transaction.
        """
        try:
            event = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise UnreadableEventError("not_json", str(error)) from error
        if not isinstance(event, dict):
            raise MappingError(f"{self.name}: the event is no JSON object")
        return self.of_event(event)

    def of_event(self, event: dict[str, Any]) -> Transaction:
        """The same of an event that has been read."""
        try:
            return msgspec.convert(self._mapped(event), Transaction)
        except msgspec.ValidationError as error:
            raise MappingError(f"{self.name}: the transaction made is not valid: {error}") from error
        except RecursionError as error:
            raise MappingError(f"{self.name}: what is mapped is nested too deeply") from error

    def _mapped(self, event: dict[str, Any]) -> dict[str, Any]:
        reader = TreeInterpreter(Options(custom_functions=EventFunctions(event)))
        made = self._fields(self.transaction_fields, event, reader)
        made["parties"] = [party for section in self.parties for party in self._objects(section, event, reader)]
        made["items"] = [item for section in self.items for item in self._objects(section, event, reader)]
        return made

    def _objects(self, section: Section, event: dict[str, Any], reader: TreeInterpreter) -> list[dict[str, Any]]:
        where = section.fields.where
        found = self._value(section.each, f"{where}, from", event, reader)
        made = []
        for each in found if isinstance(found, list) else [found]:
            if each is None:
                continue
            if not isinstance(each, dict):
                raise MappingError(f"{self.name}: {where}, from: gives something else than objects")
            made.append(self._fields(section.fields, each, reader))
        return made

    def _fields(self, fields: Fields, content: dict[str, Any], reader: TreeInterpreter) -> dict[str, Any]:
        made = {}
        for field, expression in fields.expressions.items():
            where = f"{fields.where}, {field}"
            value = _without_nothing(self._value(expression, where, content, reader))
            if value is None:
                continue
            if field in _PARTS:
                self._check_parts(value, where, _PARTS[field])
            made[field] = value
        if missing := fields.needed - made.keys():
            said = ", ".join(content)[:200] or "nothing"
            raise MappingError(
                f"{self.name}: {fields.where}, {', '.join(sorted(missing))}: gives nothing on an object with {said}"
            )
        return made

    def _value(self, expression: ParsedResult, where: str, content: dict[str, Any], reader: TreeInterpreter) -> Any:
        try:
            return reader.visit(expression.parsed, content)
        except (
            MappingError,
            ArithmeticError,
            LookupError,
            TypeError,
            ValueError,
        ) as error:  # JMESPath's are among them
            raise MappingError(f"{self.name}: {where}: {error}") from error

    def _check_parts(self, value: Any, where: str, known: frozenset[str]) -> None:
        """Refuse objects with a field that the record does not have: what is in it would be lost."""
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict) and (unknown := each.keys() - known):
                raise MappingError(
                    f"{self.name}: {where}: no field {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}"
                )


def _without_nothing(value: Any) -> Any:
    """The value without nulls, empty texts, lists and objects in it; None when nothing is left."""
    if isinstance(value, dict):
        kept = {key: left for key, each in value.items() if (left := _without_nothing(each)) is not None}
        return kept or None
    if isinstance(value, list):
        return [left for each in value if (left := _without_nothing(each)) is not None] or None
    return None if isinstance(value, str) and not value.strip() else value

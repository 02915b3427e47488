"""The API's OpenAPI 3.1 document, made from the same records that are read and written."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from typing import Any

import msgspec

from streams.desk.acts import Act
from streams.desk.audit import AuditFile
from streams.desk.filters import AGES, OUTCOMES, STATES
from streams.desk.web.asked import PartyScreening
from streams.records.alert import Alert
from streams.records.case import Case
from streams.records.disposition import Disposition
from streams.records.party import Party

_REF = "#/components/schemas/{name}"
_TYPES = (Act, Alert, AuditFile, Case, Disposition, Party, PartyScreening)
_CASE_ID = {"name": "case_id", "in": "path", "required": True, "schema": {"type": "string"}}
_ERRORS = {
    "401": "Nobody is known by this token.",
    "403": "The person's role does not allow it, or four eyes forbid it.",
    "404": "There is no such case.",
    "409": "The case has changed since it was read, or does not stand so.",
    "413": "The body is too large.",
    "422": "The request cannot be meant; the message names the field.",
    "429": "Too many requests; Retry-After says when to come again.",
    "503": "Kafka or the lists do not answer; nothing is clear, and the request can be sent again.",
}


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    _, schemas = msgspec.json.schema_components(_TYPES, ref_template=_REF)
    error = {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["status", "message"],
                "properties": {"status": {"type": "integer"}, "message": {"type": "string"}},
            }
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Highfence desk",
            "version": version("highfence"),
            "description": "Cases, alerts and dispositions of restricted-party screening, and screening of one party. "
            "Every request carries a bearer token.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {**schemas, "Error": error},
        },
    }


def _paths() -> dict[str, Any]:
    found = "the cases by when something last happened, newest first"
    return {
        "/api/openapi.json": {"get": {**_operation("This document", {"type": "object"}), "security": []}},
        "/api/me": {"get": _operation("Who the token is of", {"type": "object"})},
        "/api/cases": {
            "get": _operation(
                f"Cases by filter: {found}",
                _found("cases", "Case"),
                [*_filters(), _number("limit", 100), _number("offset", 0)],
            )
        },
        "/api/cases/{case_id}": {
            "get": _operation(
                "One case with its alerts and history, and what the caller may do with it",
                _object({"case": _ref("Case"), "dispositions": _array("Disposition"), "latest_alert": _ref("Alert")}),
                [_CASE_ID],
                ("404",),
            )
        },
        "/api/cases/{case_id}/dispositions": {
            "post": _operation(
                "Do something with a case. `after` is the `last_act` of the case as it was read; the same request sent "
                "again changes nothing and has the same answer",
                _ref("Disposition"),
                [_CASE_ID],
                ("403", "404", "409", "413", "422", "503"),
                body=_ref("Act"),
                status="201",
            )
        },
        "/api/cases/{case_id}/audit": {
            "get": _operation("The case's audit file", _ref("AuditFile"), [_CASE_ID], ("404", "503"))
        },
        "/api/alerts": {
            "get": _operation(
                "The latest alerts whose case the filter takes, newest first",
                _found("alerts", "Alert"),
                [*_filters(), _number("limit", 100)],
            )
        },
        "/api/lists": {"get": _operation("Lists in force, releases and quarantines", {"type": "object"})},
        "/api/health": {"get": _operation("Lag, throughput, and what the desk has not read", {"type": "object"})},
        "/api/live": {
            "get": {
                "summary": "Server-sent events: `case` with a Case that changed and is wanted, `left` with the "
                "`case_id` of one that changed and is not",
                "parameters": _filters(),
                "responses": {
                    "200": {"description": "events", "content": {"text/event-stream": {}}},
                    **_errors(("422", "503")),
                },
            }
        },
        "/api/screen": {
            "post": _operation(
                "Screen one party now. Any answer but 200 with `clear` means that it is not clear",
                _ref("PartyScreening"),
                errors=("413", "422", "503"),
                body=_ref("Party"),
            )
        },
    }  # fmt: skip


def _operation(
    summary: str,
    answer: dict[str, Any],
    parameters: list[dict[str, Any]] | None = None,
    errors: tuple[str, ...] = ("422",),
    body: dict[str, Any] | None = None,
    status: str = "200",
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "summary": summary,
        "responses": {status: {"description": "done", "content": _content(answer)}, **_errors(errors)},
    }
    if parameters:
        made["parameters"] = parameters
    if body is not None:
        made["requestBody"] = {"required": True, "content": _content(body)}
    return made


def _errors(statuses: tuple[str, ...]) -> dict[str, Any]:
    told = {"401", "429", *statuses}
    return {status: {"description": _ERRORS[status], "content": _content(_ref("Error"))} for status in sorted(told)}


def _filters() -> list[dict[str, Any]]:
    values: dict[str, list[str]] = {
        "outcome": list(OUTCOMES),
        "state": [*STATES, "undecided", "proposed"],
        "age": list(AGES),
    }
    return [
        {
            "name": name,
            "in": "query",
            "schema": {"type": "string", **({"enum": values[name]} if name in values else {})},
        }
        for name in ("source", "outcome", "role", "country", "state", "age", "assignee", "text")
    ]


def _number(name: str, default: int) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "integer", "minimum": 0, "default": default}}


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": _REF.format(name=name)}


def _array(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


def _found(name: str, kind: str) -> dict[str, Any]:
    complete = {"type": "boolean", "description": "whether everything on the topics is in the cases"}
    return _object({"total": {"type": "integer"}, "complete": complete, name: _array(kind)})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}

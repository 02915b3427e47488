"""The console's pages from its templates, and how it says what it shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from jinja2 import Environment

from streams.desk.filters import CaseFilter
from streams.desk.marking import marked, sentence, share
from streams.desk.web.context import DESK, VISITOR
from streams.html import environment
from streams.records.list_entry import ListEntry
from streams.records.party import Address, Party

_STATES = {
    "open": "open",
    "assigned": "assigned",
    "escalated": "escalated",
    "true_match": "true match",
    "false_positive": "false positive",
    "reopened": "reopened",
    "undecided": "undecided",
    "proposed": "to check",
    "": "all",
}


def page(
    request: web.Request, template: str, status: int = 200, headers: dict[str, str] | None = None, **shown: Any
) -> web.Response:
    """A page, or only the part of it that changes when the console's script asks for that."""
    visitor = request.get(VISITOR)
    part = request.headers.get("X-Part") == "live"
    text = _environment.get_template(template).render(
        visitor=visitor,
        person=visitor.person if visitor else None,
        path=request.path,
        query=request.query_string,
        frame="part.html" if part else "frame.html",
        desk_problem=request.app[DESK].problem() if visitor else None,
        **shown,
    )
    return web.Response(status=status, text=text, content_type="text/html", charset="utf-8", headers=headers)


def ago(moment: datetime, now: datetime) -> str:
    """How long ago, in the unit that tells most."""
    seconds = max(0.0, (now - moment).total_seconds())
    for limit, unit, name in ((90, 1, "s"), (5400, 60, "min"), (129_600, 3600, "h")):
        if seconds < limit:
            return f"{seconds / unit:.0f} {name} ago"
    return f"{seconds / 86_400:.0f} d ago"


def line_of(address: Address) -> str:
    """An address as one line."""
    parts = (address.street, address.city, address.region, address.postal_code, address.country)
    return address.raw or ", ".join(part for part in parts if part)


def state_word(state: str) -> str:
    """A case's state as people say it."""
    return _STATES.get(state, state)


def listed_addresses(entry: ListEntry | None) -> list[str]:
    """The addresses of an entry in force."""
    return [line_of(address) for address in entry.addresses] if entry is not None else []


def facts(party: Party) -> list[tuple[str, list[str]]]:
    """What the party tells of itself beside its name, by label."""
    told: list[tuple[str, list[str]]] = [
        ("Native name", [party.native_name]),
        ("Other names", list(party.alt_names)),
        ("Type", [party.entity_type or ""]),
        ("Country", [party.country]),
        ("Addresses", [line_of(address) for address in party.addresses]),
        ("Identifiers", [f"{each.type} {each.value}" for each in party.identifiers]),
        ("Born", [party.birth_date or ""]),
        ("Incorporated", [party.incorporated_on or ""]),
        ("Owners", [_owner(each.name, each.country, each.percent, each.of) for each in party.owners]),
    ]
    return [(label, kept) for label, values in told if (kept := [value for value in values if value])]


def _owner(name: str, country: str, percent: float | None, of: str) -> str:
    share = f"{percent:g} %" if percent is not None else ""
    return " · ".join(part for part in (name, country, share, f"of {of}" if of else "") if part)


def with_query(wanted: CaseFilter, **changed: str) -> str:
    """The filter as a query string, with some of its fields changed and empty ones left out."""
    return urlencode({name: value for name, value in {**wanted.query(), **changed}.items() if value})


def _made() -> Environment:
    made = environment("streams.desk.web")
    made.filters.update(ago=ago, line=line_of, share=share, sentence=sentence, state=state_word)
    made.filters["score"] = lambda score: f"{score:.2f}"
    made.globals.update(marked=marked, facts=facts, with_query=with_query, listed_addresses=listed_addresses)
    return made


_environment = _made()

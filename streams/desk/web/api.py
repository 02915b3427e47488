"""The same as the console, as JSON; :mod:`streams.desk.web.openapi` describes it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import msgspec
import orjson
from aiohttp import web

from streams.desk.acts import Act, open_to
from streams.desk.app import Desk
from streams.desk.filters import CaseFilter
from streams.desk.standing import standings
from streams.desk.web import asked
from streams.desk.web.context import DESK, RELEASES, VITALS, person_of
from streams.desk.web.openapi import document
from streams.errors import ActRefusedError
from streams.records.base import Record
from streams.records.codec import decode
from streams.records.party import Party

MOST_AT_ONCE = 500
_MOST_FOLLOWERS = 200
_HEARTBEAT_SECONDS = 15.0
_LOOK_SECONDS = 1.0
"""How often it is looked whether one who follows has gone."""
_GATHER_SECONDS = 0.15
"""Changes of so long come together, so that a burst of alerts is one message."""


def add_routes(app: web.Application) -> None:
    """Add the API to the application."""
    app.add_routes(
        [
            web.get("/api/openapi.json", _openapi),
            web.get("/api/me", _me),
            web.get("/api/cases", _cases),
            web.get("/api/cases/{case_id}", _case),
            web.post("/api/cases/{case_id}/dispositions", _act),
            web.get("/api/cases/{case_id}/audit", _audit),
            web.get("/api/alerts", _alerts),
            web.get("/api/lists", _lists),
            web.get("/api/health", _health),
            web.get("/api/live", _live),
            web.post("/api/screen", _screen),
        ]
    )


async def _openapi(request: web.Request) -> web.Response:
    return _json(document())


async def _me(request: web.Request) -> web.Response:
    person = person_of(request)
    return _json({"name": person.name, "roles": sorted(person.roles)})


async def _cases(request: web.Request) -> web.Response:
    cases = asked.cases_of(request.app[DESK], CaseFilter.of_query(request.query))
    limit, offset = _number(request, "limit", 100, MOST_AT_ONCE), _number(request, "offset", 0, 10_000_000)
    complete = request.app[DESK].problem() is None
    return _json({"total": len(cases), "complete": complete, "cases": cases[offset : offset + limit]})


async def _case(request: web.Request) -> web.Response:
    file, case = asked.file_of(request.app[DESK], request.match_info["case_id"])
    gathered = sorted(file.alerts.values(), key=lambda each: (each.raised_at, each.alert_id), reverse=True)
    return _json(
        {
            "case": case,
            "latest_alert": file.latest,
            "alerts": gathered[:MOST_AT_ONCE],
            "dispositions": file.acts,
            "void_dispositions": file.void,
            "clearance": file.clearance,
            "actions": open_to(case, person_of(request)),
        }
    )


async def _act(request: web.Request) -> web.Response:
    act = decode(Act, await request.read(), "the request")
    done = await asked.act_on(request.app[DESK], request.match_info["case_id"], act, person_of(request))
    return _json(done, status=201)


async def _audit(request: web.Request) -> web.Response:
    case_id = request.match_info["case_id"]
    audit = await asked.audit_of(request.app[DESK], case_id, person_of(request))
    response = _json(audit)
    response.headers["Content-Disposition"] = f'attachment; filename="case-{audit.case.case_id}.json"'
    return response


async def _alerts(request: web.Request) -> web.Response:
    alerts = asked.alerts_of(request.app[DESK], CaseFilter.of_query(request.query))
    limit = _number(request, "limit", 100, MOST_AT_ONCE)
    complete = request.app[DESK].problem() is None
    return _json({"total": len(alerts), "complete": complete, "alerts": alerts[:limit]})


async def _lists(request: web.Request) -> web.Response:
    desk = request.app[DESK]
    snapshot = desk.index.snapshot
    past = await asyncio.to_thread(request.app[RELEASES].past, snapshot)
    return _json({"in_force": standings(snapshot, desk.settings, datetime.now(UTC)), "past": past})


async def _health(request: web.Request) -> web.Response:
    desk = request.app[DESK]
    missing: dict[str, int] = {}
    for (topic, _), count in desk.reconciled.missing.items():
        missing[topic] = missing.get(topic, 0) + count
    return _json(
        {
            "problem": desk.problem(),
            "index_problem": desk.index.problem(),
            "missing": missing,
            "unassigned_partitions": desk.reconciled.unassigned,
            "unreadable": dict(desk.book.unreadable_counts),
            "unreadable_latest": list(desk.book.unreadable),
            "stream": request.app[VITALS].vitals,
        }
    )


async def _screen(request: web.Request) -> web.Response:
    party = decode(Party, await request.read(), "the party")
    return _json(await asked.screen(request.app[DESK], party))


async def _live(request: web.Request) -> web.StreamResponse:
    """Server-sent events: ``case`` for each case that changed and is wanted, ``left`` for one that is not."""
    desk = request.app[DESK]
    wanted = CaseFilter.of_query(request.query)
    if len(desk.live) >= _MOST_FOLLOWERS:
        raise ActRefusedError("unconfirmed", f"{_MOST_FOLLOWERS} follow already: try again later")
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    with desk.live.following() as follower:
        await response.prepare(request)
        await response.write(b": here from now on\n\n")
        told_at = time.monotonic()
        while not desk.stopping and request.transport is not None and not request.transport.is_closing():
            changed = await follower.changes(_LOOK_SECONDS)
            if changed:
                await asyncio.sleep(_GATHER_SECONDS)
                changed += await follower.changes(0)
            elif time.monotonic() - told_at < _HEARTBEAT_SECONDS:
                continue
            told_at = time.monotonic()
            try:
                await response.write(_events(desk, wanted, dict.fromkeys(changed)) or b": still here\n\n")
            except ConnectionError:
                break  # gone between two looks
    return response


def _events(desk: Desk, wanted: CaseFilter, changed: dict[str, None]) -> bytes:
    now = datetime.now(UTC)
    lines = []
    for case_id in list(changed)[-MOST_AT_ONCE:]:
        case = desk.book.cases[case_id]
        if wanted.takes(case, now, desk.book.transactions_of(case_id)):
            lines.append(b"event: case\ndata: " + msgspec.json.encode(case) + b"\n\n")
        else:
            lines.append(b"event: left\ndata: " + orjson.dumps({"case_id": case_id}) + b"\n\n")
    return b"".join(lines)


def _number(request: web.Request, name: str, default: int, most: int) -> int:
    given = request.query.get(name, "")
    if not given:
        return default
    if not given.isascii() or not given.isdigit() or int(given[:9]) > most:
        raise ActRefusedError("invalid", f"{name} is a number from 0 to {most:,}")
    return int(given)


def _json(content: Record | dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(content), content_type="application/json")

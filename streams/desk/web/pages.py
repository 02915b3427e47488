"""The console: pages made on the server, which work without scripts; a script brings what changes."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import Counter
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import msgspec
from aiohttp import web

from streams.desk.acts import Act, open_to
from streams.desk.app import Desk
from streams.desk.chart import alerts_chart
from streams.desk.filters import AGES, OUTCOMES, STATES, UNDECIDED, CaseFilter
from streams.desk.standing import standings
from streams.desk.web import asked
from streams.desk.web.access import COOKIE, SESSION_SECONDS, peer
from streams.desk.web.context import ACCESS, DESK, RELEASES, VISITOR, VITALS, form_of, person_of
from streams.desk.web.rendering import page, state_word
from streams.errors import ActRefusedError
from streams.records.case import Case

_log = logging.getLogger("highfence.desk")

_PAGE = 100
_ALERTS_SHOWN = 200
_GATHERED_SHOWN = 200
_STATIC = {"desk.css": "text/css", "desk.js": "text/javascript", "mark.svg": "image/svg+xml"}


def add_routes(app: web.Application) -> None:
    """Add the pages to the application."""
    app.add_routes(
        [
            web.get("/", _home),
            web.get("/login", _login_form),
            web.post("/login", _login),
            web.post("/logout", _logout),
            web.get("/cases", _cases),
            web.get("/cases/{case_id}", _case),
            web.post("/cases/{case_id}", _act),
            web.get("/cases/{case_id}/audit", _audit),
            web.get("/alerts", _alerts),
            web.get("/lists", _lists),
            web.get("/health", _health),
            web.get("/static/{name}", _static),
        ]
    )


def refusal(request: web.Request, status: int, message: str, headers: dict[str, str]) -> web.Response:
    """The page of a request that was refused or failed."""
    return page(request, "refusal.html", status=status, headers=headers, title="Not done", message=message)


async def _home(request: web.Request) -> web.Response:
    return _to("/cases?state=undecided")


async def _login_form(request: web.Request) -> web.Response:
    if VISITOR in request:
        return _to("/")
    return page(request, "login.html", title="Sign in", nobody=not request.app[ACCESS].people)


async def _login(request: web.Request) -> web.Response:
    access = request.app[ACCESS]
    if access.foreign(request):
        raise web.HTTPForbidden(text="sign in on this desk's own page")
    if access.logins.take(peer(request), time.monotonic()) > 0:
        raise web.HTTPTooManyRequests(headers={"Retry-After": "60"}, text="too many attempts: wait a minute")
    token = (await form_of(request)).get("token", "").strip()
    if access.people.by_token(token) is None:
        _log.warning("sign-in refused from %s", peer(request))
        return page(request, "login.html", status=401, title="Sign in", wrong=True, nobody=not access.people)
    response = _to("/")
    session = access.sessions.open(token, time.monotonic())
    response.set_cookie(
        COOKIE, session, max_age=SESSION_SECONDS, httponly=True, samesite="Strict", secure=access.secure, path="/"
    )
    return response


async def _logout(request: web.Request) -> web.Response:
    request.app[ACCESS].sessions.close(request.cookies.get(COOKIE, ""))
    response = _to("/login")
    response.del_cookie(COOKIE, path="/")
    return response


async def _cases(request: web.Request) -> web.Response:
    desk = request.app[DESK]
    wanted = CaseFilter.of_query(request.query)
    cases = asked.cases_of(desk, wanted)
    pages = max(1, -(-len(cases) // _PAGE))
    number = min(_page_number(request), pages)
    return page(
        request,
        "cases.html",
        title="Cases",
        wanted=wanted,
        cases=cases[(number - 1) * _PAGE : number * _PAGE],
        total=len(cases),
        number=number,
        pages=pages,
        now=datetime.now(UTC),
        **_choices(desk),
        **_chart(desk, request),
    )


async def _alerts(request: web.Request) -> web.Response:
    desk = request.app[DESK]
    wanted = CaseFilter.of_query(request.query)
    alerts = asked.alerts_of(desk, wanted)
    shown = [(alert, desk.book.case_of(alert)) for alert in alerts[:_ALERTS_SHOWN]]
    return page(
        request,
        "alerts.html",
        title="Alerts",
        wanted=wanted,
        alerts=shown,
        total=len(alerts),
        now=datetime.now(UTC),
        **_choices(desk),
        **_chart(desk, request),
    )


def _chart(desk: Desk, request: web.Request) -> dict[str, Any]:
    days = {"2": 2, "14": 14, "90": 90}.get(request.query.get("days", ""), 2)
    return {"chart": alerts_chart(desk.book.alerts_per_hour, datetime.now(UTC), days), "days": days}


def _choices(desk: Desk) -> dict[str, Any]:
    """What the filters offer, as values and words, and how many cases are in each state."""
    cases = desk.book.cases.values()
    states: Counter[str] = Counter(case.state for case in cases)
    return {
        "choices": {
            "source": _words({case.source for case in cases}),
            "outcome": _words(set(OUTCOMES)),
            "role": [
                (role, role.replace("_", " ")) for role in sorted({role for case in cases for role in case.roles})
            ],
            "country": _words({case.party.country for case in cases if case.party.country}),
            "age": list(AGES.items()),
            "state": [(state, state_word(state)) for state in ("undecided", "proposed", *STATES)],
            "assignee": _words({case.assignee for case in cases if case.assignee}),
        },
        "counts": {
            **states,
            "undecided": sum(states[state] for state in UNDECIDED),
            "proposed": len([case for case in cases if case.proposal is not None]),
            "": len(cases),
        },
    }


def _words(values: set[str]) -> list[tuple[str, str]]:
    return [(value, value) for value in sorted(values)]


async def _case(request: web.Request) -> web.Response:
    return _case_page(request, done=request.query.get("done", ""))


def _case_page(
    request: web.Request, status: int = 200, problem: str = "", done: str = "", draft: Act | None = None
) -> web.Response:
    desk = request.app[DESK]
    file, case = asked.file_of(desk, request.match_info["case_id"])
    person = person_of(request)
    gathered = sorted(file.alerts.values(), key=lambda each: (each.raised_at, each.alert_id), reverse=True)
    return page(
        request,
        "case.html",
        status=status,
        title=case.party.name,
        case=case,
        alert=file.latest,
        entry=desk.index.snapshot.index.entries.get((case.source, case.entry_id)),
        gathered=gathered[:_GATHERED_SHOWN],
        file=file,
        actions=open_to(case, person),
        names=request.app[ACCESS].people.names(),
        most_days=desk.settings.desk.clearance_days,
        others=_other_cases(desk, case),
        now=datetime.now(UTC),
        problem=problem,
        done=done,
        draft=draft,
    )


def _other_cases(desk: Desk, case: Case) -> list[Case]:
    """The party's cases with other listed entries."""
    return [
        other
        for other in desk.book.cases.values()
        if other.fingerprint == case.fingerprint and other.case_id != case.case_id
    ][:20]


async def _act(request: web.Request) -> web.Response:
    case_id = request.match_info["case_id"]
    given: dict[str, Any] = {name: value for name, value in (await form_of(request)).items() if value}
    given.pop("csrf", None)
    if "days" in given:
        given["days"] = int(given["days"]) if given["days"].isascii() and given["days"][:6].isdigit() else 0
    try:
        act = msgspec.convert(given, Act)
    except msgspec.ValidationError as error:
        raise ActRefusedError("invalid", str(error)) from error
    try:
        await asked.act_on(request.app[DESK], case_id, act, person_of(request))
    except ActRefusedError as error:
        if error.reason == "unknown":
            raise
        status = {"forbidden": 403, "conflict": 409, "invalid": 422, "unconfirmed": 503}[error.reason]
        return _case_page(request, status, problem=str(error), draft=act)
    return _to(f"/cases/{case_id}?done={act.action}")


async def _audit(request: web.Request) -> web.Response:
    audit = await asked.audit_of(request.app[DESK], request.match_info["case_id"], person_of(request))
    decisions = {alert_id: each for each in audit.decisions for alert_id in each.alert_ids}
    return page(request, "audit.html", title="Audit file", audit=audit, decisions=decisions)


async def _lists(request: web.Request) -> web.Response:
    desk = request.app[DESK]
    snapshot = desk.index.snapshot
    now = datetime.now(UTC)
    past = await asyncio.to_thread(request.app[RELEASES].past, snapshot)
    problem = desk.index.problem()
    shown = standings(snapshot, desk.settings, now)
    return page(request, "lists.html", title="Lists", standings=shown, past=past, problem=problem, now=now)


async def _health(request: web.Request) -> web.Response:
    desk = request.app[DESK]
    missing: Counter[str] = Counter()
    for (topic, _), count in desk.reconciled.missing.items():
        missing[topic] += count
    return page(
        request,
        "health.html",
        title="Health",
        desk=desk,
        vitals=request.app[VITALS].vitals,
        missing=missing,
        unreadable=list(desk.book.unreadable)[::-1],
        problem=desk.problem(),
        index_problem=desk.index.problem() or desk.index.remark(),
        standings=standings(desk.index.snapshot, desk.settings, datetime.now(UTC)),
        now=datetime.now(UTC),
    )


async def _static(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name not in _STATIC:
        raise web.HTTPNotFound(text="there is no such file")
    body = (files("streams.desk.web") / "static" / name).read_bytes()
    etag = hashlib.sha256(body).hexdigest()[:32]
    headers = {"Cache-Control": "no-cache", "ETag": f'"{etag}"'}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=_STATIC[name], charset="utf-8", headers=headers)


def _page_number(request: web.Request) -> int:
    given = request.query.get("page", "1")
    return max(1, int(given)) if given.isascii() and given.isdigit() and len(given) < 7 else 1


def _to(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path})

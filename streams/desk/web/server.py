"""The web server: who may pass, what every answer carries, and how a refusal looks."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import web

from streams.desk.app import Desk
from streams.desk.standing import ReleaseLog
from streams.desk.vitals import SAMPLE_SECONDS, Sampler, Vitals
from streams.desk.web import api, pages
from streams.desk.web.access import SAFE_METHODS, Access, Visitor, peer
from streams.desk.web.context import ACCESS, DESK, FORM, RELEASES, VISITOR, VITALS, Newest, form_of
from streams.errors import ActRefusedError, BrokerUnreachableError, RecordError, SettingsError, StreamError

_log = logging.getLogger("highfence.desk")

MOST_BODY_BYTES = 262_144
_PUBLIC = ("/login", "/static/", "/api/openapi.json")
_STATUS = {"forbidden": 403, "unknown": 404, "conflict": 409, "invalid": 422, "unconfirmed": 503}
_SHUTDOWN_SECONDS = 1.0

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(desk: Desk) -> web.Application:
    """The web application of a desk."""
    app = web.Application(middlewares=[_answered, _admitted], client_max_size=MOST_BODY_BYTES)
    app[DESK] = desk
    app[ACCESS] = Access(desk.settings.desk)
    app[VITALS] = Newest()
    app[RELEASES] = ReleaseLog(desk.settings)
    app.on_response_prepare.append(_with_headers)
    api.add_routes(app)
    pages.add_routes(app)
    return app


@asynccontextmanager
async def serving(desk: Desk) -> AsyncIterator[None]:
    """Serve a desk's web side while the context lasts. Raises SettingsError when the address cannot be taken."""
    app = application(desk)
    settings = desk.settings.desk
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        address = runner.addresses[0]
    except OSError as error:
        await runner.cleanup()
        raise SettingsError(
            f"desk.host/desk.port: {settings.host}:{settings.port} cannot be served: {error.strerror}"
        ) from error
    desk.url = settings.public_url or f"http://{settings.host}:{address[1]}"
    _log.info("console at %s", desk.url)
    if not app[ACCESS].people:
        _log.warning("nobody may use the desk yet: 'highfence desk token NAME --role maker' makes a token")
    sampling = asyncio.create_task(_sample(app))
    try:
        yield
    finally:
        sampling.cancel()
        await asyncio.gather(sampling, return_exceptions=True)
        await runner.cleanup()


async def _sample(app: web.Application) -> None:
    sampler = Sampler(app[DESK].settings)
    while True:
        try:
            app[VITALS].vitals = await asyncio.to_thread(sampler.sample)
        except StreamError as error:
            app[VITALS].vitals = Vitals(problem=str(error))
        await asyncio.sleep(SAMPLE_SECONDS)


@web.middleware
async def _admitted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Only people who are known get further, and only as often as they may."""
    access = request.app[ACCESS]
    visitor = access.visitor(request)
    sender = f"person {visitor.person.name}" if visitor else f"address {peer(request)}"
    if (wait := access.requests.take(sender, time.monotonic())) > 0:
        raise web.HTTPTooManyRequests(headers={"Retry-After": str(int(wait) + 1)}, text="too many requests")
    if visitor is not None:
        request[VISITOR] = visitor
    elif not request.path.startswith(_PUBLIC):
        raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"}, text="sign in first")
    if visitor is not None and request.method not in SAFE_METHODS:
        await _refuse_forged(request, visitor, access)
    return await handler(request)


async def _refuse_forged(request: web.Request, visitor: Visitor, access: Access) -> None:
    if visitor.means == "token":
        return
    repeated = request.headers.get("X-CSRF-Token", "")
    if not repeated and request.content_type == FORM:
        repeated = (await form_of(request)).get("csrf", "")
    if access.forged(request, visitor, repeated):
        raise web.HTTPForbidden(text="the request does not come from this desk's own pages: load the page again")


@web.middleware
async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refusals and errors become answers that say what was wrong, as JSON or as a page."""
    metrics = request.app[DESK].metrics
    try:
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            response = error
        else:
            response = _told(request, error.status, error.text or error.reason, dict(error.headers))
    except ActRefusedError as error:
        response = _told(request, _STATUS[error.reason], str(error))
    except RecordError as error:
        response = _told(request, 422, str(error))
    except (BrokerUnreachableError, StreamError) as error:
        response = _told(request, 503, str(error))
    except web.RequestPayloadError:
        response = _told(request, 400, "the body is not in its Content-Encoding")
    except ConnectionError:
        raise
    except Exception:
        _log.exception("%s %s", request.method, request.path)
        response = _told(request, 500, "an error inside the desk; its log says which")
    metrics.requests.labels(str(response.status)).inc()
    return response


def _told(request: web.Request, status: int, message: str, headers: dict[str, Any] | None = None) -> web.Response:
    kept = {
        name: value for name, value in (headers or {}).items() if name in ("Retry-After", "WWW-Authenticate", "Allow")
    }
    if request.path.startswith("/api/"):
        body = orjson.dumps({"error": {"status": status, "message": message}})
        return web.Response(status=status, body=body, content_type="application/json", headers=kept)
    if status == 401 and request.method in SAFE_METHODS:
        return web.Response(status=303, headers={"Location": "/login"})
    return pages.refusal(request, status, message, kept)


async def _with_headers(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.pop("Server", None)

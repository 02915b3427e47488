"""What the handlers of requests share."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import web

from streams.desk.app import Desk
from streams.desk.people import Person
from streams.desk.standing import ReleaseLog
from streams.desk.vitals import Vitals
from streams.desk.web.access import Access, Visitor


@dataclass
class Newest:
    """The vitals sampled last."""

    vitals: Vitals = field(default_factory=Vitals)


FORM = "application/x-www-form-urlencoded"
"""How this desk's own pages send a form."""

DESK = web.AppKey("desk", Desk)
ACCESS = web.AppKey("access", Access)
VITALS = web.AppKey("vitals", Newest)
RELEASES = web.AppKey("releases", ReleaseLog)
VISITOR = web.RequestKey("visitor", Visitor)


async def form_of(request: web.Request) -> dict[str, str]:
    """The fields of the form that a request carries. Raises HTTPException when it cannot be read."""
    if request.content_type != FORM:
        raise web.HTTPUnsupportedMediaType(text=f"a form is sent as {FORM}")
    try:
        return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    except (UnicodeDecodeError, LookupError) as error:
        raise web.HTTPBadRequest(text="the form is not in its charset, which is UTF-8 unless it says so") from error


def visitor_of(request: web.Request) -> Visitor:
    """Who sends the request; those nobody knows do not come this far."""
    return request[VISITOR]


def person_of(request: web.Request) -> Person:
    """The person who sends the request."""
    return visitor_of(request).person

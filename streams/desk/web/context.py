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


DESK = web.AppKey("desk", Desk)
ACCESS = web.AppKey("access", Access)
VITALS = web.AppKey("vitals", Newest)
RELEASES = web.AppKey("releases", ReleaseLog)
VISITOR = web.RequestKey("visitor", Visitor)


def visitor_of(request: web.Request) -> Visitor:
    """Who sends the request; those nobody knows do not come this far."""
    return request[VISITOR]


def person_of(request: web.Request) -> Person:
    """The person who sends the request."""
    return visitor_of(request).person

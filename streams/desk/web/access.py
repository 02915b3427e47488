"""Who sends a request, whether it may, and how many it may send."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

from streams.desk.people import People, Person
from streams.settings import DeskSettings

COOKIE = "highfence_session"
SESSION_SECONDS = 12 * 3600
_MOST_SESSIONS = 10_000
_MOST_COUNTED = 20_000
_LOGINS_PER_MINUTE = 10
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

Means = Literal["token", "session", "proxy"]


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person and how they are known; ``csrf`` is what a form of theirs has to repeat."""

    person: Person
    means: Means
    csrf: str


@dataclass
class Sessions:
    """Who has signed in to the console, by the random id in their cookie; kept in memory, so a restart signs out."""

    _sessions: OrderedDict[str, tuple[str, float]] = field(default_factory=OrderedDict)

    def open(self, token: str, now: float) -> str:
        """A new session of whoever has the token."""
        session = secrets.token_urlsafe(32)
        self._sessions[session] = (token, now + SESSION_SECONDS)
        while len(self._sessions) > _MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def token(self, session: str, now: float) -> str | None:
        """The token a session was opened with, while it lasts."""
        token, until = self._sessions.get(session, ("", 0.0))
        if until > now:
            return token
        self._sessions.pop(session, None)
        return None

    def close(self, session: str) -> None:
        """End a session."""
        self._sessions.pop(session, None)


@dataclass
class RateLimit:
    """At most ``per_minute`` requests of one sender; they may come at once, and are given back evenly."""

    per_minute: int
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, sender: str, now: float) -> float:
        """Count a request; 0 when it may pass, else after how many seconds it may come again."""
        left, counted_at = self._left.pop(sender, (float(self.per_minute), now))
        left = min(float(self.per_minute), left + (now - counted_at) * self.per_minute / 60)
        allowed = left >= 1
        self._left[sender] = (left - 1 if allowed else left, now)
        while len(self._left) > _MOST_COUNTED:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) * 60 / self.per_minute


class Access:
    """Tells who a request comes from, and refuses what may not pass."""

    def __init__(self, settings: DeskSettings) -> None:
        self.people = People(settings)
        self.sessions = Sessions()
        self.requests = RateLimit(settings.requests_per_minute)
        self.logins = RateLimit(_LOGINS_PER_MINUTE)
        self.secure = settings.public_url.startswith("https://")
        self._public_url = settings.public_url
        self._key = secrets.token_bytes(32)

    def visitor(self, request: web.Request) -> Visitor | None:
        """Who sends a request: by bearer token, by a trusted proxy's word, or by the console's session."""
        authorization = request.headers.get("Authorization", "")
        if authorization:
            scheme, _, token = authorization.partition(" ")
            person = self.people.by_token(token.strip()) if scheme.lower() == "bearer" else None
            return Visitor(person, "token", "") if person is not None else None
        vouched = self.people.by_proxy(peer(request), request.headers)
        if vouched is not None:
            return Visitor(vouched, "proxy", self._csrf(f"proxy {vouched.name}"))
        session = request.cookies.get(COOKIE, "")
        token_of = self.sessions.token(session, time.monotonic())
        person = self.people.by_token(token_of) if token_of else None
        return Visitor(person, "session", self._csrf(f"session {session}")) if person is not None else None

    def forged(self, request: web.Request, visitor: Visitor, repeated: str) -> bool:
        """Whether a change may come from another site: what a browser adds by itself proves nothing.

        ``repeated`` is the secret that only our own pages know, from the form or the X-CSRF-Token header.
        """
        given = repeated.encode("utf-8", "surrogatepass")
        return self.foreign(request) or not hmac.compare_digest(visitor.csrf.encode(), given)

    def foreign(self, request: web.Request) -> bool:
        """Whether the browser says that another site sent the request."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return True
        origin = request.headers.get("Origin")
        return origin is not None and origin not in (self._public_url, f"{request.scheme}://{request.host}")

    def _csrf(self, of: str) -> str:
        return hmac.new(self._key, of.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def peer(request: web.Request) -> str:
    """The address the connection came from."""
    name = request.transport.get_extra_info("peername") if request.transport is not None else None
    return str(name[0]) if name else ""

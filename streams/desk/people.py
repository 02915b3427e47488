"""Who may use the desk: people with roles, known by the hash of a token or vouched for by a trusted proxy. Pure."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from streams.settings import DeskSettings, Role

TOKEN_PREFIX = "highfence_"  # noqa: S105 - by which a leaked token is recognised, not a secret


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asking, and in which roles. Everybody who is known may look."""

    name: str
    roles: frozenset[Role]


def new_token() -> tuple[str, str]:
    """A new token, of 256 random bits, and the SHA-256 that goes into the settings."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    return token, token_hash(token)


def token_hash(token: str) -> str:
    """SHA-256 of a token as 64 hexadecimal digits; tokens are random, so nothing slower is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class People:
    """The people of the settings."""

    def __init__(self, settings: DeskSettings) -> None:
        self._settings = settings
        self._proxies = tuple(ip_network(address) for address in settings.proxy_addresses)

    def __bool__(self) -> bool:
        return bool(self._settings.people or self._proxies)

    def names(self) -> tuple[str, ...]:
        """Everybody the settings name, for choosing an assignee."""
        return tuple(sorted(self._settings.people))

    def by_token(self, token: str) -> Person | None:
        """Whose token that is; every hash is compared, in constant time."""
        given = token_hash(token)
        found: Person | None = None
        for name, person in self._settings.people.items():
            if hmac.compare_digest(given, person.token_sha256):
                found = Person(name, frozenset(person.roles))
        return found

    def by_proxy(self, peer: str, headers: Mapping[str, str]) -> Person | None:
        """Whom a trusted proxy vouches for; headers from any other address say nothing.

        ``peer`` is the address the connection came from. Roles that do not exist are left out.
        """
        if not self._proxies:
            return None
        try:
            address = ip_address(peer)
        except ValueError:
            return None
        if not any(address in network for network in self._proxies):
            return None
        name = headers.get(self._settings.proxy_user_header, "").strip()
        if not 0 < len(name) <= 200:
            return None
        given = {role.strip() for role in headers.get(self._settings.proxy_roles_header, "").split(",")}
        known: tuple[Role, ...] = ("viewer", "maker", "checker")
        roles = frozenset(role for role in known if role in given)
        return Person(name, roles) if roles else None

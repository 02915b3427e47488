"""A party: anyone with a role in a transaction."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from streams.records.base import Country, Identity, Name, PartialDate, Record, Text

EntityType = Literal["person", "organization", "vessel", "aircraft"]

Fingerprint = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
"""What :func:`party_fingerprint` gives."""


class Address(Record, frozen=True, kw_only=True):
    """A postal address, in parts, as one line (``raw``), or both."""

    street: Text = ""
    city: Text = ""
    region: Text = ""
    postal_code: Annotated[str, Meta(max_length=64)] = ""
    country: Country = ""
    raw: Text = ""


class Identifier(Record, frozen=True, kw_only=True):
    """An identifier such as an IMO number, LEI, BIC, registration or passport number."""

    type: Annotated[str, Meta(min_length=1, max_length=128)]
    value: Identity


class Owner(Record, frozen=True, kw_only=True):
    """Someone who owns a part of a party; ``percent`` is 0 to 100, None when unknown.

    ``of`` names another of the party's owners, when it is that one who is owned; empty, it is the party itself.
    """

    name: Name
    country: Country = ""
    percent: Annotated[float, Meta(ge=0, le=100)] | None = None
    of: Annotated[str, Meta(max_length=1024)] = ""


class Party(Record, frozen=True, kw_only=True):
    """One party of a transaction, as the platform sent it. Every party is screened, whatever its role."""

    name: Name
    role: Annotated[str, Meta(max_length=128)] = ""
    native_name: Annotated[str, Meta(max_length=1024)] = ""
    alt_names: Annotated[tuple[Name, ...], Meta(max_length=100)] = ()
    entity_type: EntityType | None = None
    country: Country = ""
    addresses: Annotated[tuple[Address, ...], Meta(max_length=100)] = ()
    identifiers: Annotated[tuple[Identifier, ...], Meta(max_length=100)] = ()
    birth_date: PartialDate | None = None
    incorporated_on: PartialDate | None = None
    owners: Annotated[tuple[Owner, ...], Meta(max_length=100)] = ()


_SORTED = msgspec.json.Encoder(order="sorted")


def party_fingerprint(party: Party) -> str:
    """The same party always has the same fingerprint: 32 hex digits over everything that is screened but the role.

    It is the start of the SHA-256 of the party's JSON form without role: defaults left out, keys sorted, so a field
    that comes later changes no fingerprint of parties without it. JSON keeps the fields apart whatever they hold.
    Nothing is normalised: a party written in another way is another party here.
    """
    return hashlib.sha256(_SORTED.encode(msgspec.structs.replace(party, role=""))).hexdigest()[:32]

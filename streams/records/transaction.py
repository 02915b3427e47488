"""The event that is screened: an order, a shipment or a payment."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from streams.records.base import Country, Identity, Record, Text
from streams.records.party import Party

MAX_PARTIES = 1000

Moment = Annotated[datetime, Meta(tz=True)]
"""A moment in RFC 3339 with its offset; written in UTC."""


class Item(Record, frozen=True, kw_only=True):
    """A line of goods; ``value`` is in the transaction's currency, ``quantity`` in pieces or units sold.

    ``origin`` is the country it was made in.
    """

    description: Text = ""
    hs_code: Annotated[str, Meta(max_length=64)] = ""
    eccn: Annotated[str, Meta(max_length=64)] = ""
    origin: Country = ""
    quantity: float | None = None
    value: float | None = None


class Route(Record, frozen=True, kw_only=True):
    """Where the goods go; places are ports, cities or countries as the platform names them."""

    loading: Text = ""
    transshipments: Annotated[tuple[Text, ...], Meta(max_length=100)] = ()
    discharge: Text = ""
    final_destination: Text = ""
    vessel_imo: Annotated[str, Meta(max_length=64)] = ""
    carrier: Text = ""


class Transaction(Record, frozen=True, kw_only=True):
    """An order, shipment or payment and its parties.

    ``revision`` counts the versions of one transaction from 0; each revision is screened and decided anew.
    """

    transaction_id: Identity
    parties: Annotated[tuple[Party, ...], Meta(min_length=1, max_length=MAX_PARTIES)]
    revision: Annotated[int, Meta(ge=0, le=2_147_483_647)] = 0
    kind: Literal["order", "shipment", "payment"] = "order"
    occurred_at: Moment | None = None
    departed_at: Moment | None = None
    items: Annotated[tuple[Item, ...], Meta(max_length=10_000)] = ()
    route: Route | None = None
    free_text: Annotated[tuple[Text, ...], Meta(max_length=100)] = ()

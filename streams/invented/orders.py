"""Invented but realistic orders: a deterministic stream in which parties repeat as they do in trade."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

OCCURRED_AT = "2025-10-01T08:00:00Z"
"""The day of every demo order: after all entries of the demo's lists took effect."""


@dataclass(frozen=True, slots=True)
class Place:
    """A town with what names and addresses look like there."""

    country: str
    city: str
    postal_code: str
    streets: tuple[str, ...]
    legal_forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """One event, what it shows, and the outcomes that are right for it."""

    transaction_id: str
    payload: bytes
    expected: frozenset[str]
    shows: str = ""


PLACES = (
    Place("DE", "Hamburg", "20457", ("Speicherstrasse", "Hafenweg", "Lindenallee"), ("GmbH", "AG", "GmbH & Co. KG")),
    Place("NL", "Rotterdam", "3011 AA", ("Havenkade", "Maasweg", "Tulpenlaan"), ("B.V.", "N.V.")),
    Place("US", "Savannah, GA", "31401", ("Harbor Street", "Oak Avenue", "Mill Road"), ("Inc.", "LLC", "Corp.")),
    Place("GB", "Felixstowe", "IP11 3SY", ("Quay Lane", "Station Road", "Church Street"), ("Ltd", "plc")),
    Place("CN", "Ningbo", "315000", ("Zhongshan East Road", "Renmin Road", "Haichuan Road"), ("Co., Ltd.",)),
    Place("SG", "Singapore", "048616", ("Raffles Quay", "Tuas Link", "Jurong Port Road"), ("Pte. Ltd.",)),
    Place("TR", "Izmir", "35230", ("Liman Caddesi", "Cumhuriyet Bulvari"), ("A.S.", "Ltd. Sti.")),
    Place("BR", "Santos", "11010-150", ("Rua do Comercio", "Avenida Portuaria"), ("Ltda.", "S.A.")),
    Place("IN", "Mumbai", "400001", ("Dockyard Road", "Ballard Lane"), ("Pvt. Ltd.",)),
    Place("AE", "Dubai", "", ("Al Quds Street", "Harbour Boulevard"), ("LLC", "FZE")),
    Place("JP", "Yokohama", "231-0001", ("Minato-dori", "Bashamichi"), ("K.K.", "Co., Ltd.")),
    Place("MX", "Veracruz", "91700", ("Calle Marina", "Avenida Insurgentes"), ("S.A. de C.V.",)),
)

_BRANDS = tuple(
    first + second
    for first in ("Vel", "Nord", "Tri", "Cas", "Orm", "Bel", "Gar", "Hel", "Kest", "Lum", "Mar", "Pol", "Quen", "Ros")
    for second in ("avia", "mont", "dell", "stad", "eron", "wick", "tano", "brek", "holm", "vista", "garde", "limo")
)
_TRADES = (
    "Food Imports",
    "Textiles",
    "Furniture",
    "Machine Tools",
    "Packaging",
    "Garden Supplies",
    "Ceramics",
    "Toys",
    "Bicycles",
    "Coffee Traders",
    "Footwear",
    "Office Supplies",
    "Pump Works",
    "Lighting",
    "Kitchenware",
    "Paints",
    "Medical Supplies",
    "Timber",
    "Glass Works",
    "Tyres",
    "Stationery",
    "Household Goods",
    "Optics",
    "Fasteners",
)
_GOODS = (
    ("Cotton shirts", "6205.20"),
    ("Ceramic tiles", "6907.21"),
    ("Bicycle frames", "8714.91"),
    ("Roasted coffee", "0901.21"),
    ("Centrifugal pumps", "8413.70"),
    ("Wooden chairs", "9401.61"),
    ("LED lamps", "8539.52"),
    ("Glass jars", "7010.90"),
    ("Rubber tyres", "4011.10"),
    ("Steel bolts", "7318.15"),
    ("Paper folders", "4820.30"),
    ("Server chassis", "8473.30"),
)


def population(size: int, seed: int) -> list[dict[str, Any]]:
    """Companies with an address each, all different."""
    rng = random.Random(seed)  # noqa: S311 - invented trade, not a secret
    names: dict[str, dict[str, Any]] = {}
    while len(names) < size:
        place = rng.choice(PLACES)
        name = f"{rng.choice(_BRANDS)} {rng.choice(_TRADES)} {rng.choice(place.legal_forms)}"
        names.setdefault(
            name,
            {
                "name": name,
                "entity_type": "organization",
                "country": place.country,
                "addresses": [
                    {
                        "street": f"{rng.choice(place.streets)} {rng.randint(1, 180)}",
                        "city": place.city,
                        "postal_code": place.postal_code,
                        "country": place.country,
                    }
                ],
            },
        )
    return list(names.values())


def ordinary_orders(count: int, seed: int = 20250325) -> Iterator[Order]:
    """Orders among invented companies; a few of them take part in most of the trade."""
    rng = random.Random(seed)  # noqa: S311 - invented trade, not a secret
    companies = population(max(20, count // 5), seed)
    weights = [1 / rank for rank in range(1, len(companies) + 1)]
    for number in range(1, count + 1):
        purchaser, consignee, forwarder, bank = rng.choices(companies, weights, k=4)
        parties = [
            {"role": "purchaser", **purchaser},
            {"role": "ultimate_consignee", **consignee},
            {"role": "forwarder", **forwarder},
        ]
        if rng.random() < 0.5:
            parties.append({"role": "bank", **bank})
        yield order(f"ORD-{number:06d}", parties, frozenset({"clear"}), rng=rng)


def order(
    transaction_id: str,
    parties: list[dict[str, Any]],
    expected: frozenset[str],
    shows: str = "",
    rng: random.Random | None = None,
) -> Order:
    """An order of about a kilobyte with the given parties."""
    rng = rng or random.Random(transaction_id)  # noqa: S311 - invented trade, not a secret
    loading, discharge = rng.sample(PLACES, 2)
    items = [
        {"description": text, "hs_code": code, "quantity": rng.randint(1, 500), "value": rng.randint(100, 90_000)}
        for text, code in rng.sample(_GOODS, rng.randint(1, 3))
    ]
    payload = {
        "transaction_id": transaction_id,
        "kind": "order",
        "occurred_at": OCCURRED_AT,
        "parties": parties,
        "items": items,
        "route": {"loading": loading.city, "discharge": discharge.city, "final_destination": discharge.country},
    }
    return Order(transaction_id, orjson.dumps(payload), expected, shows)

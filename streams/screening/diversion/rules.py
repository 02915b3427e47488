"""The rules by which an event gets diversion flags: one TOML file, read and checked. Pure."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Annotated

import msgspec
from msgspec import Meta

from streams.errors import PolicyError
from streams.matching.places import country_code

_Words = Annotated[str, Meta(min_length=1)]
_Some = Annotated[tuple[_Words, ...], Meta(min_length=1)]
HS_DIGITS = 6
"""So many digits of an HS code are the same all over the world."""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: no other keys than these."""


class Rule(_Table, frozen=True, kw_only=True, tag_field="kind"):
    """What all rules have: ``weight`` is what the flag counts, ``citation`` the public guidance it follows."""

    id: Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,64}$")]
    weight: Annotated[int, Meta(ge=1, le=1000)]
    citation: _Words


class GoodsTo(Rule, frozen=True, kw_only=True, tag="goods_to"):
    """Goods of these sets have their destination in these sets of countries."""

    goods: _Some
    countries: _Some


class GoodsVia(Rule, frozen=True, kw_only=True, tag="goods_via"):
    """Goods of these sets pass these sets of countries on the way to another country."""

    goods: _Some
    countries: _Some


class ManyTransshipments(Rule, frozen=True, kw_only=True, tag="many_transshipments"):
    """The route has at least so many transshipments."""

    at_least: Annotated[int, Meta(ge=1, le=100)]


class FinalConsignee(Rule, frozen=True, kw_only=True, tag="final_consignee"):
    """Who receives the goods in the end carries or finances them, or has one of these words in its name."""

    words: _Some


class ListedAddress(Rule, frozen=True, kw_only=True, tag="listed_address"):
    """A party has the address of a listed one."""


class LateChange(Rule, frozen=True, kw_only=True, tag="late_change"):
    """Route or consignee changed so many ``hours`` after the revision before, or after the goods left."""

    hours: Annotated[float, Meta(ge=0)]


class ForeignPayer(Rule, frozen=True, kw_only=True, tag="foreign_payer"):
    """The payer is of a country that nobody who buys or receives the goods is of."""


class NewCustomer(Rule, frozen=True, kw_only=True, tag="new_customer"):
    """Goods of these sets go to a customer incorporated ``after`` that day."""

    goods: _Some
    after: date


class Quantity(Rule, frozen=True, kw_only=True, tag="quantity"):
    """More than ``times`` the largest of the customer's known past transactions, at least ``least_past`` of them."""

    times: Annotated[float, Meta(gt=1)]
    least_past: Annotated[int, Meta(ge=1)]


AnyRule = (
    GoodsTo
    | GoodsVia
    | ManyTransshipments
    | FinalConsignee
    | ListedAddress
    | LateChange
    | ForeignPayer
    | NewCustomer
    | Quantity
)


class DiversionRules(_Table, frozen=True, kw_only=True):
    """Valid rules; build them with :meth:`default` or :meth:`from_toml`.

    Flags that weigh ``review`` or more together make a review. ``goods`` and ``countries`` are the named sets that
    rules refer to. ``version`` is the first 16 hexadecimal digits of the SHA-256 of the rules' meaning.
    """

    review: Annotated[int, Meta(ge=1, le=100_000)]
    goods: dict[str, tuple[str, ...]] = {}
    countries: dict[str, tuple[str, ...]] = {}
    rules: tuple[AnyRule, ...] = msgspec.field(name="rule", default=())
    version: str = ""

    @classmethod
    def default(cls) -> DiversionRules:
        """The rules Highfence comes with."""
        return _default()

    @classmethod
    def from_toml(cls, text: str, where: str = "rules") -> DiversionRules:
        """Read rules; ``where`` names their origin in messages.

        :raises PolicyError: a key is missing, unknown, of the wrong type or out of range, two rules have one id, or a
            rule names a set that is not there.
        """
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise PolicyError(f"{where}: not TOML: {error}") from None
        if "version" in document:
            raise PolicyError(f"{where}: version: unknown key; it follows from the rules")
        try:
            read = msgspec.convert(document, cls)
        except msgspec.ValidationError as error:
            raise PolicyError(f"{where}: {error}") from None
        _check(read, where)
        meaning = json.dumps(msgspec.to_builtins(read), sort_keys=True).encode()
        return msgspec.structs.replace(read, version=hashlib.sha256(meaning).hexdigest()[:16])

    def codes(self, names: Iterable[str]) -> frozenset[str]:
        """The HS codes of these sets, six digits each."""
        return frozenset(digits(code) for name in names for code in self.goods[name])

    def places(self, names: Iterable[str]) -> frozenset[str]:
        """The countries of these sets, as :func:`streams.matching.places.country_code` gives them."""
        return frozenset(country_code(country) for name in names for country in self.countries[name])


_prefix = re.compile(r"(?:hs|hts|hsn)(?:\s*code)?[\s:.#]*", re.IGNORECASE)
_code = re.compile(r"(?!20(?:12|17|22)\b)[\d\s.\-/]*")  # what stands there is an edition: no heading has these numbers
_NO_CODES = (5, 7, 11)
_MOST_DIGITS = 13


def digits(hs_code: str) -> str:
    """The digits of an HS code as it came, at most the six that are the same all over the world."""
    return "".join([str(unicodedata.decimal(letter)) for letter in hs_code if letter.isdecimal()])[:HS_DIGITS]


def is_code(hs_code: str) -> bool:
    """Whether the text is one HS code, with more digits of some country or fewer, or none at all.

    No tariff has codes of 5, 7 or 11 digits: one with a zero too many, or without its first zero, has them.
    """
    code = _prefix.sub("", hs_code.strip())
    count = sum(map(str.isdecimal, code))
    return _code.fullmatch(code) is not None and count not in _NO_CODES and count <= _MOST_DIGITS


def _check(read: DiversionRules, where: str) -> None:
    for name, codes in read.goods.items():
        for code in codes:
            if len(digits(code)) < HS_DIGITS:
                raise PolicyError(f"{where}: goods.{name}: {code!r} has fewer than {HS_DIGITS} digits")
    for name, countries in read.countries.items():
        for country in countries:
            if not country_code(country):
                raise PolicyError(f"{where}: countries.{name}: {country!r} is no country: use ISO 3166-1 codes")
    ids: set[str] = set()
    for rule in read.rules:
        if rule.id in ids:
            raise PolicyError(f"{where}: rule {rule.id}: there are two of this id")
        ids.add(rule.id)
        for key, sets in (("goods", read.goods), ("countries", read.countries)):
            for name in getattr(rule, key, ()):
                if name not in sets:
                    raise PolicyError(
                        f"{where}: rule {rule.id}.{key}: no set {name!r} in [{key}]; there are {', '.join(sets)}"
                    )


@lru_cache(maxsize=1)
def _default() -> DiversionRules:
    text = files("streams.screening.diversion").joinpath("rules.toml").read_text(encoding="utf-8")
    return DiversionRules.from_toml(text, "rules.toml")

"""What common words of names mean: legal forms, business words, places, numbers, short names.

The words themselves are in ``lexicon.toml``; rigour adds its own legal forms when a name is read
(:mod:`streams.matching.names`).
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Final, Literal

Kind = Literal[
    "name", "common", "everyday", "generic", "place", "legal", "empty", "particle", "number", "roman", "initial"
]
"""What a word is for: ``name`` tells one party from another, ``common`` is a
given or family name of very many people, ``everyday`` a word of common language used as a
name, ``generic`` a common business word, ``roman`` a Roman numeral, ``initial`` a single letter, ``empty`` an
article or title, ``particle`` a particle of names."""

_ROMAN: Final = "ii iii iv vi vii viii ix xi xii xiii xiv xv xvi"


def _read() -> dict[str, dict[str, str]]:
    text = files("streams.matching").joinpath("lexicon.toml").read_text(encoding="utf-8")
    tables: dict[str, dict[str, str]] = {"lists": {}}
    for key, value in tomllib.loads(text).items():
        if isinstance(value, dict):
            tables[key] = value
        else:
            tables["lists"][key] = value
    return tables


_tables = _read()


def _meanings() -> dict[str, tuple[str, Kind]]:
    meanings: dict[str, tuple[str, Kind]] = {}
    for canonical, variants in _tables["generic"].items():
        for word in (canonical, *variants.split()):
            meanings[word] = (canonical, "generic")
    for places in _tables["places"].values():
        for place in places.split():
            word = place.replace("_", "")
            meanings[word] = (word, "place")
    for number, variants in _tables["number"].items():
        for word in variants.split():
            meanings[word] = (number, "number")
    for word in _tables["lists"]["legal"].split():
        meanings[word] = (word, "legal")
    for short, long in _tables["legal_forms"].items():
        meanings[long] = (short, "legal")
    for word in _tables["lists"]["empty"].split() + _tables["lists"]["craft"].split():
        meanings[word] = (word, "empty")
    for word in _tables["lists"]["particle"].split():
        meanings[word] = (word, "particle")
    for word in _tables["lists"]["common"].split():
        meanings.setdefault(word, (word, "common"))
    for word in _tables["lists"]["everyday"].split():
        meanings.setdefault(word, (word, "everyday"))
    for word in _ROMAN.split():
        meanings[word] = (word, "roman")
    for place, spellings in _tables["same_place"].items():
        for word in spellings.split():
            meanings[word] = (place, "place")
    return meanings


MEANINGS: Final[dict[str, tuple[str, Kind]]] = _meanings()
"""Word → the word it stands for, and its kind."""

PLACES: Final[dict[str, str]] = {
    place.replace("_", ""): code for code, places in _tables["places"].items() for place in places.split()
}
"""Place name → the ISO 3166-1 code (lower case) it lies in."""

PHRASES: Final[frozenset[tuple[str, str]]] = frozenset(
    [("hong", "kong"), ("abu", "dhabi")]
    + [
        (first, second)
        for places in _tables["places"].values()
        for first, _, second in (place.partition("_") for place in places.split())
        if second and "_" not in second
    ]
)
"""Two words that together are one place, written as one word in MEANINGS."""

ADDRESS_WORDS: Final = frozenset(_tables["lists"]["address"].split())
"""Words of addresses that do not tell one street from another."""

HAN: Final[dict[str, str]] = _tables["han"]
"""Words of Chinese company names → English words; empty when they say nothing."""

KOREAN_SURNAMES: Final[dict[str, str]] = _tables["korean_surnames"]
"""Korean surname in Hangul → as it is usually written in Latin letters."""

HAN_LONGEST: Final = max(map(len, HAN))

COGNATES: Final[dict[str, str]] = {
    name: origin for origin, names in _tables["cognates"].items() for name in (origin, *names.split())
}
"""Given name → the English form of its origin."""

NICKNAMES: Final[dict[str, str]] = {
    short: full for full, shorts in _tables["nicknames"].items() for short in (full, *shorts.split())
}
"""Short given name → the full name it stands for (a full name stands for itself)."""

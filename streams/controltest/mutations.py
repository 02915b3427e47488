"""How a test party is made from an entry in force: each mutation is a function, and says where it does not apply.

Every party has the entry's first country and type, as a platform that knows its customer would send them. The name that
is changed is one that can stand alone: weak aliases, business words and short acronyms never alert by themselves, by
design, so a test of them would only measure that.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType

from streams.controltest import spellings
from streams.matching.addresses import address_keys, address_line
from streams.matching.identifiers import entry_keys
from streams.matching.names import read_name
from streams.records.list_entry import ListedName, ListEntry
from streams.records.party import Party

Mutation = Callable[[ListEntry, random.Random], Party | None]
"""An entry → a party that must be found, or None where the mutation does not apply to the entry."""

_ACRONYM = 3
_PROPER = ("person", "vessel", "aircraft")
_BUSINESS = ("Trading", "International", "Group", "Import Export", "Technology")
_GIVEN = ("Maria", "Ali", "Ivan", "John", "Wei")


def stands_alone(listed: ListedName, entry: ListEntry) -> bool:
    """Whether a listed name tells enough to be tested by itself.

    It is strong and has a rare name of more than three letters with another word beside it, legal forms not counted, or
    such a name alone of at least six letters, for what is no person.
    """
    if listed.strength == "weak":
        return False
    words = read_name(listed.name, entry.entity_type in _PROPER).words
    names = [word for word in words if word.kind == "name" and len(word.text) > _ACRONYM]
    telling = [word for word in words if word.kind in ("name", "common", "everyday", "generic", "place", "number")]
    return bool(names) and (len(telling) > 1 or (entry.entity_type != "person" and len(names[0].text) > 2 * _ACRONYM))


def name_of(entry: ListEntry) -> str | None:
    """The first name, in Latin letters, that stands alone; None when there is none."""
    fit = (each.name for each in entry.names if each.kind != "native" and stands_alone(each, entry))
    return next((name for name in fit if not spellings.is_han(name)), None)


def exact(entry: ListEntry, rng: random.Random) -> Party | None:
    """The name as it is listed."""
    return _party(entry, name_of(entry))


def alias(entry: ListEntry, rng: random.Random) -> Party | None:
    """A strong alias or former name. Not where the entry has none that stands alone."""
    fit = [each.name for each in entry.names if each.kind in ("alias", "former") and stands_alone(each, entry)]
    return _party(entry, rng.choice(fit) if fit else None)


def one_typo(entry: ListEntry, rng: random.Random) -> Party | None:
    """One letter wrong inside a word of at least five letters that is no legal form."""
    return _changed(entry, lambda name: spellings.typo(name, rng))


def two_typos(entry: ListEntry, rng: random.Random) -> Party | None:
    """Two letters wrong, in one word or in two. Not where one typo does not apply."""

    def twice(name: str) -> str | None:
        once = spellings.typo(name, rng)
        return spellings.typo(once, rng) if once else None

    return _changed(entry, twice)


def order(entry: ListEntry, rng: random.Random) -> Party | None:
    """The words in another order, without commas. Not for a name of one word."""
    return _changed(entry, lambda name: spellings.reordered(name, rng))


def dropped_word(entry: ListEntry, rng: random.Random) -> Party | None:
    """A word left out, never the longest. Not for names of one or two words."""
    return _changed(entry, lambda name: spellings.without_a_word(name, rng))


def added_word(entry: ListEntry, rng: random.Random) -> Party | None:
    """A business word after an organisation's name, a given name before a person's. Not for ships and aircraft."""
    if entry.entity_type in ("vessel", "aircraft"):
        return None
    if entry.entity_type == "person":
        return _changed(entry, lambda name: f"{rng.choice(_GIVEN)} {name}")
    return _changed(entry, lambda name: f"{name} {rng.choice(_BUSINESS)}")


def split_word(entry: ListEntry, rng: random.Random) -> Party | None:
    """A word written as two. Not where no word has eight letters."""
    return _changed(entry, lambda name: spellings.split(name, rng))


def joined_words(entry: ListEntry, rng: random.Random) -> Party | None:
    """Two words written as one. Not for a name of one word."""
    return _changed(entry, lambda name: spellings.joined(name, rng))


def initials(entry: ListEntry, rng: random.Random) -> Party | None:
    """Given names as initials. Only for persons."""
    return _changed(entry, spellings.initials) if entry.entity_type == "person" else None


def abbreviation(entry: ListEntry, rng: random.Random) -> Party | None:
    """Business words in their short form. Not for persons, ships and aircraft, nor where no word has one."""
    return _changed(entry, spellings.abbreviated) if entry.entity_type not in _PROPER else None


def legal_form(entry: ListEntry, rng: random.Random) -> Party | None:
    """Another legal form, or one where there was none. Only for organisations."""
    if entry.entity_type != "organization":
        return None
    return _changed(entry, lambda name: spellings.other_legal_form(name, rng))


def homoglyph(entry: ListEntry, rng: random.Random) -> Party | None:
    """Cyrillic letters that look like the Latin ones."""
    return _changed(entry, lambda name: spellings.homoglyphs(name, rng))


def zero_width(entry: ListEntry, rng: random.Random) -> Party | None:
    """An invisible character within a word."""
    return _changed(entry, lambda name: spellings.zero_width(name, rng))


def native_script(entry: ListEntry, rng: random.Random) -> Party | None:
    """A name that the list itself gives in another script; none is invented. Not where it has only Latin names."""
    fit = [each for each in _native(entry) if len(each.split()) > 1 or spellings.is_han(each)]
    return _party(entry, rng.choice(fit) if fit else None)


def pinyin_spaced(entry: ListEntry, rng: random.Random) -> Party | None:
    """A Chinese entry's name with a blank after every syllable. Not without listed characters or whole pinyin."""
    return _respelt(entry, spellings.pinyin_spaced)


def pinyin_joined(entry: ListEntry, rng: random.Random) -> Party | None:
    """A Chinese name with the syllables of a word together. Applies as the spaced one does."""
    return _respelt(entry, spellings.pinyin_joined)


def wade_giles(entry: ListEntry, rng: random.Random) -> Party | None:
    """A Chinese name in Wade-Giles, as passports of Taiwan and old papers have it. Applies as pinyin does."""
    return _respelt(entry, spellings.wade_giles)


def icu_romanised(entry: ListEntry, rng: random.Random) -> Party | None:
    """A listed Arabic, Cyrillic, Greek or other native name in ICU's Latin letters. Not where none is listed."""
    fit = [spelt for each in _native(entry) if len(each.split()) > 1 and (spelt := spellings.romanised(each))]
    return _party(entry, rng.choice(fit) if fit else None)


def address_only(entry: ListEntry, rng: random.Random) -> Party | None:
    """An invented name at a listed address. Not where the list gives no address with a number and a street."""
    fit = [each for each in entry.addresses if address_keys(address_line(each))]
    if not fit:
        return None
    address = rng.choice(fit)
    return Party(name=_invented(rng), country=address.country, addresses=(address,))


def identifier_only(entry: ListEntry, rng: random.Random) -> Party | None:
    """An invented name with a listed identifier. Not where the list gives none that can be compared."""
    fit = list(entry_keys(entry).values())
    return Party(name=_invented(rng), identifiers=(rng.choice(fit),)) if fit else None


MUTATIONS: Mapping[str, Mutation] = MappingProxyType(
    {
        mutation.__name__: mutation
        for mutation in (
            exact, alias, one_typo, two_typos, order, dropped_word, added_word, split_word, joined_words, initials,
            abbreviation, legal_form, homoglyph, zero_width, native_script, pinyin_spaced, pinyin_joined, wade_giles,
            icu_romanised, address_only, identifier_only,
        )
    }
)  # fmt: skip
"""Every mutation by its name, in the order of the report."""

TARGETS: Mapping[str, float] = MappingProxyType(
    {
        **dict.fromkeys(("exact", "alias", "order", "homoglyph", "zero_width", "identifier_only"), 0.99),
        "one_typo": 0.95,
    }
)
"""The hit rates that Highfence promises."""


def _party(entry: ListEntry, name: str | None) -> Party | None:
    if not name:
        return None
    country = entry.countries[0] if entry.countries else ""
    return Party(name=name, country=country, entity_type=entry.entity_type)


def _changed(entry: ListEntry, change: Callable[[str], str | None]) -> Party | None:
    name = name_of(entry)
    changed = change(name) if name else None
    return _party(entry, changed) if changed != name else None


def _native(entry: ListEntry) -> list[str]:
    return [each.name for each in entry.names if each.strength == "strong" and spellings.is_native(each.name)]


def _respelt(entry: ListEntry, write: Callable[[list[list[str]]], str]) -> Party | None:
    """A Chinese name written otherwise: from characters where they are listed, else from a Chinese entry's pinyin."""
    if not {"CN", "TW", "HK"} & set(entry.countries):
        return None  # the same characters are read otherwise in Japan and Korea
    latin = name_of(entry)
    name = next((name for name in _native(entry) if spellings.is_han(name)), latin)
    words = spellings.chinese_words(name) if name else None
    spelt = write(words) if words else None
    listed = " ".join(spellings.words_of(latin or ""))
    return _party(entry, spelt) if spelt and spelt.lower() != listed.lower() else None


def _invented(rng: random.Random) -> str:
    syllables = ("vel", "nor", "tri", "cas", "orm", "bel", "gar", "hel", "kes", "lum", "quen", "ros", "tav", "zim")
    return "".join(rng.choices(syllables, k=4)).capitalize() + " Garden Supplies"

"""Names as lists give them, and ids made from names where a list gives none."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

from msgspec import structs

from streams.lists.release import canonical_bytes
from streams.records.list_entry import ListedName, ListEntry

SHORT_ALIAS = 5
"""An alias of one word with at most this many letters (mostly acronyms) is too common to stand alone."""

_MAX_SLUG = 96


def alias(name: str, kind: Literal["alias", "former"] = "alias") -> ListedName:
    """An alias or former name; weak when it is one short word."""
    letters = sum(character.isalnum() for character in name)
    weak = len(name.split()) == 1 and letters <= SHORT_ALIAS
    return ListedName(name=name, kind=kind, strength="weak" if weak else "strong")


def without_repeats(names: Iterable[ListedName]) -> tuple[ListedName, ...]:
    """The names in order, each spelling once (upper and lower case do not make a spelling)."""
    first: dict[str, ListedName] = {}
    for name in names:
        first.setdefault(name.name.casefold(), name)
    return tuple(first.values())


def entry_id_for(name: str, country: str) -> str:
    """An id for an entry whose list has none: the name in plain lower-case letters, a dot, the country.

    Case, accents and punctuation do not count, so a corrected spelling of those keeps the id. A name too long,
    or with no Latin letters, is told apart by a hash.
    """
    folded = unicodedata.normalize("NFKD", name.casefold())
    slug = re.sub(r"[^a-z0-9]+", "-", re.sub(r"[\u0300-\u036f'’.]", "", folded)).strip("-")
    if not slug or len(slug) > _MAX_SLUG or any(c.isalpha() and not c.isascii() for c in folded):
        slug = f"{slug[:_MAX_SLUG]}-{hashlib.sha256(folded.encode()).hexdigest()[:8]}".strip("-")
    return f"{slug}.{country.casefold()}" if country else slug


def with_unique_ids(entries: Iterable[ListEntry]) -> tuple[ListEntry, ...]:
    """The entries in order; those that share an id are numbered ``~2``, ``~3`` … behind it.

    The numbers follow citation and content, not the place in the file, so a reordered file keeps them.
    """
    listed = list(entries)
    sharing: dict[str, list[int]] = defaultdict(list)
    for position, entry in enumerate(listed):
        sharing[entry.entry_id].append(position)
    for entry_id, positions in sharing.items():
        if len(positions) > 1:
            positions.sort(key=lambda position: (listed[position].citation, canonical_bytes(listed[position])))
            for number, position in enumerate(positions[1:], start=2):
                listed[position] = structs.replace(listed[position], entry_id=f"{entry_id}~{number}")
    return tuple(listed)

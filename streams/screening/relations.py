"""Whom the lists themselves name beside their entries: "linked to", a parent, a subsidiary. Pure.

Such a party is not listed by that, so it is a review at most, and nothing is followed further: the relations of one
list join most of it. Who is listed under the same list itself is a hit of its own and needs none of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.matching.names import name_key
from streams.ownership.identity import Identity, of_holding_party
from streams.records.list_entry import ListEntry
from streams.records.ownership import HoldingParty


class Relation(NamedTuple):
    """An entry that names somebody, and in its list's words how they are related."""

    entry: ListEntry
    name: str
    relation: str


@dataclass(frozen=True, slots=True)
class Relations:
    """Who is named beside which entries, by the key of the name."""

    by_name: Mapping[str, tuple[Relation, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[ListEntry]) -> Relations:
        """What these entries say."""
        found: dict[str, list[Relation]] = {}
        for entry in entries:
            for related in entry.related:
                if key := name_key(related.name):
                    found.setdefault(key, []).append(Relation(entry, related.name, related.relation))
        return cls({key: tuple(relations) for key, relations in found.items()})

    def of_party(self, party: Identity) -> list[Relation]:
        """What names somebody who may be the party, once for each entry."""
        found = {
            relation.entry.key: relation
            for key, _ in party.names
            for relation in self.by_name.get(key, ())
            if party.is_same(of_holding_party(HoldingParty(name=relation.name)))
        }
        return [found[key] for key in sorted(found)]


NO_RELATIONS = Relations()
"""Nobody is named."""

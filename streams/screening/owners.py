"""Who stands behind a party: owners it declares, owners the graph tells, and entries that name it. Pure.

The graph is walked upwards from the party and from each of its declared owners, however long the chain; whoever was
told in the very same words before is not asked again, so a cycle ends by itself. Who may be one owner but is told in
several ways, with an LEI or without, has one label and is screened and asked for in each of these ways: what one source
tells takes nothing away from what another does. What counts on which day, and what it adds up to, is judged
for each event (:mod:`streams.screening.ownership`); who they are does not depend on the day and is remembered.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain, count

from streams.errors import ScreeningError
from streams.matching.index import Key
from streams.ownership.graph import OwnershipGraph, Told
from streams.ownership.identity import Identity, of_holding_party, of_party
from streams.records.ownership import HoldingParty
from streams.records.party import Party
from streams.screening.ownership import PARTY, Holding, holdings_of
from streams.screening.relations import NO_RELATIONS, Relation, Relations

MOST_OWNERS = 500
"""Each owner is screened as a party is; an event must not cost more than so many of them for one party."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An owner to be screened: ``path`` is that of its fields, ``label`` its name among the holdings.

    Several may have one label: they are one owner, told in several ways.
    Of somebody whom a list names beside an entry, the entry is the owner, and ``only`` its key: no other counts.
    """

    path: str
    label: str
    party: Party
    only: Key | None = None


@dataclass(frozen=True, slots=True)
class Behind:
    """The owners of a party, direct and indirect, and who holds what of whom."""

    owners: tuple[Asked, ...] = ()
    holdings: tuple[Holding, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.owners)

    @property
    def labels(self) -> dict[str, str]:
        """The label of each owner by the path of its fields."""
        return {owner.path: owner.label for owner in self.owners}


NOBODY = Behind()


def behind(party: Party, graph: OwnershipGraph, relations: Relations = NO_RELATIONS) -> Behind:
    """Who stands behind the party, by its own words, the graph and the lists themselves.

    Raises ScreeningError when the graph tells of more than :data:`MOST_OWNERS`.
    """
    declared = tuple(
        Asked(f"owners[{number}]", owner.name, Party(name=owner.name, country=owner.country))
        for number, owner in enumerate(party.owners)
    )
    if not graph and not relations.by_name:
        return Behind(declared, holdings_of(party)) if declared else NOBODY
    identity = of_party(party)
    told, related = graph.owners_of(identity), relations.of_party(identity)
    owners = _walked(party, identity, declared, told, graph) if declared or told else NOBODY
    return _with_relations(owners, related) if related else owners


def _with_relations(owners: Behind, related: list[Relation]) -> Behind:
    labels = set(owners.labels.values())
    asked: list[Asked] = []
    holdings: list[Holding] = []
    for entry, _, relation in related:
        name = entry.names[0].name
        label = name if name not in labels else f"{name} ({entry.source} {entry.entry_id})"
        labels.add(label)
        someone = Party(name=name, entity_type=entry.entity_type)
        asked.append(Asked(f"related[{len(asked)}]", label, someone, entry.key))
        source = f"{entry.source}: {relation}" if relation else entry.source
        holdings.append(Holding(label, PARTY, None, source, entry.source, "relation"))
    return Behind((*owners.owners, *asked), (*owners.holdings, *holdings))


def _walked(
    party: Party, identity: Identity, declared: tuple[Asked, ...], told: list[Told], graph: OwnershipGraph
) -> Behind:
    known = _Known(identity)
    waiting = deque([(PARTY, told)])
    same: dict[str, str] = {}  # an owner that is declared in several spellings has the label of the first
    for owner in declared:
        identity = of_party(owner.party)
        same[owner.label] = known.label_of(identity) or owner.label
        known.add(same[owner.label], identity)
        waiting.append((same[owner.label], graph.owners_of(identity)))
    declared = tuple([replace(owner, label=same[owner.label]) for owner in declared])
    found: list[Asked] = []
    holdings = [
        replace(each, owner=same[each.owner], owned=same.get(each.owned, each.owned)) for each in holdings_of(party)
    ]
    passed: set[tuple[str, Told]] = set()  # an edge counts once of an owner that it names in several ways
    while waiting:
        owned, edges = waiting.popleft()
        for each in edges:
            if (owned, each) in passed:
                continue
            passed.add((owned, each))
            source, edge = each
            identity = of_holding_party(edge.owner)
            label = known.met(identity)
            if label is None:
                label = known.label_of(identity) or known.new_label(edge.owner)
                if len(found) == MOST_OWNERS:
                    raise ScreeningError(f"more than {MOST_OWNERS} owners stand behind {party.name[:100]}")
                found.append(Asked(f"ownership[{len(found)}]", label, _party(edge.owner)))
                known.add(label, identity)
                waiting.append((label, graph.owners_of(identity)))
            if label not in (PARTY, owned):
                percent = None if edge.percent is None else Decimal(str(edge.percent))
                rests_on = f"{source}: {edge.source}" if edge.source else source
                holdings.append(Holding(label, owned, percent, rests_on, source, edge.kind, edge.from_, edge.to))
    return Behind((*declared, *found), tuple(holdings))


def _party(owner: HoldingParty) -> Party:
    return Party(name=owner.name, alt_names=owner.alt_names, country=owner.country, identifiers=owner.identifiers)


class _Known:
    """Those met on the walk: a label for each, by whatever they are known by."""

    def __init__(self, party: Identity) -> None:
        self._party = party
        self._met: dict[Identity, str] = {}
        self._by_key: dict[str, dict[str, None]] = {}  # of each key the labels, each once, in the order they came
        self._told: dict[str, list[Identity]] = {}
        self._labels = {PARTY}

    def add(self, label: str, identity: Identity) -> None:
        """Someone new, or someone known who is told in another way."""
        self._labels.add(label)
        self._met[identity] = label
        self._told.setdefault(label, []).append(identity)
        for key in identity.lookups():
            self._by_key.setdefault(key, {})[label] = None

    def met(self, identity: Identity) -> str | None:
        """The label of someone who was told just so before, or of the party where nothing more is told than of it."""
        party = self._party
        tells_no_more = party.countries >= identity.countries and {*party.lookups()} >= {*identity.lookups()}
        if tells_no_more and party.is_same(identity):
            return PARTY
        return self._met.get(identity)

    def label_of(self, identity: Identity) -> str | None:
        """The label of an owner met before who may be the same by one telling and differs by none.

        Else a vague telling would make one of two owners, and their shares would not add up.
        """
        for key in sorted(identity.lookups()):
            for label in self._by_key.get(key, ()):
                told = self._told[label]
                if any(map(identity.is_same, told)) and not any(map(identity.differs, told)):
                    return label
        return None

    def new_label(self, owner: HoldingParty) -> str:
        """The owner's name, made distinct where another one has it."""
        distinct = [owner.name, *([f"{owner.name} ({owner.country})"] if owner.country else [])]
        distinct += [f"{owner.name} ({each.type} {each.value})" for each in owner.identifiers]
        numbered = (f"{owner.name} ({number})" for number in count(len(self._labels)))
        return next(label for label in chain(distinct, numbered) if label not in self._labels)

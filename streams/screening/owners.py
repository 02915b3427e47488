"""Who stands behind a party: the owners it declares, and those the ownership graph tells of it and of them. Pure.

The graph is walked upwards from the party and from each of its declared owners, however long the chain; whoever was
met before is not asked again, so a cycle ends by itself. What counts on which day, and what it adds up to, is judged
for each event (:mod:`streams.screening.ownership`); who they are does not depend on the day and is remembered.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from decimal import Decimal

from streams.errors import ScreeningError
from streams.ownership.graph import OwnershipGraph, Told
from streams.ownership.identity import Identity, of_holding_party, of_party
from streams.records.ownership import HoldingParty
from streams.records.party import Party
from streams.screening.ownership import PARTY, Holding, holdings_of

MOST_OWNERS = 500
"""Each owner is screened as a party is; an event must not cost more than so many of them for one party."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An owner to be screened: ``path`` is that of its fields, ``label`` its name among the holdings."""

    path: str
    label: str
    party: Party


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


def behind(party: Party, graph: OwnershipGraph) -> Behind:
    """Who stands behind the party. Raises ScreeningError when these are more than :data:`MOST_OWNERS`."""
    declared = tuple(
        Asked(f"owners[{number}]", owner.name, Party(name=owner.name, country=owner.country))
        for number, owner in enumerate(party.owners)
    )
    if not graph:
        return Behind(declared, holdings_of(party)) if declared else NOBODY
    told = graph.owners_of(of_party(party))
    if not declared and not told:
        return NOBODY
    return _walked(party, declared, told, graph)


def _walked(party: Party, declared: tuple[Asked, ...], told: list[Told], graph: OwnershipGraph) -> Behind:
    known = _Known()
    known.add(PARTY, of_party(party))
    waiting = deque([(PARTY, told)])
    same: dict[str, str] = {}  # an owner that is declared in several spellings has the label of the first
    for owner in declared:
        identity = of_party(owner.party)
        label = known.label_of(identity)
        if not label:
            known.add(owner.label, identity)
            waiting.append((owner.label, graph.owners_of(identity)))
        same[owner.label] = label or owner.label
    declared = tuple([replace(owner, label=same[owner.label]) for owner in declared])
    found: list[Asked] = []
    holdings = [
        replace(each, owner=same[each.owner], owned=same.get(each.owned, each.owned)) for each in holdings_of(party)
    ]
    while waiting:
        owned, edges = waiting.popleft()
        for source, edge in edges:
            identity = of_holding_party(edge.owner)
            label = known.label_of(identity)
            if label is None:
                label = known.new_label(edge.owner)
                if len(found) == MOST_OWNERS:
                    raise ScreeningError(f"more than {MOST_OWNERS} owners stand behind {party.name[:100]}")
                found.append(Asked(f"ownership[{len(found)}]", label, _party(edge.owner)))
                known.add(label, identity)
                waiting.append((label, graph.owners_of(identity)))
            if label not in (PARTY, owned):
                percent = None if edge.percent is None else Decimal(str(edge.percent))
                rests_on = f"{source}: {edge.source}" if edge.source else source
                holdings.append(
                    Holding(label, owned, percent, rests_on, source, edge.kind == "control", edge.from_, edge.to)
                )
    return Behind((*declared, *found), tuple(holdings))


def _party(owner: HoldingParty) -> Party:
    return Party(name=owner.name, country=owner.country, identifiers=owner.identifiers)


class _Known:
    """Those met on the walk: a label for each, by whatever they are known by."""

    def __init__(self) -> None:
        self._by_key: dict[str, list[tuple[str, Identity]]] = {}
        self._labels: set[str] = set()

    def add(self, label: str, identity: Identity) -> None:
        """Someone new."""
        self._labels.add(label)
        for key in identity.lookups():
            self._by_key.setdefault(key, []).append((label, identity))

    def label_of(self, identity: Identity) -> str | None:
        """The label of someone who may be the same, met before."""
        for key in sorted(identity.lookups()):
            for label, other in self._by_key.get(key, ()):
                if identity.is_same(other):
                    return label
        return None

    def new_label(self, owner: HoldingParty) -> str:
        """The owner's name, made distinct where another one has it."""
        distinct = [owner.name, f"{owner.name} ({owner.country})"]
        distinct += [f"{owner.name} ({each.type} {each.value})" for each in owner.identifiers]
        distinct.append(f"{owner.name} ({len(self._labels)})")
        return next(label for label in distinct if label not in self._labels)

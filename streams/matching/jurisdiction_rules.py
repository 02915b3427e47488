"""Which lists apply to which events: ``[jurisdiction]`` of the policy. Pure.

The model: a plant in China is under China's export control list, one in the United States under the lists of BIS,
which follow goods of US origin wherever they are shipped from.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from streams.errors import PolicyError
from streams.matching.places import country_code
from streams.records.list_entry import ListEntry

_Words = Annotated[str, Meta(min_length=1)]
_Several = Annotated[tuple[_Words, ...], Meta(min_length=1)]


class JurisdictionRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """These lists apply to events of one of the topics, exporters' countries and origins of goods; None is any.

    ``lists`` are sources, or programs of entries. Countries are ISO 3166-1 alpha-2 codes in lower case.
    """

    name: _Words
    lists: _Several
    topics: _Several | None = None
    exporters: _Several | None = None
    origins: _Several | None = None

    def concerns(self, entry: ListEntry) -> bool:
        """Whether the entry is of one of the rule's lists."""
        return entry.source in self.lists or any(program in self.lists for program in entry.programs)


class JurisdictionRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list that rules are about applies where one of them lets it; any other applies everywhere.

    The exporter is every party in one of ``exporter_roles``.
    """

    rules: Annotated[tuple[JurisdictionRule, ...], Meta(min_length=1)]
    exporter_roles: tuple[_Words, ...] = ()

    def knows(self, topic: str) -> bool:
        """Whether a rule names the topic; of one that none names nothing is known, so it rules nothing out."""
        return any(topic in rule.topics for rule in self.rules if rule.topics is not None)

    def told_of(self, topic: str) -> str:
        """What the topic alone rules out, for a person."""
        if not self.knows(topic):
            return "nothing is ruled out, as no rule names it"
        applying = {name for rule in self.rules if rule.topics is None or topic in rule.topics for name in rule.lists}
        out = sorted({name for rule in self.rules for name in rule.lists} - applying)
        return f"these lists do not apply: {', '.join(out)}" if out else "nothing is ruled out"


def read_jurisdiction(table: Any, where: str) -> JurisdictionRules:
    """The ``[jurisdiction]`` table of a policy, countries as codes.

    :raises PolicyError: a key is unknown, missing or of the wrong type, a rule narrows nothing, two have one name, a
        country is none, or exporters are asked for without a role that tells them, or the other way round.
    """
    try:
        rules = msgspec.convert(table, JurisdictionRules)
    except msgspec.ValidationError as error:
        raise PolicyError(f"{where}: jurisdiction: {error}") from None
    names: set[str] = set()
    read = []
    for number, rule in enumerate(rules.rules):
        here = f"{where}: jurisdiction.rules[{number}] ({rule.name})"
        if rule.name in names:
            raise PolicyError(f"{here}.name: another rule has it; decisions tell rules apart by their names")
        if rule.topics is None and rule.exporters is None and rule.origins is None:
            raise PolicyError(
                f"{here}: names no topics, exporters or origins; leave the rule out for a list that applies everywhere"
            )
        if rule.exporters is not None and not rules.exporter_roles:
            raise PolicyError(f"{here}.exporters: jurisdiction.exporter_roles has to say which roles tell the exporter")
        names.add(rule.name)
        exporters = _codes(rule.exporters, f"{here}.exporters")
        origins = _codes(rule.origins, f"{here}.origins")
        read.append(msgspec.structs.replace(rule, exporters=exporters, origins=origins))
    if rules.exporter_roles and all(rule.exporters is None for rule in read):
        raise PolicyError(f"{where}: jurisdiction.exporter_roles: no rule has exporters; leave the roles out")
    return msgspec.structs.replace(rules, rules=tuple(read))


def _codes(countries: tuple[str, ...] | None, here: str) -> tuple[str, ...] | None:
    if countries is None:
        return None
    for country in countries:
        if not country_code(country):
            raise PolicyError(f"{here}: {country!r} is no country; allowed: ISO 3166-1 codes and names")
    return tuple(sorted({country_code(country) for country in countries}))

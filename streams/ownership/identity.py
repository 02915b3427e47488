"""Who is the same: by identifier, or by name and country where neither contradicts. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from rigour.ids import LEI

from streams.matching.identifiers import identifier_key
from streams.matching.names import kinds_of_forms, name_key
from streams.matching.places import compatible, country_codes
from streams.records.ownership import HoldingParty
from streams.records.party import Identifier, Party

_LEI_LENGTH = 20


class Identity(NamedTuple):
    """By what someone is known: names, each with the key it is compared by, identifier keys, and countries."""

    names: tuple[tuple[str, str], ...]
    identifiers: frozenset[str]
    countries: frozenset[str]

    def lookups(self) -> list[str]:
        """The keys to look someone up by, each once; two that are the same share at least one."""
        return list(dict.fromkeys([*[key for key, _ in self.names], *[f"#{each}" for each in self.identifiers]]))

    def is_same(self, other: Identity) -> bool:
        """Whether both may be one: a shared identifier, or a shared name with nothing against it."""
        if not self.identifiers.isdisjoint(other.identifiers):
            return True
        return bool(self._shared_names(other)) and not self.differs(other)

    def differs(self, other: Identity) -> bool:
        """Whether something speaks against both being one, and no shared identifier for it.

        That are other LEIs, countries that are known and different, and legal forms of other kinds of a shared name.
        """
        if not self.identifiers.isdisjoint(other.identifiers):
            return False
        if _leis(self.identifiers) and _leis(other.identifiers):
            return True
        shared = self._shared_names(other)
        unlike = bool(shared) and not any(_forms_agree(*names) for names in shared)
        return unlike or not compatible(self.countries, other.countries)

    def _shared_names(self, other: Identity) -> list[tuple[str, str]]:
        """The names of both whose keys are the same."""
        return [(name, their_name) for key, name in self.names for theirs, their_name in other.names if key == theirs]


def of_party(party: Party) -> Identity:
    """A party as an event tells of it."""
    return _identity((party.name, party.native_name, *party.alt_names), (party.country,), party.identifiers)


def of_holding_party(party: HoldingParty) -> Identity:
    """An owner or someone owned, as a source tells of it."""
    return _identity((party.name, *party.alt_names), (party.country,), party.identifiers)


def keys_of(party: HoldingParty) -> list[str]:
    """:meth:`Identity.lookups` of an owner or someone owned, made a million times when a graph is loaded."""
    keys = [f"#{key}" for each in party.identifiers if (key := identifier_key(each.type, each.value))]
    if key := name_key(party.name):
        keys.append(key)
    if party.alt_names:
        keys += [key for name in party.alt_names if (key := name_key(name))]
    return keys


def _identity(names: Iterable[str], countries: Iterable[str], identifiers: Iterable[Identifier]) -> Identity:
    keyed = [(key, name) for name in names if name and (key := name_key(name))]
    found = [identifier_key(each.type, each.value) for each in identifiers]
    return Identity(tuple(keyed), frozenset([key for key in found if key]), country_codes(countries))


@lru_cache(maxsize=4096)
def _leis(identifiers: frozenset[str]) -> frozenset[str]:
    # Of shorter ones, too, one in 97 has check digits that fit.
    return frozenset([each for each in identifiers if len(each) == _LEI_LENGTH and LEI.is_valid(each)])


def _forms_agree(ours: str, theirs: str) -> bool:
    """Whether two names of one key may be of one legal form: Siemens AG is not Siemens GmbH, Siemens may be either."""
    if ours == theirs:
        return True
    our_forms, their_forms = _forms(ours), _forms(theirs)
    return not our_forms or not their_forms or not our_forms.isdisjoint(their_forms)


_forms = lru_cache(maxsize=4096)(kinds_of_forms)

"""The index of all listed entries: which of them a party may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from streams.matching.addresses import AddressMatch, address_keys, best_address, entry_lines, similar_lines
from streams.matching.asking import PROPER, Asked
from streams.matching.identifiers import entry_keys, same_identifier
from streams.matching.judging import Judgement, Named, explain, judge
from streams.matching.match import Match
from streams.matching.names import ReadName, read_name
from streams.matching.names_index import ListedNames, NameFinder
from streams.matching.policy import Policy
from streams.records.list_entry import ListedName, ListEntry
from streams.records.party import Party, party_fingerprint

Key = tuple[str, str]
"""``(source, entry_id)`` of an entry."""
_One = TypeVar("_One")


class _Places(NamedTuple):
    """Where things are: the entry and position of each numbered name, the numbers of each entry's names, the lines of
    its addresses, if it has any, the lines having an address key, and the entries having a line or an identifier."""

    of_name: list[tuple[Key, int]]
    of_entry: dict[Key, range]
    lines: dict[Key, tuple[str, ...]]
    addresses: dict[str, tuple[str, ...]]
    at: dict[str, tuple[Key, ...]]
    identifiers: dict[str, tuple[Key, ...]]


class EntityIndex:
    """An immutable snapshot of listed entries; :meth:`apply` makes the next one."""

    __slots__ = ("_entries", "_finders", "_listed", "_places", "entries", "names")

    entries: Mapping[Key, ListEntry]
    names: int

    def __init__(self, entries: dict[Key, ListEntry], listed: ListedNames, places: _Places) -> None:
        self.entries = MappingProxyType(entries)
        self.names = sum(map(len, places.of_entry.values()))
        self._entries = entries
        self._listed = listed
        self._places = places
        self._finders: dict[str, NameFinder] = {}

    @classmethod
    def build(cls, entries: Iterable[ListEntry]) -> EntityIndex:
        """Index ``entries``; of two with one key the last counts."""
        return cls({}, ListedNames.empty(), _Places([], {}, {}, {}, {}, {})).apply(entries, ())

    def __len__(self) -> int:
        return len(self._entries)

    def apply(self, upserts: Iterable[ListEntry], removals: Iterable[Key]) -> EntityIndex:
        """The index after a release; this one stays valid.

        Reading and scoring cost grows with the change alone; the maps are copied whole, which is a matter
        of a few milliseconds. Removing what is not there changes nothing.
        """
        new = {entry.key: entry for entry in upserts}
        old = [key for key in {*removals, *new} if key in self._entries]
        places = _Places(
            list(self._places.of_name),
            dict(self._places.of_entry),
            dict(self._places.lines),
            dict(self._places.addresses),
            dict(self._places.at),
            dict(self._places.identifiers),
        )
        entries = dict(self._entries)
        removed = []
        for key in old:
            entry = entries.pop(key)
            removed.append(places.of_entry.pop(key))
            for line in places.lines.pop(key, ()):
                _drop(places.at, [line], key)
                if line not in places.at:
                    _drop(places.addresses, address_keys(line), line)
            _drop(places.identifiers, entry_keys(entry), key)
        added = []
        start = self._listed.size
        for key, entry in new.items():
            entries[key] = entry
            reads = [_read(name, entry) for name in entry.names]
            added.append(reads)
            places.of_entry[key] = range(start, start + len(reads))
            start += len(reads)
            places.of_name.extend((key, position) for position in range(len(reads)))
            if lines := entry_lines(entry):
                places.lines[key] = lines
                for line in lines:
                    if line not in places.at:
                        _put(places.addresses, address_keys(line), line)
                    _put(places.at, [line], key)
            _put(places.identifiers, entry_keys(entry), key)
        listed, touched = self._listed.changed(added, removed)
        index = EntityIndex(entries, listed, places)
        for version, finder in self._finders.items():
            index._finders[version] = finder.evolved(listed, touched)
        return index

    def asked(self, party: Party, policy: Policy) -> Asked:
        """The party as it is asked for here.

        :raises ScreeningError: nothing of the party can be read.
        """
        return Asked.of(party, self._finder(policy))

    def match(self, party: Party, policy: Policy) -> tuple[Match, ...]:
        """The entries the party may be, at or above their review threshold; best first, ties by key.

        :raises ScreeningError: nothing of the party can be read.
        """
        judgements = self._judgements(self.asked(party, policy), policy)
        return self._explained((judged for judged in judgements if judged.is_hit), self._finder(policy))

    def match_and_sample(self, asked: Asked, policy: Policy) -> tuple[Match, ...]:
        """The answer of :meth:`match`, and behind it, without an outcome, the samples that the policy draws below.

        ``asked`` is the party as this index gave it under the same policy.
        """
        return self._explained(_hits_and_samples(asked, self._judgements(asked, policy), policy), self._finder(policy))

    def candidates(self, party: Party, policy: Policy, limit: int = 10) -> tuple[Match, ...]:
        """The ``limit`` best entries, hit or not; best first, ties by key.

        All hits are among the candidates; of entries far below every threshold some may be missing.

        :raises ScreeningError: nothing of the party can be read.
        """
        asked = self.asked(party, policy)._replace(lowest=_SHOWN_FROM)
        return self._explained(self._judgements(asked, policy), self._finder(policy))[:limit]

    def compare(self, party: Party, entry: ListEntry, policy: Policy) -> Match:
        """How well the party agrees with one ``entry``, which need not be in the index.

        Words weigh what they weigh in this index.

        :raises ScreeningError: nothing of the party can be read.
        """
        index = self if self._entries.get(entry.key) == entry else self.apply((entry,), ())
        judged = index._judge(index.asked(party, policy), entry.key, policy)
        return index._explained((judged,), index._finder(policy))[0]

    def scan(self, party: Party, policy: Policy) -> tuple[Match, ...]:
        """The answer of :meth:`match_and_sample`, by scoring every name of every entry. Slow: an oracle for tests.

        :raises ScreeningError: nothing of the party can be read.
        """
        asked, finder = self.asked(party, policy), self._finder(policy)
        names = [name._replace(query=finder.query_exhaustively(name.read)) for name in asked.names]
        asked = asked._replace(names=tuple(names))
        judgements = (self._judge(asked, key, policy) for key in self._entries)
        return self._explained(_hits_and_samples(asked, judgements, policy), finder)

    def _finder(self, policy: Policy) -> NameFinder:
        finder = self._finders.get(policy.version)
        if finder is None:
            finder = self._finders[policy.version] = NameFinder.build(self._listed, policy)
        return finder

    def _judgements(self, asked: Asked, policy: Policy) -> Iterable[Judgement]:
        """Judgements of all entries that can be hits or samples, whose name scores at least what is asked for."""
        finder = self._finder(policy)
        best: dict[Key, list[Named]] = {}
        for name in asked.names:
            for number, agreement in finder.find(name.query, asked.lowest):
                key, position = self._places.of_name[number]
                listed = self._entries[key].names[position]
                named = Named(agreement, name, listed, _read(listed, self._entries[key]), number)
                _keep_better(best.setdefault(key, []), named)
        if not (best or asked.addresses or asked.identifiers):
            return
        others = {key for _, k, _ in asked.identifiers for key in self._places.identifiers.get(k, ())}
        for line in asked.addresses:
            shared = self._places.addresses.keys() & line.keys
            sharing = {other for key in shared for other in self._places.addresses[key]}
            for same in similar_lines(line.text, [*sharing], policy.addresses.similarity):
                others.update(self._places.at[same])
        for key, names in best.items():
            if key not in others:
                yield judge(asked, self._entries[key], names, None, None, policy)
        for key in others:
            yield self._judge(asked, key, policy)

    def _address(self, asked: Asked, key: Key, policy: Policy) -> AddressMatch | None:
        """The address that the party and the entry have in common."""
        lines = self._places.lines.get(key)
        found = best_address(asked.addresses, lines) if lines and asked.addresses else None
        return found if found is not None and found.similarity >= policy.addresses.similarity else None

    def _judge(self, asked: Asked, key: Key, policy: Policy) -> Judgement:
        """Judge an entry by everything: each of its names, its addresses and identifiers."""
        entry, finder = self._entries[key], self._finder(policy)
        best: list[Named] = []
        for name in asked.names:
            for position, number in enumerate(self._places.of_entry[key]):
                agreement = finder.agreement(name.query, number)
                if agreement.score > 0.0:
                    listed = entry.names[position]
                    _keep_better(best, Named(agreement, name, listed, _read(listed, entry), number))
        address = self._address(asked, key, policy)
        return judge(asked, entry, best, address, same_identifier(asked.identifiers, entry), policy)

    def _explained(self, judgements: Iterable[Judgement], finder: NameFinder) -> tuple[Match, ...]:
        ordered = sorted(judgements, key=lambda judged: (-judged.score, judged.entry.key))
        return tuple(
            explain(judged, finder.name_weights(judged.named.number) if judged.named else ()) for judged in ordered
        )


_SHOWN_FROM = 0.2


def _hits_and_samples(asked: Asked, judgements: Iterable[Judgement], policy: Policy) -> Iterable[Judgement]:
    """The hits, and of the others those that the policy draws as samples."""
    rules = policy.sampling
    for judged in judgements:
        if judged.is_hit or (
            rules is not None
            and judged.score >= judged.thresholds.review - rules.margin
            and rules.draws(party_fingerprint(asked.party), *judged.entry.key)
        ):
            yield judged


def _read(name: ListedName, entry: ListEntry) -> ReadName:
    return read_name(name.name, entry.entity_type in PROPER)


def _keep_better(best: list[Named], named: Named) -> None:
    """Have ``best`` hold the best name in whole, and behind it the best of parts of names, where there are such."""
    for at, known in enumerate(best):
        if known.asked.part == named.asked.part:
            if _better(named, known):
                best[at] = named
            return
    best.append(named)


def _better(named: Named, known: Named) -> bool:
    """Whether a name agrees better; on a tie the earlier field and listed name stay."""
    return (named.agreement.score, -named.number) > (known.agreement.score, -known.number) and (
        named.agreement.score > known.agreement.score or named.asked.field == known.asked.field
    )


def _put(keyed: dict[str, tuple[_One, ...]], keys: Iterable[str], one: _One) -> None:
    for key in keys:
        keyed[key] = (*keyed.get(key, ()), one)


def _drop(keyed: dict[str, tuple[_One, ...]], keys: Iterable[str], one: _One) -> None:
    for key in keys:
        left = tuple(other for other in keyed[key] if other != one)
        if left:
            keyed[key] = left
        else:
            del keyed[key]

"""Which test parties there are: entries drawn from those in force, each in every mutation, and a clean set."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import msgspec
import orjson

from streams.controltest.mutations import MUTATIONS, name_of
from streams.errors import ListError
from streams.invented.trade import Trade
from streams.lists.sources import consolidated
from streams.matching import Policy
from streams.records.list_entry import ListEntry
from streams.records.party import Party
from streams.records.transaction import Transaction
from streams.screening.screener import in_force

CLEAN = "clean"
"""The mutation of an invented party, which must not be found."""


class Case(msgspec.Struct, frozen=True):
    """One test party: of which entry it was made and how; a clean one is of no entry."""

    case_id: str
    mutation: str
    party: Party
    entry: ListEntry | None = None

    @property
    def event(self) -> bytes:
        """The event a platform would send: one marked transaction with this party."""
        return msgspec.json.encode(Transaction(transaction_id=self.case_id, parties=(self.party,)))


class Sample(msgspec.Struct, frozen=True):
    """The cases, how many entries were drawn, how many of them have no name that stands alone, and to how many entries
    each mutation does not apply."""

    cases: tuple[Case, ...]
    entries: int
    no_name: int
    not_applicable: dict[str, int]


MARK = "CONTROLTEST"
"""How the transaction ids of test parties begin."""


def draw(entries: Iterable[ListEntry], size: int, seed: int, policy: Policy, day: date, mark: str = MARK) -> Sample:
    """Draw ``size`` entries in force on that day, and make their test parties and as many clean ones.

    Their transaction ids begin with ``mark``. The same entries, size and seed give the same sample; the order of the
    entries does not matter.
    Raises ListError when no test party can be made: a test of nothing must not look like one that was passed.
    """
    entries = list(entries)
    standing = [entry for entry in entries if in_force(entry, day) and policy.counts(entry, day)]
    standing.sort(key=lambda entry: entry.key)
    rng = random.Random(seed)  # noqa: S311 - a reproducible sample, not a secret
    drawn = rng.sample(standing, min(size, len(standing)))
    cases: list[Case] = []
    missing: Counter[str] = Counter()
    for entry in drawn:
        for name, mutation in MUTATIONS.items():
            # A generator of its own for each, so that one mutation's change does not move the others.
            party = mutation(entry, random.Random(f"{seed}/{name}/{entry.source}/{entry.entry_id}"))  # noqa: S311
            if party is None:
                missing[name] += 1
            else:
                cases.append(Case(f"{mark}-{len(cases):07d}", name, party, entry))
    if not cases:
        raise ListError(
            f"nothing to test: none of {len(drawn)} entries drawn, of {len(entries)} and in force on {day}, "
            "gives a test party"
        )
    cases += [Case(f"{mark}-{len(cases) + at:07d}", CLEAN, party) for at, party in enumerate(clean_parties(size, seed))]
    no_name = sum(name_of(entry) is None for entry in drawn)
    return Sample(tuple(cases), len(drawn), no_name, {name: missing[name] for name in MUTATIONS})


def clean_parties(count: int, seed: int) -> Sequence[Party]:
    """Invented firms and people with country and address, none twice; that one resembles a listed name is chance."""

    def parties() -> Iterator[Party]:
        trade = Trade((), population=None, hits=0.0, near_hits=0.0, seed=seed)
        for _, payload in trade.orders(count):
            for raw in orjson.loads(payload)["parties"]:
                yield msgspec.convert(raw, Party)

    made = parties()
    return [next(made) for _ in range(count)]


def list_of(entry: ListEntry) -> str:
    """The list an entry is of: its source, or, in the consolidated list, the list that it was taken from."""
    return entry.programs[0] if entry.source == consolidated.SOURCE and entry.programs else entry.source

"""A party as it is asked for: everything of it that listed entries are compared with, read once."""

from __future__ import annotations

from typing import NamedTuple

from streams.errors import ScreeningError
from streams.matching.addresses import Line, address_keys, address_line
from streams.matching.corroboration import PartyFacts
from streams.matching.identifiers import party_keys
from streams.matching.names import ReadName, read_name
from streams.matching.names_index import NameFinder
from streams.matching.names_within import names_within
from streams.matching.scoring import Query
from streams.records.party import Identifier, Party

MOST_WORDS = 64
"""A name of more words is no name: the longest listed one has 56. It would cost a worker seconds."""
MOST_ADDRESS_WORDS = 160
"""The same for an address, whose longest listed one has 127."""
PROPER = ("person", "vessel", "aircraft")
"""Entity types whose names consist of nothing but names."""


class AskedName(NamedTuple):
    """A name of the party: its field path and content, its words, and what the listed words like them are.

    A ``part`` is one of the names that something in the content sets apart, which is asked for whole, too.
    """

    field: str
    value: str
    read: ReadName
    query: Query
    part: bool = False


class Asked(NamedTuple):
    """A party as it is asked for: names, addresses and identifiers read once, each with its field path.

    ``lowest`` is the lowest score of a name that can become a hit or a sample.
    """

    party: Party
    facts: PartyFacts
    lowest: float
    names: tuple[AskedName, ...]
    addresses: list[Line]
    identifiers: list[tuple[str, str, Identifier]]

    @classmethod
    def of(cls, party: Party, finder: NameFinder) -> Asked:
        """Read ``party`` to ask ``finder`` for its names.

        :raises ScreeningError: a name has no word that can be read, or a name or address has more words than
            can be screened; the field is named.
        """
        policy = finder.policy
        fields = [("name", party.name)]
        if party.native_name and policy.names.native_name:
            fields.append(("native_name", party.native_name))
        if policy.names.alt_names:
            fields += [(f"alt_names[{i}]", name) for i, name in enumerate(party.alt_names)]
        proper = party.entity_type in PROPER
        reads = [(field, text, _readable(field, text, proper)) for field, text in fields if text]
        addresses = _addresses(party) if party.addresses and policy.addresses.screen else []
        identifiers = party_keys(party) if party.identifiers and policy.identifiers.screen else []
        facts = PartyFacts.of(party, [read for _, _, read in reads])
        asked = [(field, text, read, False) for field, text, read in reads]
        asked += [(field, text, part, True) for field, text, read in reads for part in names_within(text, read, proper)]
        return cls(
            party,
            facts,
            finder.lowest(facts.known),
            tuple([AskedName(field, text, read, finder.query(read), part) for field, text, read, part in asked]),
            addresses,
            identifiers,
        )


def _readable(field: str, text: str, proper: bool) -> ReadName:
    read = read_name(text, proper)
    if len(read.words) > MOST_WORDS:
        raise ScreeningError(f"{field}: {len(read.words)} words, and at most {MOST_WORDS} are screened as a name")
    if all(word.kind == "legal" for word in read.words) and (not read.words or _has_symbols(text)):
        raise ScreeningError(f"{field}: nothing in {text[:80]!r} can be read as a name")
    return read


def _addresses(party: Party) -> list[Line]:
    lines = []
    for i, address in enumerate(party.addresses):
        text = address_line(address)
        if len(text) > MOST_ADDRESS_WORDS and len(text.split()) > MOST_ADDRESS_WORDS:
            raise ScreeningError(
                f"addresses[{i}]: more than {MOST_ADDRESS_WORDS} words; an address is screened, not a text"
            )
        if text:
            lines.append(Line(f"addresses[{i}]", text, address_keys(text)))
    return lines


def _has_symbols(text: str) -> bool:
    """Whether something in the text, beside the words that were read, may be meant as a name."""
    return any(not (char.isalnum() or char.isspace() or char.isascii()) for char in text)

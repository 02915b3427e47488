"""The Unverified List of the US Bureau of Industry and Security: Supplement No. 6 to 15 CFR 744.

A table of country, listed person with addresses, Federal Register citation. The terms are those of 15 CFR 744.15.
"""

from __future__ import annotations

from lxml import etree

from streams.errors import ListFormatError
from streams.lists.sources.cell_draft import draft_of
from streams.lists.sources.entity_cell import read_cell
from streams.lists.sources.listed_names import with_unique_ids
from streams.lists.sources.places import country_code
from streams.lists.sources.supplement import cells_of
from streams.records.list_entry import ListEntry

SOURCE = "us_bis_unverified_list"
PROGRAM = "Unverified List"

_HEADINGS = ("country", "listed person and address", "federal register citation")


def read(supplement: etree._Element, place: str) -> tuple[ListEntry, ...]:
    """The entries in the order of the list.

    Raises :class:`~streams.errors.ListFormatError` when the table does not have the columns this reader knows, or a row
    names nobody.
    """
    entries = []
    for number, (heading, person, citation) in cells_of(supplement, _HEADINGS, 2, place):
        row = f"{place}: row {number} of Supplement No. 6"
        country = country_code(heading) or heading
        parties = read_cell(person)
        if not parties:
            raise ListFormatError(f"{row}: no name found in {person.strip()[:80]!r}")
        for party in parties:
            draft = draft_of(party, SOURCE, PROGRAM, country, party.parent, "subordinate to or affiliated with")
            draft.citations = [citation]
            entries.append(draft.finish(row))
    return with_unique_ids(entries)

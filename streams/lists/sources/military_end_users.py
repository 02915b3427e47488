"""The Military End-User List of the US Bureau of Industry and Security: Supplement No. 7 to 15 CFR 744.

A table of country, entity with address, Federal Register citation. A row may announce subordinate institutions, which
then follow in rows of their own, each behind a row that only says so. The licence requirement stands in the
introduction, for all alike.
"""

from __future__ import annotations

import re

from lxml import etree

from streams.errors import ListFormatError
from streams.lists.sources.cell_draft import draft_of
from streams.lists.sources.entity_cell import read_cell
from streams.lists.sources.listed_names import with_unique_ids
from streams.lists.sources.places import country_code
from streams.lists.sources.supplement import cells_of, text_of
from streams.records.list_entry import ListEntry

SOURCE = "us_bis_military_end_user_list"
PROGRAM = "Military End-User List"

_HEADINGS = ("country", "entity", "federal register citation")
_RESERVED = "[reserved]"
_ANNOUNCEMENT = re.compile(r"the following .* subordinate institutions? of (?P<parent>.+?):?$", re.IGNORECASE)
_LABEL = re.compile(r"subordinate institu?t?ion:?$", re.IGNORECASE)
_FIRST_SENTENCE = re.compile(r".+?\.(?=\s+[A-Z]|$)")


def read(supplement: etree._Element, place: str) -> tuple[ListEntry, ...]:
    """The entries in the order of the list; rows that are kept free are left out.

    Raises :class:`~streams.errors.ListFormatError` when the table does not have the columns this reader knows, or a row
    names nobody.
    """
    requirement = _requirement(supplement)
    entries: list[ListEntry] = []
    parent = parent_citation = ""
    subordinate = False
    for number, (heading, entity, citation) in cells_of(supplement, _HEADINGS, 2, place):
        row = f"{place}: row {number} of Supplement No. 7"
        text = " ".join(entity.split())
        if text.casefold() == _RESERVED:
            continue
        if announced := _ANNOUNCEMENT.fullmatch(text):
            parent, parent_citation = announced["parent"], citation
        elif _LABEL.fullmatch(text):
            subordinate = True
        else:
            country = country_code(heading) or heading
            parties = read_cell(entity)
            if not parties:
                raise ListFormatError(f"{row}: no name found in {text[:80]!r}")
            # the label is missing before some institutions; their own citation is then empty
            of_parent = parent if subordinate or not citation else ""
            for party in parties:
                draft = draft_of(party, SOURCE, PROGRAM, country, of_parent or party.parent, "subordinate to")
                draft.license_requirement = requirement
                draft.citations = [citation or parent_citation]
                entries.append(draft.finish(row))
            subordinate = False
    return with_unique_ids(entries)


def _requirement(supplement: etree._Element) -> str:
    """The first sentence of the introduction, which says what the licence requirement is."""
    for paragraph in supplement.iterfind("P"):
        if sentence := _FIRST_SENTENCE.match(" ".join(text_of(paragraph).split())):
            return sentence[0]
    return ""

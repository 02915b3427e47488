"""A party of a supplement's cell as the draft of its entry, for the supplements that say no more of it."""

from __future__ import annotations

from streams.lists.sources.draft import Draft
from streams.lists.sources.entity_cell import CellParty
from streams.lists.sources.listed_names import entry_id_for
from streams.lists.sources.places import country_of_address


def draft_of(party: CellParty, source: str, program: str, country: str, parent: str, relation: str) -> Draft:
    """The draft of an entry of ``source``, listed under ``country``; ``parent`` is named with its ``relation``."""
    draft = Draft(source, entry_id_for(party.names[0].name, country), programs=[program])
    for name in party.names:
        draft.name(name.name, name.kind, weak=name.strength == "weak")
    draft.country(country)
    for address in party.addresses:
        draft.address(country_of_address(address) or country, raw=address)
    for elsewhere in party.see_elsewhere:
        draft.remark("", elsewhere)
    draft.related(parent, relation)
    return draft

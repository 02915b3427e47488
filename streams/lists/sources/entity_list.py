"""The Entity List of the US Bureau of Industry and Security, in the eCFR's XML of 15 CFR 744, Supplement No. 4.

The supplement is one table: country, entity, licence requirement, licence review policy, Federal Register
citation. A party listed under several countries has a row under each; those rows become one entry, as in the
government's own consolidated list, when they agree on the terms and either refer to each other or were
published together. An entry's id comes from its name and the country it was first listed under.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lxml import etree
from msgspec import structs

from streams.errors import ListFormatError
from streams.lists.sources.draft import checked
from streams.lists.sources.entity_cell import CellParty, read_cell
from streams.lists.sources.listed_names import entry_id_for, with_unique_ids, without_repeats
from streams.lists.sources.places import country_code, country_of_address
from streams.lists.sources.supplement import cells_of, text_of
from streams.records.list_entry import ListedName, ListEntry, RelatedEntry
from streams.records.party import Address

SOURCE = "us_bis_entity_list"
PROGRAM = "Entity List"

_HEADINGS = ("country", "entity", "license requirement", "license review policy", "federal register citation")
_REVIEWS = ("presumption of denial", "policy of denial", "case-by-case", "presumption of approval")
"""How licence applications are reviewed, in the words that policies of all spellings have in common."""

_CITATION = re.compile(r"(\d+) FR (\d+)")
_FOOTNOTE = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True)
class _Row:
    country: str
    entity: str
    requirement: str
    policy: str
    citation: str


def read(supplement: etree._Element, place: str) -> tuple[ListEntry, ...]:
    """The entries in the order of the list.

    Raises :class:`~streams.errors.ListFormatError` when the table does not have the five columns this reader knows, or
    an entry names nobody.
    """
    footnotes = _footnotes(supplement)
    entries = [entry for row in _rows(supplement, place) for entry in _entries(row, footnotes, place)]
    return with_unique_ids(_across_countries(entries))


def _rows(supplement: etree._Element, place: str) -> Iterator[_Row]:
    pending: _Row | None = None
    for _, cells in cells_of(supplement, _HEADINGS, 2, place):
        row = _Row(*cells)
        if pending and not (row.requirement or row.policy or row.citation):
            # a long entry that runs over several rows
            pending = replace(pending, entity=f"{pending.entity}\n{row.entity}")
            continue
        if pending:
            yield pending
        pending = row
    if pending:
        yield pending


def _footnotes(supplement: etree._Element) -> dict[str, str]:
    found = {}
    for cell in supplement.iterfind(".//TFOOT//TD"):
        text = " ".join(text_of(cell, footnotes=True).split())
        if mark := _FOOTNOTE.match(text):
            found[mark[1]] = text
    return found


def _entries(row: _Row, footnotes: dict[str, str], place: str) -> Iterator[ListEntry]:
    parties = read_cell(row.entity)
    if not parties:
        raise ListFormatError(f"{place}: no name found in the entry {row.entity.strip()[:80]!r} under {row.country}")
    marks = dict.fromkeys(_FOOTNOTE.findall(f"{row.requirement} {row.policy}"))
    notes = [footnotes[mark] for mark in marks if mark in footnotes]
    for party in parties:
        yield checked(_entry(party, row, notes), f"{place}: {party.names[0].name[:80]!r} under {row.country}")


def _entry(party: CellParty, row: _Row, notes: list[str]) -> ListEntry:
    country = country_code(row.country) or row.country
    addresses = tuple(
        Address(raw=address, country=country_of_address(address) or country) for address in party.addresses
    )
    labels = [party.label] if party.label else []
    return ListEntry(
        source=SOURCE,
        entry_id=entry_id_for(party.label or party.names[0].name, country),
        names=party.names,
        addresses=addresses,
        countries=tuple(dict.fromkeys((country, *(address.country for address in addresses)))),
        programs=(PROGRAM,),
        license_requirement=row.requirement,
        license_policy=row.policy,
        citation=row.citation,
        remarks="\n".join([*labels, *review_of(row.policy), *party.see_elsewhere, *notes]),
        related=(RelatedEntry(name=party.parent, relation="subordinate to or affiliated with"),)
        if party.parent
        else (),
    )


def review_of(policy: str) -> list[str]:
    """A remark that says in short how applications are reviewed; none when the policy only cites a section."""
    said = policy.casefold()
    found = sorted((review for review in _REVIEWS if review in said), key=said.index)
    return [f"Review: {', '.join(found)}"] if found else []


def _across_countries(entries: list[ListEntry]) -> Iterator[ListEntry]:
    """One entry for each party, in the order of the list; rows of one party under several countries joined."""
    groups: dict[tuple[str, ...], list[ListEntry]] = {}
    for number, entry in enumerate(entries):
        name, _, _ = entry.entry_id.rpartition(".")
        bare_address = entry.names[0].name == (entry.addresses[0].raw if entry.addresses else None)
        terms = (_plain(entry.license_requirement), _plain(entry.license_policy))
        groups.setdefault((name, *terms, str(number) if bare_address else ""), []).append(entry)
    for group in groups.values():
        refers = any("see " in entry.remarks.casefold() for entry in group)
        together = len({entry.citation for entry in group}) == 1
        yield from [_joined(group)] if len(group) > 1 and (refers or together) else group


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())


def _joined(group: list[ListEntry]) -> ListEntry:
    first = min(group, key=lambda entry: (_listed_on(entry.citation), entry.entry_id))
    names: list[ListedName] = [name for entry in (first, *group) for name in entry.names]
    citations = dict.fromkeys(entry.citation for entry in (first, *group))
    remarks = dict.fromkeys(line for entry in group for line in entry.remarks.split("\n") if line)
    return structs.replace(
        first,
        names=without_repeats(names),
        addresses=tuple(dict.fromkeys(address for entry in (first, *group) for address in entry.addresses)),
        countries=tuple(dict.fromkeys(country for entry in (first, *group) for country in entry.countries)),
        citation=" ".join(citations),
        remarks="\n".join(remarks),
    )


def _listed_on(citation: str) -> tuple[int, int]:
    """Volume and page of the first Federal Register citation, which grow with time."""
    first = _CITATION.search(citation)
    return (int(first[1]), int(first[2])) if first else (0, 0)

"""The Entity List of the US Bureau of Industry and Security, in the eCFR's XML of 15 CFR 744, Supplement No. 4.

The supplement is one table: country, entity, licence requirement, licence review policy, Federal Register
citation. A party listed under several countries has a row under each; those rows become one entry, as in the
government's own consolidated list, when they agree on the terms and either refer to each other or were
published together. An entry's id comes from its name and the country it was first listed under.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from msgspec import structs

from streams.errors import ListFormatError
from streams.lists.sources.checked import checked
from streams.lists.sources.entity_cell import CellParty, read_cell
from streams.lists.sources.listed_names import entry_id_for, with_unique_ids, without_repeats
from streams.lists.sources.places import country_code, country_of_address
from streams.records.list_entry import ListedName, ListEntry, RelatedEntry
from streams.records.party import Address

NAME = "Entity List (eCFR XML of 15 CFR 744)"
SOURCE = "us_bis_entity_list"
PROGRAM = "Entity List"

_HEADINGS = ("country", "entity", "license requirement", "license review policy", "federal register citation")
_CITATION = re.compile(r"(\d+) FR (\d+)")
_FOOTNOTE = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True)
class _Row:
    country: str
    entity: str
    requirement: str
    policy: str
    citation: str


def recognises(content: bytes) -> bool:
    """Whether the file is the eCFR's XML, of the whole part or of the supplement alone."""
    return content.lstrip().startswith(b"<") and b"<DIV" in content[:2000]


def read(content: bytes, place: str) -> tuple[ListEntry, ...]:
    """The entries in the order of the list.

    Raises :class:`~streams.errors.ListFormatError` when the XML is cut or damaged, when Supplement No. 4 is
    missing, or when its table does not have the five columns this reader knows.
    """
    supplement = _supplement(_parse(content, place), place)
    rows = list(_rows(supplement, place))
    if not rows:
        raise ListFormatError(f"{place}: Supplement No. 4 has no entries; download the part again")
    footnotes = _footnotes(supplement)
    entries = [entry for row in rows for entry in _entries(row, footnotes, place)]
    return with_unique_ids(_across_countries(entries))


def _parse(content: bytes, place: str) -> etree._Element:
    # Entities stay unexpanded and nothing is loaded from outside the file.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ListFormatError(f"{place}: the XML is cut or damaged ({error.msg}); download 15 CFR 744 again") from error


def _supplement(root: etree._Element, place: str) -> etree._Element:
    for division in root.iter("DIV9"):
        if division.get("N", "").startswith("Supplement No. 4 to Part 744"):
            return division
    raise ListFormatError(
        f"{place}: has no Supplement No. 4 to Part 744, which is the Entity List; "
        "download the XML of title 15, part 744 from the eCFR"
    )


def _rows(supplement: etree._Element, place: str) -> Iterator[_Row]:
    headings = tuple(" ".join(_text(cell).replace("\n", " ").split()).casefold() for cell in supplement.iter("TH"))
    if headings != _HEADINGS:
        raise ListFormatError(
            f"{place}: Supplement No. 4 has the columns {', '.join(headings) or '(none)'}; "
            f"expected {', '.join(_HEADINGS)}"
        )
    country = ""
    pending: _Row | None = None
    for number, element in enumerate(supplement.iterfind(".//TBODY/TR"), start=1):
        cells = [_text(cell, footnotes=column >= 2) for column, cell in enumerate(element.iter("TD"))]
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(_HEADINGS):
            raise ListFormatError(
                f"{place}: row {number} of Supplement No. 4 has {len(cells)} cells, expected 5; the file is damaged"
            )
        country = " ".join(cells[0].split()) or country
        row = _Row(country, cells[1], *(" ".join(cell.split()) for cell in cells[2:]))
        if pending and not (row.requirement or row.policy or row.citation):
            # a long entry that runs over several rows
            pending = _Row(
                pending.country,
                f"{pending.entity}\n{row.entity}",
                pending.requirement,
                pending.policy,
                pending.citation,
            )
            continue
        if not country or not row.entity.strip():
            raise ListFormatError(f"{place}: row {number} of Supplement No. 4 names no country or no entity")
        if pending:
            yield pending
        pending = row
    if pending:
        yield pending


def _text(element: etree._Element, *, footnotes: bool = False) -> str:
    """The text of a cell, a new line for each break, a footnote mark as its number in square brackets."""
    parts = [_one_line(element.text)]
    for child in element:
        if child.tag == "br":
            parts.append("\n")
        elif isinstance(child.tag, str):
            inner = _text(child, footnotes=footnotes)
            mark = inner.strip(" ,")
            parts.append(f"[{mark}]" if footnotes and child.tag == "sup" and mark.isdecimal() else inner)
        parts.append(_one_line(child.tail))
    return "".join(parts)


def _one_line(text: str | None) -> str:
    """A line break in the file is a space of the cell."""
    return re.sub(r"[\r\n]+", " ", text or "")


def _footnotes(supplement: etree._Element) -> dict[str, str]:
    found = {}
    for cell in supplement.iterfind(".//TFOOT//TD"):
        text = " ".join(_text(cell, footnotes=True).split())
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
        remarks="\n".join([*labels, *party.see_elsewhere, *notes]),
        related=(RelatedEntry(name=party.parent, relation="subordinate to or affiliated with"),)
        if party.parent
        else (),
    )


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

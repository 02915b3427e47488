"""What the formats of the US Treasury's Office of Foreign Assets Control have in common.

It publishes two lists, of Specially Designated Nationals (SDN) and of all others, each in several formats. Which of
the two a file is shows in its name alone (``sdn.csv``, ``cons_prim.csv``, ``consolidated.xml``), except in the
advanced XML.
"""

from __future__ import annotations

import re

from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import Draft
from streams.records.party import EntityType

SDN = "us_ofac_sdn"
NON_SDN = "us_ofac_consolidated"

TYPES: dict[str, EntityType] = {
    "individual": "person",
    "entity": "organization",
    "vessel": "vessel",
    "aircraft": "aircraft",
}
"""Entity types by OFAC's word in lower case."""

_LONGEST = 500
"""A heading or piece of remarks longer than this is prose; the longest of the others has some 200 characters."""

_IDENTIFIER = re.compile(
    r"(?:\bNo\.?|\bIMO|Number|#|\bID|\bID Card|Code|Passport|Identification|Document|Certificate|MMSI|SSN|SWIFT/BIC|"
    r"BIC|ISIN|\bBIK|\bCURP|C\.U\.R\.P\.|\bRFC|R\.F\.C\.|D\.N\.I\.|\bRIF|\bNIT|\bRUC|\bLE|Licen[cs]e|Cedula.*|Tazkira.*|"
    r"Digital Currency Address - \w+)(?:\s?\([^()]*\))?$",
    re.IGNORECASE,
)
_NO_IDENTIFIER = re.compile(r"phone|fax|e-?mail|\bdate\b|chinese commercial code", re.IGNORECASE)
_IN_REMARKS = re.compile(
    r"(?P<kind>[A-Z][^\d;]*?)\s+(?P<value>(?:(?!ID\b)[A-Z]{1,6}[ :.-]?)?[^\s();]*\d[^();]*?)"
    r"(?:\s+\((?P<country>[^()]+)\))?(?P<details>[,\s]+(?:issued|expires|expired|exp\.)\b.*)?"
)
_CODE_IN_REMARKS = re.compile(
    r"(?P<kind>SWIFT/BIC|MICEX Code|Equity Ticker|Digital Currency Address - \w+) (?P<value>\w+)"
)
_FULL_STOP = re.compile(r"(?<!\.\w)(?<!\b\w)(?<!\bCO)(?<!\bLTD)(?<!\bINC)(?<!\bCORP)\.$", re.IGNORECASE)
"""A full stop that ends a remark rather than an abbreviation."""
_LINKED = re.compile(r"\(?Linked To:\s*(?P<name>.+?)\)?")
_QUOTED_NAME = re.compile(r"(?P<how>[afn])\.k\.a\.\s+'(?P<name>.+?)'", re.IGNORECASE)


def source_of(file: ListFile) -> str:
    """The source of a file by its name; a name that tells nothing is that of the SDN list."""
    return NON_SDN if "cons" in file.name.casefold() else SDN


def add_feature(draft: Draft, kind: str, value: str, country: str = "", details: str = "") -> None:
    """What OFAC says of a party under a heading: an identifier where the heading is one, else a remark."""
    heading = kind.strip().rstrip(":-").strip()
    is_identifier = len(heading) <= _LONGEST and _IDENTIFIER.search(heading) and not _NO_IDENTIFIER.search(heading)
    if is_identifier and value:
        issued = ", ".join(part for part in (country, details.strip(" ,;")) if part)
        draft.identifier(heading, value, issued)
    elif said := ", ".join(part for part in (value, country, details) if part):
        draft.remark(heading, said)
    else:
        draft.remark("Identification", heading)


def add_remarks(draft: Draft, text: str) -> None:
    """The remarks of the legacy format, taken apart: dates and places of birth, nationalities, identifiers, quoted
    names, which are weak aliases, and "Linked To". What is none of these stays a remark.
    """
    for piece in re.split(r";\s*", text):
        said = piece.strip()
        plain = _FULL_STOP.sub("", re.sub(r"^alt\.\s+", "", said))
        if len(plain) > _LONGEST:
            draft.remark("", said)
        elif plain:
            _add_piece(draft, said, plain)


def _add_piece(draft: Draft, said: str, plain: str) -> None:
    word, _, rest = plain.partition(" ")
    if word == "DOB":
        draft.birth(rest)
    elif word == "POB":
        draft.remark("Place of birth", rest)
    elif word in ("nationality", "citizen"):
        draft.country(rest, "Nationality" if word == "nationality" else "Citizenship")
    elif linked := _LINKED.fullmatch(plain):
        draft.related(linked["name"], "linked to")
    elif quoted := _QUOTED_NAME.fullmatch(plain):
        draft.name(quoted["name"], "former" if quoted["how"].casefold() == "f" else "alias", weak=True)
    elif code := _CODE_IN_REMARKS.fullmatch(plain):
        draft.identifier(code["kind"], code["value"])
    elif (found := _IN_REMARKS.fullmatch(plain)) and _IDENTIFIER.search(found["kind"]):
        add_feature(draft, found["kind"], found["value"], found["country"] or "", found["details"] or "")
    else:
        draft.remark("", said)

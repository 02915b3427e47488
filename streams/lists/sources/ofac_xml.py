"""OFAC's lists in the sdn.xml schema: one element for each entry, with everything about it inside."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from streams.errors import ListFormatError
from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import Draft
from streams.lists.sources.elements import all_at, elements_of, root_name, text_at, texts_at
from streams.lists.sources.ofac import TYPES, add_feature, add_remarks, source_of
from streams.records.list_entry import ListEntry

NAME = "OFAC lists (sdn.xml schema)"


def recognises(file: ListFile) -> bool:
    """Whether the root is ``sdnList``."""
    return root_name(file) == "sdnList"


def read(file: ListFile) -> Iterator[ListEntry]:
    """The entries in the order of the file.

    Raises :class:`~streams.errors.ListFormatError` when the XML is cut or damaged, an entry has no id, name or known
    type, or the number of entries is not the ``Record_Count`` of the file.
    """
    source = source_of(file)
    expected, number = "", 0
    for element in elements_of(file, "publshInformation", "sdnEntry"):
        if etree.QName(element).localname == "publshInformation":
            expected = text_at(element, "Record_Count")
            continue
        number += 1
        place = f"{file.place}: entry {number}"
        yield _draft(element, source, place).finish(place)
    if expected != str(number):
        raise ListFormatError(
            f"{file.place}: Record_Count says {expected or 'nothing'}, but there are {number:,} entries; "
            "the file is cut or damaged, download it again"
        )


def _draft(element: etree._Element, source: str, place: str) -> Draft:
    kind = text_at(element, "sdnType")
    if kind.casefold() not in TYPES:
        raise ListFormatError(f"{place}: sdnType is {kind[:40]!r}; expected {', '.join(TYPES)}")
    draft = Draft(source, text_at(element, "uid"), TYPES[kind.casefold()], texts_at(element, "programList/program"))
    draft.name(_name(element))
    for aka in all_at(element, "akaList/aka"):
        former = text_at(aka, "type").casefold().startswith("f")
        draft.name(_name(aka), "former" if former else "alias", weak=text_at(aka, "category").casefold() == "weak")
    draft.remark("Title", text_at(element, "title"))
    for address in all_at(element, "addressList/address"):
        lines = (text_at(address, f"address{number}") for number in (1, 2, 3))
        draft.address(
            text_at(address, "country"),
            street=", ".join(line for line in lines if line),
            city=text_at(address, "city"),
            region=text_at(address, "stateOrProvince"),
            postal_code=text_at(address, "postalCode"),
        )
    for label, path in (("Nationality", "nationalityList/nationality"), ("Citizenship", "citizenshipList/citizenship")):
        for country in texts_at(element, f"{path}/country"):
            draft.country(country, label)
    for born in texts_at(element, "dateOfBirthList/dateOfBirthItem/dateOfBirth"):
        draft.birth(born)
    for where in texts_at(element, "placeOfBirthList/placeOfBirthItem/placeOfBirth"):
        draft.remark("Place of birth", where)
    for listed in all_at(element, "idList/id"):
        dates = (("issued", text_at(listed, "issueDate")), ("expires", text_at(listed, "expirationDate")))
        details = ", ".join(f"{label} {day}" for label, day in dates if day)
        add_feature(
            draft, text_at(listed, "idType"), text_at(listed, "idNumber"), text_at(listed, "idCountry"), details
        )
    for vessel in all_at(element, "vesselInfo"):
        _add_vessel(draft, vessel)
    add_remarks(draft, text_at(element, "remarks"))
    return draft


def _name(element: etree._Element) -> str:
    return f"{text_at(element, 'firstName')} {text_at(element, 'lastName')}"


def _add_vessel(draft: Draft, vessel: etree._Element) -> None:
    if call_sign := text_at(vessel, "callSign"):
        draft.identifier("Call sign", call_sign)
    draft.remark("Vessel type", text_at(vessel, "vesselType"))
    draft.country(text_at(vessel, "vesselFlag"), "Flag")
    draft.related(text_at(vessel, "vesselOwner"), "owner")
    draft.remark("Tonnage", text_at(vessel, "tonnage"))
    draft.remark("Gross registered tonnage", text_at(vessel, "grossRegisteredTonnage"))

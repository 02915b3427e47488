"""The United Nations Security Council's consolidated list, in its XML."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import Draft, Kind
from streams.lists.sources.elements import all_at, elements_of, root_name, text_at, texts_at
from streams.lists.sources.written_dates import day_of
from streams.records.list_entry import ListEntry

NAME = "UN Security Council Consolidated List (XML)"
SOURCE = "un_sc_consolidated"

_NAME_PARTS = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_ALIAS_DETAILS = {
    "NOTE": "",
    "DATE_OF_BIRTH": "born",
    "CITY_OF_BIRTH": "in",
    "COUNTRY_OF_BIRTH": "in",
}


def recognises(file: ListFile) -> bool:
    """Whether the root is ``CONSOLIDATED_LIST``."""
    return root_name(file) == "CONSOLIDATED_LIST"


def read(file: ListFile) -> Iterator[ListEntry]:
    """The entries in the order of the file: individuals, then entities. Their ids are the reference numbers.

    Raises :class:`~streams.errors.ListFormatError` when the XML is cut or damaged, or an entry has no reference number
    or name.
    """
    for number, element in enumerate(elements_of(file, "INDIVIDUAL", "ENTITY"), start=1):
        place = f"{file.place}: entry {number}"
        yield _draft(element, place).finish(place)


def _draft(element: etree._Element, place: str) -> Draft:
    kind = etree.QName(element).localname
    draft = Draft(
        SOURCE,
        text_at(element, "REFERENCE_NUMBER"),
        "person" if kind == "INDIVIDUAL" else "organization",
        texts_at(element, "UN_LIST_TYPE"),
        effective_from=day_of(text_at(element, "LISTED_ON")[:10], "LISTED_ON", place),
    )
    draft.name(" ".join(text_at(element, part) for part in _NAME_PARTS))
    draft.name(text_at(element, "NAME_ORIGINAL_SCRIPT"), "native")
    for listed in all_at(element, f"{kind}_ALIAS"):
        _add_alias(draft, listed)
    for label, path in (("Title", "TITLE"), ("Designation", "DESIGNATION")):
        for said in texts_at(element, f"{path}/VALUE"):
            draft.remark(label, said)
    draft.remark("Gender", text_at(element, "GENDER"))
    for nationality in texts_at(element, "NATIONALITY/VALUE"):
        draft.country(nationality, "Nationality")
    for address in all_at(element, f"{kind}_ADDRESS"):
        draft.address(
            text_at(address, "COUNTRY"),
            text_at(address, "NOTE"),
            street=text_at(address, "STREET"),
            city=text_at(address, "CITY"),
            region=text_at(address, "STATE_PROVINCE"),
            postal_code=text_at(address, "ZIP_CODE"),
        )
    for born in all_at(element, "INDIVIDUAL_DATE_OF_BIRTH"):
        _add_birth(draft, born)
    for born in all_at(element, "INDIVIDUAL_PLACE_OF_BIRTH"):
        places = (text_at(born, part) for part in ("STREET", "CITY", "STATE_PROVINCE", "COUNTRY", "NOTE"))
        draft.remark("Place of birth", ", ".join(part for part in places if part))
    for document in all_at(element, "INDIVIDUAL_DOCUMENT"):
        _add_document(draft, document)
    draft.remark("", text_at(element, "COMMENTS1"))
    draft.remark("Last updated", ", ".join(texts_at(element, "LAST_DAY_UPDATED/VALUE")))
    return draft


def _add_alias(draft: Draft, listed: etree._Element) -> None:
    quality, name = text_at(listed, "QUALITY").casefold(), text_at(listed, "ALIAS_NAME")
    kind: Kind = "former" if quality.startswith("f.k.a") else "alias"
    draft.name(name, kind, weak=quality == "low")
    said = (f"{word} {text}" for part, word in _ALIAS_DETAILS.items() if (text := text_at(listed, part)))
    draft.remark(f"Alias {name}", ", ".join(said))


def _add_birth(draft: Draft, born: etree._Element) -> None:
    exact = text_at(born, "TYPE_OF_DATE").casefold() in ("exact", "")
    day = text_at(born, "DATE") or text_at(born, "YEAR")
    if day and exact:
        draft.birth(day)
    elif day:
        draft.remark("Date of birth", f"{text_at(born, 'TYPE_OF_DATE').casefold()} {day}")
    if first := text_at(born, "FROM_YEAR"):
        draft.remark("Date of birth", f"between {first} and {text_at(born, 'TO_YEAR') or 'an unknown year'}")
    draft.remark("Date of birth", text_at(born, "NOTE"))


def _add_document(draft: Draft, document: etree._Element) -> None:
    kind = text_at(document, "TYPE_OF_DOCUMENT") or text_at(document, "TYPE_OF_DOCUMENT2")
    details = (
        ("", text_at(document, "TYPE_OF_DOCUMENT2")),
        ("", text_at(document, "ISSUING_COUNTRY") or text_at(document, "COUNTRY_OF_ISSUE")),
        ("issued in", text_at(document, "CITY_OF_ISSUE")),
        ("issued", text_at(document, "DATE_OF_ISSUE")),
        ("expires", text_at(document, "DATE_OF_EXPIRY")),
        ("", text_at(document, "NOTE")),
    )
    said = ", ".join(f"{label} {text}".strip() for label, text in details if text and text != kind)
    if kind or said or text_at(document, "NUMBER"):
        draft.identifier(kind, text_at(document, "NUMBER"), said)

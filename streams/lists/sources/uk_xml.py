"""The UK Sanctions List as XML: an element for each designation, with everything about it inside."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import one_line
from streams.lists.sources.elements import elements_of, root_name, text_at
from streams.lists.sources.uk import Designation, word_of
from streams.records.list_entry import ListEntry

NAME = "UK Sanctions List (XML)"

_REPEATED = "SanctionsImposedIndicators"
"""Says again, as true or false, what ``SanctionsImposed`` says in words."""
_NUMBERED = frozenset(
    ("Passport", "NationalIdentifier", "BusinessRegistrationNumber", "IMONumber", "HullIdentificationNumber")
)


def recognises(file: ListFile) -> bool:
    """Whether the root is ``Designations``."""
    return root_name(file) == "Designations"


def read(file: ListFile) -> Iterator[ListEntry]:
    """The entries in the order of the file. Their ids are the unique ids.

    Raises :class:`~streams.errors.ListFormatError` when the XML is cut or damaged, or a designation has no id, no name,
    no known type or a date that is none.
    """
    for number, element in enumerate(elements_of(file, "Designation"), start=1):
        designation = Designation(text_at(element, "UniqueID"), f"{file.place}: designation {number}")
        for part in element:
            _take(part, designation)
        yield designation.finish()


def _take(element: etree._Element, designation: Designation) -> None:
    """Reads an element that has a meaning as a whole, or else what is inside it."""
    name = etree.QName(element).localname
    children = list(element)
    said = {word_of(etree.QName(child).localname): one_line(child.text) for child in children or [element]}
    if name == _REPEATED:
        return
    if name == "Name" and children:
        designation.name(said)
    elif name == "NonLatinName":
        designation.native_name(said)
    elif name == "Address" and children:
        designation.address(said)
    elif name == "Location" and children:
        designation.birth_place(said)
    elif name in _NUMBERED:
        designation.numbered(said)
    elif children:
        for child in children:
            _take(child, designation)
    elif text := one_line(element.text):
        designation.fact(word_of(name), _label(name), text)


def _label(name: str) -> str:
    """ "UNReferenceNumber" as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)

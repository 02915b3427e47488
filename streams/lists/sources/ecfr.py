"""The eCFR's XML of 15 CFR 744, whole or a supplement alone: three lists of the US Bureau of Industry and Security.

Supplement No. 4 is the Entity List, No. 6 the Unverified List, No. 7 the Military End-User List; each is a source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from streams.errors import ListFormatError
from streams.lists.sources import entity_list, military_end_users, unverified_list
from streams.lists.sources.content import ListFile
from streams.lists.sources.elements import parse, root_name
from streams.records.list_entry import ListEntry

NAME = "Entity, Unverified and Military End-User Lists (eCFR XML of 15 CFR 744)"

_READERS: dict[str, Callable[[etree._Element, str], tuple[ListEntry, ...]]] = {
    "Supplement No. 4 to Part 744": entity_list.read,
    "Supplement No. 6 to Part 744": unverified_list.read,
    "Supplement No. 7 to Part 744": military_end_users.read,
}


def recognises(file: ListFile) -> bool:
    """Whether the file is the eCFR's XML: its elements are numbered divisions."""
    return root_name(file) in ("DIV1", "DIV3", "DIV5", "DIV9", "ECFR", "DLPSTEXTCLASS")


def read(file: ListFile) -> Iterator[ListEntry]:
    """The entries of each of the three lists that is there, list by list.

    Raises :class:`~streams.errors.ListFormatError` when the XML is cut or damaged, when none of the three supplements
    is there, or when the table of one does not have the columns its reader knows.
    """
    found = 0
    for division in parse(file).iter("DIV9"):
        if reader := _READERS.get(division.get("N", "").strip()):
            found += 1
            yield from reader(division, file.place)
    if not found:
        raise ListFormatError(
            f"{file.place}: has no Supplement No. 4 to Part 744, which is the Entity List, nor No. 6 or 7; "
            "download the XML of title 15, part 744 from the eCFR"
        )

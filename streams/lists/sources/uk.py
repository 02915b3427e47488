"""What the CSV and the XML of the UK Sanctions List have in common: a designation and what is said of it, by column.

Both give the same facts under nearly the same words ("Name non-latin script", ``NameNonLatinScript``); here a word is
in lower case without anything but letters and digits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from streams.errors import ListFormatError
from streams.lists.sources.draft import Draft, Kind
from streams.lists.sources.written_dates import day_of
from streams.records.list_entry import ListEntry
from streams.records.party import EntityType

SOURCE = "uk_sanctions_list"

_TYPES: dict[str, EntityType] = {"individual": "person", "entity": "organization", "ship": "vessel"}
_NAME_PARTS = ("name1", "name2", "name3", "name4", "name5", "name6")
"""Given names first, the family name or the whole name of an entity last."""
_ADDRESS_LINES = ("addressline1", "addressline2", "addressline3", "addressline4")
_IDENTIFIERS = {
    "passportnumber": ("Passport", "passportadditionalinformation"),
    "nationalidentifiernumber": ("National identifier", "nationalidentifieradditionalinformation"),
    "businessregistrationnumber": ("Business registration number", ""),
    "businessregistrationnumbers": ("Business registration number", ""),
    "imonumber": ("IMO", ""),
    "hullidentificationnumber": ("Hull identification number", ""),
    "hullidentificationnumberhin": ("Hull identification number", ""),
}
_RELATED = {
    "parentcompany": "parent company",
    "subsidiaries": "subsidiary",
    "subsidiary": "subsidiary",
    "currentowneroperator": "owner or operator",
    "currentowneroperators": "owner or operator",
    "previousowneroperator": "previous owner or operator",
    "previousowneroperators": "previous owner or operator",
}
_COUNTRIES = {
    "nationality": "Nationality",
    "nationalityies": "Nationality",
    "currentbelievedflagofship": "Flag",
}
_BIRTHS = ("dob", "dateofbirth")


def word_of(column: str) -> str:
    """A column or element by its letters and digits alone, in lower case."""
    return re.sub(r"[^a-z0-9]", "", column.casefold())


class Designation:
    """One designation in the making. Facts may come in any order and more than once."""

    def __init__(self, unique_id: str, place: str) -> None:
        self._place = place
        self._draft = Draft(SOURCE, unique_id)
        self._names: list[tuple[int, str, Kind, bool]] = []

    def name(self, said: Mapping[str, str]) -> None:
        """A name in parts, with its type and strength."""
        kind, strength = said.get("nametype", "").casefold(), said.get("aliasstrength", "").casefold()
        name = " ".join(said.get(part, "") for part in _NAME_PARTS)
        former = "former" in kind or "previous" in kind or "f.k.a" in strength
        rank = 0 if kind == "primary name" else 1
        self._names.append((rank, name, "former" if former else "alias", "low" in strength))

    def native_name(self, said: Mapping[str, str]) -> None:
        """A name in another script, with the script and language it is in."""
        name = said.get("namenonlatinscript", "")
        self._names.append((2, name, "native", False))
        language = ", ".join(
            text for word in ("nonlatinscripttype", "nonlatinscriptlanguage") if (text := said.get(word))
        )
        self._draft.remark(f"Name {name}", language)

    def address(self, said: Mapping[str, str]) -> None:
        """An address in up to six lines, the last two being region and city."""
        self._draft.address(
            said.get("addresscountry"),
            street=", ".join(line for word in _ADDRESS_LINES if (line := said.get(word, "").strip())),
            region=said.get("addressline5"),
            city=said.get("addressline6"),
            postal_code=said.get("addresspostalcode"),
        )

    def birth_place(self, said: Mapping[str, str]) -> None:
        """Town and country of birth."""
        where = (said.get("townofbirth", ""), said.get("countryofbirth", ""))
        self._draft.remark("Place of birth", ", ".join(part for part in where if part))

    def numbered(self, said: Mapping[str, str]) -> None:
        """Identifiers, each with the additional information that stands beside it."""
        for word, (kind, beside) in _IDENTIFIERS.items():
            value, details = said.get(word, ""), said.get(beside, "")
            if value or details:
                self._draft.identifier(kind, value, details)

    def fact(self, word: str, label: str, text: str) -> None:
        """Anything else, under its word; ``label`` is how the list writes the word. Unknown words become remarks."""
        if word == "regimename":
            self._draft.programs.append(text)
        elif word in ("individualentityship", "designationtype"):
            if text.casefold() not in _TYPES:
                raise ListFormatError(f"{self._place}: the type is {text[:40]!r}; expected {', '.join(_TYPES)}")
            self._draft.entity_type = _TYPES[text.casefold()]
        elif word == "datedesignated":
            self._draft.effective_from = day_of(text, label, self._place)
        elif word in _BIRTHS:
            self._draft.birth(text)
        elif word in _COUNTRIES:
            self._draft.country(text, _COUNTRIES[word])
        elif word in _RELATED:
            self._draft.related(text, _RELATED[word])
        elif word != "uniqueid":
            self._draft.remark(label, text)

    def finish(self) -> ListEntry:
        """The entry, the primary name first. Errors are those of :meth:`Draft.finish`."""
        for _, name, kind, weak in sorted(self._names, key=lambda one: one[0]):
            self._draft.name(name, kind, weak=weak)
        return self._draft.finish(self._place)

"""An entry in the making: what every format puts into a list entry, and the rules that are the same for all."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import msgspec
from msgspec import structs

from streams.errors import ListFormatError
from streams.lists.sources.listed_names import alias, without_repeats
from streams.lists.sources.places import country_code
from streams.lists.sources.written_dates import partial_date
from streams.records.list_entry import ListedName, ListEntry, RelatedEntry
from streams.records.party import Address, EntityType, Identifier

Kind = Literal["primary", "alias", "former", "native"]

NO_COUNTRY = frozenset(("", "undetermined", "unknown", "none", "none identified", "n/a", "00"))
"""What lists write where they know no country."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_IMO = re.compile(r"IMO[\s#:.-]*(\d{7})", re.IGNORECASE)
_TYPES = {
    "legal entity number": "LEI",
    "lei number": "LEI",
    "swift/bic": "BIC",
    "unified social credit code (uscc)": "USCC",
    "imo number": "IMO",
}
"""Types of identifiers that lists name in words of their own, by the standard's name."""
_LONGEST_COUNTRY = 128
_LONGEST_TYPE = 128
_LONGEST_IDENTIFIER = 512


def one_line(text: str | None) -> str:
    """The text with every run of white space as one space, none around it; empty for None."""
    return " ".join((text or "").split())


def country_of(name: str | None) -> str:
    """The alpha-2 code of a country as a list names it, the name itself when it is unknown, empty for none."""
    text = one_line(name)
    if text.casefold() in NO_COUNTRY:
        return ""
    return country_code(text) or text


def is_latin(text: str) -> bool:
    """Whether the letters of a name are Latin ones; a name without letters counts as Latin."""
    return all("LATIN" in unicodedata.name(letter, "") for letter in text if letter.isalpha())


def checked(entry: ListEntry, place: str) -> ListEntry:
    """The entry, which is readable wherever it is sent; building a record alone does not check that.

    Raises :class:`~streams.errors.ListFormatError` naming the field that has a wrong length or form, and for a
    name or id with control characters, which no list writes on purpose.
    """
    for text in (entry.entry_id, *(name.name for name in entry.names)):
        if control := _CONTROL.search(text):
            raise ListFormatError(
                f"{place}: {text[:80]!r} has a control character ({control[0]!r}); the file is damaged"
            )
    try:
        return msgspec.convert(msgspec.to_builtins(entry, builtin_types=(date,)), ListEntry)
    except msgspec.ValidationError as error:
        raise ListFormatError(f"{place}: {error}; the file is damaged, or the format changed") from error


@dataclass
class Draft:
    """Collects an entry. Empty values are left out, repeated ones kept once, unknown ones go to the remarks."""

    source: str
    entry_id: str
    entity_type: EntityType | None = None
    programs: list[str] = field(default_factory=list)
    license_requirement: str = ""
    license_policy: str = ""
    citations: list[str] = field(default_factory=list)
    effective_from: date | None = None
    effective_to: date | None = None
    _names: list[ListedName] = field(default_factory=list)
    _addresses: list[Address] = field(default_factory=list)
    _countries: list[str] = field(default_factory=list)
    _identifiers: list[Identifier] = field(default_factory=list)
    _births: list[str] = field(default_factory=list)
    _remarks: list[str] = field(default_factory=list)
    _related: list[RelatedEntry] = field(default_factory=list)

    def name(self, text: str | None, kind: Kind = "alias", *, weak: bool = False) -> None:
        """A name; an alias is weak when the list says so or when it is one short word.

        The first name is the primary one, whatever its kind; a later one called primary is an alias.
        """
        name = one_line(text)
        if not name:
            return
        if not self._names:
            self._names.append(ListedName(name=name))
        elif kind == "native":
            self._names.append(ListedName(name=name, kind="native", strength="weak" if weak else "strong"))
        else:
            listed = alias(name, "former" if kind == "former" else "alias")
            self._names.append(structs.replace(listed, strength="weak") if weak else listed)

    def address(self, country: str | None = "", remark: str = "", **parts: str | None) -> None:
        """An address in the parts of :class:`~streams.records.party.Address`; a bare country is only a country."""
        said = {part: text for part, value in parts.items() if (text := one_line(value))}
        code = self.country(country)
        if said:
            self._addresses.append(Address(country=code, **said))
        if remark := one_line(remark):
            self.remark("Address", ", ".join((*said.values(), remark)))

    def country(self, name: str | None, label: str = "") -> str:
        """A country the party has to do with; with a label, such as nationality, it is said in the remarks too.

        Returns what was added: its code, or its name where no code is known, or nothing.
        """
        code = country_of(name)
        if label:
            self.remark(label, name)
        if len(code) > _LONGEST_COUNTRY:
            self.remark("Country", code)
            return ""
        if code:
            self._countries.append(code)
        return code

    def identifier(self, kind: str | None, value: str | None, details: str = "") -> None:
        """An identifier; details, such as where it was issued, and what is too long for one go to the remarks."""
        kind, value = one_line(kind) or "Identification", one_line(value)
        if imo := _IMO.fullmatch(value):
            kind, value = "IMO", imo[1]
        kind = _TYPES.get(kind.casefold(), kind)
        if value and len(kind) <= _LONGEST_TYPE and len(value) <= _LONGEST_IDENTIFIER:
            self._identifiers.append(Identifier(type=kind, value=value))
            self.remark(f"{kind} {value}", details)
        else:
            self.remark(kind, ", ".join(part for part in (value, one_line(details)) if part))

    def birth(self, text: str | None, label: str = "Date of birth") -> None:
        """A date of birth; one that is about, a range, or in words no date is made of goes to the remarks."""
        if born := partial_date(text):
            self._births.append(born)
        else:
            self.remark(label, text)

    def related(self, name: str | None, relation: str, entry_id: str = "") -> None:
        """Another party the list names beside this one."""
        if text := one_line(name):
            self._related.append(RelatedEntry(name=text, relation=relation, entry_id=entry_id))

    def remark(self, label: str, value: str | None) -> None:
        """A line of the remarks, with a label unless it is empty."""
        if text := one_line(value):
            self._remarks.append(f"{label}: {text}" if label else text)

    def finish(self, place: str) -> ListEntry:
        """The entry.

        Raises :class:`~streams.errors.ListFormatError` when it has no id or name, or a field is not as it may be.
        """
        if not one_line(self.entry_id):
            raise ListFormatError(f"{place}: has no id; the file is damaged, or the format changed")
        if not self._names:
            raise ListFormatError(f"{place}: entry {self.entry_id[:80]!r} has no name; the file is damaged")
        return checked(
            ListEntry(
                source=self.source,
                entry_id=one_line(self.entry_id),
                names=without_repeats(self._names),
                entity_type=self.entity_type,
                addresses=tuple(dict.fromkeys(self._addresses)),
                countries=tuple(dict.fromkeys(self._countries)),
                identifiers=tuple(dict.fromkeys(self._identifiers)),
                birth_dates=tuple(dict.fromkeys(self._births)),
                programs=tuple(dict.fromkeys(program for text in self.programs if (program := one_line(text)))),
                license_requirement=one_line(self.license_requirement),
                license_policy=one_line(self.license_policy),
                citation="; ".join(dict.fromkeys(cited for text in self.citations if (cited := one_line(text)))),
                effective_from=self.effective_from,
                effective_to=self.effective_to,
                remarks="\n".join(dict.fromkeys(self._remarks)),
                related=tuple(dict.fromkeys(self._related)),
            ),
            place,
        )

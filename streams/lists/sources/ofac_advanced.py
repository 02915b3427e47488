"""OFAC's lists in the advanced XML (``SDN_ADVANCED.XML``, ``CONS_ADVANCED.XML``): over 100 MB, read element by element.

The file is a database in XML: reference values, places, documents, parties with names in parts and scripts, what
parties have to do with each other, and last the entries on the lists, each part referring to others by number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from streams.errors import ListFormatError
from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import Draft, Kind
from streams.lists.sources.elements import all_at, elements_of, root_name, text_at, texts_at
from streams.lists.sources.ofac import NON_SDN, SDN, TYPES, add_feature
from streams.lists.sources.ofac_references import Location, ReferenceValues, comments_of, dates_of, period_text
from streams.lists.sources.written_dates import day_of
from streams.records.list_entry import ListEntry

NAME = "OFAC lists (advanced XML)"

_PARTS = (
    "ReferenceValueSets", "Location", "IDRegDocument", "DistinctParty", "ProfileRelationship", "SanctionsEntry",
)  # fmt: skip
_ORDER = ("first name", "middle name", "patronymic", "last name", "matronymic", "maiden name")
"""How the parts of a person's name in Latin letters follow each other; others stay as the file has them."""
_SDN_LIST = "SDN List"
_LATIN = "Latin"


@dataclass
class _Reading:
    """What has been read of a file so far."""

    place: str
    values: ReferenceValues | None = None
    locations: dict[str, Location] = field(default_factory=dict)
    documents: dict[str, list[tuple[str, str, str, str]]] = field(default_factory=lambda: defaultdict(list))
    drafts: dict[str, Draft] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)

    def known(self) -> ReferenceValues:
        if self.values is None:
            raise ListFormatError(f"{self.place}: the reference values do not come first; the file is damaged")
        return self.values


def recognises(file: ListFile) -> bool:
    """Whether the root is ``Sanctions``."""
    return root_name(file) == "Sanctions"


def read(file: ListFile) -> Iterator[ListEntry]:
    """The entries in the order of the file's parties; the id is the profile's number, as in the other formats.

    Raises :class:`~streams.errors.ListFormatError` when the XML is cut or damaged, something refers to what is not in
    the file, or a party is on no list.
    """
    reading = _Reading(file.place)
    for element in elements_of(file, *_PARTS):
        match etree.QName(element).localname:
            case "ReferenceValueSets":
                reading.values = ReferenceValues(element, file.place)
            case "Location":
                reading.locations[element.get("ID", "")] = Location.read(element, reading.known())
            case "IDRegDocument":
                _read_document(element, reading)
            case "DistinctParty":
                _read_party(element, reading)
            case "ProfileRelationship":
                _read_relation(element, reading)
            case _:
                _read_listing(element, reading)
    for number, draft in reading.drafts.items():
        place = f"{file.place}: profile {number}"
        if number not in reading.listed:
            raise ListFormatError(f"{place} is on no list; the file is cut or damaged, download it again")
        yield draft.finish(place)


def _read_document(element: etree._Element, reading: _Reading) -> None:
    values = reading.known()
    details = [values.text("Country", element.get("IssuedBy-CountryID")), *texts_at(element, "IssuingAuthority")]
    for dated in all_at(element, "DocumentDate"):
        word = values.text("IDRegDocDateType", dated.get("IDRegDocDateTypeID")).casefold()
        details += [f"{word} {period_text(period)}" for period in all_at(dated, "DatePeriod")]
    number = text_at(element, "IDRegistrationNo")
    comment = comments_of(element)
    details += [comment] if comment != number else []
    kind = values.text("IDRegDocType", element.get("IDRegDocTypeID"))
    said = ", ".join(detail for detail in details if detail)
    reading.documents[element.get("IdentityID", "")].append((kind, number, "", said))


def _read_party(element: etree._Element, reading: _Reading) -> None:
    values = reading.known()
    for profile in all_at(element, "Profile"):
        number = profile.get("ID", "")
        kind = values.party_type(profile.get("PartySubTypeID"))
        if kind.casefold() not in TYPES:
            raise ListFormatError(f"{reading.place}: profile {number} is of type {kind!r}; expected {', '.join(TYPES)}")
        draft = Draft(SDN, number, TYPES[kind.casefold()])
        for identity in all_at(profile, "Identity"):
            names = _names(identity, values, draft.entity_type == "person")
            for name, name_kind, weak in names:
                draft.name(name, name_kind, weak=weak)
                reading.names.setdefault(number, name)
            for document in reading.documents.pop(identity.get("ID", ""), ()):
                add_feature(draft, *document)
        for feature in all_at(profile, "Feature"):
            _add_features(draft, feature, reading)
        draft.remark("", comments_of(element))
        reading.drafts[number] = draft


def _names(identity: etree._Element, values: ReferenceValues, person: bool) -> list[tuple[str, Kind, bool]]:
    """Name, kind and whether it is weak, of each documented name; the primary one first, in Latin letters."""
    parts = {
        group.get("ID", ""): values.text("NamePartType", group.get("NamePartTypeID")).casefold()
        for group in all_at(identity, "NamePartGroups/MasterNamePartGroup/NamePartGroup")
    }
    found: list[tuple[tuple[bool, bool], str, Kind, bool]] = []
    for alias in all_at(identity, "Alias"):
        former = values.text("AliasType", alias.get("AliasTypeID")).casefold().startswith("f")
        for documented in all_at(alias, "DocumentedName"):
            pieces = all_at(documented, "DocumentedNamePart/NamePartValue")
            scripts = {values.text("Script", piece.get("ScriptID")) for piece in pieces} - {""}
            latin = scripts <= {_LATIN}
            if person and latin:
                pieces = sorted(pieces, key=lambda piece: _rank(parts.get(piece.get("NamePartGroupID", ""), "")))
            name = " ".join(piece.text or "" for piece in pieces)
            kind: Kind = "native" if not latin else "former" if former else "alias"
            primary = alias.get("Primary") == "true"
            found.append(((not (primary and latin), not primary), name, kind, alias.get("LowQuality") == "true"))
    return [(name, kind, weak) for _, name, kind, weak in sorted(found, key=lambda one: one[0])]


def _rank(part: str) -> int:
    return _ORDER.index(part) if part in _ORDER else len(_ORDER)


def _add_features(draft: Draft, feature: etree._Element, reading: _Reading) -> None:
    label = reading.known().text("FeatureType", feature.get("FeatureTypeID"))
    versions = all_at(feature, "FeatureVersion") or [feature]
    for version in versions:
        for place in all_at(version, "VersionLocation"):
            _add_location(draft, label, place.get("LocationID", ""), reading)
        for period in all_at(version, "DatePeriod"):
            if label == "Birthdate":
                draft.birth(period_text(period))
            else:
                draft.remark(label, period_text(period))
        for detail in all_at(version, "VersionDetail"):
            text = detail.text or reading.known().text("DetailReference", detail.get("DetailReferenceID"))
            if "call sign" in label.casefold() and text:
                draft.identifier("Call sign", text)
            else:
                add_feature(draft, label, text)
        draft.remark(label, comments_of(version))


def _add_location(draft: Draft, label: str, number: str, reading: _Reading) -> None:
    location = reading.locations.get(number)
    if location is None:
        raise ListFormatError(f"{reading.place}: profile {draft.entry_id} refers to place {number}, which is not there")
    if label == "Location":
        location.add_to(draft)
    elif location.country and not location.parts:
        draft.country(location.country, label.removesuffix(" Country"))
    else:
        draft.remark(label, str(location))


def _read_relation(element: etree._Element, reading: _Reading) -> None:
    here, there = element.get("From-ProfileID", ""), element.get("To-ProfileID", "")
    if here not in reading.drafts or there not in reading.names:
        raise ListFormatError(f"{reading.place}: relates profiles {here} and {there}, one of which is not there")
    relation = reading.known().text("RelationType", element.get("RelationTypeID")).casefold()
    reading.drafts[here].related(reading.names[there], relation, there)
    reading.drafts[here].remark(f"{relation.capitalize()} {reading.names[there]}", comments_of(element))


def _read_listing(element: etree._Element, reading: _Reading) -> None:
    """What a ``SanctionsEntry`` adds to a party: the list, programs, legal bases, and the day it was listed."""
    values, number = reading.known(), element.get("ProfileID", "")
    draft = reading.drafts.get(number)
    if draft is None:
        raise ListFormatError(f"{reading.place}: lists profile {number}, which is not there; the file is damaged")
    of_list = values.text("List", element.get("ListID"))
    if number not in reading.listed or of_list == _SDN_LIST:
        draft.source = SDN if of_list == _SDN_LIST else NON_SDN
    reading.listed.add(number)
    if of_list != _SDN_LIST:
        draft.remark("List", of_list)
    for event in all_at(element, "EntryEvent"):
        draft.citations.append(values.text("LegalBasis", event.get("LegalBasisID")))
        draft.remark("Listing", comments_of(event))
        for day in dates_of(event):
            listed = day_of(day, "EntryEvent date", f"{reading.place}: profile {number}")
            if listed and (draft.effective_from is None or listed < draft.effective_from):
                draft.effective_from = listed
    for measure in all_at(element, "SanctionsMeasure"):
        kind = values.text("SanctionsType", measure.get("SanctionsTypeID"))
        if kind == "Program":
            draft.programs += texts_at(measure, "Comment")
        else:
            draft.remark("Measure", ", ".join(part for part in (kind, comments_of(measure)) if part))

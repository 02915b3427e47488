"""The European Union's consolidated financial sanctions list: the Financial Sanctions Files XML, version 1.1.

Nearly everything is in attributes. A name may be marked as not strong, and a remark may call it of low quality.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from streams.errors import ListFormatError
from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import Draft, is_latin, one_line
from streams.lists.sources.elements import all_at, elements_of, root_name, texts_at
from streams.lists.sources.written_dates import day_of
from streams.records.list_entry import ListEntry
from streams.records.party import EntityType

NAME = "EU Financial Sanctions Files (XML 1.1)"
SOURCE = "eu_fsf"

_TYPES: dict[str, EntityType] = {"person": "person", "enterprise": "organization"}
_UNKNOWN = "UNKNOWN"
_NAMESPACE = "http://eu.europa.ec/fpi/fsd/export"


def recognises(file: ListFile) -> bool:
    """Whether the root is ``export`` in the namespace of the Financial Sanctions Files."""
    return root_name(file) == "export" and _NAMESPACE in file.beginning[:2000]


def read(file: ListFile) -> Iterator[ListEntry]:
    """The entries in the order of the file. Their ids are the EU reference numbers, or else the logical ids.

    Raises :class:`~streams.errors.ListFormatError` when the XML is cut or damaged, or an entry has no id, name or known
    type.
    """
    for number, element in enumerate(elements_of(file, "sanctionEntity"), start=1):
        place = f"{file.place}: entry {number}"
        yield _draft(element, place).finish(place)


def _draft(element: etree._Element, place: str) -> Draft:
    kind = next((_at(subject, "code") for subject in all_at(element, "subjectType")), "")
    if kind not in _TYPES:
        raise ListFormatError(f"{place}: subjectType is {kind[:40]!r}; expected {', '.join(_TYPES)}")
    draft = Draft(
        SOURCE,
        _at(element, "euReferenceNumber") or _at(element, "logicalId"),
        _TYPES[kind],
        effective_from=day_of(_at(element, "designationDate"), "designationDate", place),
    )
    _add_names(draft, element)
    _add_regulations(draft, element)
    draft.remark("Designation", _at(element, "designationDetails"))
    draft.remark("UN reference", _at(element, "unitedNationId"))
    for address in all_at(element, "address"):
        _add_address(draft, address)
    for born in all_at(element, "birthdate"):
        _add_birth(draft, born)
    for citizenship in all_at(element, "citizenship"):
        draft.country(_country(citizenship), "Citizenship")
        draft.remark("Citizenship", ", ".join(texts_at(citizenship, "remark")))
    for listed in all_at(element, "identification"):
        _add_identification(draft, listed)
    for remark in texts_at(element, "remark"):
        draft.remark("", remark)
    return draft


def _add_names(draft: Draft, element: etree._Element) -> None:
    """Strong names in Latin letters first, so that the primary one is among them when there is one."""
    for alias in sorted(all_at(element, "nameAlias"), key=lambda alias: (_is_weak(alias), not is_latin(_whole(alias)))):
        name = _whole(alias)
        draft.name(name, "alias" if is_latin(name) else "native", weak=_is_weak(alias))
        for label in ("title", "function", "gender"):
            draft.remark(label.capitalize(), _at(alias, label))
        for remark in texts_at(alias, "remark"):
            draft.remark(f"Name {name}", remark)


def _whole(alias: etree._Element) -> str:
    parts = (_at(alias, part) for part in ("firstName", "middleName", "lastName"))
    return _at(alias, "wholeName") or " ".join(part for part in parts if part)


def _is_weak(alias: etree._Element) -> bool:
    said = " ".join(texts_at(alias, "remark")).casefold()
    return _at(alias, "strong") == "false" or "low quality" in said


def _add_regulations(draft: Draft, element: etree._Element) -> None:
    for regulation in all_at(element, "regulation"):
        draft.programs.append(_at(regulation, "programme"))
        published = _at(regulation, "publicationDate")
        draft.citations.append(", ".join(part for part in (_at(regulation, "numberTitle"), published) if part))
        draft.remark("Regulation", " ".join(texts_at(regulation, "publicationUrl")))
        draft.remark("In force", _at(regulation, "entryIntoForceDate"))


def _add_address(draft: Draft, address: etree._Element) -> None:
    box = _at(address, "poBox")
    draft.address(
        _country(address),
        ", ".join(texts_at(address, "remark")),
        street=", ".join(part for part in (_at(address, "street"), box and f"P.O. Box {box}") if part),
        city=", ".join(part for part in (_at(address, "place"), _at(address, "city")) if part),
        region=_at(address, "region"),
        postal_code=_at(address, "zipCode"),
    )
    for contact in all_at(address, "contactInfo"):
        draft.remark(_at(contact, "key").capitalize() or "Contact", _at(contact, "value"))


def _add_birth(draft: Draft, born: etree._Element) -> None:
    parts = (_at(born, "year"), _at(born, "monthOfYear").zfill(2), _at(born, "dayOfMonth").zfill(2))
    day = _at(born, "birthdate") or "-".join(parts if parts[1] != "00" else parts[:1])
    if day and _at(born, "circa") == "true":
        draft.remark("Date of birth", f"about {day}")
    else:
        draft.birth(day)
    if (first := _at(born, "yearRangeFrom")) and first != "0":
        draft.remark("Date of birth", f"between {first} and {_at(born, 'yearRangeTo')}")
    where = (_at(born, part) for part in ("place", "city", "region"))
    draft.remark("Place of birth", ", ".join(part for part in (*where, _country(born)) if part))
    draft.remark("Birth", ", ".join(texts_at(born, "remark")))


def _add_identification(draft: Draft, listed: etree._Element) -> None:
    kind = _at(listed, "identificationTypeDescription") or _at(listed, "identificationTypeCode")
    latin, number = _at(listed, "latinNumber"), _at(listed, "number")
    flags = {
        "knownExpired": "expired",
        "knownFalse": "false",
        "reportedLost": "reported lost",
        "revokedByIssuer": "revoked",
    }
    details = (
        _country(listed),
        number if latin and number != latin else "",
        *(f"{word} {day}" for word, at in (("issued", "issueDate"), ("valid from", "validFrom"), ("to", "validTo"))
          if (day := _at(listed, at))),
        *(f"{word} {text}" for word, at in (("issued by", "issuedBy"), ("in the name of", "nameOnDocument"))
          if (text := _at(listed, at))),
        *(word for at, word in flags.items() if _at(listed, at) == "true"),
        *texts_at(listed, "remark"),
    )  # fmt: skip
    draft.identifier(kind, latin or number, ", ".join(part for part in details if part))


def _country(element: etree._Element) -> str:
    """The country of an element: by its description, since some codes are of countries that are no more."""
    described = _at(element, "countryDescription")
    return "" if described == _UNKNOWN else described or _at(element, "countryIso2Code")


def _at(element: etree._Element, attribute: str) -> str:
    return one_line(element.get(attribute))

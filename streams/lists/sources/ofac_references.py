"""What OFAC's advanced XML refers to: reference values by number, periods of time, places."""

from __future__ import annotations

import calendar
from dataclasses import dataclass

from lxml import etree

from streams.errors import ListFormatError
from streams.lists.sources.draft import Draft, one_line
from streams.lists.sources.elements import all_at, text_at, texts_at
from streams.lists.sources.places import country_code

_PARTS = {
    "ADDRESS1": "street",
    "ADDRESS2": "street",
    "ADDRESS3": "street",
    "CITY": "city",
    "REGION": "region",
    "STATE/PROVINCE": "region",
    "POSTAL CODE": "postal_code",
    "UNKNOWN": "raw",
}
_NOWHERE = ("undetermined", "")


class ReferenceValues:
    """The texts that the file's numbers stand for, by kind and number."""

    def __init__(self, sets: etree._Element, place: str) -> None:
        self._place = place
        self._values: dict[tuple[str, str], tuple[str, str]] = {}
        for value in sets.iter("*"):
            if number := value.get("ID"):
                text = one_line(value.text) or one_line(value.get("ISO2"))
                parent = one_line(value.get("PartyTypeID") or value.get("Description"))
                self._values[etree.QName(value).localname, number] = (text, parent)

    def text(self, kind: str, number: str | None) -> str:
        """The text of a value; empty for no number.

        Raises :class:`~streams.errors.ListFormatError` when the file does not define the number.
        """
        return self._value(kind, number)[0] if number else ""

    def party_type(self, number: str | None) -> str:
        """The word for the type of a party: its subtype, or what that belongs to where the subtype is unknown."""
        text, parent = self._value("PartySubType", number)
        return self.text("PartyType", parent) if text == "Unknown" else text

    def area(self, number: str | None) -> str:
        """The country of an area code."""
        return self._value("AreaCode", number)[1]

    def _value(self, kind: str, number: str | None) -> tuple[str, str]:
        try:
            return self._values[kind, number or ""]
        except KeyError as error:
            raise ListFormatError(
                f"{self._place}: refers to {kind} {number}, which the file does not define; it is cut or damaged"
            ) from error


@dataclass(frozen=True)
class Location:
    """A place as the file gives it once and refers to by number. ``parts`` are those of an address."""

    country: str
    parts: dict[str, str]
    remark: str = ""

    @classmethod
    def read(cls, element: etree._Element, values: ReferenceValues) -> Location:
        """The place of a ``Location`` element; what is in another script than the main value is a remark."""
        countries = [values.area(area.get("AreaCodeID")) for area in all_at(element, "LocationAreaCode")]
        countries += [values.text("Country", named.get("CountryID")) for named in all_at(element, "LocationCountry")]
        parts: dict[str, str] = {}
        others = []
        for part in all_at(element, "LocationPart"):
            word = values.text("LocPartType", part.get("LocPartTypeID"))
            field = _PARTS.get(word.upper(), "street")
            for value in all_at(part, "LocationPartValue"):
                text = text_at(value, "Value")
                if value.get("Primary") == "false":
                    others.append(text)
                elif text:
                    parts[field] = f"{parts[field]}, {text}" if field in parts else text
        country = next((country for country in countries if country.casefold() not in _NOWHERE), "")
        if not country and country_code(parts.get("raw", "")):
            country = parts.pop("raw")  # a place of which only the country is known
        return cls(country, parts, ", ".join(text for text in others if text))

    def add_to(self, draft: Draft) -> None:
        """Make it an address of an entry."""
        draft.address(self.country, self.remark, **self.parts)

    def __str__(self) -> str:
        return ", ".join(text for text in (*self.parts.values(), self.country) if text)


def period_text(period: etree._Element) -> str:
    """A ``DatePeriod`` in words: a date that is as exact as the period is, or "about" one, or "between" two."""
    start = [_day(day) for day in (*all_at(period, "Start/From"), *all_at(period, "Start/To"))]
    end = [_day(day) for day in (*all_at(period, "End/From"), *all_at(period, "End/To"))]
    days = [day for day in (*start, *end) if day]
    if not days:
        return ""
    first, last = min(days), max(days)
    about = any(bound.get("Approximate") == "true" for bound in (*all_at(period, "Start"), *all_at(period, "End")))
    text = _spanned(first, last)
    if text is None:
        return f"between {first} and {last}"
    return f"about {text}" if about else text


def dates_of(element: etree._Element) -> list[str]:
    """The days of all ``Date`` elements right inside an element, in the file's order."""
    return [day for date in all_at(element, "Date") if (day := _day(date))]


def comments_of(element: etree._Element) -> str:
    """The comments right inside an element, in one line."""
    return ", ".join(texts_at(element, "Comment"))


def _day(element: etree._Element) -> str:
    year, month, day = (text_at(element, part) for part in ("Year", "Month", "Day"))
    return "-".join(part.zfill(2) for part in (year, month, day) if part) if year else ""


def _spanned(first: str, last: str) -> str | None:
    """The date that lasts from one day to another: a day, a month, or a year; None for any other span."""
    if first == last:
        return first
    year, month = first[:4], first[5:7]
    if first == f"{year}-01-01" and last == f"{year}-12-31":
        return year
    if month.isdecimal() and 1 <= int(month) <= 12 and first == f"{year}-{month}-01" and year.isdecimal():
        _, days = calendar.monthrange(int(year) or 1, int(month))
        if last == f"{year}-{month}-{days}":
            return f"{year}-{month}"
    return None

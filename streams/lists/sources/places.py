"""Country codes for the country names that lists use."""

from __future__ import annotations

import re
from functools import lru_cache

from rigour.territories import lookup_territory

_HEADINGS = {"crimea region of ukraine": "UA", "crimea (occupied)": "UA", "prc": "CN"}
"""What official lists write for a country and a gazetteer does not know."""

_REGION = re.compile(r"^region:\s*", re.IGNORECASE)
"""What the US Treasury writes before a region that stands for a country."""

_LONGEST_END = 200
"""In so many characters at the end of an address its country is found."""

_TRAILING_NUMBERS = re.compile(r"[\s,]*\d[\d\s-]*$")


@lru_cache(maxsize=4096)
def country_code(name: str) -> str | None:
    """ISO 3166-1 alpha-2 code of a country, or of the country a named region belongs to; None when unknown.

    A name turned around a comma (``CHINA, PEOPLE'S REPUBLIC OF``) is understood.
    """
    text = _REGION.sub("", " ".join(name.split()).strip(" .;,"))
    if text.casefold() in _HEADINGS:
        return _HEADINGS[text.casefold()]
    turned = " ".join(reversed([part.strip() for part in text.split(",")]))
    for spelling in (text, text.replace(".", ""), turned):
        territory = lookup_territory(spelling) if spelling else None
        if territory is not None and re.match(r"[a-z]{2}(-|$)", territory.code):
            return territory.code[:2].upper()
    return None


def country_of_address(address: str) -> str | None:
    """The country an address line ends with, ignoring a postal code behind it; None when it names none."""
    text = _TRAILING_NUMBERS.sub("", address.strip(" .;,")[-_LONGEST_END:])
    last = text.rsplit(",", 1)[-1].strip()
    if len(last) <= 2:  # "IN" at the end of an address is a state or a word as often as India
        return None
    words = last.split()
    for start in range(max(0, len(words) - 4), len(words)):
        code = country_code(" ".join(words[start:]))
        if code is not None:
            return code
    return None

"""Countries: any code or name → ISO 3166-1 alpha-2, and which ones agree."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from rigour.territories import get_territory, lookup_territory

_CODE: Final = 3
"""Up to so many letters are a code, not a name."""
_SPOKEN: Final = {"uk": "gb", "uae": "ae"}
_NOWHERE: Final = frozenset({"eu", "ip", "un", "zz"})
"""Codes of what is no country: the European Union, cyberspace, the United Nations, and the world, or nobody knows."""
# Trade with these runs through each other so often that one for the other contradicts nothing.
_NEIGHBOURS: Final = (frozenset({"cn", "hk", "mo", "tw"}), frozenset({"ru", "ua"}))
_GEORGIA_US: Final = (
    "albany alpharetta athens atlanta augusta brunswick columbus cordele dalton dublin duluth gainesville kennesaw "
    "lagrange lawrenceville macon marietta norcross peachtree rome roswell savannah smyrna springs valdosta warner"
)
"""Words by which cities of the state of Georgia are known; no city of the country Georgia has one."""
_IN_GEORGIA_US: Final = frozenset(_GEORGIA_US.split())


@lru_cache(maxsize=16_384)
def country_code(text: str) -> str:
    """The ISO 3166-1 alpha-2 code, lower case, of a country code or name; empty when unknown, or no country."""
    text = text.strip()
    if not text:
        return ""
    territory = get_territory(_SPOKEN.get(text.lower(), text))
    if territory is None and len(text) > _CODE:
        territory = lookup_territory(text)
    if territory is None or territory.code in _NOWHERE:
        return ""
    code = territory.code
    return code[:2] if "-" in code else code


def is_in_georgia_us(city: str) -> bool:
    """Whether a city "in Georgia" is in the American state: Atlanta is, Tbilisi and one that is not known are not."""
    return not _IN_GEORGIA_US.isdisjoint(city.rpartition(",")[2].lower().split())


def country_codes(texts: Iterable[str]) -> frozenset[str]:
    """The codes of all that are known."""
    return frozenset([code for code in map(country_code, texts) if code])


def compatible(ours: frozenset[str], listed: frozenset[str]) -> bool:
    """Whether two sets of countries do not contradict each other."""
    if not ours or not listed or not ours.isdisjoint(listed):
        return True
    return any(not ours.isdisjoint(group) and not listed.isdisjoint(group) for group in _NEIGHBOURS)

"""An entry's license requirement, read from its text: which items it covers. Pure.

Only wordings that are understood to their last word narrow a requirement. Whatever else it says, it counts as
covering every item, so a text that is misread cannot let goods through. Wordings and footnotes are those of
15 CFR part 744, Supplements No. 4 (Entity List) and No. 7 (Military End-User List).
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

EAR99 = "EAR99"
"""What is subject to the EAR but on no ECCN of the Commerce Control List (15 CFR 734.3(c))."""

FOOTNOTES = {
    1: "foreign-produced items under § 734.9(e)(1) are covered, too",
    2: "some exports for cybersecurity research need no license",
    3: "foreign-produced items under § 734.9(g) are covered, too",
    4: "foreign-produced items under § 734.9(e)(2) are covered, too",
    5: "foreign-produced items under § 734.9(e)(3) are covered, too",
}
"""What the footnotes of Supplement No. 4 to part 744 say."""

FOREIGN_PRODUCED = frozenset({1, 3, 4, 5})
"""The footnotes by which items made outside the United States are subject to the EAR, too."""

_MILITARY_END_USE = (
    "1A290 1C990 1C996 1D993 1D999 1E994 2A290 2A291 2A991 2B991 2B992 2B996 2B999 2D290 3A991 3A992 3A999 3B991 "
    "3B992 3C992 3D991 3E991 4A994 4D993 4D994 5A991 5B991 5D991 5E991 5A992 5D992 6A991 6A993 6A995 6A996 6C992 7A994 "
    "7B994 7D994 7E994 8A992 8D992 8E992 9A991 9B990 9D991 9E991"
)
"""The ECCNs of Supplement No. 2 to part 744, as of 2026-07-23."""


class LicenseRequirement(msgspec.Struct, frozen=True, kw_only=True):
    """Which items need a license: ``only`` these codes where it names some, all but the ``excepted`` ones elsewhere.

    Codes are ECCNs, perhaps with paragraphs (``3A001.b``), or EAR99. ``unread`` tells that the text was not
    understood whole; it covers everything then. ``footnotes`` are the numbers of :data:`FOOTNOTES` it cites.
    """

    only: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()
    unread: bool = False
    footnotes: tuple[int, ...] = ()
    excepted_goods: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()

    def covers(self, code: str, goods: str = "") -> bool:
        """Whether it covers an item of that code, as :func:`item_code` gives it; "" is an unknown one, and covered.

        ``goods`` is its Harmonized System code, as :func:`goods_code` gives it. Where a named paragraph and the item's
        are not equally deep, the item is covered unless it surely is not.
        """
        if any(goods.startswith(excepted) for excepted in self.excepted_goods):
            return False
        if not code:
            return True
        if self.only:
            return any(_within(code, named) or _within(named, code) for named in self.only)
        return not any(_within(code, named) for named in self.excepted)


_CODE = r"(?:ear99|[0-9][a-e][0-9]{3}(?:\.(?:[a-z]+|[0-9]+))*)"
_CODES = rf"(?:eccns? )?{_CODE}(?:(?:,| and| or|, and|, or) (?:eccns? )?{_CODE})*"
_ALL = r"(?:for )?(?:all|any) items? subject to the ear"
_ITEM_CODE = re.compile(_CODE)
_HS_CODE = r"[0-9]{4,10}"
_WORDINGS = (
    ("all", re.compile(_ALL)),
    ("except", re.compile(rf"{_ALL},? (?:except|excluding|other than|apart from|but)(?: for)? {_CODES}(?: items)?")),
    ("except ear99", re.compile(r"(?:for )?(?:all |any )?items? on the (?:ccl|commerce control list)")),
    (
        "only",
        re.compile(
            r"(?:for )?(?:all |any |only )?items? (?:subject to the ear )?"
            rf"(?:(?:classified|specified|controlled|described|listed) )?(?:under|in|by) {_CODES}(?: only)?"
        ),
    ),
    (
        "except goods",
        re.compile(
            rf"{_ALL} except for: [^;.0-9]+ under the following harmonized system \(hs\) codes: "
            rf"{_HS_CODE}(?:, {_HS_CODE})*"
        ),
    ),
    (
        "military",
        re.compile(
            r"(?:for|.{0,100} applies to .{0,100} of) any item subject to the ear "
            r"listed in supplement no\. 2 to part 744"
        ),
    ),
)
_REFERENCES = re.compile(
    r"[.,]? ?\(?(?:see|se) ?(?=(?:part ?)?§|\d{3}\.)"
    r"(?:§+|\d{3}\.\d+l?|\([a-z0-9]+\)|\[\d\]|\d|and|of the ear|part|[ .,()])*"
)
"""Where a requirement only cites: "(See §§ 734.9(e)(2) and 744.11 of the EAR) [4]"."""
_CONDITIONS = (
    (
        re.compile(r"when used in projects specified in § ?746\.8\(a\)\(4\) of the ear"),
        "it is for items used in projects specified in § 746.8(a)(4) of the EAR alone",
    ),
    (
        re.compile(
            r"this license requirement may be overcome by license exception gov under § ?740\.11\(b\)(?:\(2\))?"
            r"(?: and \(?e\)?| when used by the u\.s\.? geological survey)?"
        ),
        "License Exception GOV may overcome it, § 740.11(b) of the EAR",
    ),
    (
        re.compile(
            r"the license requirements under this entry also extend to any export, reexport,? and "
            r"transfer \(in-country\) to the entity wherever located worldwide"
        ),
        "it is for the entity wherever it is located",
    ),
    (re.compile(r"with case-by-case basis for items listed on the ccl"), "items on the CCL are reviewed case by case"),
    (
        re.compile(r"; or[ —]*items required for the continued operation of joint ventures .*"),
        "it excepts items required for the continued operation of certain joint ventures, too",
    ),
)
"""What a requirement may say beyond the items it is for, and how a person is told."""
_RULES = ((r"\(e\) ?(?:\(1\)|\[?1\]?(?!\d))", 1), (r"\(g\)", 3), (r"\(e\)\(2\)", 4), (r"\(e\)\(3\)", 5))
_MARK = re.compile(r"\[([1-5])\]|\bear\)? ?([1-5])\b")


@lru_cache(maxsize=4096)
def read_requirement(text: str) -> LicenseRequirement:
    """What a license requirement covers; the text is as the list gives it, and not empty."""
    plain = re.sub(r"\bear 99\b", "ear99", " ".join(text.lower().split()))
    marks = {int(bracketed or bare) for bracketed, bare in _MARK.findall(plain)}
    marks |= {number for rule, number in _RULES if re.search(rf"734\.9{rule}", plain)}
    bare = _REFERENCES.sub(" ", plain)
    conditions = []
    for condition, told in _CONDITIONS:
        bare, found = condition.subn(" ", bare)
        conditions += [told] if found else []
    bare = re.sub(r" +(?=[,.])| (?= )", "", bare.strip(" .,;"))
    wording = next((wording for wording, pattern in _WORDINGS if pattern.fullmatch(bare) is not None), "")
    codes = tuple([code.upper() for code in _ITEM_CODE.findall(bare)])
    only = {"only": codes, "military": tuple(_MILITARY_END_USE.split())}
    excepted = {"except": codes, "except ear99": (EAR99,)}
    return LicenseRequirement(
        only=only.get(wording, ()),
        excepted=excepted.get(wording, ()),
        excepted_goods=tuple(re.findall(_HS_CODE, bare)) if wording == "except goods" else (),
        unread=not wording,
        footnotes=tuple(sorted(marks)),
        conditions=tuple(conditions),
    )


def goods_code(hs_code: str) -> str:
    """An item's Harmonized System code, its digits alone; "" when it is none, and so tells nothing."""
    plain = "".join(hs_code.split()).replace(".", "")
    return plain if re.fullmatch(_HS_CODE, plain) else ""


def item_code(eccn: str) -> str:
    """An item's ECCN or EAR99 in one spelling; "" when it is neither, and so tells nothing."""
    plain = "".join(eccn.lower().split())
    return plain.upper() if _ITEM_CODE.fullmatch(plain) else ""


def _within(code: str, named: str) -> bool:
    """Whether the code is the named one or a paragraph of it."""
    return code == named or code.startswith(f"{named}.")

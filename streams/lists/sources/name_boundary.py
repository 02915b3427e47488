"""Where a name ends and its address begins, in a list that only puts a comma between them."""

from __future__ import annotations

import re

from rigour.names import remove_org_types

from streams.lists.sources.places import country_code, country_of_address

_STARTS_ADDRESS = re.compile(
    r"""^(?:
        \#?\d+(?!\s?(?:st|nd|rd|th)?\s+(?:research|institute|academy|department|bureau|central))(?!\d)
        | [A-Z]?\d+[-/]\S* | [A-Z]-?\d+\b
        | no\.?\s?:?\s?\d | nos\.? | number\s+\d
        | (?:p\.?\s?o\.?\s?)?box\b | p\.?\s?o\.?\s?box
        | rooms?\b | rm\.? | building\b | bldg | blk\b | block\b | floor\b | fl\. | flat\b | unit\b | units\b
        | suite\b | ste\b | office\s+(?:no|\#|\d|[a-z]?-?\d)
        | workshop\s+\d | shop\b | plot\b | house\b\s*(?:no|number|\#|\d)
        | apt | apartment\b | level\b | warehouse\b | hangar\b | villa\b | tower\b | gate\b | section\b | sector\b
        | street\b | str\. | ul\. | ulitsa\b | d\.\s?\d | pr\. | prospekt\b | avenue\b | near\b | opposite\b | behind\b
        | address\b | c/o\b | ground\b | (?:first|second|third|fourth|fifth|\d+th)\s+floor
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_MORE_LEGAL_FORMS = frozenset(
    ("co", "corp", "corporation", "company", "pvt", "pty", "pte", "fzc", "as", "aş", "incorporated", "jr", "sr")
)
"""What follows a name's comma as a legal form does and rigour does not count among legal forms alone."""
_PART_OF_NAME = re.compile(
    r"\b(?:institut(?:e|es|ion|ions|o)?|npo|university|academy|corporation|company|labs?|laborator\w+|department|bureau|ministry|joint|stock|"
    r"enterprise|factory|plant|branch|division|named after|subsidiary|association|faculty|school)\b",
    re.IGNORECASE,
)
_SENTENCE_ENDS = re.compile(
    r"(?<!\bNo)(?<=[^\s.]{2})\.\s+(?=\d|d\.\s?\d)|(?<=Ltd\.);\s(?!and\b)|(?=\s+P\.?\s?O\.?\s?Box\b[^()]*$)"
)
"""Where a name is surely followed by its address without a comma."""
_SENTENCE_MAY_END = re.compile(r"(?:(?<=[^\s.,]{4})|(?<=Ltd))\.\s+(?!\()")
"""Where it is, if the whole ends with a country."""
_PLACE_WORDS = re.compile(
    r"\b(?:road|rd|street|st|avenue|ave|blvd|boulevard|lane|highway|district|province|city|town|village|zone|park|"
    r"oblast|region|area|square|plaza|building|bldg|tower|centre|center|floor|estate|industrial|mah|mahalle|mahallesi|sk|sokak|cad|caddesi|sitesi|blok|"
    r"jalan)\b|\w{3,}strasse\b",
    re.IGNORECASE,
)
_HOUSE_NUMBER = re.compile(r"\w{4,} \d[\d-]*[a-z]?$|\b[A-Z]{2}\d{2,} LOT", re.IGNORECASE)
"""A street with its number behind it, or a plot of land in Hong Kong."""


def looks_like_address(text: str) -> bool:
    """Whether a line or the words behind a comma begin an address: a number, "Room", "P.O. Box" and the like."""
    return bool(_STARTS_ADDRESS.match(text.strip()))


def split_name(text: str, *, several: bool = False, only_certain: bool = False) -> tuple[str, str]:
    """A name and the address behind it, either of which may be empty.

    Behind each comma outside parentheses, what follows is taken as part of the name when it is a legal form
    ("Ltd.", "OAO") or names an organisation, and otherwise as the beginning of the address. ``several`` is for
    a list of names joined by commas: then only what surely begins an address ends it. ``only_certain`` is for
    a name that seldom has an address.
    """
    pieces = _outside_parentheses(text)
    if only_certain and len(pieces) > 1 and country_code(pieces[-1].strip(". ")):
        only_certain = False
    for number in range(1, len(pieces)):
        piece = pieces[number]
        if _is_legal_form(piece):
            continue
        certain = looks_like_address(piece)
        if not certain and only_certain:
            continue
        if not certain and several and not _is_place(piece, pieces[number + 1 :]):
            continue
        if not certain and not several and _continues_name(pieces[0], piece, pieces[number + 1 :]):
            continue
        return _without_sentence(", ".join(pieces[:number]), ", ".join(pieces[number:]))
    return _without_sentence(text.strip(), "")


def _without_sentence(name: str, address: str) -> tuple[str, str]:
    """Moves what follows a full stop or semicolon in a name to the address: "Foo Ltd. 5 Bar Street"."""
    stop = _SENTENCE_ENDS.search(name)
    if not stop and country_of_address(address or name):
        stop = _SENTENCE_MAY_END.search(name)
        stop = stop if stop and _is_place(name[stop.end() :], []) else None
    if not stop or _PART_OF_NAME.search(name, stop.end()):
        return name, address
    rest = name[stop.end() :].strip()
    return name[: stop.end()].strip(" ;"), f"{rest}, {address}" if address else rest


def _outside_parentheses(text: str) -> list[str]:
    pieces, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and depth <= 0:
            pieces.append(text[start:position].strip())
            start = position + 1
    return [*pieces, text[start:].strip()]


def _is_legal_form(piece: str) -> bool:
    words = re.sub(r"\(.*?\)", "", piece).casefold().strip(" .;")
    if not words:
        return bool(piece.strip())
    return words.replace(".", "") in _MORE_LEGAL_FORMS or not remove_org_types(words).strip(" .,")


def _continues_name(name: str, piece: str, following: list[str]) -> bool:
    """Whether a piece goes on with an organisation's name; a person's institute is rather an address."""
    if not following or _PLACE_WORDS.search(piece):
        return False
    return bool(_PART_OF_NAME.search(name)) and bool(_PART_OF_NAME.search(piece))


def _is_place(piece: str, following: list[str]) -> bool:
    """Whether a piece of a list of names is rather the city or street before a country or a number."""
    if country_code(piece) or _PLACE_WORDS.search(piece) or looks_like_address(piece):
        return True
    if _HOUSE_NUMBER.search(piece) and following and country_of_address(following[-1]):
        return not _PART_OF_NAME.search(piece)
    return bool(following) and country_code(following[0]) is not None

"""Reading the "Entity" cell of the Entity List: who is listed, under which names, at which addresses.

The cell is prose, written by many hands since 1997. Its usual form is a name, "a.k.a., the following n
aliases:", a line with a dash for each alias, and addresses joined by "; and". Names also come with aliases in
parentheses or after commas, and some cells list subordinate or affiliated parties, each in the same form.
What this module cannot tell apart it keeps whole, as an address or a remark, so nothing of a cell is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from streams.lists.sources.listed_names import alias, without_repeats
from streams.lists.sources.name_boundary import looks_like_address, split_name
from streams.lists.sources.places import country_of_address
from streams.records.list_entry import ListedName

_KNOWN_AS = r"(?:\b[AaFf]\.\s?[Kk]\.\s?[Aa]\b\s*\.?|\b[Aa]ka\b)"
_ALIAS_LIST = re.compile(  # "a.k.a., the following two aliases:" in all its spellings; names are not lower case
    rf"[,\s]*\(?(?:{_KNOWN_AS}|(?=(?:and\s)?the\sfollowing\s[^\n]*\balias))[\s,]*"
    r"(?P<words>(?:(?:[a-z]+|\d+)\s+){0,6}?)(?:alia\w*|entity)\b[^:\n—]*[:,]?[ ]*"
)
_BARE_ALIAS_LIST = re.compile(rf"[,\s]*{_KNOWN_AS},?\s*(?=\n[—–-])")
_IN_PARENTHESES = re.compile(rf",?\s*\(({_KNOWN_AS}[^()]*(?:\([^()]*\)[^()]*)*)\)", re.IGNORECASE)
_INLINE = re.compile(rf"[,;\s]*({_KNOWN_AS})[,\s]*", re.IGNORECASE)
_INLINE_MARK = re.compile(rf"[,;\s]*{_KNOWN_AS}[,\s]*")
_SEE_ELSEWHERE = re.compile(r"[,.;]?\s*\(\s*((?:for\s[^(),]*,\s)?see\s[^()]*(?:\([^()]*\)[^()]*)*)\)", re.IGNORECASE)
_ADDRESS_LABEL = re.compile(r"^(?:alt(?:ernate)?\.?\s)?address(?:es)?(?:\sfor\s[^:]*)?:\s*", re.IGNORECASE)
_SHARED_ADDRESSES = re.compile(r"^the following addresses apply to [^:]*:\s*", re.IGNORECASE)
_SUBORDINATE_LINE = re.compile(r"^subordinate institution\b:?\s*", re.IGNORECASE)
_SUBORDINATE_INLINE = re.compile(r",?\s+subordinate institution:\s*", re.IGNORECASE)
_AFFILIATES_FOLLOW = re.compile(r"(?:affiliated|subordinate) entities:\s*$", re.IGNORECASE)
_CATEGORY = re.compile(r"^the following .*entities:$", re.IGNORECASE)
_ALIAS_TAIL = re.compile(r"(?:,|;)?\s*(?:and\s)?(?:to include\s)?the following [^:.]*[:.]\s*", re.IGNORECASE)
_LABELLED_ADDRESS = re.compile(r"^(Address \d+),\s*", re.IGNORECASE)
_DASH = re.compile(r"^[—–-]\s*")
_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass(frozen=True)
class CellParty:
    """One party named in a cell. ``label`` is set for a bare address, such as "Address 01"."""

    names: tuple[ListedName, ...]
    addresses: tuple[str, ...]
    see_elsewhere: tuple[str, ...] = ()
    parent: str = ""
    label: str = ""


@dataclass
class _Draft:
    lines: list[str] = field(default_factory=list)
    parent: str = ""


def read_cell(text: str) -> tuple[CellParty, ...]:
    """The parties of a cell; ``text`` has a line for each line of the cell.

    The first party is the one the row is about; parties subordinate to or affiliated with it follow, each with
    ``parent`` set to its name. A party without addresses of its own has all addresses of the cell.
    """
    lines = [" ".join(line.split()) for line in text.replace("\u00a0", " ").split("\n")]
    parties = [_read_party(draft) for draft in _drafts([line for line in lines if line])]
    parties = [party for party in parties if party.names]
    everywhere = tuple(dict.fromkeys(address for party in parties for address in party.addresses))
    parent = parties[0].names[0].name if parties else ""
    return tuple(
        CellParty(
            names=party.names,
            addresses=party.addresses or everywhere,
            see_elsewhere=party.see_elsewhere,
            parent=party.parent or (parent if number else ""),
            label=party.label,
        )
        for number, party in enumerate(parties)
    )


def _drafts(lines: list[str]) -> Iterator[_Draft]:
    """The lines of each party of the cell."""
    if lines and _CATEGORY.match(lines[0]):
        yield from (_Draft([_DASH.sub("", line)]) for line in lines[1:])
        return
    draft = _Draft()
    affiliates = False
    awaited = 0  # aliases the current list still announces
    for line in lines:
        if line.casefold() == "affiliated entities:":
            affiliates = True
            yield draft
            draft = _Draft()
            continue
        subordinate = _SUBORDINATE_LINE.match(line)
        if subordinate:
            yield draft
            draft = _Draft([line[subordinate.end() :]] if line[subordinate.end() :] else [])
            continue
        if affiliates and draft.lines and _begins_affiliate(line, draft.lines[-1], awaited):
            yield draft
            draft = _Draft()
        draft.lines.append(line)
        awaited = max(awaited - 1, 0) if _DASH.match(line) and draft.lines[1:] else awaited
        announced = _ALIAS_LIST.search(line)
        if announced:
            awaited = _count(announced["words"])
        if _AFFILIATES_FOLLOW.search(line) and line.startswith("—"):
            affiliates, awaited = True, 0
    yield draft


def _begins_affiliate(line: str, before: str, awaited: int) -> bool:
    if _DASH.match(line):
        return awaited == 0
    if _DASH.match(before) or before.endswith((";", "and", ":")):
        return False  # an alias list or an address goes on
    return not looks_like_address(line)


def _count(words: str) -> int:
    for word in words.split():
        if word.isdecimal():
            return int(word)
        if word in _COUNTS:
            return _COUNTS.index(word) + 1
    return 1


def _read_party(draft: _Draft) -> CellParty:
    lines = [_DASH.sub("", draft.lines[0]), *draft.lines[1:]] if draft.lines else []
    see_elsewhere: list[str] = []

    def remember(match: re.Match[str]) -> str:
        see_elsewhere.append(_clean(match[1]))
        return ""

    text = _SEE_ELSEWHERE.sub(remember, "\n".join(lines))
    parent = ""
    if inline := _SUBORDINATE_INLINE.search(text):
        parent, text = text[: inline.start()], _DASH.sub("", text[inline.end() :])
    if (label := _LABELLED_ADDRESS.match(text)) and (address := _clean(text[label.end() :])):
        return CellParty((ListedName(name=address),), (address,), tuple(see_elsewhere), parent, label[1])
    names, addresses = _names_and_addresses(text)
    return CellParty(
        without_repeats(name for name in names if name.name),
        tuple(dict.fromkeys(addresses)),
        tuple(see_elsewhere),
        parent,
    )


def _names_and_addresses(text: str) -> tuple[list[ListedName], list[str]]:
    marker = _ALIAS_LIST.search(text) or _BARE_ALIAS_LIST.search(text)
    if marker:
        names = _spelled(text[: marker.start()], "primary")
        aliases, rest = _alias_list(text[marker.end() :])
        return names + aliases, _addresses(rest)
    names, rest = _name_in_prose(text)
    return names, _addresses(rest)


def _alias_list(text: str) -> tuple[list[ListedName], list[str]]:
    """The aliases behind "the following n aliases", and the lines behind them."""
    lines = [line for line in text.split("\n") if line]
    if lines and not text.startswith("\n") and not _DASH.match(lines[0]):
        lines[0:1] = _inline_alias_lines(lines[0])
    elif lines and not _DASH.match(lines[0]):
        lines[0] = f"—{lines[0]}"  # an alias without its dash
    names: list[ListedName] = []
    others: list[str] = []
    goes_on = False
    for line in lines:
        if not _DASH.match(line) and not (goes_on and not others and not looks_like_address(line)):
            others.append(line)
            continue
        goes_on = line.endswith((";", "and"))
        for part in re.split(r";\s*(?:and\s+)?[-—]\s*", _DASH.sub("", line)):
            found, rest = _alias_line(part)
            names += found
            others += [rest] if rest else []
    return names, others


def _alias_line(line: str) -> tuple[list[ListedName], str]:
    rest = ""
    if tail := _ALIAS_TAIL.search(line):
        line, rest = line[: tail.start()], line[tail.end() :]
    name, address = split_name(re.sub(r"[\s,;]+(?:and)?[\s,;]*$", "", line), only_certain=True)
    names = [name for part in re.split(r";\s+(?!and\b)", name) for name in _spelled(part, "alias")]
    return names, "; ".join(part for part in (address, rest) if part)


def _inline_alias_lines(line: str) -> list[str]:
    """ "X; and Y. Street 1, City" as a dash line for each alias and a line for the rest."""
    aliases, *rest = re.split(r"(?<=[^.\s]{3})\.\s*", line, maxsplit=1)
    return [*(f"—{part}" for part in re.split(r";\s*(?:and\s+)?", aliases)), *(part for part in rest if part)]


def _name_in_prose(text: str) -> tuple[list[ListedName], list[str]]:
    """A name without an alias list: aliases in parentheses or behind commas, then addresses."""
    first, *others = text.split("\n")
    parenthesis = _IN_PARENTHESES.search(text)
    if parenthesis:
        names = _spelled(text[: parenthesis.end()], "primary")
        return names, [line for line in text[parenthesis.end() :].lstrip(" ,.").split("\n") if line]
    inline = _INLINE.search(first)
    if inline:
        names = [ListedName(name=_clean(first[: inline.start()]))]
        listed, address = split_name(first[inline.end() :], several=True)
        names += _marked(f"{inline[1]} {listed}")
    else:
        name, address = split_name(first)
        names = _spelled(name, "primary")
    return names, [line for line in (address, *others) if line]


def _spelled(text: str, kind: Literal["primary", "alias"]) -> list[ListedName]:
    """A name and the aliases in parentheses behind it."""
    found: list[ListedName] = []
    for parenthesis in _IN_PARENTHESES.finditer(text):
        found += _marked(parenthesis[1])
    for number, part in enumerate(_INLINE_MARK.split(_IN_PARENTHESES.sub("", text))):
        if name := _clean(part):
            main = kind == "primary" and number == 0
            found.insert(number, ListedName(name=name) if main else alias(name))
    return found


def _marked(text: str) -> Iterator[ListedName]:
    """Aliases and former names, each behind its mark, several behind one mark too."""
    pieces = re.split(rf"[;,\s]*({_KNOWN_AS})[,\s]*", text, flags=re.IGNORECASE)
    for marker, listed in zip(pieces[1::2], pieces[2::2], strict=True):
        former = marker.casefold().startswith("f")
        yield from (alias(name, "former" if former else "alias") for name in _several(listed))


def _several(text: str) -> list[str]:
    """Names joined by semicolons, or by commas and "and"."""
    if ";" in text:
        parts = re.split(r";['’]?\s*(?:and\s+)?", text)
    else:
        parts = re.split(r",\s+(?!(?:Ltd|LLC|Inc|Co|JSC|OAO|ZAO|OOO|AO|S\.A|Limited|GmbH)\b)|\s+and\s+(?=[A-Z])", text)
    return [name for part in parts if (name := _clean(part))]


def _addresses(lines: Iterable[str]) -> list[str]:
    found: list[str] = []
    for line in lines:
        text = _SHARED_ADDRESSES.sub("", _ADDRESS_LABEL.sub("", _DASH.sub("", line)))
        for part in re.split(r";\s*(?:and\b)?\s*", text):
            found += [address for piece in _split_after_country(part) if (address := _clean(piece))]
    return found


def _split_after_country(text: str) -> list[str]:
    """ "… Kabul, Afghanistan, and Dasht Qala …" as two addresses: an "and" behind a country starts a new one."""
    pieces: list[str] = []
    start = 0
    for joint in re.finditer(r",?\s+and\s+", text):
        if country_of_address(text[start : joint.start()]):
            pieces.append(text[start : joint.start()])
            start = joint.end()
    return [*pieces, text[start:]]


_ENDS_WITH_ABBREVIATION = re.compile(r"(?:\b(?:Co|Ltd|Inc|Corp|Pvt|Pte|Sti|Şti|St|Sh|Jr|Bros)|\b[A-Z](?:\.\w)*)\.$")


def _clean(text: str) -> str:
    """Without joining words and punctuation around it; the full stop of an abbreviation stays."""
    text = " ".join(text.split())
    text = re.sub(r"^(?:and\b|[\s,;.:—–])+", "", text)
    text = re.sub(r"(?:[\s,;:]|(?<=[;,])\s*\band)+$", "", text)
    text = re.sub(r"[;,]?\s+and$", "", text).rstrip(" ,;")
    if text.endswith(".") and not _ENDS_WITH_ABBREVIATION.search(text):
        text = text[:-1].rstrip(" ,;")
    return text

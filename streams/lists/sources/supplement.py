"""The table of a supplement in the eCFR's XML: its columns, its rows, the text of its cells."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from streams.errors import ListFormatError


def title_of(supplement: etree._Element) -> str:
    """ "Supplement No. 4", for messages."""
    return supplement.get("N", "").partition(" to ")[0]


def cells_of(
    supplement: etree._Element, columns: tuple[str, ...], footnotes_from: int, place: str
) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each row that is not empty; a country stands in each, also where the table only implies it.

    ``columns`` are the headings in lower case, ``footnotes_from`` the first column whose footnote marks are kept, as
    numbers in square brackets. A cell has a line for each of its lines.

    Raises :class:`~streams.errors.ListFormatError` for other columns, a row with another number of cells, and a
    supplement without rows.
    """
    title = title_of(supplement)
    headings = tuple(" ".join(text_of(cell).split()).casefold() for cell in supplement.iter("TH"))
    if headings != columns:
        raise ListFormatError(
            f"{place}: {title} has the columns {', '.join(headings) or '(none)'}; expected {', '.join(columns)}"
        )
    country, number = "", 0
    for number, element in enumerate(supplement.iterfind(".//TBODY/TR"), start=1):
        cells = [text_of(cell, footnotes=at >= footnotes_from) for at, cell in enumerate(element.iter("TD"))]
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            raise ListFormatError(
                f"{place}: row {number} of {title} has {len(cells)} cells, expected {len(columns)}; the file is damaged"
            )
        country = " ".join(cells[0].split()) or country
        if not country or not cells[1].strip():
            raise ListFormatError(f"{place}: row {number} of {title} names no country or no entity")
        yield number, [country, cells[1], *(" ".join(cell.split()) for cell in cells[2:])]
    if not number:
        raise ListFormatError(f"{place}: {title} has no entries; download the part again")


def text_of(element: etree._Element, *, footnotes: bool = False) -> str:
    """The text of a cell, a new line for each break, a footnote mark as its number in square brackets."""
    parts = [_one_line(element.text)]
    for child in element:
        if child.tag == "br":
            parts.append("\n")
        elif isinstance(child.tag, str):
            inner = text_of(child, footnotes=footnotes)
            mark = inner.strip(" ,")
            parts.append(f"[{mark}]" if footnotes and child.tag == "sup" and mark.isdecimal() else inner)
        parts.append(_one_line(child.tail))
    return "".join(parts)


def _one_line(text: str | None) -> str:
    """A line break in the file is a space of the cell."""
    return re.sub(r"[\r\n]+", " ", text or "")

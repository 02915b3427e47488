"""Rows of comma- or tab-separated lists, read as they come, each with the number of its line."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator

from streams.errors import ListFormatError
from streams.lists.sources.content import ListFile
from streams.lists.sources.draft import one_line

csv.field_size_limit(1024 * 1024)
_DOS_END = "\x1a"
"""Marks the end of a file in what old programs write; the US Treasury's still do."""


def rows_of(file: ListFile, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row that is not empty.

    Raises :class:`~streams.errors.ListFormatError` naming the line where the quoting does not hold.
    """
    lines = (line.removesuffix(_DOS_END) for line in file.lines())
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise ListFormatError(
            f"{file.place}, line {reader.line_num}: {error}; the file is cut or damaged, download it again"
        ) from error


def records_of(
    file: ListFile, rows: Iterator[tuple[int, list[str]]], required: Collection[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells by column of each row behind the row with the columns' names.

    Names of columns are in lower case. Raises :class:`~streams.errors.ListFormatError` for a ``required`` column that
    is missing, one that is there twice, and for a row with more or fewer cells than there are columns.
    """
    heading = next(rows, None)
    if heading is None:
        raise ListFormatError(f"{file.place}: has no row of column names; download the list again")
    columns = [one_line(column).casefold() for column in heading[1]]
    place = f"{file.place}, line {heading[0]}"
    if missing := [name for name in required if name not in columns]:
        raise ListFormatError(
            f"{place}: has no column {', '.join(missing)}; the file is damaged, or the format changed"
        )
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise ListFormatError(f"{place}: has the column {', '.join(twice)} twice; keep one of them")
    for line, cells in rows:
        if len(cells) != len(columns):
            raise ListFormatError(
                f"{file.place}, line {line}: has {len(cells)} cells, expected {len(columns)}; "
                "the file is cut or damaged, download it again"
            )
        yield line, dict(zip(columns, cells, strict=True))

"""Screening a file: JSON lines or CSV in, one answer per line out, by the same code as the stream."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

import orjson

from streams.errors import RecordError
from streams.mappings import Mapping
from streams.records.decision import EventSource
from streams.screening.answer import Answer, Event
from streams.screening.answers import Answering
from streams.screening.clearances import NO_CLEARANCES
from streams.screening.diversion import Diversion
from streams.screening.memory import MatchMemory
from streams.screening.rows import COLUMNS, column_of, row_event
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

_REMEMBERED_PARTIES = 100_000

Progress = Callable[[int], None]
"""Told how many bytes of the file have been read so far."""

Remark = Callable[[str], None]
"""Told, in a sentence, what a person should know of the file."""


def screen_file(
    file: Path,
    screener: Screener,
    snapshot: Snapshot,
    now: datetime,
    max_bytes: int,
    progress: Progress,
    remark: Remark,
    budget: AbstractContextManager[object],
    as_of: datetime | None = None,
    mapping: Mapping | None = None,
    diversion: Diversion | None = None,
) -> Iterator[Answer]:
    """Screen every line; the answers come in the file's order.

    An event that does not say when it occurred counts as of ``as_of``, or else of ``now``.
    ``.gz`` is read as it is; ``.csv`` (also ``.csv.gz``) as rows under a heading, everything else as JSON
    lines, each a transaction or a plain row; with a ``mapping`` they are its events. Raises RecordError when the file
    cannot be read, is empty or is a CSV without a name column or with a mapping.
    """
    is_csv = ".csv" in file.suffixes
    if mapping is not None and is_csv:
        raise RecordError(f"{file}: a mapping reads JSON lines, not CSV")
    memory = MatchMemory(screener, _REMEMBERED_PARTIES)
    memory.follow(snapshot)
    mappings = {file.name: mapping} if mapping is not None else {}
    asked = (screener, snapshot, now, max_bytes, budget, memory, NO_CLEARANCES, diversion)
    answering = Answering(*asked, enough=lambda: False, mappings=mappings)
    seen = False
    with _open(file) as (stream, raw):
        for number, value in (
            _csv_events(file, stream, max_bytes, remark)
            if is_csv
            else _json_events(file, stream, max_bytes, mapping is None)
        ):
            seen = True
            source = EventSource(topic=file.name, partition=0, offset=number)
            yield from answering.answers([Event(value, source, as_of or now)])
            if diversion is not None:
                diversion.memory.committed()
            progress(raw.tell())
    if not seen:
        raise RecordError(f"{file} holds nothing to screen: expected JSON lines or CSV rows")


def json_lines(file: Path, max_bytes: int) -> Iterator[tuple[int, bytes]]:
    """The lines of a file of JSON lines that are not empty, by number from 1; ``.gz`` is read as it is.

    Raises RecordError when it cannot be read.
    """
    with _open(file) as (stream, _):
        yield from _json_events(file, stream, max_bytes, may_be_rows=False)


@contextmanager
def _open(file: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """The content as a stream, and the raw file, whose position tells the progress."""
    try:
        with file.open("rb") as raw:
            if file.suffix == ".gz":
                with gzip.open(raw) as stream:
                    yield cast(BinaryIO, stream), raw
            else:
                yield raw, raw
    except (OSError, EOFError) as error:
        raise RecordError(f"{file} cannot be read: {error}") from error


def _check_headings(file: Path, headings: Sequence[str], remark: Remark) -> None:
    """Refuse headings under which parties would be missed; remark on columns that are not screened."""
    if headings and not any(column_of(heading) == "name" for heading in headings):
        found = ", ".join(headings).encode("utf-8", "replace").decode()
        raise RecordError(f"{file} has no name column: found {found}; one of {', '.join(COLUMNS['name'])} is needed")
    if twice := sorted({heading for heading in headings if headings.count(heading) > 1}):
        raise RecordError(f"{file} has several columns {', '.join(twice)}: rename all but one")
    if unused := [heading for heading in headings if column_of(heading) is None]:
        remark(f"{file}: these columns are not screened: {', '.join(unused)}")


def _json_events(file: Path, stream: BinaryIO, max_bytes: int, may_be_rows: bool) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(_lines(stream, max_bytes), start=1):
        content = line.strip()
        if number == 1:
            content = content.removeprefix(b"\xef\xbb\xbf")
        if not content:
            continue
        is_row = may_be_rows and b'"parties"' not in content
        yield number, _as_event(content, f"{file.name}:{number}") if is_row else content


def _as_event(content: bytes, identity: str) -> bytes:
    """A plain row as a transaction; anything else stays as it is, for the reader to refuse."""
    try:
        row = orjson.loads(content)
    except orjson.JSONDecodeError:
        return content
    return row_event(row, identity) if isinstance(row, dict) and any(map(column_of, row)) else content


def _lines(stream: BinaryIO, max_bytes: int) -> Iterator[bytes]:
    """Lines; of one longer than the limit just so much that it is refused as too large."""
    while line := stream.readline(max_bytes + 2):
        yield line
        while len(line) > max_bytes + 1 and not line.endswith(b"\n"):
            line = stream.readline(max_bytes + 2)


def _csv_events(file: Path, stream: BinaryIO, max_bytes: int, remark: Remark) -> Iterator[tuple[int, bytes]]:
    csv.field_size_limit(max_bytes)
    # A byte that is not UTF-8 becomes a lone surrogate here and is refused with its row, not with the file.
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        rows = csv.DictReader(text, strict=True)
        _check_headings(file, rows.fieldnames or (), remark)
        for row in rows:
            number = rows.line_num
            surplus = row.pop(None, None)  # cells beyond the last heading: whose they are is unknown
            try:
                event = row_event(row, f"{file.name}:{number}") if surplus is None else None
            except (orjson.JSONEncodeError, TypeError):
                event = None
            yield number, event or str({**row, **({"": surplus} if surplus else {})}).encode("utf-8", "surrogateescape")
    except csv.Error as error:
        raise RecordError(f"{file}, line {rows.line_num}: {error}") from error
    finally:
        text.detach()  # the stream is the caller's to close

"""Damaged list files of every format: each is refused with its place and reason, or what it loads is whole.

The variants are drawn from seeds, so that a failure names one that can be made again.
"""

from __future__ import annotations

import gzip
import io
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from streams.errors import ListFormatError
from streams.lists.loading import LoadedList, load_lists, read_lists
from streams.lists.release import canonical_bytes
from streams.lists.sources.content import ListFile
from streams.records.list_entry import ListEntry

SAMPLES = Path(__file__).parents[1] / "samples" / "lists"
FILES = sorted(path for path in SAMPLES.rglob("*") if path.is_file() and path.name not in ("alt.csv", "add.csv"))
VARIANTS = 40
"""Variants of each of the ten kinds of damage, for each of the seventeen files: 6,800 together."""

_LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "ha ha ha ha ha ha ha ha">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
)
_OUTSIDE = '<!DOCTYPE x [<!ENTITY j SYSTEM "file:///etc/hostname">]>'
_ENCODINGS = (
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "cp1252",
    "latin-1",
    "cp1251",
    "shift_jis",
    "utf-7",
    "cp037",
)


def _cut(content: bytes, draw: random.Random) -> bytes:
    return content[: draw.randrange(len(content))]


def _flip(content: bytes, draw: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 8, 64))):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _drop(content: bytes, draw: random.Random) -> bytes:
    start = draw.randrange(len(content))
    return content[:start] + content[start + draw.choice((1, 2, 10, 200)) :]


def _swap_columns(content: bytes, draw: random.Random) -> bytes:
    """Two neighbours, be they cells, elements, attributes or members, change places."""
    pieces = re.split(rb'([,\t\n]|(?<=>)(?=<)|(?<=") (?=\w+="))', content)
    at = draw.randrange(max(len(pieces) - 2, 1))
    if at + 2 < len(pieces):
        pieces[at], pieces[at + 2] = pieces[at + 2], pieces[at]
    return b"".join(pieces)


def _other_encoding(content: bytes, draw: random.Random) -> bytes:
    encoding = draw.choice(_ENCODINGS)
    text = content.decode("utf-8-sig", "replace")
    start = draw.choice((0, 0, draw.randrange(len(text))))
    return text[:start].encode() + text[start:].encode(encoding, "replace")


def _twice(content: bytes, draw: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    at = draw.randrange(len(lines))
    return b"".join((*lines[:at], lines[at], *lines[at:] * draw.choice((1, 1, 3))))


def _bomb(content: bytes, draw: random.Random) -> bytes:
    """An entity bomb in front of an XML, a reference to it inside; in any other file just strange text."""
    declared = draw.choice((_LAUGHS, _OUTSIDE, "<!DOCTYPE x>")).encode()
    head, closed, rest = content.partition(b"?>")
    inside = rest.replace(b"</", b"&j;</", draw.choice((0, 1, 50)))
    return head + closed + declared + inside if closed else declared + content


def _nest(content: bytes, draw: random.Random) -> bytes:
    depth = draw.choice((50, 2000, 60_000))
    opened, shut = draw.choice(((b"<a>", b"</a>"), (b"[", b"]"), (b'{"a":', b"}"), (b'"', b'"'), (b"(", b")")))
    at = draw.randrange(len(content))
    return (
        content[:at] + opened * depth + draw.choice((b"", b"1")) + shut * draw.choice((depth, depth, 0)) + content[at:]
    )


def _swell(content: bytes, draw: random.Random) -> bytes:
    """A value grows far beyond what any field holds."""
    at = draw.randrange(len(content))
    return (
        content[:at]
        + draw.choice((b"9", b"A", b"\xc3\xa9", b" ", b"-0-", b"\x00")) * draw.choice((600, 9000, 2_000_000))
        + content[at:]
    )


def _replace_values(content: bytes, draw: random.Random) -> bytes:
    values = (
        b"null",
        b"-1",
        b"[]",
        b"{}",
        b'""',
        b"true",
        b"1e999",
        b"NaN",
        b"99/99/9999",
        b"0000-00-00",
        b"-0- ",
        b"\x1a",
    )
    found = list(re.finditer(rb'"[^"\n]{0,40}"|(?<=>)[^<\n]{1,40}(?=<)|(?<=[,\t])[^,\t\n]{1,40}', content))
    spans = sorted(draw.sample([match.span() for match in found], min(len(found), draw.choice((1, 3)))), reverse=True)
    for start, end in spans:
        content = content[:start] + draw.choice(values) + content[end:]
    return content


_DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _cut, _flip, _drop, _swap_columns, _other_encoding, _twice, _bomb, _nest, _swell, _replace_values,
)  # fmt: skip


def _load(content: bytes, path: Path) -> tuple[LoadedList, ...]:
    def others() -> dict[str, ListFile]:
        if path.parent.name != "ofac":
            return {}
        return {
            other.name: ListFile.of_bytes(other.read_bytes(), other.name)
            for other in path.parent.iterdir()
            if other != path
        }

    if path.name == "sdn_comments.csv":  # is never read for itself
        sdn = path.with_name("sdn.csv")
        changed = ListFile.of_bytes(content, path.name)
        return read_lists([ListFile.of_bytes(sdn.read_bytes(), sdn.name, lambda: {path.name: changed})], sdn.name)
    return read_lists([ListFile.of_bytes(content, path.name, others)], path.name)


def _check(content: bytes, path: Path) -> bool:
    """Whether the file loads; when it does, all of it can be written and read again, and ids are unique."""
    try:
        lists = _load(content, path)
    except ListFormatError as error:
        place, _, said = str(error).partition(": ")
        assert place.split(",")[0] in (path.name, "sdn.csv")
        assert len(said) > 20
        assert "Traceback" not in said
        return False
    for loaded in lists:
        assert loaded.entries
        assert len({entry.entry_id for entry in loaded.entries}) == len(loaded.entries)
        for entry in loaded.entries:
            assert entry.source == loaded.source
            assert msgspec.json.decode(canonical_bytes(entry), type=ListEntry) == entry
    return True


@pytest.mark.parametrize("damage", _DAMAGES, ids=lambda damage: damage.__name__.strip("_"))
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_damaged_file_is_refused_with_its_place_or_loads_whole(
    path: Path, damage: Callable[[bytes, random.Random], bytes]
) -> None:
    content = path.read_bytes()
    for number in range(VARIANTS):
        draw = random.Random(f"{path.name} {damage.__name__} {number}")
        variant = damage(content, draw)
        try:
            _check(variant, path)
        except Exception as error:
            raise AssertionError(f"variant {number} of {damage.__name__} on {path.name}: {error!r}") from error


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_undamaged_file_loads(path: Path) -> None:
    assert _check(path.read_bytes(), path)


def _names(lists: tuple[LoadedList, ...]) -> list[str]:
    return [name.name for loaded in lists for entry in loaded.entries for name in entry.names]


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp1251", "koi8-r"]
)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_in_another_encoding_gives_the_same_names_or_is_refused(path: Path, encoding: str) -> None:
    content = path.read_bytes()
    try:
        encoded = content.decode("utf-8-sig").encode(encoding)
    except UnicodeEncodeError:
        pytest.skip(f"{encoding} has no letters for what is in {path.name}")
    if _check(encoded, path):
        assert _names(_load(encoded, path)) == _names(_load(content, path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_cut_file_never_gives_other_names_than_the_whole(path: Path) -> None:
    content = path.read_bytes()
    whole = set(_names(_load(content, path)))
    for number in range(VARIANTS):
        cut = _cut(content, random.Random(number))
        if (
            _check(cut, path) and path.suffix != ".csv"
        ):  # the last cell of a table may be any text, so also a part of one
            assert set(_names(_load(cut, path))) <= whole


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_a_damaged_archive_is_refused_or_loads_whole(tmp_path: Path, kind: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in sorted((SAMPLES / "ofac").iterdir()):
            archive.writestr(member.name, member.read_bytes())
    content = packed.getvalue() if kind == "zip" else gzip.compress((SAMPLES / "un.xml").read_bytes())
    path = tmp_path / f"list.{kind}"
    path.write_bytes(content)
    names = _names(load_lists(path))
    for number in range(VARIANTS * 3):
        draw = random.Random(number)
        path.write_bytes(draw.choice((_cut, _flip, _drop))(content, draw))
        try:
            loaded = load_lists(path)
        except ListFormatError as error:
            refusal = str(error)
        else:
            assert _names(loaded) == names
            continue
        assert refusal.startswith(str(path))

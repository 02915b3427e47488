"""A list file as it came: unpacked while it is read, never larger than a cap, its text decoded with care."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from streams.errors import ListFormatError

MAX_BYTES = 512 * 1024 * 1024
"""Largest list file, unpacked: several times the largest official list; more is a mistake or an attack."""

MAX_MEMBERS = 200
"""Most files a directory or zip archive of lists may hold; the official ones hold a handful."""

_Result = TypeVar("_Result")
_BEGINNING = 64 * 1024
_CHUNK = 1024 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UTF8_LETTER = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
"""A letter in UTF-8; in a Windows-1252 text the same bytes would be two signs that never stand together."""

_OTHER_ALPHABET = re.compile(rb"[\xc0-\xff]{3}|[\x80-\xff]{4}")
"""Three accented letters in a row: no language has them in Windows-1252, but words of other alphabets do."""


class ListFile:
    """One file of a list. ``place`` names it in errors, ``name`` is its own name without ``.gz``.

    ``others`` gives the files beside it by name, for a list that comes in several files.
    """

    def __init__(
        self,
        place: str,
        name: str,
        opener: Callable[[], BinaryIO],
        others: Callable[[], Mapping[str, ListFile]] = dict,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.place = place
        self.name = name
        self.others = others
        self._opener = opener
        self._max_bytes = max_bytes

    @classmethod
    def of_bytes(cls, content: bytes, place: str, others: Callable[[], Mapping[str, ListFile]] = dict) -> ListFile:
        """A file whose unpacked bytes are at hand."""
        return cls(place, Path(place).name, lambda: io.BytesIO(content), others)

    def open(self) -> io.BufferedReader:
        """The unpacked bytes as a stream.

        Opening and reading raise :class:`~streams.errors.ListFormatError` when the file cannot be read, is a
        damaged or cut archive, or is larger than the cap.
        """
        return io.BufferedReader(_Capped(self._opener, self.place, self._max_bytes), _CHUNK)

    def content(self) -> bytes:
        """All unpacked bytes, in UTF-8 without a byte-order mark if they are text in an encoding of their own."""
        with self.open() as stream:
            content = stream.read()
        if self.encoding == "utf-8":
            return content
        return self._decoded(content).encode()

    def lines(self) -> Iterator[str]:
        """The text line by line, decoded, each with its line ending as it came."""
        number = 0
        with io.TextIOWrapper(self.open(), self.encoding, newline="") as stream:
            try:
                for line in stream:
                    number += 1
                    yield line
            except UnicodeDecodeError as error:
                raise self._undecodable(f"behind line {number}", error) from error

    @cached_property
    def beginning(self) -> str:
        """The first 64 KiB as text, to recognise a format by; what is no text in them is replaced."""
        with self.open() as stream:
            start = stream.read(_BEGINNING)
        if not start.strip():
            raise ListFormatError(f"{self.place}: is empty; download the list again")
        codec = codecs.getincrementaldecoder(_marked_encoding(start) or "utf-8")("replace")
        return codec.decode(start).lstrip()

    @cached_property
    def encoding(self) -> str:
        """The encoding of the text: by its byte-order mark, UTF-16 by its zeros, UTF-8, or else Windows-1252.

        Raises :class:`~streams.errors.ListFormatError` when the bytes are damaged UTF-8 or of an encoding that cannot
        be told: guessing would turn names into others without a trace.
        """
        with self.open() as stream:
            return _marked_encoding(stream.read(_BEGINNING)) or self._eight_bit_encoding()

    def _eight_bit_encoding(self) -> str:
        decoder = codecs.getincrementaldecoder("utf-8")()
        with self.open() as stream:
            try:
                while chunk := stream.read(_CHUNK):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return self._windows_1252()
        return "utf-8"

    def _windows_1252(self) -> str:
        with self.open() as stream:
            for number, line in enumerate(stream, start=1):
                if line.isascii():
                    continue
                try:
                    line.decode("cp1252")
                except UnicodeDecodeError as error:
                    raise self._undecodable(f"in line {number}", error) from error
                if _OTHER_ALPHABET.search(line):
                    raise ListFormatError(
                        f"{self.place}, line {number}: is in an encoding that cannot be told, neither UTF-8 nor "
                        "Windows-1252; save the file as UTF-8"
                    )
                if _UTF8_LETTER.search(line):
                    raise ListFormatError(
                        f"{self.place}, line {number}: is in UTF-8, but other parts of the file are not; "
                        "the file is damaged, download it again"
                    )
        return "cp1252"

    def _decoded(self, content: bytes) -> str:
        try:
            return content.decode(self.encoding)
        except UnicodeDecodeError as error:
            raise self._undecodable(f"at byte {error.start:,}", error) from error

    def _undecodable(self, where: str, error: UnicodeDecodeError) -> ListFormatError:
        return ListFormatError(
            f"{self.place}: what stands {where} is no text in {error.encoding}; "
            "the file is damaged or in another encoding, save it as UTF-8"
        )


def _marked_encoding(start: bytes) -> str | None:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return encoding
    if 0 in start[:512]:
        return "utf-16-le" if start[:512:2].count(0) < start[1:512:2].count(0) else "utf-16-be"
    return None


def list_files(path: Path, max_bytes: int = MAX_BYTES) -> tuple[ListFile, ...]:
    """The files at a path: the file itself, the members of a zip archive, or the files of a directory.

    Gzip and zip are known by their first bytes. Hidden files and folders are left out.

    Raises :class:`~streams.errors.ListFormatError` when nothing is there, an archive is damaged, or there are more
    than :data:`MAX_MEMBERS` files.
    """
    try:
        if path.is_dir():
            return _of_directory(path, max_bytes)
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ListFormatError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if magic in _ZIP_MAGICS:
        return _of_zip(path, max_bytes)
    return (_single(path, max_bytes),)


def _single(path: Path, max_bytes: int) -> ListFile:
    def opener() -> BinaryIO:
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP_MAGIC
        return cast(BinaryIO, gzip.open(path)) if packed else path.open("rb")

    def others() -> dict[str, ListFile]:
        try:
            beside = [other for other in sorted(path.parent.iterdir()) if other.is_file() and other != path]
        except OSError as error:
            raise ListFormatError(f"{path.parent}: cannot be read ({error.strerror}); check the path") from error
        return {file.name: file for file in (_single(other, max_bytes) for other in beside)}

    return ListFile(str(path), path.name.removesuffix(".gz"), opener, others, max_bytes)


def _of_directory(path: Path, max_bytes: int) -> tuple[ListFile, ...]:
    members = [member for member in sorted(path.iterdir()) if member.is_file() and not member.name.startswith(".")]
    if not members:
        raise ListFormatError(f"{path}: is a directory without files; put the list's files there")
    _check_number(len(members), str(path))
    return tuple(_single(member, max_bytes) for member in members)


def _of_zip(path: Path, max_bytes: int) -> tuple[ListFile, ...]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ListFormatError(f"{path}: is a damaged or cut zip archive ({error}); download it again") from error
    if len({Path(name).name for name in names}) < len(names):
        raise ListFormatError(f"{path}: has several files of one name in different folders; pack one list at a time")
    if not names:
        raise ListFormatError(f"{path}: is an empty zip archive; download it again")
    _check_number(len(names), str(path))
    files: dict[str, ListFile] = {}

    def member(name: str) -> ListFile:
        def opener() -> BinaryIO:
            with zipfile.ZipFile(path) as archive:
                return cast(BinaryIO, archive.open(name))  # keeps the archive's file open as long as it needs it

        def others() -> dict[str, ListFile]:
            return {other: file for other, file in files.items() if other != file_name}

        file_name = Path(name).name
        return ListFile(f"{path}!{name}", file_name, opener, others, max_bytes)

    files.update({Path(name).name: member(name) for name in names})
    return tuple(files.values())


def _check_number(number: int, place: str) -> None:
    if number > MAX_MEMBERS:
        raise ListFormatError(f"{place}: holds {number:,} files, at most {MAX_MEMBERS} are read; this is not a list")


class _Capped(io.RawIOBase):
    """Reads on until the cap; what goes wrong below says in which file it did."""

    def __init__(self, opener: Callable[[], BinaryIO], place: str, max_bytes: int) -> None:
        self._place = place
        self._left = self._max_bytes = max_bytes
        self._inner = self._guarded(opener)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        read = self._guarded(lambda: self._inner.read(len(buffer)))
        self._left -= len(read)
        if self._left < 0:
            raise ListFormatError(
                f"{self._place}: is larger than {self._max_bytes:,} bytes unpacked; this is not a list file"
            )
        buffer[: len(read)] = read
        return len(read)

    def close(self) -> None:
        if not self.closed and hasattr(self, "_inner"):
            self._inner.close()
        super().close()

    def _guarded(self, action: Callable[[], _Result]) -> _Result:
        try:
            return action()
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise ListFormatError(
                f"{self._place}: is a damaged or cut archive ({error}); download the list again"
            ) from error
        except OSError as error:
            raise ListFormatError(
                f"{self._place}: cannot be read ({error.strerror or error}); check the path"
            ) from error

"""The bytes of a list file, unpacked when it is gzip and never larger than a cap."""

from __future__ import annotations

import gzip
import zlib
from io import BytesIO
from pathlib import Path

from streams.errors import ListFormatError

MAX_BYTES = 512 * 1024 * 1024
"""Largest list file, unpacked: several times the largest official list; more is a mistake or an attack."""

_GZIP_MAGIC = b"\x1f\x8b"


def read_content(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """The unpacked bytes of a list file; gzip is known by its first two bytes, not by the file's name.

    Raises :class:`~streams.errors.ListFormatError` when the file cannot be read, is empty, is a damaged or
    cut gzip file, or is larger than ``max_bytes``.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(max_bytes + 1)
    except OSError as error:
        raise ListFormatError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    content = _unpack(raw, path, max_bytes) if raw.startswith(_GZIP_MAGIC) else raw
    if len(content) > max_bytes:
        raise ListFormatError(f"{path}: is larger than {max_bytes:,} bytes unpacked; this is not a list file")
    if not content.strip():
        raise ListFormatError(f"{path}: is empty; download the list again")
    return content.removeprefix(b"\xef\xbb\xbf")


def _unpack(raw: bytes, path: Path, max_bytes: int) -> bytes:
    try:
        with gzip.GzipFile(fileobj=BytesIO(raw)) as packed:
            return packed.read(max_bytes + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise ListFormatError(f"{path}: is a damaged or cut gzip file ({error}); download it again") from error

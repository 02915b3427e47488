"""Every official file as it was received, kept under its SHA-256, and what was made of it.

::

    files/ab/abcdef…          the file, named after the SHA-256 of its bytes
    receipts/NAME.json        of each download: what came last, and the server's marks for asking again
    quarantine.jsonl          every file that was not published, with the reasons; only ever appended to
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from streams.errors import ListError
from streams.records.base import Record
from streams.records.transaction import Moment


class Receipt(Record, frozen=True, kw_only=True):
    """What a download last brought: the file's SHA-256 and the marks by which the server tells a newer one."""

    url: str
    sha256: str
    fetched_at: Moment
    etag: str = ""
    last_modified: str = ""


class Quarantined(Record, frozen=True, kw_only=True):
    """A list, or a whole file, that was not published, and why."""

    source: str
    sha256: str
    reasons: tuple[str, ...]
    quarantined_at: Moment


_RECEIPT = msgspec.json.Decoder(Receipt)
_QUARANTINED = msgspec.json.Decoder(Quarantined)


class Archive:
    """The archive in one directory, made when something is first kept. Its methods raise ListError for the disk's."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def path(self, sha256: str) -> Path:
        """Where the file of that SHA-256 is, or would be."""
        return self._directory / "files" / sha256[:2] / sha256

    def keep(self, file: Path) -> str:
        """Keep a copy of a file; returns its SHA-256."""
        with self.incoming() as copy, _explained(file):
            copy.write_bytes(file.read_bytes())
            return self.take(copy)

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """A place for a file that is being received, gone afterwards unless it was taken."""
        with _explained(self._directory):
            self._directory.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._directory, prefix=".incoming-") as directory:
                yield Path(directory) / "file"

    def take(self, file: Path) -> str:
        """Move a received file to its address; returns its SHA-256."""
        with _explained(file):
            with file.open("rb") as content:
                sha256 = hashlib.file_digest(content, "sha256").hexdigest()
            target = self.path(sha256)
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)
        return sha256

    @contextmanager
    def named(self, sha256: str, name: str) -> Iterator[Path]:
        """The file of that SHA-256 under the name its publisher gave it, which may tell what it holds."""
        with self.incoming() as place, _explained(self.path(sha256)):
            link = place.with_name(Path(name).name or "file")
            link.symlink_to(self.path(sha256).resolve())
            yield link

    def receipt(self, name: str) -> Receipt | None:
        """What a download last brought, if its file is still there."""
        try:
            receipt = _RECEIPT.decode(self._receipt(name).read_bytes())
        except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
            return None  # asked for anew, whole
        return receipt if self.path(receipt.sha256).is_file() else None

    def write_receipt(self, name: str, receipt: Receipt) -> None:
        """Note what a download brought."""
        with self.incoming() as written, _explained(self._receipt(name)):
            written.write_bytes(msgspec.json.encode(receipt))
            self._receipt(name).parent.mkdir(parents=True, exist_ok=True)
            written.replace(self._receipt(name))

    def quarantine(self, entry: Quarantined) -> bool:
        """Note that something was not published; False when the same was noted last for the source already."""
        last = [known for known in self.quarantined() if known.source == entry.source][-1:]
        if last and (last[0].sha256, last[0].reasons) == (entry.sha256, entry.reasons):
            return False
        path = self._directory / "quarantine.jsonl"
        with _explained(path):
            self._directory.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as log:
                log.write(msgspec.json.encode(entry) + b"\n")
                log.flush()
                os.fsync(log.fileno())
        return True

    def quarantined(self) -> tuple[Quarantined, ...]:
        """Everything that was ever not published, oldest first."""
        path = self._directory / "quarantine.jsonl"
        with _explained(path):
            if not path.exists():
                return ()
            lines = path.read_bytes().splitlines()
        try:
            return tuple(_QUARANTINED.decode(line) for line in lines if line.strip())
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ListError(f"{path} cannot be read: {error}; mend or move it") from error

    def _receipt(self, name: str) -> Path:
        return self._directory / "receipts" / f"{name}.json"


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ListError(
            f"the list archive cannot be used: {error.filename or path}: {error.strerror}; see lists.archive"
        ) from error

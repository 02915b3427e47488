"""Which software decides: the version of the package, and a digest of what it and its libraries make of a name."""

from __future__ import annotations

import hashlib
import unicodedata
from functools import cache
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("numba", "numpy", "opencc-python-reimplemented", "pyicu-wheels", "pypinyin", "rapidfuzz", "rigour")
"""Those that read and compare names."""
_DECIDING = (".py", ".toml")


@cache
def software_version() -> str:
    """The package's version and the first 12 hexadecimal digits of a SHA-256, as ``0.1.0+4dd0262f9af3``.

    The digest is over the package's modules and tables, the versions of the libraries that read names, and Unicode's:
    the same events under the same lists and policy are decided alike by all that tell the same version.
    """
    digest = digest_of(Path(__file__).parent)
    for name in _LIBRARIES:
        digest.update(f"{name} {version(name)}\n".encode())
    digest.update(f"unicode {unicodedata.unidata_version}\n".encode())
    return f"{version('highfence')}+{digest.hexdigest()[:12]}"


def digest_of(package: Path) -> hashlib._Hash:
    """The SHA-256 of the modules and tables in a folder: of their paths, sizes and contents."""
    digest = hashlib.sha256()
    for file in sorted(package.rglob("*"), key=lambda each: each.relative_to(package).as_posix()):
        if file.suffix in _DECIDING:
            content = file.read_bytes()
            digest.update(f"{file.relative_to(package).as_posix()} {len(content)}\n".encode())
            digest.update(content)
    return digest

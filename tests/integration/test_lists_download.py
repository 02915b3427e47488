"""Downloading from a server that behaves, and from one that does not."""

from __future__ import annotations

import gzip
import ssl
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from list_server import Answer, ListServer, cut, endless, in_turn, marked, redirect, silent, whole
from live import PATIENCE

from streams.errors import ListError
from streams.lists.download import TRIES, Response, download, newest_date

BODY = b'{"entry_id": "1"}\n' * 1000


@pytest.fixture
def server() -> Iterator[ListServer]:
    with ListServer().running() as running:
        yield running


class _Pauses(list[float]):
    """Takes the pauses between tries instead of waiting."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def fetch(server: ListServer, answer: Answer, target: Path, **more: Any) -> Response | None:
    server.answers["/list"] = answer
    arguments: dict[str, Any] = {"max_bytes": 100_000, "pause": _Pauses(), "silence_seconds": PATIENCE, **more}
    return download(f"{server.url}/list", target, **arguments)


def refusal(server: ListServer, answer: Answer, target: Path, **more: Any) -> str:
    with pytest.raises(ListError) as error:
        fetch(server, answer, target, **more)
    assert server.url in str(error.value)
    return str(error.value)


def test_a_file_comes_with_its_marks(server: ListServer, tmp_path: Path) -> None:
    answer = whole(BODY, ETag='"a"', Last_Modified="Fri, 28 Mar 2025 12:00:00 GMT")
    assert fetch(server, answer, tmp_path / "f") == Response('"a"', "Fri, 28 Mar 2025 12:00:00 GMT")
    assert (tmp_path / "f").read_bytes() == BODY
    assert server.requests["/list"][0]["User-Agent"].startswith("highfence/")


def test_what_is_known_is_not_sent_again(server: ListServer, tmp_path: Path) -> None:
    assert fetch(server, marked(BODY, '"a"'), tmp_path / "f", known=Response('"a"', "yesterday")) is None
    assert server.requests["/list"][0]["If-None-Match"] == '"a"'
    assert server.requests["/list"][0]["If-Modified-Since"] == "yesterday"
    assert fetch(server, marked(BODY, '"b"'), tmp_path / "f", known=Response('"a"', "")) == Response('"b"', "")


def test_nothing_newer_than_nothing_is_no_answer(server: ListServer, tmp_path: Path) -> None:
    assert "304" in refusal(server, whole(b"", 304), tmp_path / "f")


def test_a_body_packed_by_http_is_unpacked(server: ListServer, tmp_path: Path) -> None:
    fetch(server, whole(gzip.compress(BODY), Content_Encoding="gzip"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == BODY


def test_a_bomb_packed_by_http_is_refused(server: ListServer, tmp_path: Path) -> None:
    said = refusal(server, whole(gzip.compress(b"0" * 5_000_000), Content_Encoding="gzip"), tmp_path / "f")
    assert "more than 100,000 bytes" in said


def test_passing_trouble_is_tried_again_later_and_later(server: ListServer, tmp_path: Path) -> None:
    pauses = _Pauses()
    answer = in_turn(whole(b"", 503), cut(BODY[:100], len(BODY)), silent(PATIENCE), whole(BODY))
    assert fetch(server, answer, tmp_path / "f", pause=pauses, silence_seconds=1)
    assert (tmp_path / "f").read_bytes() == BODY
    assert len(pauses) == 3
    for number, seconds in enumerate(pauses):
        assert 2 * 2**number * 0.5 <= seconds <= 2 * 2**number * 1.5


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (whole(b"oops", 500), "500 Internal Server Error"),
        (whole(b"", 429), "429"),
        (cut(BODY, 2 * len(BODY)), "without sending complete message body"),
        (whole(b"this is not gzip", Content_Encoding="gzip"), "Error -3"),
    ],
)
def test_lasting_trouble_is_told(answer: Answer, said: str, server: ListServer, tmp_path: Path) -> None:
    told = refusal(server, answer, tmp_path / "f")
    assert said in told
    assert f"tried {TRIES} times" in told
    assert len(server.requests["/list"]) == TRIES


def test_lasting_silence_is_told(server: ListServer, tmp_path: Path) -> None:
    told = refusal(server, silent(PATIENCE), tmp_path / "f", silence_seconds=0.3)
    assert f"timed out; tried {TRIES} times" in told


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (whole(b"", 404), "404 Not Found"),
        (whole(b"", 403), "403 Forbidden"),
        (endless(b"x" * 10_000), "more than 100,000 bytes"),
        (redirect("/list"), "redirects"),
        (redirect("http://lists.example/list"), "http://lists.example/list, which is not protected by TLS"),
        (redirect("ftp://127.0.0.1/list"), "ftp"),
    ],
)
def test_what_will_not_pass_is_not_tried_again(answer: Answer, said: str, server: ListServer, tmp_path: Path) -> None:
    told = refusal(server, answer, tmp_path / "f")
    assert said in told
    assert f"tried {TRIES} times" not in told


def test_a_body_that_drips_is_given_up(server: ListServer, tmp_path: Path) -> None:
    assert "not finished after 1 s" in refusal(server, endless(b"x", 0.05), tmp_path / "f", total_seconds=1)


def test_a_redirect_is_followed(server: ListServer, tmp_path: Path) -> None:
    server.answers["/new"] = whole(BODY)
    fetch(server, redirect("/new"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == BODY


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ListError, match="Connection refused"):
        download("http://127.0.0.1:1/list", tmp_path / "f", max_bytes=1, pause=_Pauses())


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with ListServer(context).running() as server:
        assert "certificate" in refusal(server, whole(BODY), tmp_path / "f").lower()
    assert "/list" not in server.requests


def test_the_ecfr_tells_up_to_which_day_title_15_is_current() -> None:
    table = b'{"titles": [{"number": 14}, {"number": 15, "name": "x", "up_to_date_as_of": "2026-07-23"}], "meta": {}}'
    assert newest_date(table, "here") == date(2026, 7, 23)
    for broken in (b"<html>", b"{}", b'{"titles": [{"number": 15}]}', b'{"titles": []}'):
        with pytest.raises(ListError, match="here: "):
            newest_date(broken, "here")

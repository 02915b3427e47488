"""Downloading an official file: conditionally, with retries, never without bounds, over verified TLS."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path

import httpx
import msgspec

from streams.errors import ListError

TRIES = 4
"""How often one address is asked before it is given up until the next time."""

FIRST_PAUSE_SECONDS = 2.0
"""Pause before the second try; each further one is twice as long, and all are varied by half."""

MAX_REDIRECTS = 5
SILENCE_SECONDS = 30.0
"""How long a server may say nothing."""
TOTAL_SECONDS = 900.0
"""How long one file may take however steadily it comes."""

_WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ECFR_TITLE = 15


@dataclass(frozen=True)
class Response:
    """The marks of a file by which its server tells whether there is a newer one; empty when it gives none."""

    etag: str
    last_modified: str


class _PassingError(Exception):
    """Worth another try."""


def download(
    url: str,
    target: Path,
    *,
    known: Response | None = None,
    max_bytes: int,
    pause: Callable[[float], object] = time.sleep,
    total_seconds: float = TOTAL_SECONDS,
    silence_seconds: float = SILENCE_SECONDS,
) -> Response | None:
    """Write what the address answers into ``target``; None when nothing is newer than ``known``.

    ``max_bytes`` bounds the file, unpacked as HTTP packs it. Connection errors, a cut body and the server's own
    troubles are tried again after a ``pause``. Raises :class:`~streams.errors.ListError` naming the address and
    what happened when nothing usable came.
    """
    with httpx.Client(
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        timeout=silence_seconds,
        headers={"User-Agent": f"highfence/{version('highfence')}"},
        event_hooks={"request": [partial(_check_address, httpx.URL(url))]},
    ) as client:
        for attempt in range(TRIES):
            try:
                return _fetch(client, url, target, known, max_bytes, total_seconds)
            except _PassingError as error:
                problem = error
            except httpx.HTTPError as error:
                raise ListError(f"{url}: {error}") from error
            if attempt < TRIES - 1:
                pause(FIRST_PAUSE_SECONDS * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 - not a secret
    raise ListError(f"{url}: {problem}; tried {TRIES} times")


def newest_date(table: bytes, place: str) -> date:
    """The day up to which the eCFR's title 15 is current, from the eCFR's table of titles.

    Raises :class:`~streams.errors.ListError` when the table does not tell.
    """
    try:
        titles = msgspec.json.decode(table, type=_Titles).titles
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ListError(f"{place}: is not the eCFR's table of titles: {error}") from error
    for title in titles:
        if title.number == _ECFR_TITLE and title.up_to_date_as_of is not None:
            return title.up_to_date_as_of
    raise ListError(f"{place}: does not tell up to which day title {_ECFR_TITLE} is current")


class _Title(msgspec.Struct):
    number: int
    up_to_date_as_of: date | None = None


class _Titles(msgspec.Struct):
    titles: list[_Title]


def _fetch(
    client: httpx.Client, url: str, target: Path, known: Response | None, max_bytes: int, total_seconds: float
) -> Response | None:
    marks = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified} if known else {}
    ends = time.monotonic() + total_seconds
    try:
        with client.stream("GET", url, headers={name: mark for name, mark in marks.items() if mark}) as response:
            if response.status_code == httpx.codes.NOT_MODIFIED and known:
                return None
            if response.status_code != httpx.codes.OK:
                said = f"the server answered {response.status_code} {response.reason_phrase}".rstrip()
                if response.status_code in _WORTH_ANOTHER_TRY:
                    raise _PassingError(said)
                raise ListError(f"{url}: {said}")
            received = 0
            with target.open("wb") as file:
                for chunk in response.iter_bytes():
                    received += len(chunk)
                    if received > max_bytes:
                        raise ListError(f"{url}: more than {max_bytes:,} bytes came; this is not the list")
                    if time.monotonic() > ends:
                        raise ListError(f"{url}: not finished after {total_seconds:.0f} s")
                    file.write(chunk)
            return Response(response.headers.get("ETag", ""), response.headers.get("Last-Modified", ""))
    except (httpx.TooManyRedirects, httpx.UnsupportedProtocol):
        raise
    except (httpx.TransportError, httpx.DecodingError) as error:
        raise _PassingError(str(error) or type(error).__name__) from error


def _check_address(asked: httpx.URL, request: httpx.Request) -> None:
    """No redirect may leave TLS; without TLS only this machine may be asked."""
    url = request.url
    if url.scheme == "https" or (asked.host in _LOOPBACK and url.host in _LOOPBACK):
        return
    raise ListError(f"{asked}: leads to {url}, which is not protected by TLS; look for the list's new address")

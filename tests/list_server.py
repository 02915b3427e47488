"""A web server on loopback that serves lists well and badly, as each test tells it."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]
"""Answers one request."""


class ListServer:
    """Answers each path as set in ``answers``; ``requests`` are the headers that came, by path."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: dict[str, list[dict[str, str]]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.split("?", 1)[0]
                outer.requests.setdefault(path, []).append(dict(self.headers.items()))
                with contextlib.suppress(ConnectionError):  # a client that has had enough goes
                    outer.answers[path](self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._server.daemon_threads = True
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[ListServer]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def whole(body: bytes, status: int = 200, **headers: str) -> Answer:
    """The body with its length."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def marked(body: bytes, etag: str) -> Answer:
    """The body with an ETag, or 304 to whoever has it."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        if request.headers.get("If-None-Match") == etag:
            whole(b"", 304)(request)
        else:
            whole(body, ETag=etag)(request)

    return answer


def cut(body: bytes, announced: int) -> Answer:
    """The body, announced to be longer than it is."""
    return whole(body, Content_Length=str(announced))


def endless(chunk: bytes, pause: float = 0.0) -> Answer:
    """Never stops."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while True:
            request.wfile.write(chunk)
            time.sleep(pause)

    return answer


def silent(seconds: float) -> Answer:
    """Says nothing for a while, and then hangs up."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        request.close_connection = True

    return answer


def redirect(to: str) -> Answer:
    """Sends elsewhere."""
    return whole(b"", 302, Location=to)


def in_turn(*answers: Answer) -> Answer:
    """One answer after the other, the last one for ever."""
    left = list(answers)

    def answer(request: BaseHTTPRequestHandler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(request)

    return answer

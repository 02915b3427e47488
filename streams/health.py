"""The web endpoint of every process: /metrics, /healthz and /readyz."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from streams.errors import SettingsError

Check = Callable[[], str | None]
"""Returns what is wrong, or None when all is well."""


def nothing_wrong() -> str | None:
    """The check of what cannot be wrong."""
    return None


_log = logging.getLogger("highfence.health")


class HealthServer:
    """Serves metrics and health of this process from a thread of its own.

    ``alive`` and ``ready`` are asked at each request and return what is wrong, or None; ``remark`` returns what is
    wrong although the process does its work, and is told with the rest. Port 0 takes a free port; ``port`` tells
    which. Raises SettingsError when the address cannot be taken.
    """

    def __init__(
        self,
        host: str,
        port: int,
        registry: CollectorRegistry,
        alive: Check,
        ready: Check,
        remark: Check = nothing_wrong,
    ) -> None:
        checks = {"/healthz": alive, "/readyz": ready}

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.split("?", 1)[0]
                if path == "/metrics":
                    self._send(200, CONTENT_TYPE_LATEST, generate_latest(registry))
                elif (check := checks.get(path)) is not None:
                    problem = check()
                    remarked = remark()
                    text = problem or (f"ok, but {remarked}" if remarked else "ok")
                    self._send(200 if problem is None else 503, "text/plain; charset=utf-8", f"{text}\n".encode())
                else:
                    self._send(404, "text/plain; charset=utf-8", b"try /metrics, /healthz or /readyz\n")

            def _send(self, status: int, content_type: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
                _log.debug(format, *args)

        try:
            self._server = ThreadingHTTPServer((host, port), Answer)
        except OSError as error:
            raise SettingsError(
                f"metrics.host/metrics.port: {host}:{port} cannot be served: {error.strerror}"
            ) from error
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    def __enter__(self) -> HealthServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

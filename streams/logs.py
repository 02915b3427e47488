"""How every process logs: for people, or a JSON object a line for whatever collects logs."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import orjson

from streams.settings import LogSettings

TOLD = "told"
"""``log.info("…", extra={TOLD: {…}})`` tells facts by name; they are fields of the line in JSON."""

_TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"


class JsonLines(logging.Formatter):
    """A record as one line of JSON: ``time`` (UTC), ``level``, ``logger``, ``message``, then what is told by name."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; a traceback is in ``exception``."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, TOLD, {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line, default=str, option=orjson.OPT_UTC_Z).decode()
        except orjson.JSONEncodeError:  # half a surrogate pair, as from a file name that is not UTF-8
            return orjson.dumps({**line, "message": ascii(line["message"])}, default=ascii).decode()


def set_up(settings: LogSettings, verbose: bool) -> None:
    """Log to standard error.

    The line of each batch is for machines: it is left out of text unless ``verbose``, which also shows each event
    before it is screened and the clients' own logs.
    """
    as_json = settings.format == "json"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else logging.Formatter(_TEXT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("highfence").setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.getLogger("highfence.batch").setLevel(logging.INFO if as_json or verbose else logging.WARNING)
    logging.getLogger("highfence.kafka").setLevel(logging.INFO if verbose else logging.CRITICAL)
    logging.getLogger("httpx").setLevel(logging.INFO if verbose else logging.WARNING)


def are_json() -> bool:
    """Whether this process logs in JSON."""
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers)

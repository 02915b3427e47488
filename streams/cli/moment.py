"""A moment as an option's value."""

from __future__ import annotations

from datetime import UTC, datetime

import click


def moment(text: str) -> datetime:
    """An ISO 8601 time in UTC; without an offset it is UTC already, and a bare day is its first second."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not a time; write it as 2025-03-28T12:00:00Z or 2025-03-28") from error
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)

"""The options by which a person lets a suspicious release through, by name and with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from streams.records.list_release import ForcedBy


def forcing(command: Callable[..., Any]) -> Callable[..., Any]:
    """The three options by which a person lets a release through."""
    for option in (
        click.option("--reason", metavar="TEXT", help="Why; goes into the release."),
        click.option("--by", "name", metavar="NAME", help="Who forces it; goes into the release."),
        click.option("--force", is_flag=True, help="Publish although the guards speak against it."),
    ):
        command = option(command)
    return command


def forced_by_options(force: bool, name: str | None, reason: str | None) -> ForcedBy | None:
    """Who forces it and why; None when nobody does. Raises UsageError when only some of the options are given."""
    if force and not (name and reason):
        raise click.UsageError("--force needs --by NAME and --reason TEXT")
    if (name or reason) and not force:
        raise click.UsageError("--by and --reason belong to --force")
    return ForcedBy(name=name, reason=reason) if force and name and reason else None

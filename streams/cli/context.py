"""What commands share: the settings they run under."""

from __future__ import annotations

from pathlib import Path

import click

from streams.errors import PolicyError
from streams.matching import Policy
from streams.screening.diversion import Diversion, DiversionRules
from streams.settings import Settings


def settings_of(ctx: click.Context) -> Settings:
    """The settings the command was started with."""
    settings = ctx.find_object(Settings)
    if settings is None:
        raise click.UsageError("run this as a command of 'highfence'")
    return settings


def policy_of(settings: Settings) -> Policy:
    """The policy the settings name, or the packaged one.

    Raises PolicyError when the file cannot be read or is inconsistent.
    """
    file = settings.policy.file
    if file is None:
        return Policy.default()
    return Policy.from_toml(_text(file, "policy file"), str(file))


def flags_of(settings: Settings) -> Diversion | None:
    """The rules for diversion flags that the settings name, or the packaged ones; None when flags are off.

    Raises PolicyError when the file cannot be read or is inconsistent.
    """
    if not settings.flags.on:
        return None
    rules = DiversionRules.default() if settings.flags.file is None else rules_in(settings.flags.file)
    return Diversion(rules, settings.worker.remembered_transactions)


def rules_in(file: Path) -> DiversionRules:
    """The rules for diversion flags in a file.

    Raises PolicyError when it cannot be read or is inconsistent.
    """
    return DiversionRules.from_toml(_text(file, "file of flag rules"), str(file))


def _text(file: Path, what: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{what} {file} cannot be read: {error}") from error

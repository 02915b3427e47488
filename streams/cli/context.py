"""What commands share: the settings they run under."""

from __future__ import annotations

import click

from streams.errors import PolicyError
from streams.matching import Policy
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
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"policy file {file} cannot be read: {error}") from error
    return Policy.from_toml(text, str(file))

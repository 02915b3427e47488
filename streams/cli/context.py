"""What commands share: the settings they run under."""

from __future__ import annotations

import click

from streams.settings import Settings


def settings_of(ctx: click.Context) -> Settings:
    """The settings the command was started with."""
    settings = ctx.find_object(Settings)
    if settings is None:
        raise click.UsageError("run this as a command of 'highfence'")
    return settings

"""``highfence settings``: what is in effect."""

from __future__ import annotations

import json
from typing import Any

import click

from streams.cli.context import settings_of
from streams.settings import redacted
from streams.terminal import safe


@click.group()
def settings() -> None:
    """Show the settings in effect."""


@settings.command()
@click.pass_context
def show(ctx: click.Context) -> None:
    """Show every setting in effect as TOML, secrets as ***."""
    for section, content in settings_of(ctx).model_dump(mode="json").items():
        click.echo(f"[{section}]")
        for key, value in content.items():
            if value is not None:
                click.echo(safe(f"{key} = {_toml(redacted(key, value))}"))
        click.echo()


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(inner)}" for key, inner in value.items()) + " }"
    # Strings, numbers, booleans and lists of them are written alike in JSON and TOML.
    return json.dumps(value)

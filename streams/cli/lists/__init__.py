"""``highfence lists``: download, publish, show, compare and verify restricted-party lists."""

from __future__ import annotations

import click

from streams.cli.lists.history import export, log, verify
from streams.cli.lists.publish import publish, quarantine, sync, withdraw
from streams.cli.lists.show import diff, show


@click.group()
def lists() -> None:
    """Download, publish, show, compare and verify restricted-party lists."""


for _command in (publish, sync, quarantine, withdraw, show, diff, log, verify, export):
    lists.add_command(_command)

"""``highfence demo``."""

from __future__ import annotations

import click
from rich.console import Console

from streams.demo.run import run_demo


@click.command()
@click.option("--keep", is_flag=True, help="Leave Kafka and the worker up until Ctrl-C.")
@click.pass_context
def demo(ctx: click.Context, keep: bool) -> None:
    """Screen two thousand orders on a Kafka of its own and check what comes out.

    Exits with 1 when anything is not as expected.
    """
    if not run_demo(Console(), keep):
        ctx.exit(1)

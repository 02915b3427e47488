"""``highfence desk``: the web console and API of the people who work on alerts."""

from __future__ import annotations

import asyncio
import logging
import signal

import click

from streams.cli.context import policy_of, settings_of
from streams.desk.people import new_token
from streams.matching import Policy
from streams.settings import Settings


@click.group(invoke_without_command=True)
@click.pass_context
def desk(ctx: click.Context) -> None:
    """Serve the console and the API until SIGTERM or Ctrl-C; 'desk token' makes a person's token."""
    if ctx.invoked_subcommand is not None:
        return
    settings = settings_of(ctx)
    for name in ("faust", "mode", "aiokafka", "streams.desk.committed"):  # what concerns the desk, it logs itself
        logging.getLogger(name).setLevel(logging.ERROR)
    asyncio.run(_run(settings, policy_of(settings)))


async def _run(settings: Settings, policy: Policy) -> None:
    # Here, because other commands need not wait for Faust and a web server to be loaded.
    from streams.desk.app import Desk
    from streams.desk.web.server import serving

    desk = Desk(settings, policy, serving)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, desk.stop)
    await desk.run()


@desk.command()
@click.argument("name")
@click.option(
    "--role",
    "roles",
    type=click.Choice(["viewer", "maker", "checker"]),
    multiple=True,
    required=True,
    help="What NAME may do; can be given more than once.",
)
def token(name: str, roles: tuple[str, ...]) -> None:
    """Make a token for NAME. It is shown once; the settings keep only its hash."""
    made, sha256 = new_token()
    click.echo(f"Give this token to {name}; it is shown only now:\n\n  {made}\n")
    click.echo("Add to the settings file of the desk, and start it again:\n")
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    listed = ", ".join(f'"{role}"' for role in dict.fromkeys(roles))
    click.echo(f'[desk.people."{quoted}"]\nroles = [{listed}]\ntoken_sha256 = "{sha256}"')

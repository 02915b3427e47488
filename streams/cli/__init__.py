"""The ``highfence`` command: thin, each command calls one function of a room."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import click

from streams import failpoints, logs
from streams.cli.bench import bench
from streams.cli.broker import broker
from streams.cli.controltest import controltest
from streams.cli.demo import demo
from streams.cli.desk import desk
from streams.cli.evaluate import evaluate
from streams.cli.flags import flags
from streams.cli.lists import lists
from streams.cli.lookback import lookback
from streams.cli.map import mappings
from streams.cli.ownership import ownership
from streams.cli.screen import explain, screen
from streams.cli.settings import settings
from streams.cli.topics import topics
from streams.cli.watch import watch
from streams.cli.worker import worker
from streams.errors import HighfenceError
from streams.settings import load_settings
from streams.software import software_version


def _tell(problem: str) -> None:
    """Say why the command ends, in the form of its log."""
    if logs.are_json():
        logging.getLogger("highfence").error(problem)
    else:
        click.echo(f"highfence: {problem}", err=True)


class _Commands(click.Group):
    """Prints any HighfenceError in one line and exits with status 2."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except HighfenceError as error:
            _tell(str(error))
            ctx.exit(2)
        except BrokenPipeError:
            # The reader of our output has gone, as in `highfence … | head`; what is still unwritten goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        except UnicodeEncodeError:
            _tell("an argument is not UTF-8")
            ctx.exit(2)
        except OSError as error:
            _tell(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
            ctx.exit(2)


def _tell_version(ctx: click.Context, _option: click.Parameter, asked: bool) -> None:
    if asked:
        click.echo(f"highfence {software_version()}")
        ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="HIGHFENCE_CONFIG",
    help="Settings file (TOML).",
)
@click.option("-v", "--verbose", is_flag=True, help="Show each event before it is screened, and the clients' own logs.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_tell_version,
    help="Show the version, as decisions name it, and exit.",
)
@click.pass_context
def main(ctx: click.Context, file: Path | None, verbose: bool) -> None:
    """Streaming restricted-party screening on Kafka."""
    failpoints.arm(os.environ.get("HIGHFENCE_FAILPOINTS", ""))
    ctx.obj = loaded = load_settings(file)
    logs.set_up(loaded.log, verbose)


for _command in (
    bench,
    broker,
    controltest,
    demo,
    desk,
    evaluate,
    explain,
    flags,
    lists,
    lookback,
    mappings,
    ownership,
    screen,
    settings,
    topics,
    watch,
    worker,
):
    main.add_command(_command)

"""``highfence map``: mappings of other platforms' events, listed and tried on samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec
import orjson

from streams.errors import MappingError
from streams.mappings import Coverage, coverage, load_mapping, ready_made
from streams.records.codec import encode
from streams.terminal import safe

_MOST_BYTES = 67_108_864


@click.group("map")
def mappings() -> None:
    """Show mappings, which make transactions of other platforms' events, and try them."""


@mappings.command("list")
def show() -> None:
    """Show the ready-made mappings."""
    for name in ready_made():
        click.echo(f"{name:20} {load_mapping(name).title}")


@mappings.command()
@click.argument("mapping", metavar="FILE")
@click.option(
    "--sample",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    metavar="EVENTS",
    help="Events as they are on the topic: JSON lines, or one JSON document.",
)
def check(mapping: str, sample: Path) -> None:
    """Show what FILE, a mapping or the name of a ready-made one, makes of sample events.

    First the transactions, as JSON; then which paths of the sample were used, and which were not or not everywhere.
    Exits with 2 when an event cannot be mapped.
    """
    made = load_mapping(mapping)
    events = _events(sample)
    for where, event in events:
        try:
            transaction = made.of_event(event)
        except MappingError as error:
            raise MappingError(f"{where}: {error}") from error
        for line in msgspec.json.format(encode(transaction), indent=2).decode().split("\n"):
            click.echo(safe(line))
    paths = coverage(made, [event for _, event in events])
    _tell("used", [path for path in paths if path.used])
    _tell("not used", [path for path in paths if path.used < path.of])
    click.echo(f"mapping {made.name}, version {made.version}: {len(events):,} events")


def _tell(what: str, paths: list[Coverage]) -> None:
    click.echo(f"{what}:" if paths else f"{what}: nothing")
    for path in paths:
        number = path.used if what == "used" else path.of - path.used
        click.echo(safe(f"  {path.path}" + (f"  ({number} of {path.of})" if 0 < path.used < path.of else "")))


def _events(sample: Path) -> list[tuple[str, dict[str, Any]]]:
    """The events with their places; raises MappingError when there is none, or one is no JSON object."""
    if sample.stat().st_size > _MOST_BYTES:
        raise MappingError(f"{sample} has more than {_MOST_BYTES:,} bytes: a few events are enough")
    content = sample.read_bytes()
    try:
        whole = orjson.loads(content)
    except orjson.JSONDecodeError:
        lines = [
            (f"{sample}, line {number}", line) for number, line in enumerate(content.splitlines(), 1) if line.strip()
        ]
        found = [(where, _object(where, line)) for where, line in lines]
    else:
        if not isinstance(whole, dict):
            raise MappingError(f"{sample} is no JSON object, and no JSON lines")
        found = [(str(sample), whole)]
    if not found:
        raise MappingError(f"{sample} has no event")
    return found


def _object(where: str, line: bytes) -> dict[str, Any]:
    try:
        read = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise MappingError(f"{where} is no JSON: {error}") from error
    if not isinstance(read, dict):
        raise MappingError(f"{where} is no JSON object")
    return read

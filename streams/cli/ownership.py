"""``highfence ownership``: who owns whom, published and shown."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from streams.cli.context import settings_of
from streams.lists.archive import Archive
from streams.ownership.loading import ownership_file
from streams.ownership.publisher import publish as publish_edges
from streams.ownership.publisher import replay
from streams.terminal import safe


@click.group()
def ownership() -> None:
    """Who owns whom: publish files, show what is in force."""


@ownership.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option("--source", metavar="NAME", help="What the source is called; without it, the file's name.")
@click.option(
    "--names",
    type=click.Path(path_type=Path, exists=True),
    help="GLEIF's level-1 file (CSV), for the names of the LEIs in its relationship records.",
)
@click.pass_context
def publish(ctx: click.Context, file: Path, source: str | None, names: Path | None) -> None:
    """Publish FILE as all that its source says now: what is no longer in it is no longer in force.

    It may be Open Ownership's JSON (BODS 0.4), GLEIF's relationship records (CSV), or a CSV with the columns owner,
    owned and percent. The file is kept in the archive.
    """
    settings = settings_of(ctx)
    found = ownership_file(file, source, names)
    sha256 = Archive(settings.lists.archive).keep(file) if file.is_file() else None
    release = publish_edges(found.source, found.edges(), settings, sha256)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{safe(release.source)}: published release {release.release_id}", markup=False)
    console.print(f"  {release.edges:,} edges: {release.added:,} added, {release.removed:,} removed", markup=False)


@ownership.command()
@click.pass_context
def show(ctx: click.Context) -> None:
    """Show the ownership sources in force with their releases."""
    _, changes = replay(settings_of(ctx))
    console = Console(highlight=False, soft_wrap=True)
    if not changes:
        console.print("no ownership is in force")
    for release in [change.release for change in changes]:
        console.print(
            f"{safe(release.source)}: {release.edges:,} edges, release {release.release_id}, digest {release.digest}",
            markup=False,
        )

"""``highfence ownership``: who owns whom, published and shown."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from streams.cli.context import settings_of
from streams.cli.forcing import forced_by_options, forcing
from streams.cli.lists.shown import console, print_forced
from streams.errors import ReleaseRefusedError
from streams.lists.archive import Archive, Quarantined
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
@forcing
@click.pass_context
def publish(
    ctx: click.Context,
    file: Path,
    source: str | None,
    names: Path | None,
    force: bool,
    name: str | None,
    reason: str | None,
) -> None:
    """Publish FILE as all that its source says now: what is no longer in it is no longer in force.

    It may be Open Ownership's JSON (BODS 0.4), GLEIF's relationship records (CSV), or a CSV with the columns owner,
    owned and percent. The file is kept in the archive; one that is suspiciously short, or lost what it told before, is
    not published but kept in quarantine ('lists quarantine').
    """
    forced_by = forced_by_options(force, name, reason)
    settings = settings_of(ctx)
    found = ownership_file(file, source, names)
    archive = Archive(settings.lists.archive)
    sha256 = archive.keep(file) if file.is_file() else None
    try:
        release = publish_edges(found.source, found.edges(), settings, sha256, forced_by)
    except ReleaseRefusedError as error:
        if sha256 is not None:
            archive.quarantine(
                Quarantined(
                    source=f"ownership/{found.source}",
                    sha256=sha256,
                    reasons=(str(error),),
                    quarantined_at=datetime.now(UTC),
                )
            )
        raise
    terminal = console()
    terminal.print(f"{safe(release.source)}: published release {release.release_id}")
    terminal.print(f"  {release.edges:,} edges: {release.added:,} added, {release.removed:,} removed")
    print_forced(terminal, release)


@ownership.command()
@click.pass_context
def show(ctx: click.Context) -> None:
    """Show the ownership sources in force with their releases."""
    _, changes = replay(settings_of(ctx))
    terminal = console()
    if not changes:
        terminal.print("no ownership is in force")
    for release in [change.release for change in changes]:
        terminal.print(
            f"{safe(release.source)}: {release.edges:,} edges, release {release.release_id}, digest {release.digest}"
        )
        print_forced(terminal, release)

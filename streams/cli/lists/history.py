"""``lists log``, ``lists verify`` and ``lists export``: the lists as they stood."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
import msgspec

from streams.cli.context import settings_of
from streams.cli.lists.shown import console, counts, in_force, print_forced
from streams.cli.moment import moment
from streams.errors import ListError, ReleaseRefusedError
from streams.lists import history
from streams.lists.publisher import replay
from streams.lists.release import canonical_bytes
from streams.terminal import safe


@click.command()
@click.argument("source", required=False)
@click.option("--all", "show_all", is_flag=True, help="Also the releases that changed nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per release.")
@click.pass_context
def log(ctx: click.Context, source: str | None, show_all: bool, as_json: bool) -> None:
    """Show every release of SOURCE, or of all lists, oldest first: counts, digest, who forced it and why."""
    terminal = console()
    for release in history.releases(history.records(settings_of(ctx))):
        changes = release.added or release.changed or release.removed or release.forced_by
        if (source and release.source != source) or not (changes or show_all):
            continue
        if as_json:
            click.echo(msgspec.json.encode(release).decode())
            continue
        terminal.print(safe(f"{release.published_at:%Y-%m-%d %H:%M:%S} UTC  {release.source}  {release.release_id}"))
        terminal.print(f"  {counts(release)}; digest {release.digest[:16]}…")
        if release.file_sha256:
            terminal.print(safe(f"  file {release.file_sha256}"))
        print_forced(terminal, release)


@click.command()
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Recompute the digest of every list on the topic, and of every release in the history, against the markers.

    Exits with 2 when one does not hold.
    """
    settings = settings_of(ctx)
    terminal = console()
    _, caught_up = replay(settings)
    past = history.verify(history.records(settings))
    problems = [str(error) for error in caught_up.refused]
    for change in caught_up.changes:
        release = change.release
        verified = past.get(change.source, history.Verified())
        terminal.print(
            safe(
                f"{change.source}: release {release.release_id} holds: {release.entries:,} entries, digest "
                f"{release.digest}; in the history {verified.held:,} of {verified.held + len(verified.problems):,} hold"
            )
        )
        problems += [f"history: {problem}" for problem in verified.problems]
        if verified.last != release:
            last = verified.last.release_id if verified.last else "none"
            problems.append(f"history: the last release of {change.source} there is {last}, not {release.release_id}")
    if problems:
        raise ReleaseRefusedError("; ".join(problems))
    if not caught_up.changes:
        terminal.print("no list is in force")


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--as-of", "at", type=moment, metavar="TIME", help="The lists as they stood then, instead of now.")
@click.option(
    "--to",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Directory for a file SOURCE.jsonl per list, in Highfence's own format.",
)
@click.pass_context
def export(ctx: click.Context, sources: tuple[str, ...], at: datetime | None, directory: Path) -> None:
    """Write lists, all or those named, as they are in force or were at a moment."""
    settings = settings_of(ctx)
    changes = in_force(settings) if at is None else history.as_of(history.records(settings), at)
    if unknown := [source for source in sources if source not in changes]:
        raise ListError(f"not in force: {', '.join(unknown)}; in force: {', '.join(changes) or 'none'}")
    terminal = console()
    for source in sources or changes:
        path = directory / f"{source}.jsonl"
        try:
            directory.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(canonical_bytes(entry) + b"\n" for entry in changes[source].upserts))
        except OSError as error:
            raise ListError(f"{path} cannot be written: {error.strerror}") from error
        release = changes[source].release
        terminal.print(safe(f"{path}: {release.entries:,} entries of release {release.release_id}"))

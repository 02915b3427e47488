"""Releases that land while latency is measured: ``python -m streams.bench.releases FILE COUNT``.

A process of its own, as a publisher is: it would else hold up who sends events and reads decisions. It takes entries
from ``FILE``, a JSON array, and settings from the environment; says on standard output when it is ready, and after
each of ``COUNT`` releases, two seconds apart, which it was and when it was committed; ends when its input does.
"""

from __future__ import annotations

import logging
import sys
import time
from itertools import cycle, islice
from pathlib import Path

import click
import msgspec

from streams.errors import HighfenceError
from streams.lists.loading import LoadedList
from streams.lists.publisher import Publisher
from streams.records.list_entry import ListEntry
from streams.settings import load_settings

SOURCE = "bench_releases"
RELEASE_ENTRIES = 82
"""As many entries as the rule of 2025-03-28 added to the Entity List; each release has so many more than the last."""
SECONDS_APART = 2.0
READY = "ready"


class Committed(msgspec.Struct, frozen=True):
    """A release, and when it was committed, in seconds since the epoch."""

    release_id: str
    at: float


def main() -> None:
    """Publish what the arguments say."""
    logging.basicConfig(level=logging.WARNING)
    file, count = sys.argv[1:]
    entries = msgspec.json.decode(Path(file).read_bytes(), type=list[ListEntry])
    try:
        publisher = Publisher(SOURCE, load_settings())
        click.echo(READY)
        for number in range(1, int(count) + 1):
            time.sleep(SECONDS_APART)
            listed = [
                msgspec.structs.replace(entry, source=SOURCE, entry_id=str(position))
                for position, entry in enumerate(islice(cycle(entries), number * RELEASE_ENTRIES))
            ]
            release = publisher.publish(LoadedList(SOURCE, tuple(listed)))
            click.echo(msgspec.json.encode(Committed(release.release_id, time.time())))
        sys.stdin.read()  # to end takes the machine's time, too
    except HighfenceError as error:
        sys.exit(f"a release could not be published: {error}")


if __name__ == "__main__":
    main()

"""``highfence bench``: measurements on this machine."""

from __future__ import annotations

import click
import msgspec
from rich.console import Console

from streams.bench.decode import bench_decode
from streams.bench.match import Times, bench_match
from streams.cli.context import policy_of, settings_of
from streams.lists.loading import load_lists


@click.group()
def bench() -> None:
    """Measure Highfence's parts on this machine."""


@bench.command()
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
def decode(as_json: bool) -> None:
    """Decoding events: msgspec into the record, against orjson and convert."""
    times = bench_decode()
    if as_json:
        click.echo(msgspec.json.encode(times).decode())
        return
    click.echo(f"{times.events:,} events of {times.bytes_per_event:,} bytes; microseconds per event, median of rounds")
    click.echo(f"  msgspec into the record   {times.msgspec_only:6.2f}")
    click.echo(
        f"  orjson.loads and convert  {times.orjson_and_convert:6.2f}"
        f"  ({times.orjson_and_convert / times.msgspec_only:.1f} times)"
    )
    click.echo(f"  read_event, as the worker {times.read_event:6.2f}")


@bench.command()
@click.option("--list", "lists", multiple=True, required=True, metavar="LIST", help="A list file, or 'bundled'.")
@click.option(
    "--queries", default=5000, show_default=True, type=click.IntRange(100, 1_000_000), help="Names to ask for."
)
@click.option("--compared", default=10, show_default=True, type=click.IntRange(0, 1000), help="Of them, for slow ways.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
@click.pass_context
def match(ctx: click.Context, lists: tuple[str, ...], queries: int, compared: int, as_json: bool) -> None:
    """Matching a name: the index, the exhaustive scan and rapidfuzz, at the list's size and ten times that."""
    entries = [entry for name in lists for loaded in load_lists(name) for entry in loaded.entries]
    with Console(stderr=True).status("measuring, about a minute"):
        small, large = bench_match(entries, policy_of(settings_of(ctx)), queries, compared)
    if as_json:
        click.echo(msgspec.json.encode([small, large]).decode())
        return
    for times in (small, large):
        click.echo(
            f"{times.entries:,} entries, {times.names:,} names: built in {times.build_seconds:.1f} s, "
            f"peak {times.peak_megabytes:,.0f} MB, {times.candidates_per_query:.1f} names scored a query, "
            f"{times.hits:,} of {times.queries:,} queries hit"
        )
        for label, measured in (("unseen name", times.unseen), ("seen name", times.seen)):
            click.echo(f"  {label:<28} {_line(measured)}")
        for label, other in (
            ("exhaustive scan", times.scan),
            ("rapidfuzz token_sort_ratio", times.token_sort_ratio),
            ("rapidfuzz WRatio", times.wratio),
        ):
            if other is not None:
                click.echo(f"  {label:<28} {_line(other)}  {other.mean / times.unseen.mean:,.0f} times an unseen name")
        if times.compared:
            click.echo(f"  the scan's answers are the index's in {times.same} of {times.compared} queries")
    click.echo(f"the larger list costs {large.unseen.mean / small.unseen.mean:.2f} times as much a name")


def _line(times: Times) -> str:
    return f"mean {times.mean:12,.1f} µs  p50 {times.p50:12,.1f}  p99 {times.p99:12,.1f}"

"""``highfence bench``: measurements on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec
from rich.console import Console

from streams.bench import picture
from streams.bench import pipeline as pipelines
from streams.bench import scale as scales
from streams.bench.decode import bench_decode
from streams.bench.latency import bench_latency
from streams.bench.match import Times, bench_match
from streams.bench.stage import broker, new_prefix
from streams.cli.context import policy_of, settings_of
from streams.invented.trade import Trade
from streams.lists.loading import LoadedList, load_list, load_lists
from streams.settings import KafkaSettings


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
    click.echo(f"  read_event, the plain way {times.read_event:6.2f}")


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
    if compared > queries:
        raise click.UsageError(f"--compared: there are {queries} queries only; at most so many can be compared")
    entries = [entry for each in _loaded(lists) for entry in each.entries]
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


_LISTS = click.option(
    "--list", "lists", multiple=True, default=["bundled"], show_default=True, metavar="LIST", help="A list file."
)
_BOOTSTRAP = click.option("--bootstrap", metavar="SERVERS", help="A Kafka to measure on; else one is started.")
_JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")


def _drawable(_ctx: click.Context, _param: click.Parameter, file: Path | None) -> Path | None:
    if file is not None:
        picture.require(file)
    return file


_PLOT = click.option(
    "--plot",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    callback=_drawable,
    metavar="PNG",
    help="Draw it (needs the extra 'plot').",
)
_POPULATION = click.option(
    "--population", default=20_000, show_default=True, type=click.IntRange(10), help="How many parties there are."
)
_HITS = click.option(
    "--hits", default=0.001, show_default=True, type=click.FloatRange(0, 1), help="Share of orders with a listed party."
)
_NEAR_HITS = click.option(
    "--near-hits", default=0.005, show_default=True, type=click.FloatRange(0, 1), help="Share with a nearly listed one."
)


def _loaded(names: tuple[str, ...]) -> list[LoadedList]:
    return [loaded for name in names for loaded in load_lists(name)]


@contextmanager
def _measuring(bootstrap: str | None) -> Iterator[tuple[KafkaSettings, Console]]:
    """A broker, and where to say what is being done."""
    console = Console(stderr=True)
    with broker(bootstrap, settings_of(click.get_current_context()).kafka) as kafka:
        yield kafka, console


@bench.command()
@_LISTS
@_BOOTSTRAP
@click.option("--events", default=100_000, show_default=True, type=click.IntRange(100), help="Events a round.")
@click.option("--cold-events", default=10_000, show_default=True, type=click.IntRange(100), help="Where all is new.")
@_POPULATION
@_HITS
@_NEAR_HITS
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1), help="How often each is measured.")
@click.option(
    "--ownership-edges",
    "edges",
    default=0,
    show_default=True,
    type=click.IntRange(0, 10_000_000),
    help="Screen the realistic stream once more with so many edges of ownership in force.",
)
@_JSON
@_PLOT
def pipeline(
    lists: tuple[str, ...],
    bootstrap: str | None,
    events: int,
    cold_events: int,
    population: int,
    hits: float,
    near_hits: float,
    rounds: int,
    edges: int,
    as_json: bool,
    plot: Path | None,
) -> None:
    """Events a second: screening against pass-through, quixstreams and Faust, where these are installed."""
    loaded = _loaded(lists)
    trade = Trade([entry for each in loaded for entry in each.entries], population, hits, near_hits)
    names = [pipelines.PASSED_ON, pipelines.REALISTIC, pipelines.WITHOUT_FLAGS]
    names += [pipelines.OWNED] if edges else []
    names += [pipelines.COLD, *pipelines.others()]
    with _measuring(bootstrap) as (kafka, console), console.status("starting") as status:
        compared = pipelines.bench_pipeline(
            kafka,
            loaded,
            new_prefix(),
            events=events,
            cold_events=cold_events,
            trade=trade,
            edges=edges,
            rounds=rounds,
            names=names,
            report=status.update,
        )
    if plot:
        pipelines.plot(compared, plot)
    if as_json:
        click.echo(msgspec.json.encode(compared).decode())
        return
    click.echo(f"{'':<28}{'events/s':>10}{'share':>8}{'client CPU':>14}{'a transaction':>16}{'peak':>10}")
    for each in compared:
        size = each.events_a_transaction
        peak = max(one.peak_megabytes for one in each.rounds)
        click.echo(
            f"{each.name:<28}{each.rate:>10,.0f}{each.share:>8.2f}{each.cpu_microseconds:>11.1f} µs"
            f"{f'{size:,.0f} events' if size else '?':>16}{peak:>7,.0f} MB"
        )
    click.echo("share: of pass-through's events a second, round by round, the median")


@bench.command()
@_LISTS
@_BOOTSTRAP
@click.option("--rate", "rates", multiple=True, default=[2000, 5000], show_default=True, type=click.IntRange(10))
@click.option(
    "--seconds", default=10.0, show_default=True, type=click.FloatRange(3, 300), help="How long at each rate."
)
@click.option("--warm-events", default=60_000, show_default=True, type=click.IntRange(1), help="Done before.")
@_POPULATION
@_HITS
@_NEAR_HITS
@_JSON
def latency(
    lists: tuple[str, ...],
    bootstrap: str | None,
    rates: tuple[int, ...],
    seconds: float,
    warm_events: int,
    population: int,
    hits: float,
    near_hits: float,
    as_json: bool,
) -> None:
    """From an event produced to its decision readable, with and without releases landing meanwhile."""
    loaded = _loaded(lists)
    trade = Trade([entry for each in loaded for entry in each.entries], population, hits, near_hits)
    with _measuring(bootstrap) as (kafka, console), console.status("starting") as status:
        waits = bench_latency(
            kafka,
            loaded,
            new_prefix(),
            trade=trade,
            rates=rates,
            seconds=seconds,
            warm_events=warm_events,
            report=status.update,
        )
    if as_json:
        click.echo(msgspec.json.encode(waits).decode())
        return
    click.echo(
        f"{'':<14}{'events/s':>9}{'releases':>10}{'p50':>10}{'p99':>10}{'p99.9':>10}  slowest second, in force after"
    )
    for each in waits:
        after = ", ".join(f"{milliseconds:.0f}" for milliseconds in each.in_force)
        click.echo(
            f"{each.contestant:<14}{each.rate:>9,}{each.releases:>10}{each.p50:>7.1f} ms{each.p99:>7.1f} ms"
            f"{each.p999:>7.1f} ms  {each.slowest:.0%}{f', {after} ms' if after else ''}"
        )


@bench.command()
@click.option("--list", "name", default="bundled", show_default=True, metavar="LIST", help="A list file of one list.")
@_BOOTSTRAP
@click.option("--events", default=100_000, show_default=True, type=click.IntRange(1000), help="Events a measurement.")
@click.option("--workers", multiple=True, default=[1, 2, 4], show_default=True, type=click.IntRange(1, 4))
@click.option("--times", multiple=True, default=[1, 10, 40], show_default=True, type=click.IntRange(1, 100))
@click.option(
    "--populations", multiple=True, default=[1_000, 20_000, 1_000_000], show_default=True, type=click.IntRange(10)
)
@_POPULATION
@_JSON
@_PLOT
def scale(
    name: str,
    bootstrap: str | None,
    events: int,
    workers: tuple[int, ...],
    times: tuple[int, ...],
    populations: tuple[int, ...],
    population: int,
    as_json: bool,
    plot: Path | None,
) -> None:
    """How cost grows with workers, with the list (so many times as large) and with the parties in trade."""
    loaded = load_list(name)
    with _measuring(bootstrap) as (kafka, console), console.status("starting") as status:
        scaled = scales.bench_scale(
            kafka,
            loaded,
            new_prefix(),
            trade=Trade(loaded.entries, population),
            events=events,
            workers=workers,
            times=times,
            populations=populations,
            report=status.update,
        )
    if plot:
        scales.plot(scaled, plot)
    if as_json:
        click.echo(msgspec.json.encode(scaled).decode())
        return
    heads = f"{'varied':<12}{'workers':>8}{'entries':>12}{'parties':>12}"
    click.echo(f"{heads}{'events/s':>10}{'client CPU':>14}{'peak':>11}")
    for each in scaled:
        click.echo(
            f"{each.varied:<12}{each.workers:>8}{each.entries:>12,}{each.population:>12,}{each.rate:>10,.0f}"
            f"{each.cpu_microseconds:>11.1f} µs{each.peak_megabytes:>8,.0f} MB"
        )

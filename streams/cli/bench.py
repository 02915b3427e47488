"""``highfence bench``: measurements on this machine."""

from __future__ import annotations

import click
import msgspec

from streams.bench.decode import bench_decode


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

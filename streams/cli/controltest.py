"""``highfence controltest``: proof that listed parties are found and others left alone."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from streams.cli.context import policy_of, settings_of
from streams.controltest.comparison import changes, differences
from streams.controltest.live import run_live
from streams.controltest.mutations import TARGETS
from streams.controltest.report import Rate, Report, as_html, as_json, read_report
from streams.controltest.run import Run, run_offline
from streams.lists.loading import load_lists
from streams.screening.screener import Screener

_OUT = click.Path(path_type=Path, dir_okay=False)
_REPORT = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group(invoke_without_command=True)
@click.option(
    "--list",
    "lists",
    multiple=True,
    metavar="LIST",
    help="A list file, or 'bundled'; with --live a list in force, and all of them unless given. May be given again.",
)
@click.option(
    "--live",
    is_flag=True,
    help="Send the parties through Kafka, on topics of their own, to a worker under the lists in force.",
)
@click.option("--sample", "size", type=click.IntRange(1, 100_000), default=2000, show_default=True, help="Entries.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed draws the same parties.")
@click.option("--html", type=_OUT, help="Write the report as a page here.")
@click.option("--json", "json_file", type=_OUT, help="Write the report as JSON here; 'compare' reads it.")
@click.option("--by", "run_by", help="Who runs it; the user of the system unless given.")
@click.pass_context
def controltest(
    ctx: click.Context,
    lists: tuple[str, ...],
    live: bool,
    size: int,
    seed: int,
    html: Path | None,
    json_file: Path | None,
    run_by: str | None,
) -> None:
    """Make test parties from the entries in force and count how many are found.

    Exits with 1 when a mutation is found less often than promised.
    """
    if ctx.invoked_subcommand is not None:
        return
    if not lists and not live:
        raise click.UsageError("--list is needed, or --live")
    settings = settings_of(ctx)
    policy = policy_of(settings)
    run = Run(run_by or _user(), datetime.now(UTC), size, seed)
    if live:
        report = run_live(settings, policy, lists, run)
    else:
        report = run_offline([each for name in lists for each in load_lists(name)], Screener(policy), run)
    if json_file is not None:
        json_file.write_bytes(as_json(report))
    if html is not None:
        html.write_text(as_html(report), encoding="utf-8")
    _show(report)
    if report.short_of_target:
        ctx.exit(1)


@controltest.command()
@click.argument("before", type=_REPORT)
@click.argument("after", type=_REPORT)
def compare(before: Path, after: Path) -> None:
    """Compare two JSON reports, mutation by mutation."""
    first, second = read_report(before), read_report(after)
    for told in differences(first, second):
        click.echo(told)
    table = Table()
    for heading in ("mutation", "before", "after", "difference", "95% intervals"):
        table.add_column(heading, justify="left" if heading == "mutation" else "right")
    for each in changes(first, second):
        difference = f"{each.after.rate - each.before.rate:+.2%}"
        rates = (f"{each.before.rate:.2%}", f"{each.after.rate:.2%}")
        table.add_row(each.mutation, *rates, difference, "apart" if each.apart else "overlap")
    Console().print(table)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise click.UsageError("--by is needed: the system has no name for this user") from None


def _show(report: Report) -> None:
    table = Table()
    for heading in ("mutation", "asked", "found", "rate", "95% interval", "target"):
        table.add_column(heading, justify="left" if heading == "mutation" else "right")
    for row in report.totals:
        target = f"{TARGETS[row.mutation]:.0%}" if row.mutation in TARGETS else ""
        table.add_row(row.mutation, *_cells(row.found), target)
    table.add_row("clean (false alarms)", *_cells(report.clean), "")
    console = Console(highlight=False)
    console.print(table)
    console.print(
        f"{report.entries:,} entries, {report.no_name:,} without a name that stands alone; seed {report.seed}, "
        f"policy {report.policy_version}, {report.seconds:.1f} s",
        style="dim",
    )
    if report.other_policies:
        told = ", ".join(report.other_policies)
        console.print(f"the platforms' events have lately been decided under another policy: {told}", style="red")
    for each in report.in_force:
        since = "no event decided under it yet" if each.seconds is None else f"first decision after {each.seconds:g} s"
        earlier = f", {each.earlier:,} still under an earlier one" if each.earlier else ""
        console.print(f"{each.source} release {each.release_id}: {since}{earlier}", style="dim", markup=False)


def _cells(found: Rate) -> tuple[str, str, str, str]:
    return f"{found.asked:,}", f"{found.hits:,}", f"{found.rate:.2%}", f"{found.low:.2%} – {found.high:.2%}"

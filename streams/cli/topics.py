"""``highfence topics``: create and check the topics."""

from __future__ import annotations

import click

from streams.cli.context import settings_of
from streams.errors import TopicError
from streams.kafka.topics import apply_topics, check_topics


@click.group()
def topics() -> None:
    """Create or check the topics Highfence uses.

    Decisions, alerts and dead letters are kept for ten years unless topics.retention_days says otherwise.
    """


@topics.command()
@click.pass_context
def apply(ctx: click.Context) -> None:
    """Create missing topics and mend settings that differ."""
    for line in apply_topics(settings_of(ctx)) or ["all topics are as they should be"]:
        click.echo(line)


@topics.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Say what is wrong with the topics; exits with 2 when anything is."""
    problems = check_topics(settings_of(ctx))
    for line in problems:
        click.echo(line, err=True)
    if problems:
        raise TopicError(f"{len(problems)} topics or settings are not as they should be: 'highfence topics apply'")
    click.echo("all topics are as they should be")

"""The topics: their names, settings, creation and check. Nothing relies on auto-creation."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from streams.errors import TopicError
from streams.kafka.clients import (
    LARGEST_RECORD_BYTES,
    Heard,
    common_config,
    connect,
    existing_topics,
    reason_of,
    roomy_message_bytes,
)
from streams.settings import Settings

CONTROL_TEST = "controltest."
"""The stream of control tests: what comes of their events reaches no desk, no lookback and no platform."""
_DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it should be; ``config`` holds only the settings Highfence relies on."""

    name: str
    partitions: int
    config: Mapping[str, str]


_Answer = TypeVar("_Answer")
_Difference = tuple[Topic, list[tuple[str, str, str]]]
"""A topic and its settings that differ, each as (key, what is set, what is wanted)."""


@dataclass(frozen=True)
class TopicNames:
    """The names of all topics under one prefix.

    Those of events and what comes of them also have the ``stream`` before theirs, such as :data:`CONTROL_TEST`.
    """

    prefix: str = ""
    stream: str = ""

    @cached_property
    def transactions(self) -> str:
        """Events in."""
        return f"{self.prefix}{self.stream}transactions"

    @cached_property
    def list_updates(self) -> str:
        """Lists and their releases."""
        return f"{self.prefix}list-updates"

    @cached_property
    def list_history(self) -> str:
        """Everything ever written to the list topic, never compacted."""
        return f"{self.prefix}list-history"

    @cached_property
    def ownership(self) -> str:
        """Who owns whom, and its releases."""
        return f"{self.prefix}ownership"

    @cached_property
    def decisions(self) -> str:
        """One decision per event."""
        return f"{self.prefix}{self.stream}decisions"

    @cached_property
    def alerts(self) -> str:
        """One alert per hit."""
        return f"{self.prefix}{self.stream}alerts"

    @cached_property
    def dead_letters(self) -> str:
        """Events that could not be read or screened."""
        return f"{self.prefix}{self.stream}dead-letters"

    @cached_property
    def parties(self) -> str:
        """Every party seen, for lookback."""
        return f"{self.prefix}{self.stream}parties"

    @cached_property
    def lookbacks(self) -> str:
        """Which partitions of the registry each release was held against."""
        return f"{self.prefix}lookbacks"

    @cached_property
    def dispositions(self) -> str:
        """What analysts decided."""
        return f"{self.prefix}dispositions"

    @cached_property
    def clearances(self) -> str:
        """Which hits analysts cleared, and until when."""
        return f"{self.prefix}clearances"

    @cached_property
    def cases(self) -> str:
        """The desk's cases."""
        return f"{self.prefix}cases"


def wanted_topics(settings: Settings) -> tuple[Topic, ...]:
    """Every topic with the settings it needs."""
    names = TopicNames(settings.topics.prefix)
    partitions = settings.topics.partitions
    roomy = {"max.message.bytes": str(roomy_message_bytes(settings))}
    kept = {
        "cleanup.policy": "delete",
        "retention.ms": str(settings.topics.retention_days * _DAY_MS),
        **roomy,
    }
    events = {
        "cleanup.policy": "delete",
        "retention.ms": str(settings.topics.transactions_retention_days * _DAY_MS),
        "max.message.bytes": str(settings.limits.max_event_bytes),
    }
    return (
        Topic(names.transactions, partitions, events),
        Topic(names.list_updates, 1, {"cleanup.policy": "compact", **roomy}),
        # The same records, kept for good: what was in force is rebuilt from the first of them on.
        Topic(names.list_history, 1, {"cleanup.policy": "delete", "retention.ms": "-1", **roomy}),
        Topic(names.ownership, 1, {"cleanup.policy": "compact", **roomy}),
        # A lookback that was away for less than this still sees each party as it was first registered.
        Topic(
            names.parties, partitions, {"cleanup.policy": "compact", "min.compaction.lag.ms": str(7 * _DAY_MS), **roomy}
        ),
        Topic(names.lookbacks, 1, {"cleanup.policy": "compact", **roomy}),
        Topic(names.clearances, 1, {"cleanup.policy": "compact", **roomy}),
        Topic(names.cases, partitions, {"cleanup.policy": "compact", **roomy}),
        Topic(names.dispositions, partitions, kept),
        Topic(names.decisions, partitions, kept),
        Topic(names.alerts, partitions, kept),
        Topic(names.dead_letters, partitions, {**kept, "max.message.bytes": str(LARGEST_RECORD_BYTES)}),
    )


def control_test_topics(settings: Settings) -> tuple[Topic, ...]:
    """The topics of a control test's stream, kept as long as events are: its report is what remains."""
    names = TopicNames(settings.topics.prefix, CONTROL_TEST)
    config = {
        "cleanup.policy": "delete",
        "retention.ms": str(settings.topics.transactions_retention_days * _DAY_MS),
        "max.message.bytes": str(roomy_message_bytes(settings)),
    }
    own = (names.transactions, names.decisions, names.alerts, names.dead_letters, names.parties)
    return tuple(Topic(name, settings.topics.partitions, config) for name in own)


def check_topics(settings: Settings) -> list[str]:
    """What is wrong with the topics on the broker, a line each; empty when all is well.

    More partitions than wanted are fine; fewer, a missing topic or another setting are not. Raises
    BrokerUnreachableError.
    """
    heard = Heard()
    return _problems(connect(AdminClient, common_config(settings), heard), wanted_topics(settings), settings, heard)


def require_topics(settings: Settings, names: Collection[str]) -> Mapping[str, int]:
    """The partition counts of all topics.

    Raises TopicError when one of those named is missing, BrokerUnreachableError when nobody answers.
    """
    heard = Heard()
    existing = existing_topics(connect(AdminClient, common_config(settings), heard), settings, heard)
    if missing := sorted(set(names) - existing.keys()):
        raise TopicError(
            f"missing topics: {', '.join(missing)}: run 'highfence topics apply', which creates all but those in "
            "worker.mappings; if they exist, this user may not see them"
        )
    return existing


def apply_topics(settings: Settings, topics: tuple[Topic, ...] | None = None) -> list[str]:
    """Create the topics that are missing, set what differs; returns what was done, a line each.

    All :func:`wanted_topics` unless others are given. Raises TopicError when a topic cannot be brought into its form
    (too few partitions), and BrokerUnreachableError.
    """
    heard = Heard()
    admin = connect(AdminClient, common_config(settings), heard)
    wanted = wanted_topics(settings) if topics is None else topics
    existing = existing_topics(admin, settings, heard)
    if problems := _partition_problems(wanted, existing):
        raise TopicError("; ".join(problems))
    done = _create(admin, [topic for topic in wanted if topic.name not in existing], settings)
    done += _alter(
        admin, _differences(admin, [topic for topic in wanted if topic.name in existing], settings), settings
    )
    deadline = time.monotonic() + settings.kafka.timeout_seconds
    # The broker that answers hears of a change a moment after the controller has made it.
    while problems := _problems(admin, wanted, settings, heard):
        if time.monotonic() > deadline:
            raise TopicError("; ".join(problems))
        time.sleep(0.05)
    return done


def _create(admin: AdminClient, missing: list[Topic], settings: Settings) -> list[str]:
    if not missing:
        return []
    new = [
        NewTopic(
            topic.name,
            num_partitions=topic.partitions,
            replication_factor=settings.topics.replication_factor,
            config=dict(topic.config),
        )
        for topic in missing
    ]
    for name, outcome in admin.create_topics(new, operation_timeout=settings.kafka.timeout_seconds).items():
        _settle(outcome, f"topic {name} could not be created", settings)
    return [f"created {topic.name}" for topic in missing]


def _alter(admin: AdminClient, differing: list[_Difference], settings: Settings) -> list[str]:
    if not differing:
        return []
    resources = [
        ConfigResource(
            ResourceType.TOPIC,
            topic.name,
            incremental_configs=[
                ConfigEntry(key, wanted, incremental_operation=AlterConfigOpType.SET) for key, _, wanted in changes
            ],
        )
        for topic, changes in differing
    ]
    for resource, outcome in admin.incremental_alter_configs(resources).items():
        _settle(outcome, f"topic {resource.name} could not be changed", settings)
    return [f"set {topic.name} {key}={wanted}" for topic, changes in differing for key, _, wanted in changes]


def _settle(outcome: Future[_Answer], what: str, settings: Settings) -> _Answer:
    try:
        return outcome.result(timeout=settings.kafka.timeout_seconds)
    except KafkaException as error:
        raise TopicError(f"{what}: {reason_of(error)}") from error
    except TimeoutError as error:
        raise TopicError(f"{what}: no answer within {settings.kafka.timeout_seconds:g} s") from error


def _problems(admin: AdminClient, wanted: tuple[Topic, ...], settings: Settings, heard: Heard) -> list[str]:
    existing = existing_topics(admin, settings, heard)
    problems = [
        f"topic {topic.name} is missing, or this user may not see it: run 'highfence topics apply'"
        for topic in wanted
        if topic.name not in existing
    ]
    problems += _partition_problems(wanted, existing)
    for topic, changes in _differences(admin, [topic for topic in wanted if topic.name in existing], settings):
        problems.extend(f"topic {topic.name} has {key}={came}: {value} is wanted" for key, came, value in changes)
    return problems


def _partition_problems(wanted: Iterable[Topic], existing: Mapping[str, int]) -> list[str]:
    """What is wrong with the partitions of the topics that exist; nothing here can mend it."""
    problems = []
    for topic in wanted:
        partitions = existing.get(topic.name, topic.partitions)
        if topic.partitions == 1 and partitions != 1:
            problems.append(f"topic {topic.name} has {partitions} partitions: exactly 1 is needed")
        elif partitions < topic.partitions:
            problems.append(f"topic {topic.name} has {partitions} partitions: {topic.partitions} are wanted")
    return problems


def _differences(admin: AdminClient, topics: list[Topic], settings: Settings) -> list[_Difference]:
    if not topics:
        return []
    described = admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic.name) for topic in topics])
    by_name = {resource.name: outcome for resource, outcome in described.items()}
    differing: list[_Difference] = []
    for topic in topics:
        config = _settle(by_name[topic.name], f"topic {topic.name} could not be described", settings)
        changes = [
            (key, str(config[key].value), wanted) for key, wanted in topic.config.items() if config[key].value != wanted
        ]
        if changes:
            differing.append((topic, changes))
    return differing

"""One event of another platform → everything that is published for it, through a mapping."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import cast

from msgspec.structs import replace

from streams.errors import HighfenceError, MappingError, ScreeningTimeoutError, SettingsError, UnreadableEventError
from streams.kafka.topics import TopicNames, wanted_topics
from streams.mappings import Mapping, load_mapping
from streams.records.codec import encode
from streams.records.dead_letter import Reason
from streams.records.events import read_content
from streams.screening.answer import Answer, Event, answer, dead_letter, refusal, sayable
from streams.screening.clearances import NO_CLEARANCES, Clearances
from streams.screening.diversion import Diversion
from streams.screening.memory import MatchMemory
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot
from streams.settings import Settings


def mappings_of(settings: Settings) -> dict[str, Mapping]:
    """The mapping of each topic in ``worker.mappings``.

    Raises MappingError when one cannot be used, SettingsError for a topic that Highfence itself writes.
    """
    own = {topic.name for topic in wanted_topics(settings)} - {TopicNames(settings.topics.prefix).transactions}
    if wrong := sorted(own & settings.worker.mappings.keys()):
        raise SettingsError(
            f"worker.mappings: Highfence writes {', '.join(wrong)} itself, so there are no events to map"
        )
    return {topic: load_mapping(name) for topic, name in settings.worker.mappings.items()}


def answer_mapped(
    mapping: Mapping,
    event: Event,
    screener: Screener,
    snapshot: Snapshot,
    now: datetime,
    max_bytes: int,
    budget: AbstractContextManager[object],
    refused: str = "",
    memory: MatchMemory | None = None,
    clearances: Clearances = NO_CLEARANCES,
    diversion: Diversion | None = None,
) -> Answer:
    """What :func:`streams.screening.answer.answer` says to the transaction that ``mapping`` makes of the event.

    The decision names the mapping. ``budget`` bounds mapping and screening together. What cannot be mapped gets the
    decision ``error``; a dead letter has the event as it came.
    """
    transaction_id, revision = None, 0
    reason: Reason = "mapping_failed"
    try:
        if refused:
            answered = refusal(event, screener, snapshot, now, "screening_failed", refused, None, 0)
        else:
            with budget:
                transaction = mapping.transaction(read_content(event.value, event.headers, max_bytes))
                transaction_id, revision = transaction.transaction_id, transaction.revision
                content = encode(transaction)
                if len(content) > max_bytes:
                    size = f"{len(content):,} bytes; at most {max_bytes:,} are read"
                    raise MappingError(f"{mapping.name}: the transaction made has {size}")  # noqa: TRY301 - told below
                mapped = Event(content, event.source, event.recorded_at, event.key)
                answered = answer(
                    mapped,
                    screener,
                    snapshot,
                    now,
                    max_bytes,
                    memory=memory,
                    clearances=clearances,
                    diversion=diversion,
                )
    except Exception as error:
        if isinstance(error, UnreadableEventError):
            reason, detail = cast(Reason, error.reason), error.detail
        elif isinstance(error, ScreeningTimeoutError):
            reason, detail = "timed_out", str(error)
        else:
            detail = str(error) if isinstance(error, HighfenceError) else f"{type(error).__name__}: {error}"
        answered = refusal(event, screener, snapshot, now, reason, sayable(detail), transaction_id, revision)
    letter = answered.dead_letter
    if letter is not None:
        letter = dead_letter(event, letter.reason, letter.detail, letter.transaction_id, now)
    return replace(answered, decision=replace(answered.decision, mapping_version=mapping.version), dead_letter=letter)

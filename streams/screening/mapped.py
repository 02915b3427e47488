"""One event of another platform as the transaction that is screened, through a mapping."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import cast

import msgspec
from msgspec.structs import replace

from streams.errors import HighfenceError, ScreeningTimeoutError, SettingsError, UnreadableEventError
from streams.kafka.topics import TopicNames, wanted_topics
from streams.mappings import Mapping, load_mapping
from streams.records.codec import encode
from streams.records.dead_letter import Reason
from streams.records.events import read_content
from streams.screening.answer import Answer, Event, dead_letter
from streams.settings import Settings


class Unmapped(msgspec.Struct, frozen=True):
    """Why no transaction was made of an event, and which one it would have been, where that is known."""

    reason: Reason
    detail: str
    transaction_id: str | None = None
    revision: int = 0


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


def mapped(mapping: Mapping, event: Event, max_bytes: int, budget: AbstractContextManager[object]) -> Event | Unmapped:
    """The event with the transaction that ``mapping`` makes of it, or why there is none.

    ``budget`` bounds the making by raising ScreeningTimeoutError.
    """
    try:
        with budget:
            transaction = mapping.transaction(read_content(event.value, event.headers, max_bytes))
            content = encode(transaction)
    except UnreadableEventError as error:
        return Unmapped(cast(Reason, error.reason), error.detail)
    except ScreeningTimeoutError as error:
        return Unmapped("timed_out", str(error))
    except HighfenceError as error:
        return Unmapped("mapping_failed", str(error))
    except Exception as error:
        return Unmapped("mapping_failed", f"{type(error).__name__}: {error}")
    if len(content) > max_bytes:
        told = f"{mapping.name}: the transaction made has {len(content):,} bytes; at most {max_bytes:,} are read"
        return Unmapped("mapping_failed", told, transaction.transaction_id, transaction.revision)
    return Event(content, event.source, event.recorded_at, event.key)


def named(mapping: Mapping, answered: Answer, event: Event) -> Answer:
    """The answer with its decision naming the mapping; a dead letter has the ``event`` as it came."""
    letter = answered.dead_letter
    if letter is not None:
        letter = dead_letter(event, letter.reason, letter.detail, letter.transaction_id, letter.failed_at)
    return replace(answered, decision=replace(answered.decision, mapping_version=mapping.version), dead_letter=letter)

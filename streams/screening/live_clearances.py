"""The clearances in force in this process, followed on their topic."""

from __future__ import annotations

import logging

from msgspec.structs import replace

from streams.errors import RecordError
from streams.kafka.clients import consumer_config
from streams.kafka.following import TopicFollower
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.records.clearance import Clearance
from streams.records.codec import decode
from streams.screening.clearances import NO_CLEARANCES, Clearances
from streams.settings import Settings

_log = logging.getLogger("highfence.clearances")


_ByKey = dict[str, Clearance]


class LiveClearances(TopicFollower):
    """Follows the clearances and holds their newest picture, which is replaced whole.

    It fails closed: while the topic cannot be read, nothing is cleared, and every hit is an alert.
    """

    def __init__(self, settings: Settings, group_id: str) -> None:
        topic = TopicNames(settings.topics.prefix).clearances
        super().__init__(consumer_config(settings, f"{group_id}-clearances"), topic)
        self._topic = topic
        self._max_silence_seconds = settings.lists.max_silence_seconds
        self._by_key: _ByKey = {}
        self._picture = NO_CLEARANCES
        self._told: str | None = None

    def take(self, key: str, value: bytes | None) -> None:
        """A clearance, given or withdrawn."""
        _put(self._by_key, key, value)
        if self.ready.is_set():
            self._picture = Clearances(dict(self._by_key))

    def catch_up(self) -> None:
        """Everything given until now is known."""
        self._picture = Clearances(dict(self._by_key))

    @property
    def picture(self) -> Clearances:
        """The clearances as they stand; none while they cannot be read, which is logged once."""
        problem = self.problem()
        if problem != self._told:
            self._told = problem
            _log.warning(problem or "hits are suppressed again where a clearance covers them")
        return NO_CLEARANCES if problem else self._picture

    def problem(self) -> str | None:
        """Why nothing is cleared, or None when clearances count."""
        if self.failed is not None:
            why = str(self.failed)
        elif not self.ready.is_set():
            why = f"{self._topic} has not been read to its end yet"
        elif (silence := self.silence()) > self._max_silence_seconds:
            why = f"{self._topic} could not be read for {silence:.0f} s"
        else:
            return None
        return f"no hit is suppressed, every one is an alert: {why}"


def read_clearances(settings: Settings) -> Clearances:
    """The clearances as they stand now. Raises BrokerUnreachableError, TopicError."""
    by_key: _ByKey = {}
    for message in read_topic(settings, TopicNames(settings.topics.prefix).clearances):
        _put(by_key, (message.key() or b"").decode(errors="replace"), message.value())
    return Clearances(by_key)


def _put(by_key: _ByKey, key: str, value: bytes | None) -> None:
    """Take the next record of the topic; one that cannot be read clears nothing."""
    if value is not None:
        try:
            by_key[key] = decode(Clearance, value, f"clearance {key!r}")
        except RecordError as error:
            _log.error("a clearance is left out: %s", error)
            by_key.pop(key, None)
    elif (known := by_key.get(key)) is not None and known.withdrawn_at is None:
        by_key[key] = replace(known, withdrawn_at=known.at, withdrawn_by="a tombstone")

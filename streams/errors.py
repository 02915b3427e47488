"""Every error Highfence raises on purpose.

HighfenceError
 ├── SettingsError            a setting is missing or wrong; names the key
 ├── PolicyError              the screening policy is inconsistent; names the rule
 ├── RecordError              a record cannot be read; names the field
 │    └── UnreadableEventError    an event that becomes a dead letter; has a reason
 ├── MappingError             a mapping is wrong, or makes no transaction of an event; names the field
 ├── ListError                a restricted-party list cannot be used
 │    ├── ListFormatError         the file is not what its format says; names the place
 │    └── ReleaseRefusedError     a release on the topic does not hold; the last good one keeps serving
 ├── ScreeningError           a transaction was read but could not be screened
 │    └── ScreeningTimeoutError   it took longer than limits.screening_seconds
 ├── ActRefusedError          a person may not do that with a case, or not now; has a reason
 └── StreamError              Kafka cannot do what was asked
      ├── BrokerUnreachableError  nobody answers, or the credentials are refused
      ├── TopicError              a topic is missing or has the wrong settings
      ├── FencedError             another worker took this one's place; terminal
      └── LocalBrokerError        the local broker cannot be started

The command line prints the message of any of these in one line and exits with status 2.
"""

from __future__ import annotations

from typing import Literal


class HighfenceError(Exception):
    """Base of every error raised on purpose; its message says what was wrong, where, and what to do."""


class SettingsError(HighfenceError):
    """A setting is missing or has a value that is not allowed."""


class PolicyError(HighfenceError):
    """The screening policy is inconsistent or unreadable."""


class RecordError(HighfenceError):
    """A record does not follow its schema."""


class UnreadableEventError(RecordError):
    """An incoming event that cannot be read as a Transaction.

    ``reason`` is one of the fixed words of :data:`streams.records.dead_letter.Reason`, for metrics;
    ``transaction_id`` is what could be salvaged of the event's identity, or None.
    """

    def __init__(self, reason: str, detail: str, transaction_id: str | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.transaction_id = transaction_id


class MappingError(HighfenceError):
    """A mapping of events is wrong, or does not make a valid transaction of an event."""


class ListError(HighfenceError):
    """A restricted-party list cannot be used."""


class ListFormatError(ListError):
    """A list file is damaged or not in the format it was taken for."""


class ReleaseRefusedError(ListError):
    """A release does not hold against its own count or digest, or follows no known release."""


class ScreeningError(HighfenceError):
    """A transaction was read but could not be screened; it is never clear."""


class ScreeningTimeoutError(ScreeningError):
    """Screening a transaction took longer than it may."""


class ActRefusedError(HighfenceError):
    """What a person asked to do with a case is refused, and nothing has changed.

    ``reason`` is ``forbidden`` (the person's role, or four eyes), ``unknown`` (no such case), ``conflict`` (the case
    stands otherwise by now), ``invalid`` (the request itself) or ``unconfirmed`` (Kafka did not answer in time).
    """

    def __init__(
        self, reason: Literal["forbidden", "unknown", "conflict", "invalid", "unconfirmed"], detail: str
    ) -> None:
        super().__init__(detail)
        self.reason = reason


class StreamError(HighfenceError):
    """Kafka cannot do what was asked."""


class BrokerUnreachableError(StreamError):
    """No broker answered in time, or it refused the credentials."""


class TopicError(StreamError):
    """A topic is missing or does not have the settings Highfence relies on."""


class FencedError(StreamError):
    """Another process holds this one's transactional id; this one must end."""


class LocalBrokerError(StreamError):
    """The local broker cannot be had or did not start."""

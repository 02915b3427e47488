"""Highfence: streaming restricted-party screening on Kafka.

The public face, for use as a library:

>>> from streams import EntityIndex, Party, Policy, load_list
>>> index = EntityIndex.build(load_list("bundled").entries)
>>> best = index.match(Party(name="Inspur Taiwan", country="TW"), Policy.default())[0]
>>> best.listed_name, best.outcome
('Inspur Taiwan', 'hold')

A whole transaction is screened by a :class:`Screener` against a :class:`Snapshot`, as the worker does it:

>>> from datetime import UTC, datetime
>>> from streams import EventSource, Screener, Snapshot, Transaction
>>> now = datetime(2025, 10, 1, tzinfo=UTC)
>>> snapshot = Snapshot.of_lists([load_list("bundled")], now)
>>> order = Transaction(transaction_id="PO-1", parties=(Party(name="Inspur Taiwan", role="end_user"),))
>>> source = EventSource(topic="orders", partition=0, offset=7)
>>> screening = Screener(Policy.default()).screen(order, snapshot, source, screened_at=now, event_time=now)
>>> screening.decision.outcome
'hold'
"""

from streams.lists.loading import LoadedList, load_list, load_lists
from streams.matching import EntityIndex, Match, Policy
from streams.records.alert import Alert, Evidence
from streams.records.decision import Decision, EventSource
from streams.records.list_entry import ListEntry
from streams.records.party import Party
from streams.records.transaction import Transaction
from streams.screening.screener import Screener, Screening
from streams.screening.snapshot import Snapshot

__all__ = [
    "Alert",
    "Decision",
    "EntityIndex",
    "EventSource",
    "Evidence",
    "ListEntry",
    "LoadedList",
    "Match",
    "Party",
    "Policy",
    "Screener",
    "Screening",
    "Snapshot",
    "Transaction",
    "load_list",
    "load_lists",
]

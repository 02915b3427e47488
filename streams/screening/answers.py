"""Many events answered together, step by step: each step for all of them before the next. Pure.

So the code and tables of a step stay in the processor's caches, which makes the whole a fifth faster. The answers are
those of :func:`streams.screening.answer.answer` to each of the events in turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

import msgspec

from streams.mappings import Mapping as EventMapping
from streams.records.events import Outline, read_outline
from streams.screening.answer import Answer, Event, answer, failure, refusal, sayable
from streams.screening.clearances import Clearances
from streams.screening.diversion import NO_FLAGS, Cast, Diversion, Flags
from streams.screening.mapped import Unmapped, mapped, named
from streams.screening.memory import MatchMemory, Noted
from streams.screening.screener import NO_HITS, Hits, Screener
from streams.screening.snapshot import Snapshot

_UNBOUNDED = nullcontext()
_REFUSED = "a person refused it in worker.refuse"
_MOST_ALERTS = 2_000
"""When events have more alerts together, those after them are not answered yet: they must not fill the memory."""


class _InHand(msgspec.Struct):
    """An event on its way, whose transaction is ``content``: what is known of it so far, and what failed."""

    event: Event
    outline: Outline
    content: bytes
    parties: list[bytes]
    noted: list[Noted]
    casts: tuple[Cast | None, ...]
    hits: Hits = NO_HITS
    flags: Flags = NO_FLAGS
    seconds: float = 0.0
    failed: Exception | None = None


@dataclass(slots=True)
class Answering:
    """What a batch is answered with, at the moment ``now``; the rest is as for :func:`streams.screening.answer.answer`.

    ``memory`` follows ``snapshot``. ``enough`` says that no further event is to be screened: those left are not
    answered then. Events of a topic in ``mappings`` are of another platform; for these the budget bounds the making of
    the transaction, and its screening again. ``refused`` are the places of events that a person does not want screened.
    """

    screener: Screener
    snapshot: Snapshot
    now: datetime
    max_bytes: int
    budget: AbstractContextManager[object]
    memory: MatchMemory
    clearances: Clearances
    diversion: Diversion | None
    enough: Callable[[], bool]
    mappings: Mapping[str, EventMapping] = field(default_factory=dict)
    refused: Set[str] = frozenset()

    def answers(self, events: Sequence[Event]) -> list[Answer]:
        """The answers to the first of these events, or all of them, in their order."""
        if not self.mappings:
            return self._answers(events, events)
        answered = self._answers(events, list(self._mapped(events)))
        return [self._named(event, each) for event, each in zip(events, answered, strict=False)]

    def _mapped(self, events: Sequence[Event]) -> Iterator[Event | Unmapped]:
        """The events with transactions as they are screened, or why there is none; of the first ones, or all."""
        for number, event in enumerate(events):
            mapping = self.mappings.get(event.source.topic)
            if mapping is None:
                yield event
            elif self._is_refused(event):
                yield Unmapped("screening_failed", _REFUSED)
            elif number and self.enough():
                return
            else:
                yield mapped(mapping, event, self.max_bytes, self.budget)

    def _named(self, event: Event, answered: Answer) -> Answer:
        mapping = self.mappings.get(event.source.topic)
        return answered if mapping is None else named(mapping, answered, event)

    def _answers(self, came: Sequence[Event], events: Sequence[Event | Unmapped]) -> list[Answer]:
        """The answers to ``events``, or the first of them, which ``came`` so."""
        outlines = [
            read_outline(event.value, event.headers, self.max_bytes) if isinstance(event, Event) else None
            for event in events
        ]
        read = [self._noted(event, outline) for event, outline in zip(events, outlines, strict=True)]
        answered: list[Answer] = []
        # What is remembered of events for diversion flags depends on their order.
        for alone, group in groupby(zip(came, events, read, strict=False), key=lambda each: each[2] is None):
            if alone:
                for first, event, _ in group:
                    if answered and self.enough():
                        return answered
                    answered.append(self._alone(first, event))
                continue
            in_hand = [each for _, _, each in group if each is not None]
            matched = self._match(in_hand, first=not answered)
            answered += self._decide(in_hand[:matched])
            if matched < len(in_hand) or sum(len(each.alerts) for each in answered) > _MOST_ALERTS:
                return answered
        return answered

    def _is_refused(self, event: Event) -> bool:
        source = event.source
        return bool(self.refused) and f"{source.topic}/{source.partition}/{source.offset}" in self.refused

    def _alone(self, came: Event, event: Event | Unmapped) -> Answer:
        screener, snapshot, now = self.screener, self.snapshot, self.now
        if isinstance(event, Unmapped):
            detail = sayable(event.detail)
            return refusal(came, screener, snapshot, now, event.reason, detail, event.transaction_id, event.revision)
        refused = _REFUSED if self._is_refused(event) else ""
        return answer(
            event, screener, snapshot, now, self.max_bytes, self.budget, refused, self.clearances, self.diversion
        )

    def _noted(self, event: Event | Unmapped, read: tuple[Outline, bytes] | None) -> _InHand | None:
        """The event, when nothing is wrong with it: else it is answered alone, which tells what is."""
        if isinstance(event, Unmapped) or read is None or not self.snapshot.releases or self._is_refused(event):
            return None
        outline, content = read
        parties = [bytes(party) for party in outline.parties]
        try:
            met = self.memory.note(parties, self.diversion)
        except Exception:
            return None
        return _InHand(event, outline, content, parties, *met) if met is not None else None

    def _match(self, in_hand: Sequence[_InHand], first: bool) -> int:
        """Find the hits of these, and of how many; of the ``first`` one whatever time it takes."""
        alerts = 0
        for number, each in enumerate(in_hand):
            if not each.noted:
                continue
            slow = self.memory.can_take_long(each.noted)
            if slow and (number or not first) and self.enough():
                return number
            event, started = each.event, time.perf_counter()
            try:
                with self.budget if slow else _UNBOUNDED:
                    each.hits = self.screener.hits(
                        each.outline,
                        self.memory.matches(each.noted),
                        self.snapshot,
                        event.source,
                        self.now,
                        event.recorded_at,
                        self.clearances,
                    )
            except Exception as error:
                each.failed = error
            each.seconds = time.perf_counter() - started
            alerts += len(each.hits.alerts)
            if alerts > _MOST_ALERTS:
                return number + 1
        return len(in_hand)

    def _decide(self, in_hand: Sequence[_InHand]) -> list[Answer]:
        if self.diversion is not None:
            self._judge(in_hand, self.diversion)
        return [self._answer(each) for each in in_hand]

    def _judge(self, in_hand: Sequence[_InHand], diversion: Diversion) -> None:
        for each in in_hand:
            if each.failed is None:
                event, alerts = each.event, each.hits.alerts
                try:
                    each.flags = diversion.judge(
                        each.outline, each.casts, each.content, alerts, event.source, event.recorded_at
                    )
                except Exception as error:
                    each.failed = error

    def _answer(self, each: _InHand) -> Answer:
        event, outline, error = each.event, each.outline, each.failed
        if error is not None:
            reason, detail = failure(error)
            identity = outline.transaction_id, outline.revision
            return refusal(event, self.screener, self.snapshot, self.now, reason, sayable(detail), *identity)
        version = self.diversion.version if self.diversion is not None else ""
        screening = self.screener.screening(
            outline, each.hits, each.flags, version, self.snapshot, event.source, self.now
        )
        return Answer(
            screening.decision,
            screening.alerts,
            None,
            each.parties,
            screening.samples,
            screening.ordered,
            each.seconds,
        )

"""Many events answered together, step by step: each step for all of them before the next. Pure.

So the code and tables of a step stay in the processor's caches, which makes the whole a fifth faster. The answers are
those of :func:`streams.screening.answer.answer` to each of the events in turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import msgspec

from streams.mappings import Mapping
from streams.records.events import Outline, read_outline
from streams.screening.answer import Answer, Event, answer, failure, refusal, sayable
from streams.screening.clearances import Clearances
from streams.screening.diversion import NO_FLAGS, Cast, Diversion, Flags
from streams.screening.mapped import answer_mapped
from streams.screening.memory import MatchMemory, Noted
from streams.screening.screener import NO_HITS, Hits, Screener
from streams.screening.snapshot import Snapshot

_UNBOUNDED = nullcontext()
_MOST_ALERTS = 2_000
"""When events have more alerts together, those after them are not answered yet: they must not fill the memory."""


class _InHand(msgspec.Struct):
    """An event on its way: what is known of it so far, and what failed."""

    event: Event
    outline: Outline
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
    answered then.
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

    def answers(self, events: Sequence[Event]) -> list[Answer]:
        """The answers to the first of these events, or all of them, in their order."""
        outlines = [read_outline(event.value, event.headers, self.max_bytes) for event in events]
        read = [self._noted(event, outline) for event, outline in zip(events, outlines, strict=True)]
        answered: list[Answer] = []
        # What is remembered of events for diversion flags depends on their order.
        for alone, group in groupby(zip(events, read, strict=True), key=lambda each: each[1] is None):
            if alone:
                for event, _ in group:
                    if answered and self.enough():
                        return answered
                    answered.append(self.one(event))
                continue
            in_hand = [each for _, each in group if each is not None]
            matched = self._match(in_hand, first=not answered)
            answered += self._decide(in_hand[:matched])
            if matched < len(in_hand):
                return answered
        return answered

    def one(self, event: Event, mapping: Mapping | None = None, refused: str = "") -> Answer:
        """The answer to one event, which is of another platform where there is a ``mapping`` for it."""
        known = (self.memory, self.clearances, self.diversion)
        asked = (event, self.screener, self.snapshot, self.now, self.max_bytes, self.budget, refused, *known)
        return answer(*asked) if mapping is None else answer_mapped(mapping, *asked)

    def _noted(self, event: Event, outline: Outline | None) -> _InHand | None:
        """The event, when nothing is wrong with it: else it is answered alone, which tells what is."""
        if outline is None or not self.snapshot.releases:
            return None
        parties = [bytes(party) for party in outline.parties]
        try:
            met = self.memory.note(parties, self.diversion)
        except Exception:
            return None
        return _InHand(event, outline, parties, *met) if met is not None else None

    def _match(self, in_hand: Sequence[_InHand], first: bool) -> int:
        """Find the hits of these, and of how many; of the ``first`` one whatever time it takes."""
        alerts = 0
        for number, each in enumerate(in_hand):
            if not each.noted:
                continue
            slow = self.memory.must_screen(each.noted)
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
                        each.outline, each.casts, event.value or b"", alerts, event.source, event.recorded_at
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

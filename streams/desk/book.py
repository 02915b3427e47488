"""All cases, as they follow from the topics; what could not be read; what is to be published. No I/O."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from streams.desk.case_file import CaseFile, CaseKey, Place
from streams.desk.outbox import Outbox
from streams.errors import RecordError
from streams.kafka.topics import TopicNames
from streams.records.alert import Alert
from streams.records.case import Case
from streams.records.clearance import Clearance
from streams.records.codec import decode, encode
from streams.records.disposition import Disposition

LATEST_ALERTS = 2000
"""So many of the alerts raised last are kept whole; of older ones the topic has the rest."""
_UNREADABLE_SHOWN = 200

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Taken:
    """A record as it came from a topic."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record the desk cannot read: where it is and why."""

    topic: str
    partition: int
    offset: int
    problem: str
    found_at: datetime


@dataclass
class CaseBook:
    """The cases, fed record by record from the topics of ``names``.

    ``on_change`` is told the id of each case that changed, ``on_act`` each disposition that came and whether it counts.
    """

    names: TopicNames
    on_change: Callable[[str], None] = lambda case_id: None
    on_act: Callable[[Disposition, bool], None] = lambda act, counts: None
    files: dict[str, CaseFile] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    """The cases as records, by id; a file whose alerts have not come yet has none."""
    clearances: dict[str, Clearance] = field(default_factory=dict)
    """What was cleared, and what of it was withdrawn, by the clearance's key."""
    unreadable: deque[Unreadable] = field(default_factory=lambda: deque(maxlen=_UNREADABLE_SHOWN))
    unreadable_counts: Counter[str] = field(default_factory=Counter)
    reached: dict[tuple[str, int], int] = field(default_factory=dict)
    """The offset after the last record taken, by topic and partition."""
    alerts_per_hour: dict[str, Counter[int]] = field(default_factory=dict)
    """How many hits each list had in each hour, counted from 1970."""
    _latest: list[tuple[datetime, str, Alert]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cases_out = Outbox(self.names.cases, "case", self._published_case)
        self.clearances_out = Outbox(self.names.clearances, "clearance", self._published_clearance)

    def take(self, record: Taken) -> None:
        """Take the next record of one of the four topics; one that cannot be read is noted, and the desk goes on."""
        try:
            if record.topic == self.names.alerts:
                self._take_alert(record)
            elif record.topic == self.names.dispositions:
                self._take_act(record)
            else:
                out = self.cases_out if record.topic == self.names.cases else self.clearances_out
                out.saw((record.key or b"").decode(errors="replace"), record.value)
        except RecordError as error:
            found = Unreadable(record.topic, record.partition, record.offset, str(error), datetime.now(UTC))
            self.unreadable.append(found)
            self.unreadable_counts[record.topic] += 1
        self.reached[record.topic, record.partition] = record.offset + 1

    def passed(self, ends: Mapping[tuple[str, int], int]) -> None:
        """Nothing but commit markers and undone records was left before these offsets."""
        for place, end in ends.items():
            self.reached[place] = max(end, self.reached.get(place, 0))

    def latest_alerts(self) -> list[Alert]:
        """The alerts raised last, newest first."""
        return [alert for _, _, alert in sorted(self._latest, key=lambda each: each[:2], reverse=True)]

    def case_of(self, alert: Alert) -> Case | None:
        """The case an alert belongs to."""
        return self.cases.get(CaseKey.of_alert(alert).case_id)

    def transactions_of(self, case_id: str) -> Iterator[str]:
        """The ids of the transactions that a case's alerts are about, one for each alert."""
        return (alert.transaction_id for alert in self.files[case_id].alerts.values())

    def _take_alert(self, record: Taken) -> None:
        alert = decode(Alert, record.value or b"", _where(record))
        file = self._file(CaseKey.of_alert(alert))
        if not file.add_alert(alert, Place(record.partition, record.offset)):
            return
        if alert.outcome != "sample":
            hours = self.alerts_per_hour.setdefault(alert.listed.source, Counter())
            hours[int(alert.raised_at.timestamp()) // HOUR] += 1
        latest = (alert.raised_at, alert.alert_id, alert)
        if len(self._latest) < LATEST_ALERTS:
            heapq.heappush(self._latest, latest)
        else:
            heapq.heappushpop(self._latest, latest)
        self._changed(file)

    def _take_act(self, record: Taken) -> None:
        act = decode(Disposition, record.value or b"", _where(record))
        key = CaseKey.of_act(act)
        if act.case_id != key.case_id:
            raise RecordError(f"{_where(record)} names the case {act.case_id!r}, but is about {key.case_id!r}")
        file = self._file(key)
        counts = file.add_act(act)
        self._changed(file)
        self.on_act(act, counts)

    def _file(self, key: CaseKey) -> CaseFile:
        file = self.files.get(key.case_id)
        if file is None:
            file = self.files[key.case_id] = CaseFile(key)
        return file

    def _changed(self, file: CaseFile) -> None:
        case_id = file.key.case_id
        case = file.case()
        if case is None:
            return
        self.cases[case_id] = case
        self.cases_out.mark(case_id)
        if (clearance := file.clearance) is not None:
            self.clearances[clearance.key] = clearance
            self.clearances_out.mark(clearance.key)
        self.on_change(case_id)

    def _published_case(self, case_id: str) -> bytes:
        return encode(self.cases[case_id])

    def _published_clearance(self, key: str) -> bytes:
        return encode(self.clearances[key])


def _where(record: Taken) -> str:
    return f"{record.topic}[{record.partition}] at {record.offset}"

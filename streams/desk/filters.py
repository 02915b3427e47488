"""Which cases and alerts somebody wants to see. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import chain
from typing import get_args

from streams.errors import ActRefusedError
from streams.records.alert import Alert
from streams.records.case import Case, CaseState

STATES: tuple[str, ...] = get_args(CaseState)
OUTCOMES = ("hold", "review", "sample")
AGES: Mapping[str, str] = {
    "1h": "first seen within an hour",
    "1d": "first seen within a day",
    "7d": "first seen within a week",
    "over1d": "older than a day",
    "over7d": "older than a week",
}
_AGE: Mapping[str, Callable[[timedelta], bool]] = {
    "1h": lambda age: age <= timedelta(hours=1),
    "1d": lambda age: age <= timedelta(days=1),
    "7d": lambda age: age <= timedelta(days=7),
    "over1d": lambda age: age > timedelta(days=1),
    "over7d": lambda age: age > timedelta(days=7),
}
UNDECIDED = ("open", "assigned", "escalated", "reopened")


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a case must be to be shown; an empty field lets everything pass.

    ``state`` is a state, ``undecided`` for those that are not closed, or ``proposed`` for those that wait for a second
    person; ``age`` a key of AGES; ``text`` is looked for in names and ids, those of transactions among them.
    """

    source: str = ""
    outcome: str = ""
    role: str = ""
    country: str = ""
    state: str = ""
    age: str = ""
    assignee: str = ""
    text: str = ""

    @classmethod
    def of_query(cls, query: Mapping[str, str]) -> CaseFilter:
        """The filter of a request's query; names it does not know are left alone.

        Raises ActRefusedError (``invalid``) for a value that cannot be meant.
        """
        given = {each.name: query.get(each.name, "").strip()[:200] for each in fields(cls)}
        allowed = {"state": (*STATES, "undecided", "proposed"), "outcome": OUTCOMES, "age": tuple(AGES)}
        for name, values in allowed.items():
            if given[name] and given[name] not in values:
                raise ActRefusedError("invalid", f"{name} is one of {', '.join(values)}")
        return cls(**given)

    def query(self) -> dict[str, str]:
        """The fields that are set, as in a query."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name))}

    def takes(self, case: Case, now: datetime, transactions: Iterable[str] = ()) -> bool:
        """Whether the case is wanted; ``transactions`` are the ids of those its alerts are about."""
        if self.source and case.source != self.source:
            return False
        if self.outcome and case.outcome != self.outcome:
            return False
        if self.role and self.role not in case.roles:
            return False
        if self.country and case.party.country.casefold() != self.country.casefold():
            return False
        if self.assignee and case.assignee != self.assignee:
            return False
        if self.age and not _AGE[self.age](now - case.first_seen):
            return False
        return self._state_fits(case) and self._text_fits(case, transactions)

    def takes_alert(self, alert: Alert) -> bool:
        """Whether an alert by itself is wanted; state, age and assignee are a case's and not looked at."""
        if self.source and alert.listed.source != self.source:
            return False
        if self.outcome and alert.outcome != self.outcome:
            return False
        if self.role and alert.party.role != self.role:
            return False
        if self.country and alert.party.country.casefold() != self.country.casefold():
            return False
        told = (alert.value, alert.party.name, alert.listed.name, alert.listed.entry_id, alert.transaction_id)
        return not self.text or any(self.text.casefold() in each.casefold() for each in told)

    def _state_fits(self, case: Case) -> bool:
        if self.state == "undecided":
            return case.state in UNDECIDED
        if self.state == "proposed":
            return case.proposal is not None
        return not self.state or case.state == self.state

    def _text_fits(self, case: Case, transactions: Iterable[str]) -> bool:
        if not self.text:
            return True
        wanted = self.text.casefold()
        told = (case.party.name, case.party.native_name, case.listed.name, case.entry_id, case.case_id)
        return any(wanted in each.casefold() for each in chain(told, transactions))


def newest_first(cases: Iterable[Case]) -> list[Case]:
    """The cases by when something last happened; those of quality samples alone come last."""
    return sorted(cases, key=lambda case: (case.outcome != "sample", case.changed_at, case.case_id), reverse=True)

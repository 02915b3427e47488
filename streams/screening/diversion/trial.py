"""Rules for diversion flags tried on recorded decisions: what would change. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from streams.records.alert import Alert
from streams.records.base import Record
from streams.records.decision import Decision
from streams.records.transaction import Transaction
from streams.screening.diversion import Diversion, DiversionRules

_MOST_EXAMPLES = 5


class Recorded(Record, frozen=True, kw_only=True):
    """A decision with its alerts and its event, where that is still known; ``recorded_at`` is when the event was."""

    decision: Decision
    alerts: tuple[Alert, ...] = ()
    event: Transaction | None = None
    recorded_at: datetime | None = None


class RuleTried(msgspec.Struct, kw_only=True):
    """One rule: in how many decisions it stands and would stand, how many flags would be new and gone.

    ``weight`` is None for a rule that is only in the recorded decisions. ``examples`` are transactions newly flagged.
    """

    rule: str
    weight: int | None = None
    recorded: int = 0
    tried: int = 0
    new: int = 0
    gone: int = 0
    not_checked: int = 0
    examples: list[str] = []


class OutcomeChanged(msgspec.Struct, kw_only=True):
    """A decision that would have another outcome, with the flags it would have, as weight and sentence."""

    transaction_id: str
    revision: int
    recorded: str
    tried: str
    flags: list[str]


class Trial(msgspec.Struct, kw_only=True):
    """What the rules of this version would have made of ``decisions`` recorded ones.

    ``left_out`` are those whose outcome is error and those whose event is not known.
    """

    version: str
    decisions: int = 0
    left_out: int = 0
    rules: list[RuleTried] = []
    changed: list[OutcomeChanged] = []


def try_rules(rules: DiversionRules, recorded: Iterable[Recorded]) -> Trial:
    """Judge the events of recorded decisions, in their order, by these rules.

    Hits stay as they were recorded: rules change nothing but a decision without alerts.
    """
    tried = {rule.id: RuleTried(rule=rule.id, weight=rule.weight) for rule in rules.rules}
    trial = Trial(version=rules.version)
    diversion = Diversion(rules)
    for each in recorded:
        decision, event = each.decision, each.event
        if decision.outcome == "error" or event is None:
            trial.left_out += 1
            continue
        trial.decisions += 1
        _, casts, content = diversion.watched(event)
        at = each.recorded_at or decision.screened_at
        flags = diversion.judge(event, casts, content, each.alerts, decision.source, at)
        diversion.memory.committed()
        had, has = {flag.rule for flag in decision.flags}, {flag.rule for flag in flags.flags}
        for name in had | has | set(flags.not_checked):
            rule = tried.setdefault(name, RuleTried(rule=name))
            rule.recorded += name in had
            rule.tried += name in has
            rule.gone += name in had - has
            rule.not_checked += name in flags.not_checked
            if name in has - had:
                rule.new += 1
                if len(rule.examples) < _MOST_EXAMPLES:
                    rule.examples.append(decision.transaction_id)
        outcome = decision.outcome
        if not decision.alert_ids:
            outcome = "review" if flags.review else "clear"
        if outcome != decision.outcome:
            trial.changed.append(
                OutcomeChanged(
                    transaction_id=decision.transaction_id,
                    revision=decision.revision,
                    recorded=decision.outcome,
                    tried=outcome,
                    flags=[f"{flag.weight} {flag.rule}: {flag.text}" for flag in flags.flags],
                )
            )
    trial.rules = list(tried.values())
    return trial

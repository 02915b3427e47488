"""Diversion flags: signs in one event that its goods may go elsewhere than the papers say. No I/O, no clock.

The rules are data (:mod:`streams.screening.diversion.rules`). Flags add up to a review, never to a hold. What a rule
needs and nobody knows makes no flag, but the decision names the rule as not checked. An ordinary event is passed over
in a few steps; only one with something odd is looked at rule by rule (:mod:`streams.screening.diversion.signs`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from streams.records.alert import Alert
from streams.records.codec import encode
from streams.records.decision import EventSource, Flag
from streams.records.events import read_event
from streams.records.party import Party
from streams.records.registered_party import Bought
from streams.records.transaction import Item, Transaction
from streams.screening.diversion import rules, signs
from streams.screening.diversion.case import Case, Revision
from streams.screening.diversion.cast import Cast, Part, cast_of
from streams.screening.diversion.memory import DiversionMemory, Seen
from streams.screening.diversion.rules import HS_DIGITS, DiversionRules, Rule, digits, is_code

_MOST_CODES = 100_000
_UNTOLD = 1
"""What an item whose HS code says too little, or an event without items, is to the rules: 0 is none of their goods,
other bits are their sets."""
_BUYER, _FINAL, _MOVER, _PAYER = int(Part.BUYER), int(Part.FINAL), int(Part.MOVER), int(Part.PAYER)

R = TypeVar("R", bound=Rule)


class Flags(msgspec.Struct, frozen=True, gc=False):
    """What an event's flags come to.

    ``ordered`` is the customer's position among the event's parties and the quantity of all items, where a rule asks.
    """

    flags: tuple[Flag, ...] = ()
    not_checked: tuple[str, ...] = ()
    review: bool = False
    ordered: tuple[int, float] | None = None


NO_FLAGS = Flags()

Watched = tuple["Diversion", tuple[Cast | None, ...], bytes]
"""The rules, the parties of an event as these see them, and the event as JSON."""


class _Codes(dict[str, int]):
    """Of which sets of goods an HS code is, as it came; :data:`_UNTOLD` when it cannot be read or is too short to say.

    ``listed`` are the codes of all sets, six digits each.
    """

    def __init__(self) -> None:
        super().__init__()
        self.listed: dict[str, int] = {}

    def __missing__(self, hs_code: str) -> int:
        six = digits(hs_code)
        bits = self.listed.get(six, 0)
        if not is_code(hs_code) or (len(six) < HS_DIGITS and any(code.startswith(six) for code in self.listed)):
            bits = _UNTOLD
        if len(self) < _MOST_CODES:
            self[hs_code] = bits
        return bits


class Diversion:
    """The rules with what is remembered for them: up to ``most`` transactions and customers.

    Each event is looked at once, in the order of its partition; after each batch say to ``memory`` what came of it.
    """

    def __init__(self, given: DiversionRules, most: int = 50_000) -> None:
        self.version = given.version
        self.memory = DiversionMemory(most)
        self._review = given.review
        named = {name: 2 << number for number, name in enumerate(given.goods)}
        self._of_code = _Codes()
        for name, bit in named.items():
            for code in given.codes([name]):
                self._of_code.listed[code] = self._of_code.listed.get(code, 0) | bit

        def asked(kind: type[R]) -> tuple[R, ...]:
            return tuple(rule for rule in given.rules if isinstance(rule, kind))

        def goods_of(rule: rules.GoodsTo | rules.GoodsVia | rules.NewCustomer) -> int:
            return sum(named[name] for name in set(rule.goods))

        self._to = [(goods_of(rule), given.places(rule.countries), rule) for rule in asked(rules.GoodsTo)]
        self._via = [(goods_of(rule), given.places(rule.countries), rule) for rule in asked(rules.GoodsVia)]
        self._new = [(goods_of(rule), rule) for rule in asked(rules.NewCustomer)]
        self._many = asked(rules.ManyTransshipments)
        self._final = [(frozenset(word.lower() for word in rule.words), rule) for rule in asked(rules.FinalConsignee)]
        self._listed = asked(rules.ListedAddress)
        self._late = asked(rules.LateChange)
        self._payer = asked(rules.ForeignPayer)
        self._quantity = asked(rules.Quantity)
        self.customers = most if self._quantity else 0
        """Of how many customers its rules ask what they bought before."""
        self._least_past = max((rule.least_past for rule in self._quantity), default=0)
        self._least_times = min((rule.times for rule in self._quantity), default=0.0)
        self._nobody_s_past = tuple(rule.id for rule in self._quantity)
        self._words = frozenset(word for words, _ in self._final for word in words)

    def watched(self, transaction: Transaction) -> Watched:
        """An event to be judged."""
        return self, self._casts(transaction.parties), encode(transaction)

    def _casts(self, parties: Iterable[Party]) -> tuple[Cast | None, ...]:
        return tuple([self.cast(party) for party in parties])

    def cast(self, party: Party) -> Cast | None:
        """The party as the rules see it; None when they ask nothing of its role."""
        return cast_of(party, self._words)

    def judge(
        self,
        transaction: Transaction,
        parties: tuple[Cast | None, ...],
        content: bytes,
        alerts: Sequence[Alert],
        source: EventSource,
        recorded_at: datetime,
    ) -> Flags:
        """The flags of one event, the rest as :data:`Watched` has it, whose hits are ``alerts``; it is remembered."""
        goods, total, of_code = 0 if transaction.items else _UNTOLD, 0.0, self._of_code
        for item in transaction.items:
            goods |= of_code[item.hs_code]
            if (quantity := item.quantity) is not None:
                total += abs(quantity)
        customer = final = None
        pays = forwards = False
        movers: list[str] = []
        for cast in parties:
            if cast is not None:
                part = cast.part
                if part == _MOVER:
                    movers.append(cast.folded)
                elif part == _FINAL:
                    if final is not None or cast.trade:  # of several, each is looked at
                        forwards = True
                    final = final or cast
                elif part == _BUYER:
                    customer = customer or cast
                elif part == _PAYER:
                    pays = True
        if final is not None and final.folded in movers:
            forwards = True
        case, route = None, transaction.route
        stops = route is not None and route.transshipments
        if goods or stops or forwards or pays or alerts:
            case = Case(transaction, parties)
            if goods:
                self._goods(case, goods)
            if route is not None and stops:
                for many in self._many:
                    signs.many_transshipments(case, route, many)
            if forwards:
                for words, consignee in self._final:
                    signs.final_consignee(case, words, consignee)
            if alerts:
                for listed in self._listed:
                    signs.listed_address(case, alerts, listed)
            if pays:
                for payer in self._payer:
                    signs.foreign_payer(case, payer)
        if self._late:
            seen = Seen(transaction.revision, content, recorded_at, source)
            before = self.memory.seen(transaction.transaction_id, seen)
            if before is not None or transaction.revision:
                case = self._compare(case or Case(transaction, parties), before, seen, parties)
        customer, ordered = customer or final, None
        if total and self._quantity and customer is not None:
            ordered = parties.index(customer), total
            bought = self.memory.bought(customer.key, transaction.transaction_id, total)
            if case is None and bought.transactions < self._least_past and len(self._quantity) == 1:
                return Flags(not_checked=self._nobody_s_past, ordered=ordered)
            if bought.transactions < self._least_past or total > self._least_times * bought.second:
                case = self._weigh(case or Case(transaction, parties), total, customer, bought)
        return Flags(ordered=ordered) if case is None else self._summed(case, ordered)

    def _summed(self, case: Case, ordered: tuple[int, float] | None) -> Flags:
        review = sum(flag.weight for flag in case.flags) >= self._review
        fired = {flag.rule for flag in case.flags}
        not_checked = tuple([rule for rule in case.not_checked if rule not in fired])
        return Flags(tuple(case.flags), not_checked, review, ordered)

    def _is_of(self, wanted: int) -> signs.IsOf:
        def is_of(item: Item) -> bool:
            return bool(self._of_code[item.hs_code] & wanted)

        return is_of

    def _goods(self, case: Case, goods: int) -> None:
        """What its goods are, and where they go."""
        untold = bool(goods & _UNTOLD)
        for wanted, countries, to in self._to:
            if goods & (wanted | _UNTOLD):
                signs.goods_to(case, self._is_of(wanted), untold, countries, to)
        for wanted, countries, via in self._via:
            if goods & (wanted | _UNTOLD):
                signs.goods_via(case, self._is_of(wanted), untold, countries, via)
        for wanted, new in self._new:
            if goods & (wanted | _UNTOLD):
                signs.new_customer(case, self._is_of(wanted), new)

    def _compare(self, case: Case, before: Seen | None, now: Seen, parties: tuple[Cast | None, ...]) -> Case:
        """The event with the revision of it that was seen before."""
        if before is None:
            for rule in self._late:
                case.unknown(rule)
            return case
        earlier = read_event(before.content, max_bytes=len(before.content))
        was = _revision(before, earlier, self._casts(earlier.parties))
        for rule in self._late:
            signs.late_change(case, was, _revision(now, case.transaction, parties), rule)
        return case

    def _weigh(self, case: Case, total: float, customer: Cast, bought: Bought) -> Case:
        """What is ordered with what the customer ordered before."""
        for rule in self._quantity:
            signs.quantity(case, total, customer, bought, rule)
        return case


def _revision(seen: Seen, transaction: Transaction, parties: tuple[Cast | None, ...]) -> Revision:
    """What was seen, as it is read."""
    occurred_at = transaction.occurred_at or seen.recorded_at
    return Revision(seen.number, occurred_at, seen.recorded_at, seen.source, transaction.route, parties)

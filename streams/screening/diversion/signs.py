"""What each kind of diversion rule looks for, and the sentence that says so; only where something is odd. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence, Set
from math import isinf
from sys import float_info

from streams.records.alert import Alert
from streams.records.registered_party import Bought
from streams.records.transaction import Item, Route
from streams.screening.diversion import rules
from streams.screening.diversion.case import Case, Place, Revision
from streams.screening.diversion.cast import Cast, Part

_WATCHED = ("loading", "transshipments", "discharge", "final_destination")
"""Of a route; ships and carriers change without meaning anything."""
_MOST_NAMED = 5
_LARGE = 1e6
"""From here on a number is shown in six digits and its power of ten."""

IsOf = Callable[[Item], bool]
"""Whether an item is of the goods of a rule."""


def goods_to(case: Case, is_of: IsOf, untold: bool, countries: Set[str], rule: rules.GoodsTo) -> None:
    """Such goods go to one of these ``countries``; ``untold`` is whether some item does not tell what it is."""
    places = case.destinations()
    unread = not places or any(not place.country for place in places)
    _goods_at(case, is_of, untold, [place for place in places if place.country in countries], unread, "go to", rule)


def goods_via(case: Case, is_of: IsOf, untold: bool, countries: Set[str], rule: rules.GoodsVia) -> None:
    """Such goods pass one of these ``countries`` and go on to another."""
    places, ends = case.between(), case.ends()
    unread = any(not place.country for place in places)
    there = [place for place in places if place.country in countries and place.country not in ends]
    _goods_at(case, is_of, untold, there, unread, "pass", rule)


def _goods_at(
    case: Case, is_of: IsOf, untold: bool, places: Sequence[Place], unread: bool, verb: str, rule: rules.Rule
) -> None:
    items = _items(case, is_of)
    if items and places:
        there = ", ".join(f"{each.field} {each.text!r} ({each.country.upper()})" for each in places[:_MOST_NAMED])
        case.flag(rule, f"items[{items[0][0]}].hs_code", f"{_named(items)} {verb} {there}")
    elif (items and unread) or (untold and (places or unread)):
        case.unknown(rule)


def new_customer(case: Case, is_of: IsOf, rule: rules.NewCustomer) -> None:
    """Who buys or receives such goods was incorporated after the day; a month or year counts from its first day."""
    items, customers = _items(case, is_of), case.of_part(Part.BUYER, Part.FINAL)
    unknown, after = not customers, rule.after.isoformat()
    for at, cast in customers:
        day = cast.incorporated_on
        first, last = f"{day}-01-01"[:10], f"{day}-12-31"[:10] if len(day) == 4 else f"{day}-31"[:10]
        if items and day and first > after:
            text = f"{cast.name} ({cast.role}) was incorporated on {day}, after {after}; the goods are {_named(items)}"
            case.flag(rule, f"parties[{at}].incorporated_on", text)
            return
        unknown = unknown or not day or last > after
    if unknown:
        case.unknown(rule)


def many_transshipments(case: Case, route: Route, rule: rules.ManyTransshipments) -> None:
    """The route has so many transshipments."""
    places = list(filter(str.strip, route.transshipments))
    if len(places) >= rule.at_least:
        text = f"{len(places)} transshipments: {', '.join(places[:_MOST_NAMED])}"
        case.flag(rule, "route.transshipments", text)


def final_consignee(case: Case, words: Set[str], rule: rules.FinalConsignee) -> None:
    """Who receives the goods carries or finances them, by another role in this event or by its name."""
    movers = {cast.folded: cast.role for _, cast in case.of_part(Part.MOVER)}
    for at, cast in case.of_part(Part.FINAL):
        if cast.folded in movers:
            case.flag(
                rule, f"parties[{at}]", f"{cast.name} ({cast.role}) is the {movers[cast.folded]} of this event, too"
            )
        elif cast.trade in words:
            case.flag(rule, f"parties[{at}].name", f"{cast.name} ({cast.role}) has {cast.trade!r} in its name")


def listed_address(case: Case, alerts: Iterable[Alert], rule: rules.ListedAddress) -> None:
    """A hit whose evidence has the same address."""
    for alert in alerts:
        if any(item.kind == "address" and item.effect == "supports" for item in alert.evidence):
            listed = alert.listed
            text = f"{alert.party.name} has an address of {listed.name} ({listed.source} {listed.entry_id})"
            case.flag(rule, f"parties[{alert.party_index}].addresses", text)


def foreign_payer(case: Case, rule: rules.ForeignPayer) -> None:
    """The payer is of a country that neither who buys nor who receives the goods is of."""
    others = {country for _, cast in case.of_part(Part.BUYER, Part.FINAL, Part.BETWEEN) for country in cast.countries}
    for at, payer in case.of_part(Part.PAYER):
        foreign = [country for country in payer.countries if country not in others]
        if payer.country and not foreign:
            continue
        if not payer.country or "" in others or not others:
            case.unknown(rule)
        else:
            countries = ", ".join(sorted(code.upper() for code in others))
            abroad = ", ".join(code.upper() for code in foreign)
            text = f"{payer.name} pays from {abroad}; who buys and receives is of {countries}"
            case.flag(rule, f"parties[{at}].country", text)


def late_change(case: Case, before: Revision, now: Revision, rule: rules.LateChange) -> None:
    """Route or consignees are not as they were, and it is late."""
    left = case.transaction.departed_at
    gone = left is not None and left <= max(now.occurred_at, now.recorded_at)
    waited = max(now.occurred_at - before.occurred_at, now.recorded_at - before.recorded_at).total_seconds() / 3600
    if not gone and waited < rule.hours:
        return
    route, consignees = _changed_route(before.route, now.route), _changed_consignees(before.parties, now.parties)
    if route or consignees:
        source = before.source
        when = "after the goods left" if gone else f"{waited:,.0f} hours later"
        place = f"revision {before.number} at {source.topic}/{source.partition}/{source.offset}"
        text = f"{'; '.join([*route, *consignees])}; {when}, compared with {place}"
        case.flag(rule, "route" if route else "parties", text)


def quantity(case: Case, total: float, customer: Cast, bought: Bought, rule: rules.Quantity) -> None:
    """The ``total`` of the event beside the largest of the customer's known past."""
    if bought.transactions < rule.least_past:
        case.unknown(rule)
        return
    largest, of = bought.without(case.transaction.transaction_id)
    if largest and total > rule.times * largest:
        text = (
            f"{_shown(total)} is {_shown(total / largest, '.1f')} times {_shown(largest)} ({of}), the largest of the "
            f"{bought.transactions} known past transactions of {customer.name}"
        )
        case.flag(rule, "items", text)


def _shown(number: float, form: str = "g") -> str:
    """A number for people; one that is larger than the machine can tell, as it is."""
    if isinf(number):
        return f"more than {float_info.max:g}"
    return f"{number:,{form if number < _LARGE else 'g'}}"


def _items(case: Case, is_of: IsOf) -> list[tuple[int, Item]]:
    return [(number, item) for number, item in enumerate(case.transaction.items) if is_of(item)]


def _named(items: Sequence[tuple[int, Item]]) -> str:
    names = ", ".join(f"items[{number}] (HS {item.hs_code})" for number, item in items[:_MOST_NAMED])
    return names + (f" and {len(items) - _MOST_NAMED} more" if len(items) > _MOST_NAMED else "")


def _changed_route(before: Route | None, now: Route | None) -> list[str]:
    values = [(key, getattr(before, key, ""), getattr(now, key, "")) for key in _WATCHED]
    return [
        f"route.{key} was {_plain(old)}, is {_plain(new)}" for key, old, new in values if (old or new) and old != new
    ]


def _plain(value: str | Sequence[str]) -> str:
    return ", ".join(map(repr, [value] if isinstance(value, str) else value)) if value else "not given"


def _changed_consignees(before: Iterable[Cast | None], now: Iterable[Cast | None]) -> list[str]:
    old, new = _consignees(before), _consignees(now)
    return [] if old == new else [f"consignees were {_all(old)}, are {_all(new)}"]


def _consignees(parties: Iterable[Cast | None]) -> list[str]:
    return sorted(
        f"{cast.name} ({cast.role}{f', {cast.country.upper()}' if cast.country else ''})"
        for cast in parties
        if cast is not None and cast.part in (Part.FINAL, Part.BETWEEN)
    )


def _all(names: Collection[str]) -> str:
    return ", ".join(list(names)[:_MOST_NAMED]) or "not given"

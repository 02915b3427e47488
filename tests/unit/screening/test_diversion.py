"""Diversion flags: for each rule cases that fire and cases that do not, worked out by hand from the packaged rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from screened import answer_from_memory

from streams.errors import PolicyError
from streams.lists.loading import LoadedList
from streams.matching import Policy
from streams.records.decision import Decision, EventSource
from streams.records.list_entry import ListedName, ListEntry
from streams.records.party import Address
from streams.screening.answer import Event, answer
from streams.screening.diversion import Diversion
from streams.screening.diversion.case import place_country
from streams.screening.diversion.rules import DiversionRules
from streams.screening.memory import MatchMemory
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

NOW = datetime(2025, 10, 1, 12, tzinfo=UTC)
RULES = DiversionRules.default()
STREET = Address(street="Unit 7, 214 Zorblatt Harbour Road", city="Hong Kong", country="HK")
LISTED = ListEntry(
    source="a_list", entry_id="1", names=(ListedName(name="Quvelian Marstrand Avionics"),), addresses=(STREET,)
)
SNAPSHOT = Snapshot.of_lists([LoadedList("a_list", (LISTED,))], NOW)
SCREENER = Screener(Policy.default())
Fields = Mapping[str, Any]

BUYER = {"role": "purchaser", "name": "Velavia Toys GmbH", "country": "DE", "incorporated_on": "1998"}
TAKER = {"role": "ultimate_consignee", "name": "Ormwick Toys A.S.", "country": "NO", "incorporated_on": "2001-05-04"}
PAYS = {"role": "payer", "name": "Kestholm", "country": "CY"}
HANDS_ON = {"role": "intermediate_consignee", "name": "Kestholm", "country": "AM"}
CHIP, MACHINE, SHIRT = ({"hs_code": code, "quantity": 10} for code in ("8542.31.00", "845811", "6205.20"))
PRIORITY, VIA_RUSSIA, TO_1_2, TO_3_4, VIA, ROUTE, FORWARDER, ADDRESS, CHANGE, PAYER, NEW, QUANTITY = (
    "priority_goods_to_russia",
    "priority_goods_via_russia",
    "tier_1_2_goods_to_transshipment_country",
    "tier_3_4_goods_to_transshipment_country",
    "priority_goods_via_transshipment_country",
    "roundabout_route",
    "forwarder_or_bank_as_final_consignee",
    "address_of_a_listed_party",
    "late_change_of_route_or_consignee",
    "payer_from_a_third_country",
    "new_customer_buys_tier_1_2_goods",
    "quantity_out_of_proportion",
)


class Stream:
    """Events that come one after the other, each decided with and without the memory of matches, which must agree."""

    def __init__(self, rules: DiversionRules = RULES) -> None:
        self.first, self.second = Diversion(rules), Diversion(rules)
        self._memory = MatchMemory(SCREENER, 100)
        self._memory.follow(SNAPSHOT)
        self._offset = 0

    def event(self, transaction_id: str = "T", recorded: datetime = NOW, form: str = "", **fields: object) -> Decision:
        other_goods = [{"hs_code": "6205.20"}]
        event = {"transaction_id": transaction_id, "parties": [BUYER, TAKER], "items": other_goods, **fields}
        source = EventSource(topic="transactions", partition=0, offset=self._offset)
        came = Event(_written(event, form), source, recorded)
        decision = answer(came, SCREENER, SNAPSHOT, NOW, diversion=self.first).decision
        remembered = answer_from_memory(came, SCREENER, SNAPSHOT, NOW, self._memory, diversion=self.second).decision
        assert remembered == decision
        self._offset += 1
        return decision

    def committed(self) -> None:
        self.first.memory.committed()
        self.second.memory.committed()

    def undone(self) -> None:
        self.first.memory.undone()
        self.second.memory.undone()


def _written(event: dict[str, object], form: str) -> bytes:
    if form == "structured":
        event = {"specversion": "1.0", "id": "1", "source": "/orders", "type": "order", "data": event}
    return (b"\0\0\0\0\7" if form == "schema_registry" else b"") + msgspec.json.encode(event)


def _flagged(**fields: Any) -> dict[str, int]:
    decision = Stream().event(**fields)
    return {flag.rule: flag.weight for flag in decision.flags}


def _parties(*others: Fields, buyer: Fields = BUYER, taker: Fields = TAKER) -> Sequence[Fields]:
    return [buyer, taker, *others]


@pytest.mark.parametrize(
    ("fields", "flagged"),
    [
        # A tier 1 chip and a tier 4.B lathe go to Russia and Belarus, by the route or by the consignee; to Norway not.
        ({"items": [CHIP], "route": {"final_destination": "RU"}}, {PRIORITY: 100}),
        ({"items": [SHIRT, MACHINE], "parties": _parties(taker={**TAKER, "country": "Belarus"})}, {PRIORITY: 100}),
        ({"items": [{"hs_code": "８５４２.３１"}], "route": {"final_destination": "RU"}}, {PRIORITY: 100}),
        ({"items": [CHIP], "route": {"final_destination": "Norway"}}, {}),
        ({"items": [SHIRT], "route": {"final_destination": "RU"}}, {}),
        ({"items": [{"hs_code": "HS code: 8542.31"}], "route": {"final_destination": "Moscow, RU"}}, {PRIORITY: 100}),
        ({"items": [CHIP], "parties": _parties(taker={**TAKER, "role": "End-User", "country": "RU"})}, {PRIORITY: 100}),
        # Goods that are only to pass Russia or Belarus do not go there, but may stay, and may not pass unlicensed.
        ({"items": [MACHINE], "route": {"transshipments": ["RU"], "final_destination": "NO"}}, {VIA_RUSSIA: 100}),
        ({"items": [CHIP], "route": {"discharge": "Minsk, Belarus", "final_destination": "NO"}}, {VIA_RUSSIA: 100}),
        ({"items": [CHIP], "parties": _parties({**HANDS_ON, "country": "RU"})}, {VIA_RUSSIA: 100}),
        ({"items": [SHIRT], "route": {"transshipments": ["RU"], "final_destination": "NO"}}, {}),
        ({"items": [CHIP], "route": {"transshipments": ["RU"], "final_destination": "RU"}}, {PRIORITY: 100}),
        # To a transshipment country the tiers weigh 50 and 30; at the port of discharge when no destination is named.
        ({"items": [CHIP], "route": {"discharge": "AEDXB"}}, {TO_1_2: 50}),
        ({"items": [MACHINE], "route": {"final_destination": "Almaty, Kazakhstan"}}, {TO_3_4: 30}),
        ({"items": [CHIP, MACHINE], "route": {"final_destination": "HK"}}, {TO_1_2: 50, TO_3_4: 30}),
        ({"items": [SHIRT], "route": {"final_destination": "HK"}}, {}),
        # Through one of them on the way to Norway; one that is the destination itself is not on the way.
        ({"items": [CHIP], "route": {"transshipments": ["TR"], "final_destination": "NO"}}, {VIA: 60}),
        ({"items": [CHIP], "route": {"discharge": "Hong Kong", "final_destination": "NO"}}, {VIA: 60}),
        ({"items": [CHIP], "parties": _parties(HANDS_ON)}, {VIA: 60}),
        ({"items": [CHIP], "route": {"transshipments": ["TR"], "final_destination": "TR"}}, {TO_1_2: 50}),
        ({"items": [CHIP], "route": {"transshipments": ["NL"], "final_destination": "NO"}}, {}),
        ({"items": [SHIRT], "route": {"transshipments": ["TR"], "final_destination": "NO"}}, {}),
        # Three transshipments, and two.
        ({"route": {"transshipments": ["NL", "FR", "PT"], "final_destination": "NO"}}, {ROUTE: 30}),
        ({"route": {"transshipments": ["NL", "FR"], "final_destination": "NO"}}, {}),
        # The consignee is the forwarder or the bank of the same event, or says so in its name; the purchaser may.
        ({"parties": _parties({"role": "bank", "name": TAKER["name"]})}, {FORWARDER: 50}),
        ({"parties": _parties({"role": "Freight Forwarder", "name": TAKER["name"]})}, {}),
        ({"parties": _parties({"role": "Forwarder", "name": " ORMWICK  Toys a.s."})}, {FORWARDER: 50}),
        ({"parties": _parties(taker={**TAKER, "name": "Kestholm Freight Ltd"})}, {FORWARDER: 50}),
        ({"parties": _parties(taker={**TAKER, "name": "БАНК Кестхольм"})}, {FORWARDER: 50}),
        ({"parties": _parties({"role": "end_user", "name": "Banque Lumvista"})}, {FORWARDER: 50}),
        ({"parties": _parties({"role": "forwarder", "name": "Kestholm Freight Ltd"})}, {}),
        ({"parties": _parties(buyer={**BUYER, "name": "Kestholm Freight Ltd"})}, {}),
        ({"parties": _parties(taker={**TAKER, "name": "Freightliner Toys"})}, {}),
        # Purchaser DE, consignee NO: a payer of Cyprus is of a third country, one of Norway is not.
        ({"parties": _parties({"role": "payer", "name": "Kestholm", "country": "CY"})}, {PAYER: 50}),
        ({"parties": _parties({"role": "payer", "name": "Kestholm", "country": "NOR"})}, {}),
        ({"parties": _parties({"role": "bank", "name": "Kestholm", "country": "CY"})}, {}),
        # Incorporated the day after, with tier 1 goods; on the day; and with goods of tier 4.
        ({"items": [CHIP], "parties": _parties(taker={**TAKER, "incorporated_on": "2022-02-25"})}, {NEW: 60}),
        ({"items": [CHIP], "parties": _parties(buyer={**BUYER, "incorporated_on": "2022-03"})}, {NEW: 60}),
        ({"items": [CHIP], "parties": _parties(taker={**TAKER, "incorporated_on": "2022-02-24"})}, {}),
        ({"items": [MACHINE], "parties": _parties(taker={**TAKER, "incorporated_on": "2023"})}, {}),
    ],
)  # fmt: skip
def test_what_an_event_itself_tells(fields: Fields, flagged: Mapping[str, int]) -> None:
    assert _flagged(**fields) == flagged


def test_an_address_of_a_listed_party_is_a_flag_beside_the_hit() -> None:
    shared = {**TAKER, "addresses": [msgspec.to_builtins(STREET)]}
    decision = Stream().event(parties=[BUYER, shared])
    assert decision.outcome == "review"
    (flag,) = decision.flags
    assert (flag.rule, flag.field) == (ADDRESS, "parties[1].addresses")
    assert flag.text == "Ormwick Toys A.S. has an address of Quvelian Marstrand Avionics (a_list 1)"
    by_name = Stream().event(parties=[BUYER, {**TAKER, "name": "Quvelian Marstrand Avionics", "country": "HK"}])
    assert (by_name.outcome, by_name.flags) == ("hold", ())


def test_flags_make_a_review_together_and_a_hit_stays_a_hold() -> None:
    """Tier 1 goods to Hong Kong weigh 50, a consignee that forwards 50: 100 is enough. 60 is not."""
    freight = {**TAKER, "name": "Kestholm Freight Ltd"}
    to_hong_kong: dict[str, Any] = {"items": [CHIP], "route": {"final_destination": "HK"}}
    assert Stream().event(**to_hong_kong).outcome == "clear"
    decision = Stream().event(parties=[BUYER, freight], **to_hong_kong)
    assert (decision.outcome, decision.alert_ids, decision.flags_version) == ("review", (), RULES.version)
    hit = {**TAKER, "name": "Quvelian Marstrand Avionics", "country": "HK"}
    held = Stream().event(parties=[BUYER, hit], items=[CHIP], route={"final_destination": "RU"})
    assert held.outcome == "hold"
    assert [flag.rule for flag in held.flags] == [PRIORITY, TO_1_2]


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        # A code of four digits may be of tier 1; a shirt's may not. Without any code, only where it would matter.
        ({"items": [{"hs_code": "8542"}], "route": {"final_destination": "RU"}}, {PRIORITY}),
        ({"items": [{"hs_code": "6205"}], "route": {"final_destination": "RU"}}, set()),
        ({"items": [{}], "route": {"final_destination": "RU"}}, {PRIORITY}),
        ({"items": [{}], "route": {"final_destination": "NO"}}, set()),
        # Without items, with several codes in one, with a zero too many, and without the first zero.
        ({"items": [], "route": {"final_destination": "RU"}}, {PRIORITY}),
        ({"items": [], "route": {"final_destination": "NO"}}, set()),
        ({"items": [{"hs_code": "6205.20, 8542.31"}], "route": {"final_destination": "RU"}}, {PRIORITY}),
        ({"items": [{"hs_code": "08542.31"}], "route": {"final_destination": "RU"}}, {PRIORITY}),
        ({"items": [{"hs_code": "HS2022 8542.31"}], "route": {"final_destination": "RU"}}, {PRIORITY}),
        ({"items": [{"hs_code": "9012100"}], "route": {"final_destination": "RU"}}, {PRIORITY}),
        # Chips to a place that cannot be read as a country.
        ({"items": [CHIP], "route": {"final_destination": "Warehouse 7"}}, {PRIORITY, TO_1_2}),
        # A customer of whom nobody says since when it exists, or only that it was some time in 2022.
        ({"items": [CHIP], "parties": _parties(taker={"role": "end_user", "name": "Ormwick", "country": "NO"})}, {NEW}),
        ({"items": [CHIP], "parties": _parties(taker={**TAKER, "incorporated_on": "2022"})}, {NEW}),
        # Nobody is said to buy or receive the chips.
        ({"items": [CHIP], "parties": [{**BUYER, "role": "seller"}]}, {PRIORITY, TO_1_2, NEW}),
        ({"parties": _parties({"role": "payer", "name": "Kestholm"})}, {PAYER}),
        ({"revision": 1, "route": {"final_destination": "NO"}}, {CHANGE}),
    ],
)
def test_what_nobody_tells_is_not_checked(fields: Fields, rules: set[str]) -> None:
    decision = Stream().event(**fields)
    assert (decision.flags, set(decision.not_checked) - {QUANTITY}) == ((), rules)


def test_a_party_that_tells_no_country_is_of_that_of_its_address() -> None:
    in_moscow = {**TAKER, "country": "", "addresses": [{"city": "Moscow"}, {"city": "Moscow", "country": "RU"}]}
    (flag,) = Stream().event(items=[CHIP], parties=[BUYER, in_moscow]).flags
    assert flag.rule == PRIORITY


@pytest.mark.parametrize(
    ("fields", "flagged"),
    [
        # Who receives the goods is at home in Norway and has another address in Russia or Turkey.
        ({"parties": [BUYER, {**TAKER, "addresses": [{"country": "NO"}, {"country": "RU"}]}]}, {PRIORITY}),
        ({"parties": [BUYER, {**TAKER, "addresses": [{"country": "TR"}]}]}, {TO_1_2}),
        ({"parties": _parties({**HANDS_ON, "country": "NL", "addresses": [{"country": "AM"}]})}, {VIA}),
        # That one who receives them has an address in Turkey does not make it the end of the way.
        (
            {
                "parties": [BUYER, {**TAKER, "addresses": [{"country": "TR"}]}],
                "route": {"transshipments": ["TR"], "final_destination": "NO"},
            },
            {TO_1_2, VIA},
        ),
        # A payer of Norway with an address in Cyprus, where nobody else has one, and where the purchaser has one.
        ({"items": [], "parties": _parties({**PAYS, "country": "NO", "addresses": [{"country": "CY"}]})}, {PAYER}),
        ({"items": [], "parties": _parties(PAYS, buyer={**BUYER, "addresses": [{"country": "CY"}]})}, set()),
    ],
)
def test_a_party_is_of_each_country_that_it_has_an_address_in(fields: Fields, flagged: set[str]) -> None:
    assert set(_flagged(**{"items": [CHIP], **fields})) == flagged


def test_a_route_that_tells_no_place_is_as_none() -> None:
    stream = Stream()
    stream.event("T", route={"carrier": "A"})
    assert stream.event("T", NOW + timedelta(days=9), revision=1).flags == ()
    assert stream.event("T", NOW + timedelta(days=19), revision=2, route={}).flags == ()
    assert stream.event("U", route={"transshipments": ["", " ", "HK", "Oslo"]}).flags == ()


def test_a_late_change_of_route_or_consignee() -> None:
    """24 hours are late; a changed ship is no changed route; after the goods left, any change is late."""
    stream = Stream()
    first: dict[str, Any] = {"route": {"loading": "Hamburg", "final_destination": "NO", "carrier": "A"}}
    assert stream.event("T", **first).flags == ()
    soon = stream.event("T", NOW + timedelta(hours=23), revision=1, route={**first["route"], "final_destination": "TR"})
    assert (soon.flags, soon.not_checked) == ((), ())
    late = stream.event("T", NOW + timedelta(hours=47), revision=2, route={**first["route"], "final_destination": "AM"})
    (flag,) = late.flags
    assert (flag.rule, flag.weight, flag.field, late.outcome) == (CHANGE, 60, "route", "clear")
    assert flag.text == (
        "route.final_destination was 'TR', is 'AM'; 24 hours later, compared with revision 1 at transactions/0/1"
    )
    ship = {"loading": "Hamburg", "final_destination": "AM", "carrier": "B"}
    assert stream.event("T", NOW + timedelta(days=9), revision=3, route=ship).flags == ()
    left: dict[str, Any] = {"departed_at": "2025-10-10T00:00:00Z", "occurred_at": "2025-10-10T12:00:00Z", "route": ship}
    other = {**TAKER, "name": "Hestrup Toys", "country": "GE"}
    (flag,) = stream.event("T", NOW + timedelta(days=9), revision=4, parties=[BUYER, other], **left).flags
    assert flag.text == (
        "consignees were Ormwick Toys A.S. (ultimate_consignee, NO), are Hestrup Toys (ultimate_consignee, GE); "
        "after the goods left, compared with revision 3 at transactions/0/3"
    )
    assert stream.event("T", NOW + timedelta(days=9), revision=2, **first).not_checked == (CHANGE,)


@pytest.mark.parametrize("form", ["schema_registry", "structured"])
def test_a_revision_is_compared_whatever_form_it_came_in(form: str) -> None:
    stream = Stream()
    stream.event("T", form=form, route={"final_destination": "NO"})
    late = stream.event("T", NOW + timedelta(days=2), form=form, revision=1, route={"final_destination": "AM"})
    assert [flag.text for flag in late.flags] == [
        "route.final_destination was 'NO', is 'AM'; 48 hours later, compared with revision 0 at transactions/0/0"
    ]


def test_of_large_transactions_fewer_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 40 kB of text each, in room for 200 kB: two and a half at least, five at most."""
    monkeypatch.setattr("streams.screening.diversion.memory._MOST_BYTES", 200_000)
    stream = Stream()
    for number in range(20):
        stream.event(f"T-{number}", free_text=["x" * 400] * 100)
        stream.committed()
    unknown = [stream.event(f"T-{number}", revision=1).not_checked for number in range(20)]
    remembered = [number for number, rules in enumerate(unknown) if CHANGE not in rules]
    assert remembered == list(range(20 - len(remembered), 20))
    assert 2 <= len(remembered) <= 6


def test_a_quantity_out_of_proportion_to_the_customer_s_past() -> None:
    """Five transactions of 10 to 50: 250 is five times 50 and not more, 251 is more. Another customer has no past."""
    stream = Stream()
    for number in range(1, 6):
        decision = stream.event(f"P-{number}", items=[{"hs_code": "6205.20", "quantity": 10 * number}])
        assert (decision.flags, decision.not_checked) == ((), (QUANTITY,))
    fits = stream.event("P-6", items=[{"hs_code": "6205.20", "quantity": 250}])
    assert (fits.flags, fits.not_checked) == ((), ())
    stream = Stream()
    for number in range(1, 6):
        stream.event(f"P-{number}", items=[{"quantity": 10 * number, "hs_code": "6205.20"}])
    large = [{"quantity": 200, "hs_code": "6205.20"}, {"quantity": 51, "hs_code": "6205.20"}]
    (flag,) = stream.event("P-6", items=large).flags
    assert (flag.rule, flag.weight) == (QUANTITY, 40)
    assert flag.text == ("251 is 5.0 times 50 (P-5), the largest of the 5 known past transactions of Velavia Toys GmbH")
    # Its own earlier revision is no past that would excuse it.
    (again,) = stream.event("P-6", revision=1, items=large).flags
    assert again.rule == QUANTITY
    other = stream.event("P-7", parties=[{**BUYER, "name": "Hestrup Toys"}, TAKER], items=large)
    assert (other.flags, other.not_checked) == ((), (QUANTITY,))


def test_a_quantity_beyond_all_numbers_is_told_as_such() -> None:
    stream = Stream()
    for number in range(5):
        stream.event(f"P-{number}", items=[{"hs_code": "6205.20", "quantity": 0.5}])
    twice: dict[str, Any] = {"items": [{"hs_code": "6205.20", "quantity": 1e308}] * 2}
    (flag,) = stream.event("P-6", **twice).flags
    assert flag.text == (
        "more than 1.79769e+308 is more than 1.79769e+308 times 0.5 (P-0), the largest of the 5 known past "
        "transactions of Velavia Toys GmbH"
    )


@pytest.mark.parametrize(
    ("parties", "items", "ordered"),
    [
        ([TAKER, BUYER], [SHIRT, {"quantity": -2.5}], (1, 12.5)),  # what is sent back counts as what is sent
        ([HANDS_ON, TAKER], [SHIRT], (1, 10.0)),  # who receives the goods, where nobody buys them
        ([HANDS_ON], [SHIRT], None),
        ([BUYER], [{"hs_code": "6205.20"}], None),
    ],
)
def test_an_answer_tells_who_ordered_how_much(
    parties: Sequence[Fields], items: Sequence[Fields], ordered: tuple[int, float] | None
) -> None:
    event = {"transaction_id": "T", "parties": parties, "items": items}
    came = Event(msgspec.json.encode(event), EventSource(topic="transactions", partition=0, offset=0), NOW)
    assert answer(came, SCREENER, SNAPSHOT, NOW, diversion=Diversion(RULES)).ordered == ordered
    assert answer(came, SCREENER, SNAPSHOT, NOW).ordered is None


def test_an_event_that_comes_again_after_its_batch_was_undone_finds_what_it_found() -> None:
    stream = Stream()
    stream.event("T", items=[SHIRT], route={"final_destination": "NO"})
    stream.committed()
    changed: dict[str, Any] = {"revision": 1, "items": [SHIRT], "route": {"final_destination": "AM"}}
    before = stream.event("T", NOW + timedelta(days=2), **changed)
    stream.undone()
    again = stream.event("T", NOW + timedelta(days=2), **changed)
    assert [flag.rule for flag in before.flags] == [CHANGE]
    assert (again.flags, again.not_checked) == (before.flags, before.not_checked)


def test_no_more_is_remembered_than_said() -> None:
    diversion = Diversion(RULES, most=10)
    for number in range(100):
        event = {"transaction_id": f"T-{number}", "parties": [{**BUYER, "name": f"Hestrup {number}"}, TAKER]}
        source = EventSource(topic="transactions", partition=0, offset=number)
        answer(Event(msgspec.json.encode(event), source, NOW), SCREENER, SNAPSHOT, NOW, diversion=diversion)
        diversion.memory.committed()
        assert len(diversion.memory) <= 10


def test_places_are_read_as_countries() -> None:
    told = {"DE": "de", "Hong Kong": "hk", "NLRTM": "nl", "TR IST": "tr", "Mumbai, India": "in", "CHINA": "cn"}
    told |= {"Moscow, RU": "ru", "Moscow, ID": "", "Paris, TX": "", "Augusta, XX": "", ",": ""}
    told |= {"Atlanta, Georgia": "us", "Port of Savannah, GA": "us", "Macon, Georgia, USA": "us", "Chicago, USA": "us"}
    told |= {"Tbilisi, Georgia": "ge", "Batumi, Georgia": "ge", "Marneuli, Georgia": "ge", "Georgia": "ge"}
    assert {place: place_country(place) for place in told} == told
    assert place_country("Lovejoy, GA") == ""  # the state, not Gabon


def test_the_packaged_goods_are_the_fifty_of_bis() -> None:
    assert [len(RULES.codes([name])) for name in RULES.goods] == [4, 5, 16, 9, 11, 5]
    assert len(RULES.codes(RULES.goods)) == 50


def test_wrong_rules_are_refused() -> None:
    rule = '[[rule]]\nid = "a"\nkind = "goods_to"\nweight = 1\ncitation = "x"\ngoods = ["g"]\ncountries = ["c"]\n'
    sets = '[goods]\ng = ["8542.31"]\n[countries]\nc = ["RU"]\n'
    elsewhere = rule.replace('["g"]', '["h"]')
    good = DiversionRules.from_toml(f"review = 1\n{sets}{rule}")
    assert good.version != DiversionRules.from_toml(f"review = 2\n{sets}{rule}").version
    for text, told in (
        ("review = ", "not TOML"),
        (rule, "review"),
        (f"review = 0\n{sets}{rule}", "review"),
        (f"review = 1\nhold = 2\n{sets}{rule}", "hold"),
        (f"review = 1\n{sets}{rule}{rule}", "rule a: there are two"),
        (f"review = 1\n{sets}{rule.replace('goods_to', 'goods')}", "kind"),
        (f"review = 1\n{sets}{rule.replace('weight = 1', 'weight = 0')}", "weight"),
        (f"review = 1\n{sets}{rule.replace('citation = ', 'because = ')}", "because"),
        (f"review = 1\n{sets}{elsewhere}", "rule a.goods: no set 'h'"),
        (f"review = 1\n{sets.replace('8542.31', '8542')}{rule}", "fewer than 6 digits"),
        (f"review = 1\n{sets.replace('RU', 'Atlantis')}{rule}", "'Atlantis' is no country"),
    ):
        with pytest.raises(PolicyError, match="rules: ") as error:
            DiversionRules.from_toml(text)
        assert told in str(error.value), text

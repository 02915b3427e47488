"""The ready-made mappings: every party of the samples is in the transaction, and is screened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from screened import answer_from_memory

from streams.lists.loading import load_lists
from streams.mappings import coverage, load_mapping, ready_made
from streams.matching import Policy
from streams.records.decision import EventSource
from streams.records.transaction import Transaction
from streams.screening.answer import Event, answer
from streams.screening.budget import ScreeningBudget
from streams.screening.mapped import mapped, named
from streams.screening.memory import MatchMemory
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

SAMPLES = Path(__file__).parents[2] / "samples" / "events"
NOW = datetime(2025, 4, 3, tzinfo=UTC)

PARTIES = {
    "shopify_order": {
        ("purchaser", "Jumoke Okafor"), ("payer", "Jumoke Okafor"), ("ultimate_consignee", "Wen Halloran"),
        ("purchaser", "Tamarisk Systems Ltd"), ("payer", "Tamarisk Systems Ltd"),
        ("ultimate_consignee", "Inspur Software Co Ltd"), ("carrier", "Northern Parcel"),
    },
    "iso20022_pacs008": {
        ("payer", "Tamarisk Systems GmbH"), ("payee", "Inspur Software Co Ltd"), ("ultimate_payee", "Wen Halloran"),
        ("invoice_party", "Lantern Trading FZE"), ("account_holder", "Tamarisk Escrow"), ("bank", "DEUTDEFFXXX"),
        ("bank", "BNPAFRPPXXX"), ("bank", "Deutsche Bank AG"), ("bank", "Bank of Example, Jinan Branch"),
        ("bank", "Harbour Clearing Bank"), ("bank", "COBADEFFXXX"),
    },
    "ubl_order": {
        ("purchaser", "Tamarisk Systems GmbH"), ("seller", "Hestrup Wickerwork ApS"),
        ("payer", "Tamarisk Shared Services"), ("end_user", "Institute of Tidal Studies"),
        ("forwarder", "Northern Forwarding"), ("ultimate_consignee", "Inspur Software Co Ltd"),
        ("carrier", "Meridian Lines"), ("notify_party", "Jinan Customs Brokers"), ("manufacturer", "Velavia Boards"),
        ("agent", "Lantern Trading FZE"),
    },
    "gs1_epcis_event": {
        ("source", "Tamarisk Systems GmbH"), ("source", "urn:epc:id:pgln:5790001.00012"),
        ("destination", "Inspur Software Co Ltd"), ("location", "urn:epc:id:sgln:4012345.00012.0"),
        ("agent", "urn:epc:id:sgln:4012345.00001.0"),
    },
}  # fmt: skip
HELD = "Inspur Software Co Ltd"


def sample(name: str) -> dict[str, Any]:
    read: dict[str, Any] = orjson.loads((SAMPLES / f"{name}.json").read_bytes())
    return read


def made_of(name: str) -> Transaction:
    return load_mapping(name).of_event(sample(name))


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return Snapshot.of_lists(load_lists("bundled"), NOW)


@pytest.mark.parametrize("name", ready_made())
def test_every_party_of_the_sample_is_there(name: str) -> None:
    assert {(party.role, party.name) for party in made_of(name).parties} == PARTIES[name]


@pytest.mark.parametrize("name", ready_made())
def test_sample_is_held_for_its_listed_party_with_and_without_memory(name: str, snapshot: Snapshot) -> None:
    screener = Screener(Policy.default())
    memory = MatchMemory(screener, 100)
    memory.follow(snapshot)
    source = EventSource(topic="orders", partition=0, offset=7)
    event = Event(orjson.dumps(sample(name)), source, NOW)

    mapping, budget = load_mapping(name), ScreeningBudget(5)
    made = mapped(mapping, event, 100_000, budget)
    assert isinstance(made, Event)
    first = named(mapping, answer(made, screener, snapshot, NOW), event)
    asked = (event, screener, snapshot, NOW, memory, 100_000, budget, None, {"orders": mapping})
    remembered, known = answer_from_memory(*asked), answer_from_memory(*asked)
    assert (first.decision, first.alerts) == (remembered.decision, remembered.alerts) == (known.decision, known.alerts)
    assert first.decision.outcome == "hold"
    assert first.decision.mapping_version == load_mapping(name).version
    assert HELD in {alert.party.name for alert in first.alerts}
    assert len(first.parties) == len(made_of(name).parties)


def test_values_land_in_their_fields() -> None:
    payment = made_of("iso20022_pacs008")
    assert payment.kind == "payment"
    assert payment.transaction_id == "HFPAY-20250402-0001"
    creditor = next(party for party in payment.parties if party.role == "payee")
    assert creditor.addresses[0].raw == "1036 Langchao Road, Jinan, Shandong"
    person = next(party for party in payment.parties if party.role == "ultimate_payee")
    assert (person.birth_date, person.entity_type, person.identifiers[0].value) == ("1971-08-05", "person", "G48211907")
    bank = next(party for party in payment.parties if party.name == "BNPAFRPPXXX")
    assert [(each.type, each.value) for each in bank.identifiers] == [("bic", "BNPAFRPPXXX")]

    order = made_of("ubl_order")
    assert order.occurred_at == datetime(2025, 4, 2, 8, 15, tzinfo=UTC)
    (item,) = order.items
    assert (item.hs_code, item.origin, item.quantity, item.value) == ("847180", "TW", 12, 17760)
    assert order.parties[0].alt_names == ("Tamarisk Systems Gesellschaft mbH",)

    shipment = made_of("gs1_epcis_event")
    assert shipment.departed_at == datetime(2025, 4, 2, 6, 58, 56, 591000, tzinfo=UTC)
    assert [party.identifiers[0].value for party in shipment.parties[:3]] == [
        "4012345000009",
        "5790001000127",
        "6901234000016",
    ]

    shop = made_of("shopify_order")
    assert shop.route is not None
    assert (shop.route.final_destination, shop.free_text[1]) == ("China", "project: cluster 7")


def names_of(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Where the samples have names, by the words that their formats use for them."""
    if isinstance(node, list):
        for each in node:
            yield from names_of(each, f"{path}[]")
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from names_of(value, f"{path}.{key}" if path else key)
    elif isinstance(node, str) and path.endswith((".Nm", "Name[].Name[]._", "RegistrationName[]._", ".company")):
        yield path, node


@pytest.mark.parametrize("name", ready_made())
def test_no_name_in_the_sample_goes_unused(name: str) -> None:
    event = sample(name)
    named = {path for path, _ in names_of(event)}
    unused = {each.path for each in coverage(load_mapping(name), [event]) if each.used < each.of}
    assert not named & unused
    assert named or name == "gs1_epcis_event"


def test_a_message_of_many_transfers_is_mapped_with_as_much_text_as_a_transaction_takes() -> None:
    event = sample("iso20022_pacs008")
    transfers = event["Document"]["FIToFICstmrCdtTrf"]
    transfers["CdtTrfTxInf"] *= 90
    made = load_mapping("iso20022_pacs008").of_event(event)
    assert (len(made.parties), len(made.free_text)) == (2 + 90 * 9, 100)


def test_one_transfer_needs_no_list() -> None:
    """Converters from XML write a single element as it is, not as a list of one."""
    event = sample("iso20022_pacs008")
    transfers = event["Document"]["FIToFICstmrCdtTrf"]
    transfers["CdtTrfTxInf"] = transfers["CdtTrfTxInf"][0]
    mapping = load_mapping("iso20022_pacs008")
    assert mapping.of_event(event) == mapping.of_event(sample("iso20022_pacs008"))
    bare = mapping.of_event(event["Document"])
    assert msgspec.json.encode(bare) == msgspec.json.encode(mapping.of_event(event))


def test_single_epcis_event_needs_no_document() -> None:
    event = sample("gs1_epcis_event")["epcisBody"]["eventList"][0]
    made = load_mapping("gs1_epcis_event").of_event(event)
    assert [party.name for party in made.parties] == [
        "urn:epc:id:pgln:4012345.00000",
        "urn:epc:id:pgln:5790001.00012",
        "https://id.gs1.org/417/6901234000016",
        "urn:epc:id:sgln:4012345.00012.0",
        "urn:epc:id:sgln:4012345.00012.0",
    ]


def test_guest_order_without_customer_is_mapped() -> None:
    event = sample("shopify_order")
    event["customer"] = None
    event["fulfillments"] = []
    made = load_mapping("shopify_order").of_event(event)
    assert {party.role for party in made.parties} == {"payer", "ultimate_consignee"}

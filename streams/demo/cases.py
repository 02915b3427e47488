"""The orders of the demo that show something, each with the outcome that is right for it."""

from __future__ import annotations

from datetime import date
from typing import Any

from streams.invented.orders import Order, order
from streams.records.list_entry import ListedName, ListEntry
from streams.records.party import Address

HELD = frozenset({"hold"})
STOPPED = frozenset({"hold", "review"})
CLEAR = frozenset({"clear"})
ERROR = frozenset({"error"})

_BUYER = {"role": "purchaser", "name": "Velavia Machine Tools GmbH", "country": "DE"}


def _case(number: int, shows: str, expected: frozenset[str], role: str, **party: Any) -> Order:
    return order(f"CASE-{number:02d}", [_BUYER, {"role": role, **party}], expected, shows)


def cases() -> list[Order]:
    """Orders to listed parties in every disguise, lookalikes that are somebody else, and broken events."""
    return [
        _case(
            1,
            "listed, as ultimate consignee",
            HELD,
            "ultimate_consignee",
            name="Inspur (Beijing) Electronic Information Industry Co., Ltd.",
            country="CN",
        ),
        _case(
            2,
            "listed, as intermediate consignee",
            HELD,
            "intermediate_consignee",
            name="Inspur (HK) Electronics Co., Ltd.",
            country="HK",
        ),
        _case(
            3,
            "an alias",
            HELD,
            "end_user",
            name="Langchao Beijing Electronic Information Co., Ltd.",
            country="CN",
        ),
        _case(
            4,
            "misspelt",
            STOPPED,
            "ultimate_consignee",
            name="Incpur Electronic Informaton Industry Co Ltd",
            country="China",
        ),
        _case(
            5,
            "in Chinese characters",
            STOPPED,
            "ultimate_consignee",
            name="浪潮(北京)电子信息产业有限公司",
            country="CN",
        ),
        _case(
            6,
            "a listed address, another name",
            STOPPED,
            "notify_party",
            name="Bluebrook Components Ltd",
            country="CN",
            addresses=[{"street": "No. 150 Chengfu Road, Haidian District", "city": "Beijing", "country": "CN"}],
        ),
        _case(
            7,
            "a Cyrillic letter in the name",
            STOPPED,
            "ultimate_consignee",
            name="\N{CYRILLIC CAPITAL LETTER BYELORUSSIAN-UKRAINIAN I}nspur Software Co., Ltd.",
            country="CN",
        ),
        _case(
            8,
            "zero-width characters in the name",
            STOPPED,
            "forwarder",
            name="In\N{ZERO WIDTH SPACE}spur Tai\N{ZERO WIDTH NON-JOINER}wan",
            country="TW",
        ),
        _case(
            9, "lookalike: another first word", CLEAR, "ultimate_consignee", name="Inspira Software GmbH", country="DE"
        ),
        _case(10, "lookalike: another brand", CLEAR, "purchaser", name="Beijing Sunfresh Food Co., Ltd.", country="CN"),
        _case(
            11, "lookalike: same kind of institute", CLEAR, "end_user", name="Shanghai Graphene Institute", country="CN"
        ),
        _case(12, "lookalike: one common word", CLEAR, "carrier", name="Silk Route Textiles Ltd.", country="GB"),
    ]


def broken_events() -> list[Order]:
    """Events that cannot be read; each becomes a dead letter and a decision ``error``."""
    return [
        Order("BAD-01", b'{"transaction_id": "BAD-01", "parties": [{"name": "Cut o', ERROR, "cut off in the middle"),
        Order(
            "BAD-02",
            b'{"transaction_id": "BAD-02", "parties": [{"role": "purchaser"}]}',
            ERROR,
            "a party without a name",
        ),
        Order("BAD-03", b'{"transaction_id": "BAD-03", "parties": [{"name": "\xff\xfe"}]}', ERROR, "not UTF-8"),
        Order("BAD-04", b'{"transaction_id": "BAD-04", "parties": "none"}', ERROR, "parties of the wrong type"),
    ]


def waiting_order() -> Order:
    """Clear under the first release, held after the second."""
    return _case(
        13,
        "listed by the second release",
        CLEAR,
        "ultimate_consignee",
        name="Beijing Tsingke Biotech Co., Ltd.",
        country="CN",
    )


def second_release_entries(source: str) -> list[ListEntry]:
    """Two of the entries that the Entity List got on 2025-09-16 (90 FR 44499)."""
    named = (
        (
            "beijing-tsingke-biotech",
            (
                "Beijing Tsingke Biotech Co., Ltd.",
                "Beijing Qingke Biotechnology Co., Ltd.",
                "Tsingke Biotechnology Co., Ltd.",
            ),
            "6th Floor, Building 3, No. 105, Jinghai 3rd Road, Beijing",
        ),
        (
            "beijing-fudan-microelectronics-technology",
            ("Beijing Fudan Microelectronics Technology Co., Ltd.", "Beijing Fudan Micro"),
            "423, 4th Floor, No. 1 Qinglong Hutong, Dongcheng District, Beijing",
        ),
    )
    return [
        ListEntry(
            source=source,
            entry_id=entry_id,
            names=tuple(
                ListedName(name=name, kind="primary" if position == 0 else "alias")
                for position, name in enumerate(names)
            ),
            entity_type="organization",
            addresses=(Address(raw=address, country="CN"),),
            countries=("CN",),
            license_requirement="For all items subject to the EAR. (See § 744.11 of the EAR)",
            license_policy="Presumption of denial",
            citation="90 FR 44499, 9/16/25",
            effective_from=date(2025, 9, 16),
        )
        for entry_id, names, address in named
    ]

"""Ownership files of each format become edges, or say what is wrong and where."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from streams.errors import ListError, ListFormatError
from streams.ownership.loading import graph_of_files, ownership_file
from streams.records.ownership import HoldingParty, OwnershipEdge
from streams.records.party import Identifier

A_LEI, B_LEI = "529900T8BM49AURSDO55", "5493001KJTIIGC8Y1R12"


def edges_of(path: Path, content: str, names: Path | None = None) -> list[OwnershipEdge]:
    path.write_text(content, encoding="utf-8")
    return list(ownership_file(path, names=names).edges())


def lei(value: str, name: str = "", country: str = "") -> HoldingParty:
    return HoldingParty(name=name or value, country=country, identifiers=(Identifier(type="LEI", value=value),))


def test_a_table_of_one_s_own(tmp_path: Path) -> None:
    found = edges_of(
        tmp_path / "register.csv",
        "owner,owned,percent,kind,from,to,source,owner_country,owned_identifiers\n"
        f'X AG,"Y, Inc.",30.5%,,2024-02-01,,return 2024,DE,LEI: {A_LEI}\n'
        "Z,Y,,control,,2025-01-01,,,\n",
    )
    assert found == [
        OwnershipEdge(
            owner=HoldingParty(name="X AG", country="DE"),
            owned=lei(A_LEI, "Y, Inc."),
            percent=30.5,
            from_=date(2024, 2, 1),
            source="return 2024",
        ),
        OwnershipEdge(owner=HoldingParty(name="Z"), owned=HoldingParty(name="Y"), kind="control", to=date(2025, 1, 1)),
    ]
    assert ownership_file(tmp_path / "register.csv").source == "register"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("X,Y,130,,", "line 2: the share is '130'; expected a number from 0 to 100"),
        ('X,Y,"30,5",,', "the share is '30,5'"),
        (",Y,30,,", "line 2: owner is empty"),
        ("X,Y,30,soon,", "from is 'soon'; expected a day"),
        ("X,Y,30,2026-05-01,2026-01-01", "line 2: from 2026-05-01 to 2026-01-01 is no range; 'to' is exclusive"),
        ("X,Y,30,2026-05-01,2026-05-01", "is no range"),
    ],
)
def test_a_row_that_cannot_be_read_is_told(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(ListFormatError, match=told):
        edges_of(tmp_path / "own.csv", f"owner,owned,percent,from,to\n{row}\n")


@pytest.mark.parametrize(
    ("identifiers", "told"),
    [
        ("reg: " + "9" * 600, "line 2: the identifier is 'reg: 9999"),
        ("r" * 200 + ": 12345", "line 2: the identifier is 'rrr"),
        ("; ".join(f"reg: A{number}" for number in range(101)), "line 2: has 101 identifiers; at most 100"),
    ],
)
def test_what_no_edge_can_hold_is_refused_before_it_is_published(tmp_path: Path, identifiers: str, told: str) -> None:
    """Else the file is published, and every worker refuses the release whole."""
    with pytest.raises(ListFormatError, match=told):
        edges_of(tmp_path / "own.csv", f"owner,owned,owned_identifiers\nX,Y,{identifiers}\n")
    row = gleif_row("IS_DIRECTLY_CONSOLIDATED_BY").replace(A_LEI, "9" * 600)
    with pytest.raises(ListFormatError, match="line 2: a node's id is '999"):
        edges_of(tmp_path / "rr.csv", GLEIF + row)


def test_an_unknown_column_or_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ListFormatError, match="column 'share' is not known"):
        edges_of(tmp_path / "own.csv", "owner,owned,share\nX,Y,30\n")
    with pytest.raises(ListFormatError, match="is not ownership Highfence can read"):
        edges_of(tmp_path / "own.csv", "parent,child\nX,Y\n")


def test_a_file_that_tells_of_nobody_is_no_reason_to_clear_anybody(tmp_path: Path) -> None:
    (tmp_path / "register.csv").write_text("owner,owned,percent\n")
    with pytest.raises(ListError, match=r"ownership register: no edge in .*register.csv"):
        graph_of_files([ownership_file(tmp_path / "register.csv")], datetime(2026, 1, 1, tzinfo=UTC))


GLEIF = (
    "Relationship.StartNode.NodeID,Relationship.StartNode.NodeIDType,Relationship.EndNode.NodeID,"
    "Relationship.EndNode.NodeIDType,Relationship.RelationshipType,Relationship.RelationshipStatus,"
    "Relationship.Period.1.startDate,Relationship.Period.1.endDate,Relationship.Period.1.periodType,"
    "Relationship.Period.2.startDate,Relationship.Period.2.endDate,Relationship.Period.2.periodType,"
    "Relationship.Quantifiers.1.QuantifierAmount,Relationship.Quantifiers.1.QuantifierUnits,"
    "Registration.RegistrationStatus\n"
)


def gleif_row(relation: str, status: str = "ACTIVE", amount: str = "", registration: str = "PUBLISHED") -> str:
    units = "PERCENTAGE" if amount else ""
    return (
        f"{A_LEI},LEI,{B_LEI},LEI,{relation},{status},2023-01-01T00:00:00Z,2023-12-31T00:00:00Z,ACCOUNTING_PERIOD,"
        f"2020-05-01T00:00:00.000Z,,RELATIONSHIP_PERIOD,{amount},{units},{registration}\n"
    )


def test_gleif_relationships(tmp_path: Path) -> None:
    names = tmp_path / "lei2.csv"
    names.write_text(f"LEI,Entity.LegalName,Entity.LegalAddress.Country\n{B_LEI},Parent SE,DE\nOTHER,Nobody,FR\n")
    content = GLEIF + "".join(
        [
            gleif_row("IS_DIRECTLY_CONSOLIDATED_BY"),
            gleif_row("IS_ULTIMATELY_CONSOLIDATED_BY", amount="74.90"),
            gleif_row("IS_INTERNATIONAL_BRANCH_OF"),
            gleif_row("IS_FUND-MANAGED_BY"),
            gleif_row("IS_DIRECTLY_CONSOLIDATED_BY", status="INACTIVE"),
            gleif_row("IS_DIRECTLY_CONSOLIDATED_BY", registration="ANNULLED"),
        ]
    )
    found = edges_of(tmp_path / "rr.csv", content, names)
    assert [(each.kind, each.percent) for each in found] == [
        ("share", None),
        ("share", 74.9),
        ("share", 100),
        ("control", None),
    ]
    assert found[0].owner == lei(B_LEI, "Parent SE", "DE")
    assert found[0].owned == lei(A_LEI)
    assert (found[0].from_, found[0].to) == (date(2020, 5, 1), None)
    with pytest.raises(ListFormatError, match="line 2: the relationship type is 'IS_A_FRIEND_OF'"):
        edges_of(tmp_path / "rr.csv", GLEIF + gleif_row("IS_A_FRIEND_OF"))


def statement(record: str, kind: str, day: str = "2024-01-01", status: str = "new", **details: object) -> object:
    return {
        "statementId": f"s-{record}-{day}",
        "recordId": record,
        "recordType": kind,
        "statementDate": day,
        "recordStatus": status,
        "recordDetails": details,
    }


def holds(record: str, interest: object, owner: object = "p", day: str = "2024-01-01", status: str = "new") -> object:
    return statement(
        record, "relationship", day, status, subject="e", interestedParty=owner, interests=[interest], isComponent=False
    )


ENTITY = statement(
    "e",
    "entity",
    name="Owned Ltd",
    jurisdiction={"code": "GB"},
    identifiers=[{"scheme": "XI-LEI", "id": A_LEI}],
    entityType={"type": "registeredEntity"},
)
PERSON = statement(
    "p",
    "person",
    names=[{"type": "translation", "fullName": "Other"}, {"type": "legal", "fullName": "Ada Owner"}],
    nationalities=[{"code": "FR"}],
)


@pytest.mark.parametrize("as_lines", [False, True])
def test_beneficial_ownership_statements(tmp_path: Path, as_lines: bool) -> None:
    statements = [
        ENTITY,
        PERSON,
        holds("r1", {"type": "shareholding", "share": {"exact": 10}}),
        # The newest statement of a record counts.
        holds("r1", {"type": "shareholding", "share": {"exact": 30}, "startDate": "2021-03-04"}, day="2025-01-01"),
        holds("r2", {"type": "votingRights", "share": {"exact": 60}}),
        holds("r3", {"type": "shareholding", "share": {"minimum": 25, "maximum": 50}}),
        holds("r4", {"type": "shareholding", "share": {"exact": 5}}, day="2024-06-30", status="closed"),
        holds("r5", {"type": "shareholding"}, owner={"reason": "subjectUnableToConfirmOrIdentifyBeneficialOwner"}),
        statement("r6", "relationship", subject="e", interestedParty="p", interests=[]),
    ]
    lines = "\n".join(map(json.dumps, statements))
    found = edges_of(tmp_path / "bods.json", lines if as_lines else json.dumps(statements))
    assert [(each.kind, each.percent, each.from_, each.to) for each in found] == [
        ("share", 30, date(2021, 3, 4), None),
        ("control", None, None, None),
        ("share", 25, None, None),
        ("share", None, None, None),
        ("share", 5, None, date(2024, 6, 30)),
        ("share", None, None, None),
    ]
    assert found[0].owner == HoldingParty(name="Ada Owner", alt_names=("Other",), country="FR")
    assert found[0].owned == lei(A_LEI, "Owned Ltd", "GB")
    assert found[0].source == "s-r1-2025-01-01 shareholding"


@pytest.mark.parametrize(
    ("share", "percents"),
    [
        # More than 50%, as registers of persons with significant control tell it, is no unknown share.
        ({"exclusiveMinimum": 50, "maximum": 75}, [50, None]),
        ({"exclusiveMinimum": 25, "exclusiveMaximum": 50}, [25, None]),
        ({"minimum": 75, "maximum": 100}, [75, None]),
        ({"exclusiveMaximum": 25}, [None]),
    ],
)
def test_a_share_told_as_a_range_is_at_least_its_lower_bound(
    tmp_path: Path, share: dict[str, float], percents: list[float | None]
) -> None:
    relationship = holds("r", {"type": "shareholding", "share": share})
    found = edges_of(tmp_path / "bods.json", json.dumps([ENTITY, PERSON, relationship]))
    assert [each.percent for each in found] == percents


def test_days_of_a_register_that_contradict_each_other_take_no_edge_away(tmp_path: Path) -> None:
    interest = {"type": "shareholding", "share": {"exact": 60}, "startDate": "2026-05-01", "endDate": "2026-01-01"}
    (told,) = edges_of(tmp_path / "bods.json", json.dumps([ENTITY, PERSON, holds("r", interest)]))
    row = gleif_row("IS_DIRECTLY_CONSOLIDATED_BY").replace(",,RELATIONSHIP", ",2019-05-01,RELATIONSHIP")
    (consolidated,) = edges_of(tmp_path / "rr.csv", GLEIF + row)
    assert [(each.from_, each.to) for each in (told, consolidated)] == [(None, None)] * 2


def test_other_names_of_a_statement_are_read_too(tmp_path: Path) -> None:
    """Whoever is listed under a second name must be screened by it, and found by it in an order."""
    entity = statement("e", "entity", name="浪潮", alternateNames=["Owned Ltd", "浪潮", ""])
    relationship = holds("r", {"type": "shareholding", "share": {"exact": 60}})
    (found,) = edges_of(tmp_path / "bods.json", json.dumps([entity, PERSON, relationship]))
    assert (found.owned.name, found.owned.alt_names) == ("浪潮", ("Owned Ltd",))
    assert (found.owner.name, found.owner.alt_names) == ("Ada Owner", ("Other",))


MIDDLE = statement("m", "entity", name="Middle Ltd")
DIRECT = {"type": "shareholding", "directOrIndirect": "direct", "share": {"exact": 40}}


def link(record: str, owner: object, owned: object, status: str = "new", **interest: object) -> object:
    told = {**DIRECT, **interest}
    return statement(record, "relationship", status=status, subject=owned, interestedParty=owner, interests=[told])


def indirect(*components: str) -> object:
    interest = {**DIRECT, "directOrIndirect": "indirect"}
    return statement(
        "r", "relationship", subject="e", interestedParty="p", interests=[interest], componentRecords=list(components)
    )


UPPER, LOWER = link("r1", "p", "m"), link("r2", "m", "e")
CHAIN = ("r1", "m", "r2")


@pytest.mark.parametrize(
    ("statements", "components", "stays"),
    [
        ([UPPER, LOWER], CHAIN, False),
        ([UPPER, LOWER], (*CHAIN, "r3"), True),
        ([], ("r1", "r2"), True),
        ([UPPER], ("r1", "r2"), True),
        ([UPPER], ("r1", "m"), True),
        ([UPPER], ("m",), True),
        ([UPPER, link("r2", {"reason": "unknown"}, "e")], CHAIN, True),
        ([UPPER, link("r2", "m", {"reason": "unknown"})], CHAIN, True),
        ([UPPER, link("r2", "m", "e", status="closed")], CHAIN, True),
        ([UPPER, link("r2", "m", "e", endDate="2024-01-01")], CHAIN, True),
        ([], ("r",), True),
    ],
)
def test_an_indirect_relationship_is_left_out_only_where_its_components_tell_the_chain(
    tmp_path: Path, statements: list[object], components: tuple[str, ...], stays: bool
) -> None:
    told = [ENTITY, PERSON, MIDDLE, *statements, indirect(*components)]
    found = edges_of(tmp_path / "b.json", json.dumps(told))
    whole = [each for each in found if (each.owner.name, each.owned.name) == ("Ada Owner", "Owned Ltd")]
    assert [each.percent for each in whole] == ([40] if stays else [])


def test_a_cut_statement_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ListFormatError, match="names the record 'p', which is not in the file"):
        edges_of(tmp_path / "b.json", json.dumps([ENTITY, holds("r", {"type": "shareholding"})]))
    with pytest.raises(ListFormatError, match=r"b\.json: "):
        edges_of(tmp_path / "b.json", json.dumps([ENTITY])[:-3])

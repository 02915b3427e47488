"""Several names in one field, or more than a name: each is asked for, beside the whole."""

from __future__ import annotations

import pytest

from streams.matching import EntityIndex, Policy
from streams.matching.names import read_name
from streams.matching.names_within import names_within
from streams.records.party import Party


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Newtech FZE c/o Inspur Group", ["newtech", "inspur group"]),
        ("Newtech Ltd (formerly known as Inspur Group)", ["newtech", "inspur group"]),
        ("Inspur Group Co., Ltd. - Warehouse 3", ["inspur group"]),
        ("Inspur Group Co., Ltd., 1036 Langchao Road", ["inspur group"]),
        ("浪潮集团有限公司上海分公司", ["langchao group"]),
        ("Newtech GmbH; Inspur Group", ["newtech", "inspur group"]),
        ("To the order of Inspur Group Ltd, Jinan, Tel: 86 531", ["inspur group"]),
        ("Inspur (Beijing) Electronic Co., Ltd.", []),
        ("Limited Liability Company Sberbank", []),
        ("Swift Transportation Co. of Canada", []),
        ("Mobile Order Trading Ltd", []),
        ("Igor Sechin", []),
        ("INSPUR ELECTRONIC INFORMATION INDUS", ["inspur electronics information industry"]),
        ("Inspur Electronic Information Indus ", ["inspur electronics information industry"]),
        ("INSPUR BEIJING ELECTRONIC TECH LIMI", ["inspur beijing electronics technology"]),
        ("INSPUR ELECTRONIC INFORMATION MAKHL", []),
        ("INSPUR INFORMATION INDUS", []),
        ("(((", []),
    ],
)
def test_names_within(text: str, expected: list[str]) -> None:
    found = names_within(text, read_name(text), proper=False)
    words = [[word.text for word in name.words if word.kind != "legal"] for name in found]
    assert [" ".join(each) for each in words] == expected


@pytest.mark.parametrize(
    "name",
    [
        "Newtech Trading FZE c/o Inspur Group",
        "Newtech Ltd (formerly Inspur Group Co., Ltd.)",
        "Inspur Group Co., Ltd., Purchasing Dept., Warehouse 3, Rotterdam",
        "Newtech Solutions dba Inspur Group",
        "Siniša Jovanović on behalf of Inspur Group",
    ],
)
def test_a_listed_name_among_others_is_found(index: EntityIndex, policy: Policy, name: str) -> None:
    found = {match.entry.entry_id: match for match in index.match(Party(name=name), policy)}
    assert found["inspur-group"].outcome == "hold"
    assert found["inspur-group"].value == name


def test_the_whole_counts_where_it_says_more(index: EntityIndex, policy: Policy) -> None:
    whole = index.match(Party(name="Aeronautic Computing (Technique) Research Institute"), policy)[0]
    assert whole.entry.entry_id == "actri"
    assert whole.score > 0.95

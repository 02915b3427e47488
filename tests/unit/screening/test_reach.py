"""Does the entry reach this order? Cases worked by hand, in the wordings of the lists themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib.resources import files

import pytest
from screened import screened

from streams.errors import PolicyError
from streams.lists.license_requirement import LicenseRequirement, item_code, read_requirement
from streams.lists.loading import LoadedList
from streams.matching import Policy
from streams.records.alert import Alert
from streams.records.list_entry import ListedName, ListEntry
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot

NOW = datetime(2025, 10, 1, 12, tzinfo=UTC)
BUT_EAR99 = "All items subject to the EAR except EAR99. (See § 744.11 of the EAR)"
OIL = (
    "All items subject to the EAR except for: crude oil and natural gas under the following Harmonized System (HS) "
    "codes: 2709, 27111990; or items required for the continued operation of joint ventures with certain persons"
)
SAVINGS = """
[[reach.savings]]
source = "us_bis_entity_list"
effective_from = 2019-06-24
until = 2019-07-24
citation = "a savings clause"
"""


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("For all items subject to the EAR. (See § 744.11 of the EAR)", LicenseRequirement()),
        ("For All Items Subject to the EAR (See §744.11 of the EAR).", LicenseRequirement()),
        (
            "For all items subject to the EAR. (See §§ 734.9(g),[3] 746.8(a)(3), and 744.21(b) of the EAR)",
            LicenseRequirement(footnotes=(3,)),
        ),
        (
            "For all items subject to the EAR (See §§734.9(g)3, 746.8(a)(3), and 744.2l(b) of the EAR",
            LicenseRequirement(footnotes=(3,)),
        ),
        (
            "For all items subject to the EAR, see §§ 734.9(e) [1] and 744.11 of the EAR [2]",
            LicenseRequirement(footnotes=(1, 2)),
        ),
        (
            "For all items subject to the EAR. (See §§ 734.9(e)(2) and 744.11 of the EAR) [4]",
            LicenseRequirement(footnotes=(4,)),
        ),
        (
            "For all items subject to the EAR (See §§734.4(a)(9), 734.9(e)(3), and 744.11 of the EAR)5",
            LicenseRequirement(footnotes=(5,)),
        ),
        (BUT_EAR99, LicenseRequirement(excepted=("EAR99",))),
        ("All items subject to the EAR except EAR 99 items", LicenseRequirement(excepted=("EAR99",))),
        (
            "All items subject to the EAR, except ECCN 5A992.c and EAR99",
            LicenseRequirement(excepted=("5A992.C", "EAR99")),
        ),
        ("For items on the CCL", LicenseRequirement(excepted=("EAR99",))),
        ("Items classified under ECCNs 3A001.b and 4A003", LicenseRequirement(only=("3A001.B", "4A003"))),
        ("For all items subject to the EAR. (See part§744.11 of the EAR).", LicenseRequirement()),
        ("For all items subject to the EAR. (See 744.11 of the EAR)", LicenseRequirement()),
        # What no event tells of narrows nothing, and is for a person to check.
        (
            "For all items subject to the EAR when used in projects specified in § 746.8(a)(4) of the EAR",
            LicenseRequirement(
                conditions=("it is for items used in projects specified in § 746.8(a)(4) of the EAR alone",)
            ),
        ),
        (
            "For All Items Subject to the EAR (See §734.9(g), 3 §746.8(a)(3), and §744.21(b) of the EAR). This license "
            "requirement may be overcome by License Exception GOV under §740.11(b)(2) and (e).",
            LicenseRequirement(
                footnotes=(3,), conditions=("License Exception GOV may overcome it, § 740.11(b) of the EAR",)
            ),
        ),
        (
            OIL,
            LicenseRequirement(
                excepted_goods=("2709", "27111990"),
                conditions=("it excepts items required for the continued operation of certain joint ventures, too",),
            ),
        ),
        # What narrows a requirement in words that cannot be told of a code covers everything.
        (
            "All items subject to the EAR. (See § 744.11 of the EAR), except for EAR99-designated technology for the "
            "operation of unmanned aerial vehicles",
            LicenseRequirement(unread=True),
        ),
        (
            "For items on the CCL and EAR99 items listed in supplement no. 7 to part 746 of the EAR",
            LicenseRequirement(unread=True),
        ),
        ("For items on the CCL except ECCN 3A001", LicenseRequirement(unread=True)),
        ("For all dual-use items: export prohibited", LicenseRequirement(unread=True)),
        ("Presumption of denial", LicenseRequirement(unread=True)),
    ],
)
def test_a_requirement_is_read(text: str, meaning: LicenseRequirement) -> None:
    assert read_requirement(text) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "For any item subject to the EAR listed in supplement no. 2 to part 744.",
        "The license requirement for entities listed in supplement no. 7 to part 744 applies to the export, reexport, "
        "or transfer (in-country) of any item subject to the EAR listed in supplement no. 2 to part 744.",
    ],
)
def test_the_military_end_user_list_covers_supplement_2(text: str) -> None:
    requirement = read_requirement(text)
    assert [requirement.covers(code) for code in ("3A991", "9A991.D", "EAR99", "3A001", "")] == [
        True, True, False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "covered"),
    [
        ("Items classified under ECCN 3A001.b", "3A001.b.2", True),
        ("Items classified under ECCN 3A001.b", "3A001", True),
        ("Items classified under ECCN 3A001.b", "3A001.a", False),
        ("Items classified under ECCN 3A001.b", "EAR99", False),
        ("Items classified under ECCN 3A001.b", "n/a", True),
        # Levels of paragraphs written in one: which they are is not told.
        ("Items classified under ECCN 3A001.b", "3A001.b2", True),
        ("Items classified under ECCN 3A001.b2", "3A001.b.2", True),
        ("Items classified under ECCN 3A001.b.2", "3A001.b.20", False),
        ("All items subject to the EAR except 5A992.c", "5a992.C.1", False),
        ("All items subject to the EAR except 5A992.c", "5A992", True),
        (BUT_EAR99, "ear 99", False),
        (BUT_EAR99, "5A992", True),
        (BUT_EAR99, "", True),
    ],
)
def test_codes_are_compared_by_paragraph(text: str, code: str, covered: bool) -> None:
    assert read_requirement(text).covers(item_code(code)) is covered


def _alert(requirement: str, policy: str = "", *, effective: date | None = None, **fields: object) -> Alert:
    entry = ListEntry(
        source="us_bis_entity_list",
        entry_id="1",
        names=(ListedName(name="Inspur Software Co., Ltd."),),
        license_requirement=requirement,
        effective_from=effective,
    )
    snapshot = Snapshot.of_lists([LoadedList(entry.source, (entry,))], datetime(2019, 1, 1, tzinfo=UTC))
    packaged = files("streams.matching").joinpath("policy.toml").read_text(encoding="utf-8")
    screener = Screener(Policy.from_toml(packaged + policy))
    event = {"transaction_id": "T", "parties": [{"name": "Inspur Software Co., Ltd."}], **fields}
    at = datetime.fromisoformat(str(fields.get("occurred_at", NOW.isoformat())))
    answered = screened(event, screener, snapshot, at, NOW)
    (alert,) = answered.alerts
    assert answered.decision.outcome == alert.outcome
    return alert


def _said(alert: Alert) -> list[tuple[str, str]]:
    return [(line.effect, line.text) for line in alert.evidence if line.kind == "reach"]


def test_ear99_under_an_all_but_ear99_entry_is_a_review() -> None:
    alert = _alert(BUT_EAR99, items=[{"eccn": "EAR99"}, {"eccn": "EAR99"}])
    assert alert.outcome == "review"
    assert _said(alert) == [
        (
            "contradicts",
            "items[0], items[1]: not covered, as the license requirement is for all items but EAR99, and this is EAR99",
        )
    ]
    assert alert.summary.endswith("; the license requirement covers none of the items")


def test_one_covered_item_is_enough_to_hold() -> None:
    alert = _alert(BUT_EAR99, items=[{"eccn": "EAR99"}, {"eccn": "3A001.b.2"}, {"hs_code": "8542.31"}])
    assert alert.outcome == "hold"
    assert _said(alert)[1:] == [
        (
            "supports",
            "items[1]: covered, as the license requirement is for all items but EAR99, and this is 3A001.B.2",
        ),
        ("supports", "items[2]: covered, as no ECCN is given"),
    ]


def test_ear99_under_an_all_items_entry_holds_and_its_footnote_is_told() -> None:
    text = "For all items subject to the EAR. (See §§ 734.9(e)(2) and 744.11 of the EAR) [4]"
    alert = _alert(text, items=[{"eccn": "EAR99"}])
    assert alert.outcome == "hold"
    assert _said(alert) == [
        ("supports", "items[0]: covered, as the license requirement is for all items subject to the EAR"),
        ("ignored", "footnote 4: foreign-produced items under § 734.9(e)(2) are covered, too"),
    ]


def test_the_alert_says_which_items_a_footnote_for_foreign_produced_ones_is_about() -> None:
    text = "For all items subject to the EAR, see §§ 734.9(e) [1] and 744.11 of the EAR [2]"
    alert = _alert(text, items=[{"origin": "USA"}, {"origin": "Taiwan"}, {}, {"origin": "CHN"}])
    assert alert.outcome == "hold"
    assert [line for effect, line in _said(alert) if effect == "ignored"] == [
        "footnote 1: foreign-produced items under § 734.9(e)(1) are covered, too: items[1], items[3] of origin CN, TW",
        "footnote 2: some exports for cybersecurity research need no license",
    ]


def test_goods_may_be_excepted_by_their_hs_code() -> None:
    assert _alert(OIL, items=[{"hs_code": "2709.00", "eccn": "EAR99"}]).outcome == "review"
    alert = _alert(OIL, items=[{"hs_code": "2709.00"}, {"hs_code": "2711.19"}, {"hs_code": "oil"}, {"eccn": "EAR99"}])
    assert alert.outcome == "hold"
    assert _said(alert) == [
        (
            "contradicts",
            "items[0]: not covered, as the license requirement excepts certain goods of the HS code, 270900",
        ),
        ("supports", "items[1]: covered, as the license requirement does not except the HS code 271119"),
        ("supports", "items[2]: covered, as 'oil' is no HS code"),
        ("supports", "items[3]: covered, as no HS code is given"),
        (
            "ignored",
            "to check: it excepts items required for the continued operation of certain joint ventures, too",
        ),
    ]


@pytest.mark.parametrize("requirement", [BUT_EAR99, "whatever it means"])
def test_what_is_not_known_holds(requirement: str) -> None:
    assert _alert(requirement).outcome == "hold"
    assert _alert(requirement, items=[{"eccn": "?"}]).outcome == "hold"
    assert _alert("whatever it means", items=[{"eccn": "EAR99"}]).outcome == "hold"


def test_an_entry_without_a_requirement_is_left_as_it_is() -> None:
    alert = _alert("", items=[{"eccn": "EAR99"}])
    assert (alert.outcome, _said(alert)) == ("hold", [])


def test_many_items_are_counted() -> None:
    (line,) = _said(_alert(BUT_EAR99, items=[{"eccn": "EAR99"}] * 5000))
    assert "items[9] and 4990 more: not covered" in line[1]


@pytest.mark.parametrize(
    ("departed", "occurred", "outcome"),
    [
        ("2019-06-23", "2019-06-25", "review"),  # under way when the rule came
        ("2019-06-23", "2019-07-23", "review"),
        ("2019-06-23", "2019-07-24", "hold"),  # the clause has ended
        ("2019-06-24", "2019-06-25", "hold"),  # left on the day of the rule
    ],
)
def test_a_savings_clause_counts_for_goods_under_way(departed: str, occurred: str, outcome: str) -> None:
    alert = _alert(
        "For all items subject to the EAR",
        SAVINGS,
        effective=date(2019, 6, 24),
        departed_at=f"{departed}T12:00:00Z",
        occurred_at=f"{occurred}T12:00:00Z",
    )
    assert alert.outcome == outcome


def test_goods_that_leave_after_the_entry_took_effect_hold_whenever_they_were_ordered() -> None:
    alert = _alert(
        "For all items subject to the EAR",
        effective=date(2019, 6, 24),
        occurred_at="2019-06-01T12:00:00Z",
        departed_at="2019-06-24T12:00:00Z",
    )
    assert alert.outcome == "hold"


def test_the_policy_may_leave_uncovered_hits_as_scored() -> None:
    packaged = files("streams.matching").joinpath("policy.toml").read_text(encoding="utf-8")
    strict = Policy.from_toml(packaged.replace('not_covered = "review"', 'not_covered = "hold"'))
    silent = Policy.from_toml(packaged.replace('[reach]\nnot_covered = "review"\n', ""))
    assert strict.reach is not None
    assert strict.reach.not_covered == "hold"
    assert silent.reach is None
    assert len({strict.version, silent.version, Policy.default().version}) == 3


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (SAVINGS.replace("2019-07-24", "2019-06-24"), "reach.savings[0].until: 2019-06-24 is not after 2019-06-24"),
        (SAVINGS.replace("citation", "cited"), "reach: Object "),
    ],
)
def test_a_wrong_savings_clause_is_refused(rule: str, message: str) -> None:
    packaged = files("streams.matching").joinpath("policy.toml").read_text(encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        Policy.from_toml(packaged + rule)
    assert message in str(refused.value)

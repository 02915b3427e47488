"""The control test: its parties are what they say, its numbers are right, and the same seed gives the same report."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from screened import SOURCE

from streams.cli import main
from streams.controltest import spellings
from streams.controltest.comparison import changes, differences
from streams.controltest.mutations import MUTATIONS, name_of
from streams.controltest.report import Row, as_html, as_json, rate, read_report
from streams.controltest.run import Run, report_of, run_offline
from streams.controltest.sample import CLEAN, draw
from streams.errors import ListError, RecordError
from streams.lists.loading import LoadedList, load_lists
from streams.matching import Policy
from streams.records.decision import SuppressedHit
from streams.records.list_entry import ListedName, ListEntry
from streams.records.party import Address, Identifier
from streams.screening.answer import Event, answer
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot
from streams.software import software_version

NOW = datetime(2026, 11, 25, tzinfo=UTC)
RNG = random.Random(1)
ENTRY = ListEntry(
    source="a_list",
    entry_id="1",
    entity_type="organization",
    names=(
        ListedName(name="Zhongke Hongtai Manufacturing Co., Ltd."),
        ListedName(name="Hongtai Electronics Works", kind="alias"),
        ListedName(name="中科宏泰制造", kind="native"),
    ),
    countries=("CN",),
    addresses=(Address(raw="No. 215 Meiling Avenue, Hefei"),),
    identifiers=(Identifier(type="Registration Number", value="HT-55671"),),
)
WEAK = ListEntry(source="a_list", entry_id="2", names=(ListedName(name="Old Boss", kind="alias", strength="weak"),))


def test_wilson_interval_by_hand() -> None:
    # p = 0.5, n = 10, z = 1.96: (0.5 + 0.192) / 1.384 = 0.5, half-width 0.263.
    assert rate(5, 10).low == pytest.approx(0.2366, abs=1e-3)
    assert rate(5, 10).high == pytest.approx(0.7634, abs=1e-3)
    assert rate(10, 10).high == 1.0
    assert (rate(0, 0).low, rate(0, 0).high) == (0.0, 1.0)


@pytest.mark.parametrize("name", [name for name in MUTATIONS if name not in ("initials", "icu_romanised")])
def test_every_mutation_makes_a_party_of_a_full_entry(name: str) -> None:
    party = MUTATIONS[name](ENTRY, random.Random(3))
    assert party is not None
    listed = {each.name for each in ENTRY.names}
    assert (party.name in listed) == (name in ("exact", "alias", "native_script"))


def test_mutations_say_where_they_do_not_apply() -> None:
    assert name_of(WEAK) is None
    assert all(mutation(WEAK, RNG) is None for mutation in MUTATIONS.values())
    assert MUTATIONS["initials"](ENTRY, RNG) is None


def test_a_mutation_that_gives_the_listed_name_again_does_not_apply() -> None:
    """A comma or a dot is no other spelling: such a party would be found as the exact name is."""
    person = replace(ENTRY, entity_type="person", names=(ListedName(name="PENG, Jiarui"),))
    assert MUTATIONS["pinyin_joined"](person, RNG) is None
    spaced = MUTATIONS["pinyin_spaced"](person, RNG)
    assert spaced is not None
    assert spaced.name == "Peng Jia Rui"
    for name in ("Velavia Toys, Inc", "Velavia Toys Inc."):
        forms = {spellings.other_legal_form(name, random.Random(seed)) for seed in range(20)}
        assert forms == {"Velavia Toys LLC", "Velavia Toys GmbH"}


def test_a_promise_is_missed_by_less_than_is_shown() -> None:
    """98,996 of 100,000 are shown as 99.00%, but are not the 99% that are promised."""
    report = run_offline([LoadedList("a_list", (ENTRY,))], Screener(Policy.default()), Run("A. Tester", NOW, 1, 1))
    for hits, short in ((98_996, ["exact"]), (99_000, [])):
        of_exact = replace(report, rows=(Row("exact", "", rate(hits, 100_000)),))
        assert [row.mutation for row in of_exact.short_of_target] == short


def test_spellings() -> None:
    assert spellings.initials("KHAN, Ahmed Ali") == "A. A. KHAN"
    assert spellings.initials("Ahmed Ali Khan") == "A. A. Khan"
    assert spellings.abbreviated("Orion Technology Limited") == "Orion Tech Ltd"
    assert spellings.reordered("One Two", RNG) == "Two One"
    words = spellings.chinese_words("Zhang Xiaoping")
    assert words == [["zhang"], ["xiao", "ping"]]
    assert spellings.pinyin_spaced(words) == "Zhang Xiao Ping"
    assert spellings.wade_giles(words).startswith("Chang Hsiao-")
    assert spellings.chinese_words("Velma Quist") is None
    hidden = spellings.zero_width("Inspur", RNG)
    assert hidden is not None
    assert len(hidden) == 7
    assert spellings.romanised("Иван Петров") == "Ivan Petrov"
    assert spellings.romanised("Ivan Petrov") is None


def test_a_typo_is_one_edit_of_the_case_it_is_in() -> None:
    for seed in range(50):
        changed = spellings.typo("HONGTAI", random.Random(seed))
        assert changed is not None
        assert changed != "HONGTAI"
        assert changed.isupper()
        assert abs(len(changed) - 7) <= 1


def test_the_same_seed_draws_the_same_whatever_the_order() -> None:
    entries = [entry for each in load_lists("bundled") for entry in each.entries]
    first = draw(entries, 20, 7, Policy.default(), date(2026, 1, 1))
    assert first == draw(entries[::-1], 20, 7, Policy.default(), date(2026, 1, 1))
    assert first != draw(entries, 20, 8, Policy.default(), date(2026, 1, 1))
    assert sum(case.mutation == CLEAN for case in first.cases) == 20


def test_a_test_of_nothing_is_refused_not_passed() -> None:
    entries = [entry for each in load_lists("bundled") for entry in each.entries]
    with pytest.raises(
        ListError, match="none of 0 entries drawn, of 80 and in force on 2020-01-01, gives a test party"
    ):
        draw(entries, 20, 7, Policy.default(), date(2020, 1, 1))  # before they took effect
    with pytest.raises(ListError, match="none of 1 entries drawn"):
        draw([WEAK], 20, 7, Policy.default(), date(2026, 1, 1))


def test_what_only_one_of_two_reports_tested_is_told() -> None:
    lists = [LoadedList("a_list", (ENTRY,))]
    both = run_offline(lists, Screener(Policy.default()), Run("x", NOW, 1, 1))
    without = replace(both, rows=tuple(row for row in both.rows if row.mutation != "identifier_only"))
    assert differences(both, without) == ["identifier_only: tested and then not"]
    assert differences(without, both) == ["identifier_only: not tested and then tested"]


def test_a_run_counts_hits_misses_and_false_alarms() -> None:
    report = run_offline([LoadedList("a_list", (ENTRY, WEAK))], Screener(Policy.default()), Run("A. Tester", NOW, 2, 1))
    assert (report.entries, report.no_name) == (2, 1)
    found = {row.mutation: row.found for row in report.totals}
    for name in ("exact", "alias", "order", "homoglyph", "zero_width", "identifier_only"):
        assert (found[name].asked, found[name].hits) == (1, 1), name
    assert len(report.misses) == sum(each.asked - each.hits for each in found.values())
    assert all(miss.score < miss.threshold and miss.reason for miss in report.misses)
    assert report.clean.asked == 2
    page = as_html(report)
    assert "A. Tester" in page
    assert report.releases["a_list"].digest in page
    assert "Not tested" in page


def test_a_policy_that_finds_less_shows_in_the_comparison(tmp_path: Path) -> None:
    lists = load_lists("bundled")
    text = files("streams.matching").joinpath("policy.toml").read_text(encoding="utf-8")
    strict = Policy.from_toml(
        text.replace("review = 0.7 ", "review = 0.999 ", 1).replace("hold = 0.88", "hold = 1.0", 1)
    )
    before, after = (run_offline(lists, Screener(each), Run("x", NOW, 30, 1)) for each in (Policy.default(), strict))
    assert any(each.after.rate < each.before.rate and each.apart for each in changes(before, after))
    assert [told for told in differences(before, after) if told.startswith("policy")]
    assert not differences(before, before)
    upgraded = replace(before, software_version="0.2.0+0123456789ab")
    assert differences(before, upgraded) == [f"software: {software_version()} and then 0.2.0+0123456789ab"]
    live = replace(before, topic="controltest.transactions", stream_policies=("0123",))
    assert differences(before, live) == ["through: a file and then controltest.transactions"]
    assert "under another policy: 0123" in as_html(live)
    (tmp_path / "a.json").write_bytes(as_json(before))
    assert read_report(tmp_path / "a.json") == before
    (tmp_path / "b.json").write_text("{}")
    with pytest.raises(RecordError, match=r"b\.json is not the JSON report"):
        read_report(tmp_path / "b.json")


def test_the_command_writes_both_reports_and_compares(tmp_path: Path) -> None:
    out, page = tmp_path / "a.json", tmp_path / "a.html"
    arguments = ["controltest", "--list", "bundled", "--sample", "10", "--by", "<b>", "--json", str(out)]
    result = CliRunner().invoke(main, [*arguments, "--html", str(page)])
    assert result.exit_code in (0, 1), result.output
    assert "exact" in result.output
    assert json.loads(out.read_bytes())["run_by"] == "<b>"
    assert "&lt;b&gt;" in page.read_text(encoding="utf-8")
    compared = CliRunner().invoke(main, ["controltest", "compare", str(out), str(out)])
    assert compared.exit_code == 0
    assert "+0.00%" in compared.output
    assert CliRunner().invoke(main, ["controltest"]).exit_code == 2


def test_a_user_without_a_name_is_asked_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs under a number."""

    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 10001")

    monkeypatch.setattr("getpass.getuser", nameless)
    result = CliRunner().invoke(main, ["controltest", "--list", "bundled", "--sample", "1"])
    assert result.exit_code == 2
    assert "--by is needed" in result.output


def test_a_party_that_people_cleared_is_a_miss_that_says_so() -> None:
    sample = draw([ENTRY], 1, 1, Policy.default(), NOW.date())
    case = next(case for case in sample.cases if case.mutation == "exact")
    snapshot, screener = Snapshot.of_lists([LoadedList("a_list", (ENTRY,))], NOW), Screener(Policy.default())
    hit = SuppressedHit(alert_id="1", clearance_id="C-7", source="a_list", entry_id="1")
    cleared = answer(Event(case.event, SOURCE, NOW), screener, snapshot, NOW)
    cleared = replace(cleared, alerts=(), decision=replace(cleared.decision, suppressed=(hit,)))
    report = report_of(Run("x", NOW, 1, 1), ["a_list"], replace(sample, cases=(case,)), [cleared], screener, snapshot)
    assert [miss.reason for miss in report.misses] == ["found, and suppressed by clearance C-7"]

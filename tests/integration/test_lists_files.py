"""Lists from files: the packaged one, packed and broken ones, and the real ones where they are at hand."""

from __future__ import annotations

import gzip
import html
import re
import zipfile
from datetime import date
from pathlib import Path

import pytest

from streams.errors import ListFormatError
from streams.lists.loading import load_list, load_lists
from streams.lists.release import canonical_bytes
from streams.lists.sources.content import list_files
from streams.records.list_entry import ListedName, ListEntry


def _zip(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return path


_NO_COUNTRIES = {
    "possibly Palestinian", "former Soviet Union", "Region: Kafia Kingi", "REGION: KAFIA KINGI",
    "Region: Northern Mali", "REGION: NORTHERN MALI", "REGION: NORTH GAZA", "REGION: NORTHERN GAZA",
    "REGION: COMMONWEALTH OF INDEPENDENT STATES",
}  # fmt: skip
"""What real lists write for a country and no code stands for."""

_LINE = canonical_bytes(ListEntry(source="own", entry_id="1", names=(ListedName(name="Acme"),)))


def test_the_bundled_list_is_what_was_added_on_2025_03_25() -> None:
    loaded = load_list("bundled")
    entries = {entry.names[0].name: entry for entry in loaded.entries}
    assert loaded.source == "us_bis_additions"
    assert len(entries) == len(loaded.entries) == 80
    assert {entry.effective_from for entry in loaded.entries} == {date(2025, 3, 25)}
    assert {entry.source for entry in loaded.entries} == {loaded.source}
    # two rules of that day: one on 12 parties under the footnote on supercomputers, one on the rest
    cited = [entry.citation for entry in loaded.entries]
    assert (cited.count("90 FR 14048, 3/28/25"), cited.count("90 FR 14035, 3/28/25")) == (12, 68)
    assert all(entry.license_requirement and entry.license_policy for entry in loaded.entries)
    assert all(entry.countries and entry.addresses for entry in loaded.entries)


def test_the_bundled_list_of_china_is_what_was_added_on_2025_03_04() -> None:
    loaded = load_list("bundled-cn")
    names = [entry.names[0].name for entry in loaded.entries]
    assert loaded.source == "cn_mofcom_export_control_list"
    assert len(names) == 15
    assert names[0] == "Leidos"
    assert names[-1] == "AeroVironment"
    assert {entry.effective_from for entry in loaded.entries} == {date(2025, 3, 4)}
    assert {entry.countries for entry in loaded.entries} == {("US",)}
    assert all(entry.citation and entry.license_requirement and entry.license_policy for entry in loaded.entries)


def test_a_party_added_under_two_countries_is_one_bundled_entry() -> None:
    both = [entry for entry in load_list("bundled").entries if {"CN", "IR"} <= set(entry.countries)]
    assert [entry.names[0].name for entry in both] == ["Mohamad Reza Rajabi", "Silk Road Trading Company Ltd."]
    assert [entry.entity_type for entry in both] == ["person", "organization"]


def test_bundled_aliases_that_cannot_stand_alone_are_weak() -> None:
    strengths = {name.name: name.strength for entry in load_list("bundled").entries for name in entry.names}
    assert {strengths[name] for name in ("BAAI", "AOE", "Suma", "Stratos", "Silk Road")} == {"weak"}
    assert strengths["Langchao Beijing Electronic Information Co., Ltd."] == "strong"


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_known_by_its_content_not_its_name(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "list.dat"
    path.write_bytes(gzip.compress(_LINE) if packed else b"\xef\xbb\xbf" + _LINE)
    assert load_list(path).source == "own"
    assert load_list(str(path)).entries[0].entry_id == "1"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (gzip.compress(_LINE * 50, mtime=0)[:-9], "damaged or cut archive"),
        (b"party;country\nAcme;IR\n", "is not a list Highfence can read"),
        (b'{"orders": []}', "is not a list Highfence can read"),
        (b'{"total": 0, "results": []}', "holds no entries"),
    ],
)
def test_a_file_that_is_no_list_is_refused_by_name(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "list"
    path.write_bytes(content)
    with pytest.raises(ListFormatError) as error:
        load_list(path)
    assert str(error.value).startswith(str(path))
    assert said in str(error.value)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ListFormatError, match="No such file"):
        load_list(tmp_path / "none.json")


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"x" * 100_000))
    (file,) = list_files(path, max_bytes=1000)
    with pytest.raises(ListFormatError, match="larger than 1,000 bytes"):
        file.content()


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({}, "is an empty zip archive"),
        ({"list": b""}, "list: is empty"),
        ({"one__list": _LINE, "two__list": _LINE}, "several files of one name"),
        ({"list": _LINE, "readme": b"Hello"}, "readme: is not a list Highfence can read"),
        ({"list": _LINE, "again": _LINE}, "entry '1' of own is there twice"),
        ({f"list{number}": _LINE for number in range(201)}, "holds 201 files, at most 200 are read"),
    ],
)
def test_a_wrong_archive_is_refused_by_the_member(tmp_path: Path, members: dict[str, bytes], said: str) -> None:
    path = _zip(tmp_path / "lists.zip", **members)
    with pytest.raises(ListFormatError) as error:
        load_lists(path)
    assert str(error.value).startswith(str(path))
    assert said in str(error.value)


def test_a_member_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    (file,) = list_files(_zip(tmp_path / "bomb.zip", list=b"x" * 100_000), max_bytes=1000)
    with pytest.raises(ListFormatError, match=r"bomb\.zip!list: is larger than 1,000 bytes"):
        file.content()


def test_a_directory_is_read_file_by_file(tmp_path: Path) -> None:
    with pytest.raises(ListFormatError, match="is a directory without files"):
        load_lists(tmp_path)
    (tmp_path / "own.jsonl").write_bytes(_LINE)
    (tmp_path / ".hidden").write_bytes(b"no list")
    (tmp_path / "never.csv").write_bytes(b"name\nAcme\n")
    assert [loaded.source for loaded in load_lists(tmp_path)] == ["never", "own"]


@pytest.mark.parametrize(("day", "parties"), [("2026-03-25", 3316), ("2026-07-23", 3316)])
def test_the_real_entity_list(shared_data: Path, day: str, parties: int) -> None:
    path = shared_data / "lists" / f"ecfr_part744_{day}.xml.gz"
    loaded = load_list(path, "us_bis_entity_list")
    entries = {entry.entry_id: entry for entry in loaded.entries}
    assert len(entries) == len(loaded.entries) == parties
    assert all(len(country) == 2 for entry in loaded.entries for country in entry.countries)
    assert all(entry.license_requirement and entry.license_policy and entry.citation for entry in loaded.entries)
    inspur = entries["inspur-electronic-information-industry-co-ltd.cn"]
    assert "IEIT Systems Co. Ltd." in [name.name for name in inspur.names]
    assert inspur.countries == ("CN", "HK")
    assert sum(entry.entry_id.startswith("address-") for entry in loaded.entries) == 19
    names = {name.name for entry in loaded.entries for name in entry.names}
    assert not [name for name in names if "a.k.a" in name]
    # nearly every line with a dash is one alias; the rest hold an address or a second name as well
    document = html.unescape(gzip.decompress(path.read_bytes()).decode())
    supplement = document.partition("Supplement No. 4 to Part 744")[2].partition("Supplement No. 5 to Part 744")[0]
    lines = re.findall(r"<br/>\s*—([^<]+)", supplement)
    aliases = [re.sub(r"[\s;,.]+(and)?\W*$", "", line) for line in lines]
    assert len(aliases) > 5000
    spelled = {name.rstrip(".").casefold() for name in names}
    other = [alias for alias in aliases if " ".join(alias.split()).casefold() not in spelled]
    assert len(other) < 0.025 * len(aliases)
    lost = [alias for alias in other if not any(alias.casefold().startswith(name) for name in spelled)]
    assert len(lost) < 15, lost


def test_two_dates_of_the_entity_list_keep_their_ids(shared_data: Path) -> None:
    before, after = (
        {
            entry.entry_id
            for entry in load_list(shared_data / "lists" / f"ecfr_part744_{day}.xml.gz#us_bis_entity_list").entries
        }
        for day in ("2026-03-25", "2026-07-23")
    )
    assert before == after


def test_the_real_consolidated_list(shared_data: Path) -> None:
    loaded = load_list(shared_data / "lists" / "consolidated.json.gz")
    assert loaded.source == "us_consolidated"
    assert len({entry.entry_id for entry in loaded.entries}) == len(loaded.entries) == 25_921
    assert all(entry.programs for entry in loaded.entries)


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("consolidated.json.gz", {"us_consolidated": 25_921}),
        ("consolidated_2019_sample.csv.gz", {"us_consolidated": 115}),
        (
            "ecfr_part744_2026-07-23.xml.gz",
            {"us_bis_entity_list": 3316, "us_bis_unverified_list": 186, "us_bis_military_end_user_list": 70},
        ),
        # 581 rows of 460 names; one name has orders of two days
        ("dpl_2022.txt.gz", {"us_bis_denied_persons_list": 461}),
        ("entity_list_before_2025-03-28.jsonl.gz", {"entity_list_before_2025_03_28": 3267}),
        ("entity_list_added_2025-03-28.jsonl.gz", {"entity_list_added_2025_03_28": 82}),
        ("entity_list_added_2025-09-16.jsonl.gz", {"entity_list_added_2025_09_16": 32}),
        ("entity_list_added_2025-10-09.jsonl.gz", {"entity_list_added_2025_10_09": 28}),
        ("ofac_2021_sdn.csv.gz", {"us_ofac_sdn": 8976}),
        ("ofac_2021-08-18_sdn.csv.gz", {"us_ofac_sdn": 9083}),
        ("ofac_2024-05-03_sdn.csv.gz", {"us_ofac_sdn": 14_965}),
        ("ofac_consolidated_2026-01-28.xml.gz", {"us_ofac_consolidated": 442}),
        ("un_2025-12-10.xml.gz", {"un_sc_consolidated": 999}),
        ("un_2026-08-02.xml.gz", {"un_sc_consolidated": 1011}),
    ],
)
def test_every_real_file_loads_with_its_count(shared_data: Path, name: str, held: dict[str, int]) -> None:
    lists = load_lists(shared_data / "lists" / name)
    assert {loaded.source: len(loaded.entries) for loaded in lists} == held
    for loaded in lists:
        assert len({entry.entry_id for entry in loaded.entries}) == len(loaded.entries)
        unknown = {country for entry in loaded.entries for country in entry.countries if len(country) != 2}
        assert unknown <= _NO_COUNTRIES


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ofac_2021_2024_deltas.jsonl.gz", "a file of changes, not a list"),
        ("ofac_2021_alt.csv.gz", "only adds to a list"),
        ("ofac_2021_add.csv.gz", "only adds to a list"),
    ],
)
def test_real_files_that_are_no_lists_by_themselves_say_so(shared_data: Path, name: str, said: str) -> None:
    with pytest.raises(ListFormatError, match=said):
        load_lists(shared_data / "lists" / name)


def test_the_real_ofac_files_of_2021_are_read_together(shared_data: Path) -> None:
    entries = load_list(shared_data / "lists" / "ofac_2021_sdn.csv.gz").entries
    kinds = [name.kind for entry in entries for name in entry.names]
    # 11,910 rows of aliases, some of them in other letter case; quoted names in the remarks besides
    assert kinds.count("alias") > 11_400
    assert kinds.count("former") > 350
    assert sum(len(entry.addresses) for entry in entries) > 9_500
    assert sum(len(entry.identifiers) for entry in entries) > 6_700


def test_the_real_unverified_and_military_end_user_lists_have_names_for_names(shared_data: Path) -> None:
    path = shared_data / "lists" / "ecfr_part744_2026-07-23.xml.gz"
    entries = [
        entry
        for source in ("us_bis_unverified_list", "us_bis_military_end_user_list")
        for entry in load_list(path, source).entries
    ]
    assert all(entry.addresses and entry.countries for entry in entries)
    names = [name.name for entry in entries for name in entry.names]
    assert not [name for name in names if re.search(r"a\.?k\.?a\b|subordinate|\[reserved\]", name, re.IGNORECASE)]
    assert [name for name in names if re.search(r"\d", name)] == [
        "7103 Factory",
        "China Aviation Ind. Std. Parts No. 355",
    ]
    of_parents = [related.name for entry in entries for related in entry.related]
    assert of_parents == 8 * ["Aero-Engine Company of China"] + 7 * ["Aviation Industry Corporation of China"]


def test_two_dates_of_the_un_list_differ_by_what_really_happened(shared_data: Path) -> None:
    before, after = (
        {entry.entry_id: entry for entry in load_list(shared_data / "lists" / f"un_{day}.xml.gz").entries}
        for day in ("2025-12-10", "2026-08-02")
    )
    assert after.keys() - before.keys() == {
        "CDe.010", "CDe.011", "CDi.045", "CDi.046", "CDi.047", "CDi.048", "CDi.049", "CDi.050", "LYe.006", "QDi.437",
        "QDi.438", "QDi.439", "SDi.007", "SDi.008", "SDi.009", "SDi.010", "SDi.011", "SDi.012", "SDi.013", "SDi.014",
    }  # fmt: skip
    assert before.keys() - after.keys() == {
        "QDe.137", "QDi.054", "QDi.056", "QDi.306", "QDi.307", "QDi.312", "QDi.352", "QDi.433",
    }  # fmt: skip


def test_two_dates_of_the_ecfr_differ_by_editorial_changes_alone(shared_data: Path) -> None:
    before, after = (
        {
            (loaded.source, entry.entry_id): entry
            for loaded in load_lists(shared_data / "lists" / f"ecfr_part744_{day}.xml.gz")
            for entry in loaded.entries
        }
        for day in ("2026-03-25", "2026-07-23")
    )
    assert before.keys() == after.keys()
    changed = [key for key in before if before[key] != after[key]]
    assert [source for source, _ in changed].count("us_bis_entity_list") == 285
    assert [source for source, _ in changed].count("us_bis_unverified_list") == 6
    # an address that had stood behind an alias by mistake was moved to where it belongs
    moved = ("us_bis_entity_list", "abensa-fz-llc.ae")
    assert "BiotaGroup Company Al Thuraya Tower 1" in [name.name for name in before[moved].names]
    assert "BiotaGroup Company" in [name.name for name in after[moved].names]


def test_a_real_list_cut_in_the_middle_is_refused(shared_data: Path, tmp_path: Path) -> None:
    for name in ("consolidated.json.gz", "ecfr_part744_2026-07-23.xml.gz"):
        packed = (shared_data / "lists" / name).read_bytes()
        path = tmp_path / name
        path.write_bytes(packed[: len(packed) // 2])
        with pytest.raises(ListFormatError, match="cut archive"):
            load_list(path)
        content = gzip.decompress(packed)
        path.write_bytes(content[: len(content) // 2])
        with pytest.raises(ListFormatError, match="cut or damaged"):
            load_list(path)

"""Lists from files: the packaged one, packed and broken ones, and the real ones where they are at hand."""

from __future__ import annotations

import gzip
import html
import re
from datetime import date
from pathlib import Path

import pytest

from streams.errors import ListFormatError
from streams.lists.loading import load_list
from streams.lists.release import canonical_bytes
from streams.lists.sources.content import list_files
from streams.records.list_entry import ListedName, ListEntry

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
        (gzip.compress(b""), "is empty"),
        (gzip.compress(_LINE * 50)[:-9], "damaged or cut archive"),
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

"""Every official format, from a small file in its shape: what of it ends up in which field."""

from __future__ import annotations

import gzip
import shutil
import zipfile
from datetime import date
from pathlib import Path

import pytest

from streams.errors import ListFormatError
from streams.lists.loading import load_list, load_lists
from streams.records.list_entry import ListedName, ListEntry, RelatedEntry
from streams.records.party import Address, Identifier

SAMPLES = Path(__file__).parents[1] / "samples" / "lists"


def _entries(name: str, source: str | None = None) -> dict[str, ListEntry]:
    return {entry.entry_id: entry for entry in load_list(SAMPLES / name, source).entries}


def _names(entry: ListEntry) -> list[tuple[str, str, str]]:
    return [(name.name, name.kind, name.strength) for name in entry.names]


def _said(entry: ListEntry) -> list[str]:
    return entry.remarks.split("\n")


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("consolidated.json", {"us_consolidated": 2}),
        ("consolidated.csv", {"us_consolidated": 3}),
        (
            "ecfr.xml",
            {"us_bis_entity_list": 2, "us_bis_unverified_list": 2, "us_bis_military_end_user_list": 4},
        ),
        ("dpl.txt", {"us_bis_denied_persons_list": 2}),
        ("ofac", {"us_ofac_sdn": 3}),
        ("sdn.xml", {"us_ofac_sdn": 3}),
        ("sdn_advanced.xml", {"us_ofac_sdn": 2, "us_ofac_consolidated": 1}),
        ("un.xml", {"un_sc_consolidated": 2}),
        ("eu.xml", {"eu_fsf": 2}),
        ("uk.csv", {"uk_sanctions_list": 3}),
        ("uk.xml", {"uk_sanctions_list": 3}),
        ("targets.simple.csv", {"opensanctions": 3}),
        ("entities.ftm.json", {"opensanctions": 3}),
        ("never_ship_to.csv", {"never_ship_to": 2}),
        ("rows.jsonl", {"rows": 2}),
        ("highfence.jsonl", {"own": 2}),
    ],
)
@pytest.mark.parametrize("packed", ["plain", "gz", "zip"])
def test_each_format_is_known_by_its_content_plain_and_packed(
    tmp_path: Path, name: str, held: dict[str, int], packed: str
) -> None:
    path = SAMPLES / name
    if packed != "plain":
        members = sorted(path.iterdir()) if path.is_dir() else [path]
        path = tmp_path / (name + ".zip" if packed == "zip" else "packed")
        if packed == "zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for member in members:
                    archive.write(member, member.name)
        else:
            path.mkdir()
            for member in members:
                (path / f"{member.name}.gz").write_bytes(gzip.compress(member.read_bytes()))
    assert {loaded.source: len(loaded.entries) for loaded in load_lists(path)} == held


def test_one_list_of_several_is_named_behind_the_file_or_beside_it() -> None:
    path = SAMPLES / "ecfr.xml"
    with pytest.raises(ListFormatError, match=r"holds several lists .*ecfr\.xml#us_bis_entity_list"):
        load_list(path)
    assert load_list(f"{path}#us_bis_unverified_list") == load_list(path, "us_bis_unverified_list")
    assert [loaded.source for loaded in load_lists(f"{path}#us_bis_unverified_list")] == ["us_bis_unverified_list"]
    with pytest.raises(ListFormatError, match="holds no list 'eu_fsf'; it holds us_bis_entity_list"):
        load_list(f"{path}#eu_fsf")


def test_military_end_users_announced_for_a_parent_are_related_to_it() -> None:
    entries = _entries("ecfr.xml", "us_bis_military_end_user_list")
    of_parent = {entry.entry_id: [related.name for related in entry.related] for entry in entries.values()}
    assert of_parent == {
        "acme-propulsion-ap.cn": [],
        "acme-aero-co-ltd.cn": ["Acme Engine Company of China"],
        "acme-aviation-power-co-ltd.cn": ["Acme Engine Company of China"],
        "anhui-acme.cn": [],
    }
    assert entries["acme-aero-co-ltd.cn"].citation == "85 FR 83799, 12/23/2020."
    assert {entry.license_requirement for entry in entries.values()} == {
        "A license is required for the items in supplement no. 2."
    }


def test_an_unverified_person_has_aliases_and_an_address_in_each_country() -> None:
    entry = _entries("ecfr.xml", "us_bis_unverified_list")["acme-two.am"]
    assert [name.name for name in entry.names] == ["Acme Two", "Acme II"]
    assert [address.country for address in entry.addresses] == ["AM", "HK"]
    assert entry.countries == ("AM", "HK")


def test_denied_persons_rows_of_one_order_are_one_entry() -> None:
    first, second = load_list(SAMPLES / "dpl.txt").entries
    assert (first.entry_id, second.entry_id) == ("john-doe", "john-doe~2")
    assert [(address.street, address.country) for address in first.addresses] == [
        ("605 TRAIL LAKE DRIVE", "US"),
        ("908 AUDELIA ROAD, SUITE 200", "US"),
    ]
    assert (first.effective_from, first.effective_to) == (date(2002, 3, 4), date(2056, 6, 30))
    assert (second.effective_from, second.effective_to) == (date(2015, 9, 18), None)
    assert _said(second) == ["Standard order: N", "Last update: 2015-09-24", "Action: FR NOTICE ADDED"]


def test_the_consolidated_csv_says_what_the_json_says() -> None:
    entry = _entries("consolidated.csv")["b2"]
    assert entry.programs == ("Specially Designated Nationals (SDN) - Treasury Department", "SDGT", "IFSR")
    assert entry.identifiers == (Identifier(type="Passport", value="A1084010"), Identifier(type="IMO", value="9187629"))
    assert entry.countries == ("GB", "CU", "IR")
    for kept in ("Gender: Male", "Passport A1084010: EG, issued 1999-06-23, expires 2004-02-05", "Entity number: 2674"):
        assert kept in _said(entry)
    tools = _entries("consolidated.csv")["a1"]
    assert [(address.raw, address.country) for address in tools.addresses] == [
        ("1 Hill Road, Beijing, CN", "CN"),
        ("2 Harbour Road, Kowloon, HK", "HK"),
    ]
    assert tools.names == (*_entries("consolidated.json")["a1"].names, ListedName(name="Acme Tooling", kind="alias"))


def test_ofac_legacy_files_are_read_together() -> None:
    entries = _entries("ofac")
    airline, person, vessel = entries["36"], entries["2674"], entries["15036"]
    assert _names(airline) == [
        ("ACME AIRLINES", "primary", "strong"),
        ("ACA", "alias", "weak"),
        ("ACME-AIR", "alias", "strong"),
        ("OLD ACME AIRLINES", "former", "strong"),
    ]
    assert airline.identifiers == (Identifier(type="BIC", value="ACMECUHH"),)
    assert airline.addresses == (Address(city="Havana", country="CU"),)
    assert person.programs == ("SDGT", "IFSR")
    assert person.identifiers == (
        Identifier(type="Passport", value="A1084010"),
        Identifier(type="National ID No.", value="216040"),
        Identifier(type="Registration ID", value="1907978500063"),
    )
    assert person.birth_dates == ("1948-12-10",)
    assert person.countries == ("IR", "CU", "GB")
    assert [related.name for related in person.related] == ["ACME AIRLINES", "DOE BROTHERS, S.A."]
    for kept in (
        "Date of birth: circa 1950",
        "Place of birth: Safad, Palestine",
        "Gender Male",
        "Passport A1084010: Egypt, issued 23 Jun 1999 expires 05 Feb 2004",
        "Title: Director of ACME AIRLINES",
    ):
        assert kept in _said(person)
    assert Identifier(type="IMO", value="9187629") in vessel.identifiers
    assert vessel.related[0] == RelatedEntry(name="Acme Shipping S.A.", relation="owner")
    assert vessel.related[1] == RelatedEntry(name="NATIONAL ACME COMPANY", relation="linked to")
    assert "long remarks go on and on" in _said(vessel)


def test_the_ofac_primary_file_loads_alone_and_with_what_is_beside_it(tmp_path: Path) -> None:
    shutil.copy(SAMPLES / "ofac" / "sdn.csv", tmp_path / "2026_sdn.csv")
    assert not any(entry.addresses for entry in load_list(tmp_path / "2026_sdn.csv").entries)
    shutil.copy(SAMPLES / "ofac" / "add.csv", tmp_path / "2026_add.csv")
    assert any(entry.addresses for entry in load_list(tmp_path / "2026_sdn.csv").entries)
    with pytest.raises(ListFormatError, match=r"2026_add\.csv: only adds to a list; load the list's primary file"):
        load_list(tmp_path / "2026_add.csv")
    (tmp_path / "2026_add.csv").write_bytes(b'77,1,"x","y","Cuba",-0- \r\n')
    with pytest.raises(ListFormatError, match="has no entry 77, to which an address"):
        load_list(tmp_path / "2026_sdn.csv")


def test_the_ofac_list_a_file_is_of_shows_in_its_name(tmp_path: Path) -> None:
    for name in ("cons_prim.csv", "consolidated.xml"):
        shutil.copy(SAMPLES / ("ofac/sdn.csv" if name.endswith("csv") else "sdn.xml"), tmp_path / name)
        assert load_list(tmp_path / name).source == "us_ofac_consolidated"


def test_the_sdn_schema() -> None:
    person = _entries("sdn.xml")["2674"]
    assert _names(person) == [
        ("John Adam DOE", "primary", "strong"),
        ("Jon DOE", "alias", "strong"),
        ("The Director", "former", "weak"),
    ]
    assert person.addresses == (
        Address(street="5 Hill Road, Floor 2", city="Leeds", region="Yorkshire", postal_code="LS1", country="GB"),
    )
    assert (person.countries, person.birth_dates) == (("GB", "IR", "CU"), ("1948-12-10",))
    assert "Passport A1084010: Egypt, issued 23 Jun 1999, expires 05 Feb 2004" in _said(person)
    assert person.related == (RelatedEntry(name="ACME AIRLINES", relation="linked to"),)
    assert _entries("sdn.xml")["15036"].related == (RelatedEntry(name="Acme Shipping S.A.", relation="owner"),)


def test_the_sdn_schema_holds_the_file_to_its_own_count(tmp_path: Path) -> None:
    short = (SAMPLES / "sdn.xml").read_text().replace("<Record_Count>3<", "<Record_Count>4<")
    (tmp_path / "sdn.xml").write_text(short)
    with pytest.raises(ListFormatError, match="Record_Count says 4, but there are 3 entries"):
        load_list(tmp_path / "sdn.xml")


def test_the_advanced_xml_has_scripts_and_name_parts() -> None:
    person = _entries("sdn_advanced.xml", "us_ofac_sdn")["2674"]
    assert _names(person) == [
        ("John Adam DOE", "primary", "strong"),
        ("杜 约翰", "native", "strong"),
        ("Johnny", "alias", "weak"),
    ]
    assert person.identifiers == (Identifier(type="Passport", value="A1084010"),)
    assert (person.countries, person.birth_dates, person.programs) == (("CN", "EG"), ("1948-12-10",), ("SDGT",))
    assert (person.citation, person.effective_from) == ("Executive Order 13224 (Terrorism)", date(2001, 10, 12))
    for kept in (
        "Passport A1084010: Egypt, expiration date 2004-02-05", "Date of birth: about 1950",
        "Place of Birth: Xi'an, China", "Nationality: China", "Nationality: Egypt", "Gender: Male", "Title: Director",
        "Measure: Blocking",
    ):  # fmt: skip
        assert kept in _said(person)
    airline = _entries("sdn_advanced.xml", "us_ofac_sdn")["36"]
    assert airline.addresses == (Address(street="5 Hill Road", city="Beijing", country="CN"),)
    assert "Address: 5 Hill Road, Beijing, 北京" in _said(airline)
    vessel = _entries("sdn_advanced.xml", "us_ofac_consolidated")["15036"]
    assert vessel.related == (RelatedEntry(name="ACME AIRLINES", relation="owned or controlled by", entry_id="36"),)
    assert "List: Non-SDN Acme List" in _said(vessel)


def test_the_un_list() -> None:
    person, house = _entries("un.xml").values()
    assert (person.entry_id, house.entry_id) == ("CDi.901", "KPe.901")
    assert _names(person) == [
        ("JOHN ADAM DOE", "primary", "strong"),
        ("جون دو", "native", "strong"),
        ("Jon Doe", "alias", "strong"),
        ("The Engineer", "alias", "weak"),
    ]
    assert (person.birth_dates, person.effective_from) == (("1971-04-28",), date(2012, 12, 31))
    assert person.identifiers == (Identifier(type="Passport", value="OB0243318"),)
    for kept in (
        "Date of birth: approximately 1970", "Date of birth: between 1967 and 1972",
        "Alias Jon Doe: in youth, born 1970-02-05, in Tunis, in Tunisia", "Fled in 2013. Still sought.",
        "Passport OB0243318: Rwanda, issued in Kigali, issued 2013-04-11, expires 2031-09-27, stolen",
    ):  # fmt: skip
        assert kept in _said(person)
    assert _names(house)[1:] == [("Acme House", "alias", "strong"), ("Bcme House", "former", "strong")]
    assert house.countries == ("KP",)


def test_the_eu_list() -> None:
    person, company = _entries("eu.xml").values()
    assert (person.entry_id, company.entry_id) == ("EU.27.28", "201")
    assert _names(person) == [
        ("John Adam Doe", "primary", "strong"),
        ("Джон Доу", "native", "strong"),
        ("The Engineer", "alias", "weak"),
        ("Jon Doe", "alias", "weak"),
    ]
    assert (person.citation, person.programs) == ("1210/2003 (OJ L169), 2003-07-08", ("IRQ",))
    assert (person.birth_dates, person.countries) == (("1937-04-28", "1938-03"), ("IQ",))
    assert person.identifiers == (Identifier(type="National passport", value="A1084010"),)
    for kept in ("Function: Minister of Trade", "Date of birth: about 1940", "UN reference: IQi.901"):
        assert kept in _said(person)
    assert company.addresses == (
        Address(street="5 Hill Road, P.O. Box 77", city="Kish", region="Hormozgan", postal_code="7941", country="IR"),
    )


@pytest.mark.parametrize("name", ["uk.csv", "uk.xml"])
def test_the_uk_list(name: str) -> None:
    person, ship, company = _entries(name).values()
    assert [person.entry_id, ship.entry_id, company.entry_id] == ["AFG9001", "RUS9002", "RUS9003"]
    assert _names(person) == [
        ("JOHN ADAM DOE", "primary", "strong"),
        ("Johnny", "alias", "weak"),
        ("Jon Doe", "alias", "strong"),
    ]
    assert (person.birth_dates, person.effective_from) == (("1945",), date(2001, 1, 25))
    assert person.addresses == (
        Address(street="5 Hill Road", city="Kabul", region="North", postal_code="1001", country="AF"),
    )
    assert set(person.identifiers) == {
        Identifier(type="Passport", value="P04581926"),
        Identifier(type="National identifier", value="N1234567"),
    }
    remarks = person.remarks.casefold()
    for kept in ("mullah", "deputy minister under", "asset freeze|travel ban", "kandahar, afghanistan", "tai.902"):
        assert kept in remarks
    assert ship.identifiers == (Identifier(type="IMO", value="9187629"),)
    assert ship.related == (RelatedEntry(name="Acme Shipping S.A.", relation="owner or operator"),)
    assert (ship.entity_type, ship.countries) == ("vessel", ("PA",))
    assert _names(company) == [("ACME TRADING LLC", "primary", "strong"), ("ООО Акме", "native", "strong")]
    assert company.identifiers == (Identifier(type="Business registration number", value="1027739609391"),)


def test_opensanctions_targets() -> None:
    person = _entries("targets.simple.csv")["NK-2b"]
    assert _names(person) == [
        ("John Adam Doe", "primary", "strong"),
        ("Джон Доу", "native", "strong"),
        ("Doe; John", "alias", "strong"),
    ]
    assert person.programs == ("US OFAC SDN List", "EU FSF")
    assert "2026-08-01" not in person.remarks


def test_opensanctions_entities_are_put_together() -> None:
    entries = _entries("entities.ftm.json")
    person = entries["NK-2b"]
    assert _names(person) == [
        ("John Adam Doe", "primary", "strong"),
        ("Джон Доу", "native", "strong"),
        ("Jon Doe", "alias", "strong"),
        ("John Roe", "former", "strong"),
        ("Johnny", "alias", "weak"),
    ]
    assert [address.raw for address in person.addresses] == ["5 Hill Road, Leeds, United Kingdom"]
    assert person.programs == ("us_ofac_sdn", "eu_fsf", "SDGT")
    assert "CUBA" in entries["NK-1a"].programs
    assert entries["NK-9c"].related == (
        RelatedEntry(name="Acme Airlines", relation="registered owner", entry_id="NK-1a"),
    )
    assert "NK-zz" not in entries


@pytest.mark.parametrize(
    ("name", "last"),
    [("consolidated.csv", "ids"), ("dpl.txt", '"FR_Citation"'), ("targets.simple.csv", '"last_change"')],
)
def test_a_column_the_format_did_not_have_before_is_kept(tmp_path: Path, name: str, last: str) -> None:
    delimiter = "\t" if name == "dpl.txt" else ","
    heading, *rows = (SAMPLES / name).read_text().splitlines()
    assert heading.endswith(last)
    text = "\n".join((f"{heading}{delimiter}Vetted", *(f"{row}{delimiter}by hand" for row in rows)))
    (tmp_path / name).write_text(text)
    assert all("vetted: by hand" in entry.remarks for entry in load_list(tmp_path / name).entries)


def test_a_table_of_ones_own() -> None:
    tools = _entries("never_ship_to.csv")["c-17"]
    assert _names(tools) == [
        ("Acme Tools", "primary", "strong"),
        ("Acme Tooling", "alias", "strong"),
        ("ATC Tools", "alias", "strong"),
        ("The Shed", "alias", "weak"),
    ]
    assert [address.raw for address in tools.addresses] == ["Hill Road 5, Köln, Germany", "Harbour 2, Hamburg, Germany"]
    assert (tools.effective_from, tools.effective_to) == (date(2025, 1, 1), date(2030, 1, 1))
    assert _said(tools) == ["Did not pay", "account manager: Müller"]
    rows = load_list(SAMPLES / "rows.jsonl").entries
    assert [address.country for address in rows[0].addresses] == ["CN", "HK"]
    assert (rows[0].citation, rows[1].citation) == ("90 FR 1, 3/28/25", "90 FR 2")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name,adress\nAcme,x\n", "line 2: column 'adress' is not known; name it 'addresses'"),
        ("name,type\nAcme,company\n", "line 2: the type is 'company'"),
        ("name,country\n,DE\n", "line 2: has no name"),
        ("name,id\nAcme,1\nBeta,1\n", "line 3: id '1' is in line 2 already"),
        ("name,effective_from\nAcme,soon\n", "line 2: effective_from is 'soon'"),
        ("name,source\nAcme,a\nBeta,b\n", "line 3: source 'b', but the file began with 'a'"),
        ("name,country\nAcme\n", "line 2: has 1 cells, expected 2"),
        ("name,name\nAcme,Acme\n", "line 1: has the column name twice"),
        ('{"name": "Acme", "op": "add"}\n', "line 1: has the column 'op'"),
        ('{"name": "Acme"}\n{"name": {"first": "A"}}\n', "line 2: column 'name' holds"),
        ('{"name": "Acme"}\n{"name": "A"\n', "line 2: not JSON"),
    ],
)
def test_a_wrong_table_is_refused_by_line_and_column(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "own.csv").write_text(content)
    with pytest.raises(ListFormatError) as error:
        load_list(tmp_path / "own.csv")
    assert said in str(error.value)

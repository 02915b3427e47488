from __future__ import annotations

import pytest

from streams.errors import ListFormatError
from streams.lists.sources import ecfr
from streams.lists.sources.content import ListFile
from streams.records.list_entry import ListEntry

_HEADINGS = (
    "<TH>Country</TH><TH>Entity</TH><TH>License requirement</TH><TH>License review<br/>policy</TH>"
    "<TH><strong>Federal Register</strong> citation\n</TH>"
)
_ALL = "For all items subject to the EAR. (See § 744.11 of the EAR)"


def _row(
    country: str,
    entity: str,
    requirement: str = _ALL,
    policy: str = "Presumption of denial",
    fr: str = "90 FR 1, 1/2/25.",
) -> str:
    cells = "".join(f"<TD>{cell}</TD>\n" for cell in (country, entity, requirement, policy, fr))
    return f"<TR>\n{cells}</TR>\n"


def _file(*rows: str, headings: str = _HEADINGS, footnotes: str = "") -> bytes:
    return (
        '<?xml version="1.0"?>\n<DIV5 N="744" TYPE="PART"><DIV9 N="Supplement No. 4 to Part 744" TYPE="APPENDIX">'
        f"<HEAD>Supplement No. 4</HEAD><P>Prose.</P><DIV><DIV><TABLE><THEAD><TR>{headings}</TR></THEAD>"
        f"<TBODY>{''.join(rows)}</TBODY><TFOOT>{footnotes}</TFOOT></TABLE></DIV></DIV></DIV9></DIV5>"
    ).encode()


def _read(*rows: str) -> tuple[ListEntry, ...]:
    return tuple(ecfr.read(ListFile.of_bytes(_file(*rows), "list.xml")))


def test_a_row_becomes_an_entry_with_everything_in_it() -> None:
    footnote = '<TR><TD colspan="5"><sup>4</sup> Foreign-produced items count.\n</TD></TR>'
    content = _file(
        _row(
            "CHINA, PEOPLE'S REPUBLIC OF",
            'Acme Tools Co., Ltd., a.k.a., the following two aliases:<br/>—ATC; <E T="03">and</E><br/>'
            "—Acme Tooling.<br/> "
            "<br/> No. 1 Hill Road, Beijing, China; and 2 Harbour Road, Kowloon, Hong Kong.",
            "For all items. (See § 734.9(e)(2)) <sup>4</sup>",
            "Policy of denial",
            "90 FR 14048, 3/28/25.\n90 FR 20000, 5/1/25.",
        ),
        footnotes=footnote,
    )
    (entry,) = tuple(ecfr.read(ListFile.of_bytes(content, "list.xml")))
    assert entry.key == ("us_bis_entity_list", "acme-tools-co-ltd.cn")
    assert [(name.name, name.strength) for name in entry.names] == [
        ("Acme Tools Co., Ltd.", "strong"),
        ("ATC", "weak"),
        ("Acme Tooling", "strong"),
    ]
    assert [(address.raw, address.country) for address in entry.addresses] == [
        ("No. 1 Hill Road, Beijing, China", "CN"),
        ("2 Harbour Road, Kowloon, Hong Kong", "HK"),
    ]
    assert entry.countries == ("CN", "HK")
    assert entry.license_requirement == "For all items. (See § 734.9(e)(2)) [4]"
    assert entry.license_policy == "Policy of denial"
    assert entry.citation == "90 FR 14048, 3/28/25. 90 FR 20000, 5/1/25."
    assert entry.remarks == "Review: policy of denial\n[4] Foreign-produced items count."


def test_a_country_holds_for_the_rows_below_it() -> None:
    entries = _read(_row("IRAN", "Acme One."), _row(" ", "Acme Two."), _row("CRIMEA REGION OF UKRAINE", "Acme Three."))
    assert [entry.countries for entry in entries] == [("IR",), ("IR",), ("UA",)]


def test_rows_of_one_party_under_several_countries_are_one_entry_named_after_the_first_listing() -> None:
    entries = _read(
        _row("CHINA", "Silk Co., 1 Hill Rd., China. (See alternate address under Iran).", fr="90 FR 5, 1/2/25."),
        _row("IRAN", "Silk Co., 9 Dale Rd., Iran. (See alternate address under China).", fr="80 FR 7, 1/2/15."),
    )
    (entry,) = entries
    assert entry.entry_id == "silk-co.ir"
    assert set(entry.countries) == {"CN", "IR"}
    assert {address.raw for address in entry.addresses} == {"1 Hill Rd., China", "9 Dale Rd., Iran"}
    assert "80 FR 7" in entry.citation
    assert "90 FR 5" in entry.citation


def test_rows_of_one_name_stay_apart_without_a_reference_or_with_other_terms() -> None:
    strangers = _read(
        _row("CHINA", "Wang Wei.", fr="90 FR 5, 1/2/25."), _row("IRAN", "Wang Wei.", fr="80 FR 7, 1/2/15.")
    )
    assert [entry.entry_id for entry in strangers] == ["wang-wei.cn", "wang-wei.ir"]
    terms = _read(
        _row("CHINA", "Silk Co. (See alternate address under Iran)", policy="Policy of denial"),
        _row("IRAN", "Silk Co. (See alternate address under China)"),
    )
    assert len(terms) == 2


def test_ids_do_not_depend_on_the_order_of_rows_nor_on_case_and_punctuation() -> None:
    one = _row("IRAN", "Acme, 1 Hill Rd., Iran.", fr="80 FR 1, 1/1/15.")
    other = _row("IRAN", "ACME, 2 Dale Rd., Iran.", fr="81 FR 1, 1/1/16.")
    ids = {entry.addresses[0].raw: entry.entry_id for entry in _read(one, other)}
    turned = _read(other.replace("<TD>IRAN", "<TD>IRAN"), one)
    assert ids == {entry.addresses[0].raw: entry.entry_id for entry in turned}
    assert sorted(ids.values()) == ["acme.ir", "acme.ir~2"]


def test_a_bare_address_keeps_its_label_as_id_and_remark() -> None:
    (entry,) = _read(_row("CHINA", "Address 01,<br/>Unit D, 18 Hill Rd, Hong Kong."))
    assert entry.entry_id == "address-01.cn"
    assert entry.names[0].name == entry.addresses[0].raw == "Unit D, 18 Hill Rd, Hong Kong"
    assert entry.remarks == "Address 01\nReview: presumption of denial"


def test_an_entry_that_runs_over_several_rows_is_one() -> None:
    entries = _read(
        _row("CHINA", "Acme Academy, a.k.a., the following one alias:<br/>—Acme Ac."),
        _row("", "Subordinate institution<br/>Acme Factory.", "", "", ""),
        _row("", "The following addresses apply to the entity and the institution:<br/>5 Hill Rd., China.", "", "", ""),
    )
    assert [entry.entry_id for entry in entries] == ["acme-academy.cn", "acme-factory.cn"]
    assert {entry.citation for entry in entries} == {"90 FR 1, 1/2/25."}
    assert entries[1].related[0].name == "Acme Academy"
    assert entries[1].addresses == entries[0].addresses


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (_file(_row("IRAN", "Acme."))[:-200], "cut or damaged"),
        (b"<DIV5 N='744'><DIV9 N='Supplement No. 5 to Part 744'/></DIV5>", "no Supplement No. 4"),
        (_file(), "no entries"),
        (_file(_row("IRAN", "Acme."), headings="<TH>Country</TH><TH>Name</TH>"), "columns country, name"),
        (_file("<TR><TD>IRAN</TD><TD>Acme</TD></TR>"), "row 1 of Supplement No. 4 has 2 cells"),
        (_file(_row("IRAN", "")), "row 1 of Supplement No. 4 names no country or no entity"),
        (_file(_row("", "Acme.")), "names no country"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(content: bytes, said: str) -> None:
    with pytest.raises(ListFormatError, match=r"^list\.xml[,:] ") as error:
        tuple(ecfr.read(ListFile.of_bytes(content, "list.xml")))
    assert said in str(error.value)


@pytest.mark.parametrize(
    "declared", ["<!DOCTYPE DIV5>", '<!DOCTYPE DIV5 [<!ENTITY secret SYSTEM "file:///etc/hostname">]>']
)
def test_a_document_type_is_refused_before_an_entity_is_read(declared: str) -> None:
    document = _file(_row("IRAN", "Acme &amp; Sons Ltd."))
    attack = document.replace(b'<?xml version="1.0"?>', b'<?xml version="1.0"?>' + declared.encode())
    with pytest.raises(ListFormatError, match="declares a document type"):
        tuple(ecfr.read(ListFile.of_bytes(attack, "list.xml")))

"""The index: snapshots, order, corroboration, what it refuses."""

from __future__ import annotations

import msgspec
import pytest

from streams.errors import ScreeningError
from streams.matching import EntityIndex, Policy
from streams.records.list_entry import ListedName, ListEntry
from streams.records.party import Address, EntityType, Identifier, Party


def entry(entry_id: str, *names: str, countries: tuple[str, ...] = (), kind: EntityType | None = None) -> ListEntry:
    return ListEntry(
        source="list",
        entry_id=entry_id,
        names=tuple(ListedName(name=name) for name in names),
        countries=countries,
        entity_type=kind,
    )


def found(index: EntityIndex, policy: Policy, name: str) -> list[str]:
    return [match.entry.entry_id for match in index.match(Party(name=name), policy)]


def test_empty_index_finds_nothing(policy: Policy) -> None:
    index = EntityIndex.build(())
    assert (len(index), index.names) == (0, 0)
    assert index.match(Party(name="Inspur"), policy) == index.scan(Party(name="Inspur"), policy) == ()
    assert index.candidates(Party(name="Inspur"), policy) == ()


def test_listed_words_of_thousands_of_letters_are_found(policy: Policy) -> None:
    endless = "\u337f" * 300  # each becomes twelve letters: its word has 3,600
    index = EntityIndex.build([entry("a", endless), entry("b", "Velmora Dynamics")])
    assert found(index, policy, "Velmora Dynamics") == ["b"]
    assert found(index, policy, endless) == ["a"]


def test_apply_makes_a_new_snapshot_and_keeps_the_old(policy: Policy) -> None:
    old = EntityIndex.build([entry("a", "Velmora Dynamics"), entry("b", "Quarvex Institute", "Kvarveks")])
    assert found(old, policy, "Velmora Dynamics") == ["a"]
    new = old.apply([entry("b", "Zolteri Works"), entry("c", "Velmora Dynamics")], [("list", "a"), ("list", "none")])
    assert found(old, policy, "Velmora Dynamics") == ["a"]
    assert found(old, policy, "Kvarveks") == ["b"]
    assert found(new, policy, "Velmora Dynamics") == ["c"]
    assert found(new, policy, "Kvarveks") == []
    assert found(new, policy, "Zolteri Works") == ["b"]
    assert (len(old), old.names, len(new), new.names) == (2, 3, 2, 2)
    assert set(new.entries) == {("list", "b"), ("list", "c")}


def test_applied_answers_as_built(index: EntityIndex, policy: Policy) -> None:
    entries = list(index.entries.values())
    half = EntityIndex.build(entries[::2])
    half.match(Party(name="Inspur"), policy)
    applied = half.apply(entries[1::2], ()).apply((), [entries[0].key]).apply([entries[0]], ())
    for name in ("Inspur", "Almaz Antey", "Velayati", "浪潮", "XI Jinping", "Graphene Institute"):
        assert applied.match(Party(name=name), policy) == index.match(Party(name=name), policy)


def test_two_releases_applied_to_one_snapshot_do_not_mix(policy: Policy) -> None:
    base = EntityIndex.build([entry("a", "Velmora")])
    left, right = base.apply([entry("b", "奥巴马")], ()), base.apply([entry("c", "Quarvexi")], ())
    assert found(left, policy, "Quarvexi") == []
    assert found(right, policy, "Obama") == []
    assert found(right, policy, "Quarvexi") == ["c"]


def test_best_first_ties_by_key(policy: Policy) -> None:
    index = EntityIndex.build(
        [entry("b", "Velmora Zolteri"), entry("a", "Velmora Zolteri"), entry("c", "Velmora Zolterin")]
    )
    matches = index.match(Party(name="Velmora Zolteri"), policy)
    assert [match.entry.entry_id for match in matches] == ["a", "b", "c"]
    assert matches[0].score == 1.0 > matches[2].score


def test_one_match_per_entry_with_its_best_name(policy: Policy) -> None:
    index = EntityIndex.build([entry("a", "Velmora Zolteri", "Velmora Zolterin", "Zolteri Velmora Quarvex")])
    (match,) = index.match(Party(name="Velmora Zolterin", alt_names=("Velmora",)), policy)
    assert (match.listed_name, match.field, match.value) == ("Velmora Zolterin", "name", "Velmora Zolterin")


def test_candidates_show_what_is_below_the_threshold(index: EntityIndex, policy: Policy) -> None:
    best = index.candidates(Party(name="Shanghai Graphene Institute"), policy, limit=3)
    assert best[0].entry.entry_id == "graphene"
    assert best[0].outcome is None
    assert best[0].score < best[0].threshold == 0.7
    assert len(index.candidates(Party(name="Inspur Beijing"), policy, limit=1)) == 1


def test_compare_weighs_words_as_the_index_does(index: EntityIndex, policy: Policy) -> None:
    other = entry("other", "Inspur Beijing Electronic")
    match = index.compare(Party(name="Inspur Beijing Electronic"), other, policy)
    assert (match.score, match.entry) == (1.0, other)
    assert index.compare(Party(name="Quarvex"), other, policy).outcome is None
    assert other.key not in index.entries


@pytest.mark.parametrize("name", ["---", "  .  ", "★", "\u200b"])
def test_unreadable_party_is_refused(index: EntityIndex, policy: Policy, name: str) -> None:
    with pytest.raises(ScreeningError, match=r"name: nothing in .* can be read as a name"):
        index.match(Party(name=name), policy)


def test_an_unreadable_name_is_refused_whatever_stands_beside_it(index: EntityIndex, policy: Policy) -> None:
    beside = {
        "identifiers": (Identifier(type="IMO", value="9187629"),),
        "addresses": (Address(raw="1036 Langchao Road, Jinan, China"),),
        "alt_names": ("Velavia Toys GmbH",),
    }
    for name in ("---", "★★★ GmbH"):
        with pytest.raises(ScreeningError, match="name: "):
            index.match(msgspec.structs.replace(Party(name=name), **beside), policy)
    with pytest.raises(ScreeningError, match=r"alt_names\[0\]: "):
        index.match(Party(name="Velavia Toys GmbH", alt_names=("★★★",)), policy)


@pytest.mark.parametrize(
    ("party", "field"),
    [
        (Party(name="محمد عبد الله " * 70), "name"),
        (Party(name="Velavia Toys GmbH", alt_names=("trading company " * 60,)), r"alt_names\[0\]"),
        (Party(name="Velavia Toys GmbH", addresses=(Address(raw="12 Long Road " * 100),)), r"addresses\[0\]"),
    ],
)
def test_a_text_in_place_of_a_name_or_address_is_refused(
    index: EntityIndex, policy: Policy, party: Party, field: str
) -> None:
    with pytest.raises(ScreeningError, match=f"{field}: .* words"):
        index.match(party, policy)


@pytest.mark.parametrize("country", ["CN", "CHN", "China", "cn", "中国"])
def test_country_in_any_form(index: EntityIndex, policy: Policy, country: str) -> None:
    plain = index.match(Party(name="Inspur Beijing Electronic"), policy)[0]
    match = index.match(Party(name="Inspur Beijing Electronic", country=country), policy)[0]
    assert match.score > plain.score or country == "中国"


def test_an_exact_name_is_looked_at_whatever_the_country(policy: Policy) -> None:
    listed = ListEntry(source="a", entry_id="1", names=(ListedName(name="Inspur Taiwan"),), countries=("TW",))
    (match,) = EntityIndex.build([listed]).match(Party(name="Inspur Taiwan", country="DE"), policy)
    assert match.outcome == "review"
    assert [each.text for each in match.evidence if each.kind == "country"] == ["country DE is not TW"]


def test_hong_kong_does_not_contradict_china(index: EntityIndex, policy: Policy) -> None:
    plain = index.match(Party(name="Inspur Group"), policy)[0]
    assert index.match(Party(name="Inspur Group", country="HK"), policy)[0].score == plain.score
    assert index.match(Party(name="Inspur Group", country="BR"), policy)[0].score < plain.score


@pytest.mark.parametrize(("birth_date", "hit"), [("1945", True), ("1945-06-24", True), ("1946", True), ("1985", False)])
def test_birth_date(index: EntityIndex, policy: Policy, birth_date: str, hit: bool) -> None:
    party = Party(name="Ali Velayati", entity_type="person", birth_date=birth_date)
    assert bool(index.match(party, policy)) is hit


def test_weak_alias_counts_once_corroborated(index: EntityIndex, policy: Policy) -> None:
    assert index.match(Party(name="The Doctor", entity_type="person"), policy) == ()
    party = Party(name="Doctor", entity_type="person", birth_date="1945-06-24")
    assert [match.listed_name for match in index.match(party, policy)] in ([], ["The Doctor"])


@pytest.mark.parametrize(
    ("name", "country", "expected"),
    [
        ("YMTC", "CN", ["chips"]),
        ("Y.M.T.C. Co., Ltd.", "China", ["chips"]),
        ("YMTC", "", []),
        ("YMTC", "BR", []),
        ("YMTC Medical", "CN", []),
        ("YMT", "CN", []),
        ("BUTTE", "RU", []),
    ],
)
def test_short_alias_of_an_organization_counts_with_its_country(
    policy: Policy, name: str, country: str, expected: list[str]
) -> None:
    chips = entry("chips", "Yangtze Memory Technologies Co., Ltd.", countries=("CN",))
    dealer = entry("dealer", "BOUT, Viktor", countries=("RU",), kind="person")
    aliases = [ListedName(name=alias, kind="alias", strength="weak") for alias in ("YMTC", "BUTTE")]
    index = EntityIndex.build(
        msgspec.structs.replace(each, names=(*each.names, alias))
        for each, alias in zip((chips, dealer), aliases, strict=True)
    )
    assert [match.entry.entry_id for match in index.match(Party(name=name, country=country), policy)] == expected


@pytest.mark.parametrize(
    ("name", "listed", "expected"),
    [
        ("Ramsan Kadyrow", "KADYROV, Ramzan Akhmatovich", True),
        ("Oleg Derypaska", "DERIPASKA, Oleg Vladimirovich", True),
        ("Ramsan Kadyrow", "KADYROV, Ramzan Akhmat", False),
        ("Ramsen Kadyrov", "KADYROV, Ramzin Akhmatovich", False),
        ("Oleg Deripasova", "DERIPASKA, Oleg Vladimirovich", False),
    ],
)
def test_patronymic_left_out_beside_another_romanisation(
    policy: Policy, name: str, listed: str, expected: bool
) -> None:
    index = EntityIndex.build([entry("a", listed, kind="person")])
    assert bool(index.match(Party(name=name, entity_type="person"), policy)) == expected


def test_organization_is_not_a_person(policy: Policy) -> None:
    index = EntityIndex.build([entry("a", "VELMORA", kind="vessel")])
    assert found(index, policy, "Velmora") == ["a"]
    assert index.match(Party(name="Velmora", entity_type="vessel"), policy)[0].score == 1.0
    assert found(index, policy, "Velmora Inc.") == []


def test_single_everyday_word_never_alerts_alone(policy: Policy) -> None:
    index = EntityIndex.build([entry("a", "Galaxy Ltd"), entry("b", "Technology Co."), entry("c", "ABC")])
    for name in ("Galaxy", "Technology", "ABC", "Galaxy Holdings", "Galaxy Plc"):
        assert found(index, policy, name) == []
    assert found(index, policy, "Galaxy Ltd.") == ["a"]


def test_facts_do_not_lift_a_name_out_of_reach(policy: Policy) -> None:
    listed = ListEntry(
        source="list",
        entry_id="a",
        names=(ListedName(name="Velmora Quarvex Zolteri Brankovish"),),
        entity_type="person",
        countries=("IR",),
        birth_dates=("1970",),
    )
    index = EntityIndex.build([listed])
    party = Party(name="Velmora Pelatrin Ostrugan", entity_type="person", country="IR", birth_date="1970")
    assert index.match(party, policy) == index.scan(party, policy) == ()

"""Retrieval loses nothing: the index answers as scoring every name would."""

from __future__ import annotations

import dataclasses
import gzip
import json
import random
import string
import sys
import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.errors import ScreeningError
from streams.matching import EntityIndex, Policy
from streams.matching.names import ReadName, read_name, word_of
from streams.matching.names_index import ListedNames, NameFinder
from streams.matching.sampling_rules import SamplingRules
from streams.matching.scoring import Agreement
from streams.matching.vocabulary import Vocabulary
from streams.records.list_entry import ListedName, ListEntry
from streams.records.party import Address, EntityType, Party

POLICY = Policy.default()
SAMPLING = dataclasses.replace(POLICY, version="sampling", sampling=SamplingRules(share=0.6, margin=0.25))
QUERIES = 20_000
TEXT = (
    "inspur langchao beijing shanghai electronic information technology trading co ltd llc almaz antey "
    "zhong ke zhongke mohammed muhammad al bin abd rahman abdulrahman ivanov ivan sergeyevich sergey "
    "petrov maria garcia lopez juan kim jong un li wang zhang wei atlas galaxy star 123 218 ii research "
    "institute bank of the 浪潮 科技 北京 奥巴马 obama barack محمود mahmud 김정은 Обама иванов grupo s.a. d.o.o. no 7 "
    "moscow dubai hong kong shipping vessel x y c/o formerly ltd; (inspur group) dba "
)
WORDS = TEXT.split()
SCRIPTS = "奥巴马 浪潮 محمد 김정은 Путин Обама Αλέξης ბარაკ Բարակ שלום オバマ প্রধান ประยุทธ์ ពត"
TYPES: tuple[EntityType | None, ...] = (None, "person", "organization", "vessel")

names = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)


@st.composite
def misspelt(draw: st.DrawFn) -> str:
    """A name with up to three letters changed, dropped, doubled or put in from another script."""
    name = draw(names)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(name) - 1))
        put = draw(
            st.sampled_from(["", "a", "e", "k", " ", "-", ".", "Ц", "ħ", "中", "ع", "\u200b", "'", name[at] * 2])
        )
        name = name[:at] + put + name[at + 1 :] or "x"
    return name


ADDRESS = "1 2 17 17a 021 Langchao Langchaa Inspur Road Mill Jinan Dubai Kingdom 浪潮 Мельничная"
lines = st.lists(st.sampled_from(ADDRESS.split()), min_size=2, max_size=6).map(" ".join)
addresses = st.lists(
    st.builds(Address, street=lines, city=st.sampled_from(["", "Dubai"]), country=st.sampled_from(["", "GB", "Narnia"]))
    | st.builds(Address, raw=lines),
    max_size=2,
).map(tuple)
entries = st.lists(
    st.builds(
        lambda number, listed, kind, countries, born, at: ListEntry(
            source="s",
            entry_id=str(number),
            names=tuple(ListedName(name=name) for name in listed),
            entity_type=kind,
            countries=countries,
            birth_dates=born,
            addresses=at,
        ),
        st.integers(0, 20),
        st.lists(names, min_size=1, max_size=3),
        st.sampled_from(TYPES),
        st.lists(st.sampled_from(["CN", "RU", "US"]), max_size=2).map(tuple),
        st.sampled_from([(), ("1970-05-01",), ("1999",)]),
        addresses,
    ),
    max_size=25,
)
parties = st.builds(
    lambda name, other, country, kind, birth, at: Party(
        name=name, alt_names=other, country=country, entity_type=kind, birth_date=birth, addresses=at
    ),
    misspelt() | st.text(min_size=1, max_size=30),
    st.lists(misspelt(), max_size=1).map(tuple),
    st.sampled_from(["", "CN", "Russia", "USA"]),
    st.sampled_from(TYPES),
    st.sampled_from([None, "1970"]),
    addresses,
)


@settings(max_examples=300, deadline=None)
@given(listed=entries, later=entries, party=parties, policy=st.sampled_from([POLICY, SAMPLING]))
def test_match_is_scan(listed: list[ListEntry], later: list[ListEntry], party: Party, policy: Policy) -> None:
    index = EntityIndex.build(listed)
    index.match(Party(name="Inspur"), policy)
    index = index.apply(later, [entry.key for entry in listed[:2]])
    try:
        expected = index.scan(party, policy)
    except ScreeningError:
        with pytest.raises(ScreeningError):
            index.match_and_sample(index.asked(party, policy), policy)
        return
    assert index.match_and_sample(index.asked(party, policy), policy) == expected
    assert index.match(party, policy) == tuple([match for match in expected if match.outcome is not None])
    for match in expected:
        assert 0.0 <= match.score <= 1.0
        assert match.summary
    rebuilt = EntityIndex.build(index.entries.values())
    assert rebuilt.match_and_sample(rebuilt.asked(party, policy), policy) == expected


@settings(max_examples=200, deadline=None)
@given(name=misspelt(), other=misspelt())
def test_score_is_a_ratio_and_one_for_the_same_name(name: str, other: str) -> None:
    def score(ours: str, listed: str) -> float:
        index = EntityIndex.build([ListEntry(source="s", entry_id="1", names=(ListedName(name=listed),))])
        finder = NameFinder.build(_listed(index), POLICY)
        return finder.agreement(finder.query(read_name(ours)), 0).score

    if read_name(name).words:
        assert score(name, name) == pytest.approx(1.0)
    assert 0.0 <= score(name, other) <= 1.0


def _listed(index: EntityIndex) -> ListedNames:
    read = [[read_name(name.name) for name in entry.names] for entry in index.entries.values()]
    return ListedNames.empty().changed(read, ())[0]


class Oracle:
    """The exhaustive scan, fast enough for many queries: a name that shares no alike word scores 0 without being
    looked at."""

    def __init__(self, finder: NameFinder) -> None:
        self.finder = finder

    def scan(self, read: ReadName, lowest: float) -> dict[int, Agreement]:
        query = self.finder.query_exhaustively(read)
        touched = {name for word in query.words for name in word.split}
        for alike in [word.alike for word in query.words] + [both.alike for both in query.joins.values()]:
            for number in alike:
                touched.update(self.finder.listed.names_with(number))
        scored = ((name, self.finder.agreement(query, name)) for name in touched)
        return {name: agreement for name, agreement in scored if agreement.score >= lowest}


def _queries(listed: list[str], count: int) -> list[str]:
    """Listed names, mutated ones, random strings and words of every script; few different words in all."""
    draw = random.Random(20250328)
    sample = draw.sample(listed, 400)
    pool = sorted({word for name in sample for word in name.split()})
    pool += ["".join(draw.choices(string.ascii_lowercase, k=draw.randint(2, 12))) for _ in range(100)]
    for word in draw.sample(pool, 300):
        at = draw.randrange(len(word))
        pool.append(word[:at] + draw.choice(string.ascii_lowercase) + word[at + draw.randint(0, 1) :])
    pool += SCRIPTS.split()
    queries = list(sample)
    while len(queries) < count:
        base = draw.choice(sample).split() if draw.random() < 0.5 else []
        if draw.random() < 0.9:  # names share a legal form by the ten thousand: the scan would take hours
            base = [word for word in base if word_of(word.lower().strip(".,")).kind not in ("legal", "empty")]
        words = base + draw.choices(pool, k=draw.randint(1, 3))
        draw.shuffle(words)
        queries.append(" ".join(words[: draw.randint(1, 6)]))
    return queries[:count]


@pytest.mark.slow
def test_index_is_scan_on_the_consolidated_list(
    shared_data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A word is compared with every listed word once.
    monkeypatch.setattr(Vocabulary, "alike_exhaustively", cache(Vocabulary.alike_exhaustively))
    with gzip.open(shared_data / "lists" / "consolidated.json.gz") as file:
        rows = json.load(file)["results"]
    listed = [name for row in rows for name in [row["name"], *row["alt_names"]] if name]
    reads = [[read_name(name)] for name in listed]
    finder = NameFinder.build(ListedNames.empty().changed(reads, ())[0], POLICY)
    oracle = Oracle(finder)
    queries = _queries(listed, QUERIES)
    lowest = POLICY.score_needed(country=True, birth_date=False, entity_type=False)
    started, fast, hits = time.perf_counter(), 0.0, 0
    for name in queries:
        read = read_name(name)
        begun = time.perf_counter()
        found = dict(finder.find(finder.query(read), lowest))
        fast += time.perf_counter() - begun
        assert found == oracle.scan(read, lowest), name
        hits += len(found)
    elapsed = time.perf_counter() - started - fast
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(queries):,} queries, {hits:,} names found, none lost; index {fast:.0f} s, scan {elapsed:.0f} s\n"
        )

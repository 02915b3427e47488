"""The benchmarks measure what they say."""

from __future__ import annotations

import msgspec

from streams.bench.decode import bench_decode
from streams.bench.match import bench_match
from streams.invented.names import grown, unseen_names
from streams.lists.loading import load_list
from streams.matching import Policy

ENTRIES = load_list("bundled").entries


def test_names_are_new_different_and_the_same_for_a_seed() -> None:
    names = unseen_names(ENTRIES, 300, seed=1)
    assert len(set(names)) == 300
    assert names == unseen_names(ENTRIES, 300, seed=1)
    assert len(set(names) & set(unseen_names(ENTRIES, 300, seed=2))) < 30


def test_a_grown_list_has_as_many_names_a_entry_and_new_ones() -> None:
    larger = grown(ENTRIES, 3, seed=1)
    assert len({entry.key for entry in larger}) == 3 * len(ENTRIES)
    assert sum(len(entry.names) for entry in larger) == 3 * sum(len(entry.names) for entry in ENTRIES)
    listed = {name.name for entry in ENTRIES for name in entry.names}
    new = {name.name for entry in larger[len(ENTRIES) :] for name in entry.names}
    assert len(new & listed) < len(new) / 20


def test_entries_of_a_grown_list_have_ids_of_their_own() -> None:
    """The second entry has the id that reading a list gives to the second one of the id of the first."""
    twice = [
        msgspec.structs.replace(entry, entry_id=entry_id)
        for entry, entry_id in zip(ENTRIES, ("1", "1~2"), strict=False)
    ]
    larger = grown(twice, 4, seed=1)
    assert len({entry.entry_id for entry in larger}) == len(larger) == 8


def test_matching_is_measured_at_both_sizes_and_agrees_with_the_scan() -> None:
    small, large = bench_match(ENTRIES, Policy.default(), queries=100, compared=20, times_larger=2)
    assert (small.entries, large.entries) == (len(ENTRIES), 2 * len(ENTRIES))
    assert small.same == small.compared == 20
    assert 0 < small.hits < 100
    assert small.candidates_per_query > 0
    assert small.scan is not None
    assert small.scan.mean > 0
    assert large.scan is None


def test_decoding_is_measured_each_way() -> None:
    times = bench_decode(events=50, rounds=2)
    assert times.bytes_per_event > 500
    assert min(times.msgspec_only, times.orjson_and_convert, times.read_event) > 0

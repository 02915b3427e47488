from __future__ import annotations

import hashlib

import pytest

from streams.errors import ListError
from streams.lists.release import Diff, canonical_bytes, diff, digest, entry_hash, topic_key, value_hash
from streams.records.list_entry import ListedName, ListEntry

_ENTRY = ListEntry(source="own", entry_id="1", names=(ListedName(name="Acme"),), programs=("P",))


def test_canonical_bytes_leave_defaults_out_and_sort_keys() -> None:
    assert canonical_bytes(_ENTRY) == b'{"entry_id":"1","names":[{"name":"Acme"}],"programs":["P"],"source":"own"}'
    assert entry_hash(_ENTRY) == value_hash(canonical_bytes(_ENTRY))


def test_the_digest_covers_ids_and_hashes_in_the_order_of_the_ids() -> None:
    assert digest({"b": "2", "a": "1"}) == digest({"a": "1", "b": "2"})
    assert digest({"a": "1", "b": "2"}) == hashlib.sha256(b'[["a","1"],["b","2"]]').hexdigest()


def test_the_difference_of_two_releases() -> None:
    difference = diff({"a": "1", "b": "1", "c": "1"}, {"b": "1", "c": "2", "d": "1"})
    assert difference == Diff(added=("d",), changed=("c",), removed=("a",))
    assert difference
    assert not diff({"a": "1"}, {"a": "1"})


def test_keys_that_would_be_mistaken_are_refused() -> None:
    assert topic_key("own", "a/b") == "own/a/b"
    with pytest.raises(ListError, match="slash"):
        topic_key("own/er", "1")
    with pytest.raises(ListError, match="@"):
        topic_key("own", "@release")

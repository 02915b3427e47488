"""Whatever comes in the place of anything in a sample, a mapping makes a whole transaction of it or refuses it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.errors import MappingError
from streams.mappings import load_mapping, ready_made
from streams.records.codec import encode
from streams.records.events import read_event

SAMPLES = Path(__file__).parents[1] / "samples" / "events"
MAPPINGS = [load_mapping(name) for name in ready_made()]
EVENTS = {name: orjson.loads((SAMPLES / f"{name}.json").read_bytes()) for name in ready_made()}

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["Nm", "_", "id", "name"]), inner),
    max_leaves=6,
)


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, key
        if isinstance(value, (dict, list)):
            yield from places(value)


@settings(max_examples=300, deadline=None)
@given(mapping=st.sampled_from(MAPPINGS), where=st.integers(0, 10_000), instead=ANYTHING)
def test_anything_anywhere_is_mapped_or_refused(mapping: Any, where: int, instead: Any) -> None:
    event = copy.deepcopy(EVENTS[mapping.name])
    found = list(places(event))
    container, key = found[where % len(found)]
    container[key] = instead
    try:
        made = mapping.transaction(orjson.dumps(event))
    except MappingError as error:
        assert mapping.name in str(error)  # noqa: PT017 - either way is right
    else:
        assert made.parties
        assert read_event(encode(made)) == made

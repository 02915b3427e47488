"""What of sample events a mapping uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from streams.errors import MappingError
from streams.mappings.mapping import Mapping
from streams.records.transaction import Transaction

_Place = tuple[dict[str, Any] | list[Any], Any]
"""Where a value sits: its object or list, and its key or position there."""


class Coverage(NamedTuple):
    """How many of the values under ``path`` made a difference to the transactions; ``[]`` stands for every position."""

    path: str
    used: int
    of: int


def coverage(mapping: Mapping, events: Sequence[dict[str, Any]]) -> list[Coverage]:
    """Every path of the events that has a value, in their order.

    A value is used when the transaction is another one, or none, with another value in its place. What says the same
    as a value that comes first (``a || b``) is not used.
    """
    counts: dict[str, list[int]] = {}
    for event in events:
        whole = mapping.of_event(event)
        for path, (container, key) in list(_values(event, "")):
            count = counts.setdefault(path, [0, 0])
            count[0] += _matters(mapping, event, whole, container, key)
            count[1] += 1
    return [Coverage(path, *count) for path, count in counts.items()]


def _matters(mapping: Mapping, event: dict[str, Any], whole: Transaction, container: Any, key: Any) -> bool:
    value = container[key]
    container[key] = not value if isinstance(value, bool) else value + 1 if not isinstance(value, str) else f"{value}?"
    try:
        return mapping.of_event(event) != whole
    except MappingError:
        return True
    finally:
        container[key] = value


def _values(node: Any, path: str) -> Iterator[tuple[str, _Place]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in inner:
        at = f"{path}[]" if isinstance(node, list) else f"{path}.{key}" if path else str(key)
        if isinstance(value, (dict, list)):
            yield from _values(value, at)
        elif value not in (None, ""):
            yield at, (node, key)

"""Whether the schemas are compatible with those of the last release: only optional fields may have been added.

Whoever reads or writes by the last release's schemas then goes on, in both directions: nothing that was said means
something else, nothing is missed, and no value comes that was not foreseen (so no enum grows, either). Records may
come; none may go. ``python -m streams.contract.compatibility RELEASED NOW`` compares two folders of schemas, and exits
with 1 after naming everything that breaks.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Schema = dict[str, Any]

_SAID = frozenset({"title", "description", "$defs", "$schema", "$ref", "properties", "required", "enum"})
"""Keywords that are compared in their own way, or mean nothing to a machine."""


IF_MEANT = "if that is meant: cp schemas/*.schema.json schemas/released/, and say it in CHANGELOG.md"


def broken(released: Path, now: Path) -> list[str]:
    """What breaks, a line each, between two folders of ``*.schema.json``."""
    found: list[str] = []
    for file in sorted(released.glob("*.schema.json")):
        if not (now / file.name).is_file():
            found.append(f"{file.name}: the record is gone")
            continue
        old, new = (json.loads((folder / file.name).read_text(encoding="utf-8")) for folder in (released, now))
        found += [f"{file.name}: {what}" for what in differences(old, new)]
    return found


def differences(released: Schema, now: Schema) -> list[str]:
    """What of one record's schema breaks, each with the path of its field."""
    return list(_differences(released, now, (released, now), "", frozenset()))


def _differences(
    old: Any, new: Any, roots: tuple[Schema, Schema], path: str, seen: frozenset[tuple[str, str]]
) -> Iterator[str]:
    where = path or "the record"
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield f"{where}: {old!r} has become {new!r}"
        return
    refs = (old.get("$ref", ""), new.get("$ref", ""))
    if any(refs):
        if refs in seen:
            return
        seen |= {refs}
        old, new = _resolved(old, roots[0]), _resolved(new, roots[1])
    was, has = old.get("properties", {}), new.get("properties", {})
    for name in was:
        at = f"{path}.{name}" if path else name
        if name in has:
            yield from _differences(was[name], has[name], roots, at, seen)
        else:
            yield f"{at}: the field is gone"
    needed, needs = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(needs - needed):
        at = f"{path}.{name}" if path else name
        yield f"{at}: " + ("the field was optional" if name in was else "a new field must be optional")
    yield from (f"{where}: {name} is optional now" for name in sorted(needed - needs) if name in has)
    if set(map(str, old.get("enum", ()))) != set(map(str, new.get("enum", ()))):
        yield f"{where}: the values {old.get('enum')} have become {new.get('enum')}"
    for keyword in sorted((old.keys() | new.keys()) - _SAID):
        yield from _keyword(keyword, old.get(keyword), new.get(keyword), roots, path, seen)


def _keyword(
    keyword: str, old: Any, new: Any, roots: tuple[Schema, Schema], path: str, seen: frozenset[tuple[str, str]]
) -> Iterator[str]:
    if keyword in ("items", "additionalProperties") and isinstance(old, dict) and isinstance(new, dict):
        yield from _differences(old, new, roots, f"{path}[]", seen)
    elif keyword in ("anyOf", "oneOf", "allOf", "prefixItems") and len(old or ()) == len(new or ()):
        for before, after in zip(old, new, strict=True):
            yield from _differences(before, after, roots, path, seen)
    elif old != new:
        yield f"{path or 'the record'}: {keyword} {json.dumps(old)} has become {json.dumps(new)}"


def _resolved(schema: Schema, root: Schema) -> Schema:
    """The schema with what its ``$ref`` names, within its own file, in it."""
    while "$ref" in schema:
        node: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            node = node[part]
        schema = {**node, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


if __name__ == "__main__":
    problems = broken(Path(sys.argv[1]), Path(sys.argv[2]))
    print(*([*problems, IF_MEANT] if problems else ["compatible with the last release"]), sep="\n")  # noqa: T201 - a command of make check
    sys.exit(1 if problems else 0)

"""Schemas, records and examples say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from streams.records.codec import decode, encode
from streams.records.schemas import PUBLISHED, schema, write_schemas

SCHEMAS = Path(__file__).parents[3] / "schemas"


def example(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / "examples" / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("name", PUBLISHED)
def test_written_schema_is_the_record_s(name: str, tmp_path: Path) -> None:
    write_schemas(tmp_path)
    written = (SCHEMAS / f"{name}.schema.json").read_bytes()
    assert written == (tmp_path / f"{name}.schema.json").read_bytes(), "run: python -m streams.records.schemas schemas"


@pytest.mark.parametrize("name", PUBLISHED)
def test_schema_is_valid_and_takes_the_example(name: str) -> None:
    validator = jsonschema.Draft202012Validator
    validator.check_schema(schema(name))
    validator(schema(name)).validate(example(name))


@pytest.mark.parametrize("name", PUBLISHED)
def test_record_takes_the_example_and_gives_it_back(name: str) -> None:
    kind = PUBLISHED[name]
    record = decode(kind, json.dumps(example(name)).encode(), name)
    written = encode(record)
    jsonschema.Draft202012Validator(schema(name)).validate(json.loads(written))
    assert decode(kind, written, name) == record
    # Every field of the example is a field of the record: nothing in it was silently ignored.
    assert set(example(name)) <= {field.encode_name for field in msgspec.structs.fields(kind)}


@pytest.mark.parametrize("name", PUBLISHED)
def test_schema_and_record_refuse_the_same(name: str) -> None:
    """Dropping a required field, or giving a field another type, is wrong for both."""
    whole = example(name)
    validator = jsonschema.Draft202012Validator(schema(name))
    for field in whole:
        for broken in ({key: value for key, value in whole.items() if key != field}, {**whole, field: {"no": 1}}):
            by_schema = validator.is_valid(broken)
            try:
                msgspec.convert(broken, PUBLISHED[name])
            except msgspec.ValidationError:
                by_record = False
            else:
                by_record = True
            assert by_schema == by_record, (field, broken)


def test_every_schema_file_is_published() -> None:
    assert {path.name for path in SCHEMAS.glob("*.schema.json")} == {f"{name}.schema.json" for name in PUBLISHED}

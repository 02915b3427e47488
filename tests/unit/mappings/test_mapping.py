"""Mappings of one's own: what they are refused for, and what an event is."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from streams.errors import MappingError, ScreeningTimeoutError, SettingsError
from streams.lists.loading import load_lists
from streams.mappings import Mapping, coverage, load_mapping
from streams.matching import Policy
from streams.records.decision import EventSource
from streams.screening.answer import Answer, Event
from streams.screening.answers import Answering
from streams.screening.clearances import NO_CLEARANCES
from streams.screening.mapped import mappings_of
from streams.screening.memory import MatchMemory
from streams.screening.screener import Screener
from streams.screening.snapshot import Snapshot
from streams.settings import Settings, WorkerSettings

NOW = datetime(2025, 4, 3, tzinfo=UTC)
WHOLE = """
[transaction]
transaction_id = "no"
occurred_at = "utc(day)"
[party]
name = "who"
[[parties]]
from = "buyers"
role = "'purchaser'"
addresses = "[{raw: at}]"
"""


def mapping(tmp_path: Path, text: str = WHOLE) -> Mapping:
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="utf-8")
    return load_mapping(str(file))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('transaction_id = "no"', "", r"\[transaction\]: transaction_id is missing"),
        ('transaction_id = "no"', 'transaction_id = "no"\nparties = "x"', r"no field parties"),
        ('name = "who"', "", r"\[\[parties\]\] 1: name is missing"),
        ('from = "buyers"', "", r"\[\[parties\]\] 1 has no 'from'"),
        ("role =", "rolle =", r"\[\[parties\]\] 1: no field rolle; there are addresses"),
        ('"who"', '"who["', r"\[\[parties\]\] 1, name: "),
        ('"who"', '"whom(who)"', r"\[\[parties\]\] 1, name: no function whom"),
        ('"who"', "7", r"\[\[parties\]\] 1, name: a JMESPath expression is a text"),
        ('"who"', f'"{"(" * 5000}who{")" * 5000}"', r"nested too deeply"),
        ("[[parties]]", "[[buyers]]", "no key buyers"),
        ("[transaction]", "[transaction", "is not TOML"),
        ("[transaction]", f"#{'x' * 300_000}\n[transaction]", "more than 262,144 bytes"),
    ],
)
def test_wrong_mapping_is_refused_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(MappingError, match=told):
        mapping(tmp_path, WHOLE.replace(old, new))


def test_mapping_without_parties_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="nobody would be screened"):
        mapping(tmp_path, WHOLE.split("[[parties]]", maxsplit=1)[0])


def test_no_such_mapping() -> None:
    with pytest.raises(MappingError, match=r"no_such: No such file.*shopify_order"):
        load_mapping("no_such")


def test_version_is_of_the_meaning(tmp_path: Path) -> None:
    version = mapping(tmp_path).version
    assert mapping(tmp_path, f"# told\n{WHOLE}").version == version
    assert mapping(tmp_path, WHOLE.replace("buyers", "buyer")).version != version


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"buyers": [{"who": "A"}]}, r"own: \[transaction\], transaction_id: gives nothing on an object with buyers"),
        ({"no": "1"}, r"parties"),
        ({"no": "1", "buyers": [{"who": "A"}, {"who": "  ", "id": 3}]}, r"1, name: gives nothing on an .*who, id"),
        ({"no": "1", "buyers": "A"}, r"\[\[parties\]\] 1, from: gives something else than objects"),
        ({"no": 1, "buyers": [{"who": "A"}]}, r"Expected `str`, got `int` - at `\$.transaction_id`"),
        ({"no": "1", "day": "soon", "buyers": [{"who": "A"}]}, r"\[transaction\], occurred_at: utc\(\): 'soon' is no"),
        ({"no": "1", "day": 7, "buyers": [{"who": "A"}]}, r"\[transaction\], occurred_at: .*utc"),
        ({"no": "1", "buyers": [{"who": "A" * 2000}]}, r"length <= 1024 - at `\$.parties\[0\].name`"),
        ({"no": "1", "buyers": [{"who": f"A{n}"} for n in range(1001)]}, r"length <= 1000 - at `\$.parties`"),
    ],
)  # fmt: skip
def test_event_that_gives_no_transaction_is_refused_with_the_field(
    tmp_path: Path, event: dict[str, object], told: str
) -> None:
    with pytest.raises(MappingError, match=told):
        mapping(tmp_path).of_event(event)


def test_misspelt_field_within_a_field_is_refused(tmp_path: Path) -> None:
    made = mapping(tmp_path, WHOLE.replace("{raw: at}", "{row: at}"))
    with pytest.raises(MappingError, match=r"\[\[parties\]\] 1, addresses: no field row; there are city"):
        made.of_event({"no": "1", "buyers": [{"who": "A", "at": "Quay 1"}]})


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        ("2025-04-02", datetime(2025, 4, 2, tzinfo=UTC)),
        ("2025-04-02T10:00:00", datetime(2025, 4, 2, 10, tzinfo=UTC)),
        ("2025-04-02T10:00:00+02:00", datetime(2025, 4, 2, 8, tzinfo=UTC)),
    ],
)
def test_utc(tmp_path: Path, day: str, moment: datetime) -> None:
    made = mapping(tmp_path).of_event({"no": "1", "day": day, "buyers": [{"who": "A"}]})
    assert made.occurred_at == moment


def test_lookup_and_event_from_within_a_party(tmp_path: Path) -> None:
    text = WHOLE.replace('"who"', "\"lookup(event().names, 'id', who).name || 'unknown'\"")
    event = {"no": "1", "names": [{"id": 7, "name": "Seven"}], "buyers": [{"who": 7}, {"who": 8}]}
    assert [party.name for party in mapping(tmp_path, text).of_event(event).parties] == ["Seven", "unknown"]


def test_coverage_counts_what_made_a_difference(tmp_path: Path) -> None:
    event = {"no": "1", "note": "x", "buyers": [{"who": "A", "at": "Quay"}, {"who": "B", "tel": 5, "spare": None}]}
    found = {each.path: (each.used, each.of) for each in coverage(mapping(tmp_path), [event])}
    assert found == {
        "no": (1, 1),
        "note": (0, 1),
        "buyers[].who": (2, 2),
        "buyers[].at": (1, 1),
        "buyers[].tel": (0, 1),
    }
    assert event["buyers"] == [{"who": "A", "at": "Quay"}, {"who": "B", "tel": 5, "spare": None}]


class _Spent:
    """A budget that is spent at once."""

    def __enter__(self) -> None:
        raise ScreeningTimeoutError("too long")

    def __exit__(self, *_: object) -> None: ...


def answered(
    made: Mapping,
    value: bytes | None,
    headers: tuple[tuple[str, bytes | None], ...] = (),
    refused: bool = False,
    spent: bool = False,
) -> Answer:
    event = Event(value, EventSource(topic="orders", partition=2, offset=9), NOW, b"key-9", headers)
    snapshot = Snapshot.of_lists(load_lists("bundled"), NOW)
    budget = _Spent() if spent else nullcontext()
    screener = Screener(Policy.default())
    memory = MatchMemory(screener, 100)
    memory.follow(snapshot)
    asked = (screener, snapshot, NOW, 2_000, budget, memory, NO_CLEARANCES, None, lambda: False, {"orders": made})
    (answered,) = Answering(*asked, frozenset({"orders/2/9"} if refused else ())).answers([event])
    return answered


GOOD = {"no": "PO-1", "buyers": [{"who": "Inspur Software Co Ltd"}]}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"{", "not_json"),
        (b"[1]", "mapping_failed"),
        (b'{"no": "1"}', "mapping_failed"),
        (None, "empty"),
        (b" " * 2001, "too_large"),
        (b"\xff", "not_json"),
        (orjson.dumps({"no": "1", "buyers": [{"who": "?"}]}), "screening_failed"),
    ],
)
def test_event_that_fails_is_an_error_with_its_bytes(tmp_path: Path, value: bytes | None, reason: str) -> None:
    made = mapping(tmp_path)
    found = answered(made, value, (("trace", b"\x00\xff"),))
    assert found.decision.outcome == "error"
    assert found.decision.reason.startswith(f"{reason}: ")
    assert found.decision.mapping_version == made.version
    letter = found.dead_letter
    assert letter is not None
    assert (letter.reason, letter.value, letter.key) == (reason, value, b"key-9")
    assert [(header.key, header.value) for header in letter.headers] == [("trace", b"\x00\xff")]


def test_slow_and_refused_events_are_errors(tmp_path: Path) -> None:
    made = mapping(tmp_path)
    late = answered(made, orjson.dumps(GOOD), spent=True)
    assert (late.decision.outcome, late.decision.reason) == ("error", "timed_out: too long")
    refused = answered(made, orjson.dumps(GOOD), refused=True)
    assert refused.decision.outcome == "error"
    assert refused.decision.reason == "screening_failed: a person refused it in worker.refuse"
    assert refused.dead_letter is not None
    assert refused.dead_letter.value == orjson.dumps(GOOD)


def test_transaction_larger_than_an_event_may_be_is_refused(tmp_path: Path) -> None:
    text = WHOLE.replace('"buyers"', '"[buyers, buyers, buyers, buyers, buyers][]"')
    found = answered(mapping(tmp_path, text), orjson.dumps({"no": "1", "buyers": [{"who": "A" * 1000}]}))
    assert "the transaction made has" in found.decision.reason


def test_cloudevent_is_mapped_by_its_data(tmp_path: Path) -> None:
    made = mapping(tmp_path)
    envelope = orjson.dumps({"specversion": "1.0", "id": "7", "source": "/shop", "type": "order", "data": GOOD})
    bare = answered(made, orjson.dumps(GOOD))
    assert bare.decision.outcome == "hold"
    for headers in ((), (("content-type", b"application/cloudevents+json"),)):
        found = answered(made, envelope, headers)
        assert (found.decision, found.alerts) == (bare.decision, bare.alerts)


def test_topics_that_highfence_writes_have_no_mapping() -> None:
    settings = Settings(worker=WorkerSettings(mappings={"transactions": "shopify_order", "decisions": "shopify_order"}))
    with pytest.raises(SettingsError, match=r"worker.mappings: Highfence writes decisions itself"):
        mappings_of(settings)

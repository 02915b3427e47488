"""A share of what scores just below the threshold goes to the desk, and changes nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from prometheus_client import generate_latest
from screened import SOURCE, screened

from streams.errors import PolicyError
from streams.lists.loading import LoadedList, load_list
from streams.matching import Policy
from streams.matching.sampling_rules import SamplingRules
from streams.metrics import Metrics
from streams.screening.answer import Answer, Event
from streams.screening.publication import publication
from streams.screening.screener import MOST_SAMPLES, Screener
from streams.screening.snapshot import Snapshot
from streams.screening.tally import Tally

NOW = datetime(2025, 10, 1, 12, tzinfo=UTC)
POLICY = files("streams.matching").joinpath("policy.toml").read_text(encoding="utf-8")
NEAR = {"name": "Inspur Hardware"}
"""Like two listed names, by 0.55 each."""


@cache
def _policy(share: float, margin: float = 0.2) -> Policy:
    return Policy.from_toml(POLICY.replace("share = 0.0\nmargin = 0.1", f"share = {share}\nmargin = {margin}"))


@cache
def _snapshot() -> Snapshot:
    return Snapshot.of_lists([load_list("bundled")], NOW)


def _answer(*parties: Mapping[str, object], policy: Policy | None = None, snapshot: Snapshot | None = None) -> Answer:
    event = {"transaction_id": "T", "parties": parties}
    return screened(event, Screener(policy or _policy(1.0)), snapshot or _snapshot(), NOW, NOW)


def test_nothing_is_drawn_unless_asked_for() -> None:
    assert Policy.default().sampling is None
    assert not _answer(NEAR, policy=Policy.default()).samples
    without = POLICY[: POLICY.index("[sampling]")] + POLICY[POLICY.index("# Listings that count only") :]
    assert Policy.from_toml(without).version == Policy.default().version != _policy(1.0).version


def test_a_sample_stops_nothing_and_says_what_it_is() -> None:
    answered = _answer(NEAR)
    decision = answered.decision
    assert (decision.outcome, decision.alert_ids, answered.alerts) == ("clear", (), ())
    assert decision.samples == tuple(sample.alert_id for sample in answered.samples)
    assert len(set(decision.samples)) == 2
    for sample in answered.samples:
        assert (sample.outcome, sample.threshold) == ("sample", 0.7)
        assert 0.5 <= sample.score < 0.7
        assert sample.summary.startswith("quality sample, below the review threshold: ")
        assert sample.evidence
    assert not _answer(NEAR, policy=_policy(1.0, margin=0.1)).samples


def test_hits_are_what_they_were() -> None:
    parties = ({"name": "Inspur Sofware Trading", "role": "bank"}, NEAR, {"name": "Ann Quist"})
    plain, sampled = _answer(*parties, policy=Policy.default()), _answer(*parties)
    assert plain.decision.outcome == sampled.decision.outcome == "hold"
    assert plain.decision.alert_ids == sampled.decision.alert_ids
    hit = {alert.listed.entry_id for alert in sampled.alerts}
    assert {sample.party_index for sample in sampled.samples} == {0, 1}
    assert not any(sample.party_index == 0 and sample.listed.entry_id in hit for sample in sampled.samples)


def test_a_declared_owner_may_be_a_sample_and_is_no_listed_owner() -> None:
    answered = _answer({"name": "Mondell Paper", "owners": [{"name": "Inspur Hardware", "percent": 60}]})
    assert answered.decision.outcome == "clear"
    assert {sample.field for sample in answered.samples} == {"owners[0].name"}
    both = _answer({**NEAR, "owners": [NEAR]})
    assert [sample.field for sample in both.samples] == ["name", "name"]


def test_an_entry_that_is_not_in_force_is_no_sample() -> None:
    entries = [msgspec.structs.replace(entry, effective_to=date(2025, 9, 1)) for entry in load_list("bundled").entries]
    snapshot = Snapshot.of_lists([LoadedList("us_bis_additions", tuple(entries))], NOW)
    assert not _answer(NEAR, snapshot=snapshot).samples


def test_an_event_has_only_so_many() -> None:
    assert len(_answer(*[{"name": f"Inspur Hardware {chr(65 + n)}"} for n in range(10)]).samples) == MOST_SAMPLES


def test_who_is_drawn_depends_on_party_and_entry_alone_and_grows_with_the_share() -> None:
    pairs = [(f"{n:032x}", "a_list", str(n % 7)) for n in range(4_000)]
    drawn = {
        share: {pair for pair in pairs if SamplingRules(share=share, margin=0.1).draws(*pair)} for share in (0.1, 0.4)
    }
    assert drawn[0.1] < drawn[0.4]
    assert 0.08 < len(drawn[0.1]) / len(pairs) < 0.12
    assert 0.37 < len(drawn[0.4]) / len(pairs) < 0.43


def test_a_sample_that_its_topic_does_not_take_is_left_out_and_refuses_nothing() -> None:
    answered = _answer(NEAR)
    first, second = answered.samples
    large = msgspec.structs.replace(answered, samples=(msgspec.structs.replace(first, summary="x" * 100_000), second))
    published = publication(large, Event(b"{}", SOURCE, NOW), 100_000)
    assert published.answer.decision.outcome == "clear"
    assert published.answer.decision.samples == (second.alert_id,)
    assert len(published.alerts) == 1


def test_samples_are_no_alerts_in_the_metrics() -> None:
    metrics, tally = Metrics(), Tally()
    tally.add(_answer(NEAR))
    message: Any = SimpleNamespace(timestamp=lambda: (1, 0))
    tally.tell(metrics, [message], 1, 0.1)
    told = generate_latest(metrics.registry).decode()
    assert 'highfence_quality_samples_total{source="us_bis_additions"} 2.0' in told
    assert "highfence_alerts_total{" not in told


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ("share = 2.0\nmargin = 0.1", "sampling: Expected `float` <= 1"),
        ("share = 0.5\nmargin = 0.7", r"sampling.margin: got 0.7; allowed: below every review threshold \(0.7\)"),
        ("share = 0.5", "sampling: Object missing required field `margin`"),
        ("share = 0.5\nmargin = 0.1\nmost = 3", "sampling: Object contains unknown field `most`"),
    ],
)
def test_wrong_rules_are_refused(rules: str, told: str) -> None:
    with pytest.raises(PolicyError, match=told):
        Policy.from_toml(POLICY.replace("share = 0.0\nmargin = 0.1", rules))

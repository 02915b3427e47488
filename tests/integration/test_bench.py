"""Each benchmark of the stream at a small size: it measures, and says what it says it measures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from streams.cli import main
from streams.invented.trade import Trade
from streams.kafka.local import LocalBroker
from streams.lists.loading import load_list

pytestmark = pytest.mark.kafka


def bench(kafka: LocalBroker, *arguments: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(main, ["bench", *arguments, "--bootstrap", kafka.bootstrap_servers, "--json"])
    assert result.exit_code == 0, result.output
    measured = json.loads(result.stdout.splitlines()[-1])
    assert isinstance(measured, list)
    return measured


def test_pipeline(kafka: LocalBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.bench.pipeline.others", list)
    picture = tmp_path / "pipeline.png"
    small = ("--events", "600", "--cold-events", "100", "--population", "50", "--rounds", "1", "--ownership-edges=99")
    passed, realistic, unflagged, owned, cold = bench(kafka, "pipeline", *small, "--plot", str(picture))
    assert [passed["name"], passed["share"]] == ["pass-through", 1.0]
    names = [each["name"] for each in (realistic, unflagged, owned, cold)]
    assert names == [
        "screening, realistic", "realistic, without flags", "realistic, with ownership", "screening, every party new"
    ]  # fmt: skip
    for each, least in ((passed, 600), (realistic, 600), (unflagged, 600), (owned, 600), (cold, 100)):
        (one,) = each["rounds"]
        assert 0 < one["events"] <= 2 * least
        assert one["transactions"] >= 1
    assert picture.stat().st_size > 1000


def test_latency(kafka: LocalBroker) -> None:
    arguments = ("--rate", "50", "--seconds", "4", "--warm-events", "50", "--population", "20")
    waits = bench(kafka, "latency", *arguments)
    assert [(each["contestant"], each["releases"]) for each in waits] == [
        ("pass-through", 0), ("screening", 0), ("screening", 2),
    ]  # fmt: skip
    assert all(each["events"] == 200 for each in waits)
    assert all(0 < each["p50"] <= each["p99"] <= each["p999"] for each in waits)


def test_scale(kafka: LocalBroker) -> None:
    arguments = ("--events", "1000", "--workers", "2", "--times", "2", "--populations", "30", "--population", "20")
    scaled = bench(kafka, "scale", *arguments)
    assert [(each["varied"], each["workers"], each["entries"], each["population"]) for each in scaled] == [
        ("workers", 2, 80, 20), ("list", 1, 160, 20), ("population", 1, 80, 30),
    ]  # fmt: skip


def test_trade_is_the_same_for_a_seed_and_repeats_parties() -> None:
    entries = load_list("bundled").entries
    orders = list(Trade(entries, population=100).orders(300))
    assert orders == list(Trade(entries, population=100).orders(300))
    assert orders[200:] == list(Trade(entries, population=100).orders(100, start=200))
    assert orders != list(Trade(entries, population=100, seed=1).orders(300))
    sizes = [len(value) for _, value in orders]
    assert 900 < sum(sizes) / len(sizes) < 1500
    parties = [json.loads(value)["parties"] for _, value in orders]
    assert all(3 <= len(each) <= 6 for each in parties)
    assert len({party["name"] for each in parties for party in each}) <= 110
    new = [json.loads(value)["parties"] for _, value in Trade(entries, population=None).orders(300)]
    names = [party["name"] for each in new for party in each]
    assert len(set(names)) > 0.99 * len(names)

"""The benchmarks measure what they say."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from streams.bench.contestants import Measured, Stopwatch, run_worker
from streams.bench.decode import bench_decode
from streams.bench.match import bench_match
from streams.bench.stage import Stage
from streams.cli import main
from streams.errors import ListError, StreamError
from streams.invented.names import grown, unseen_names
from streams.lists.loading import load_list
from streams.matching import Policy
from streams.records.list_entry import ListedName
from streams.screening.worker import Worker
from streams.settings import KafkaSettings, Settings, load_settings

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


def test_a_list_of_few_words_grows_or_is_refused() -> None:
    one_word, two_words = (
        [msgspec.structs.replace(ENTRIES[0], names=(ListedName(name=name),))]
        for name in ("Quvelian", "Quvelian Marstrand")
    )
    for entries in (one_word, two_words):
        assert len(grown(entries, 5, seed=1)) == 5
        with pytest.raises(ListError, match="too few to make 2,000 others"):
            unseen_names(entries, 2_000, seed=1)


def test_the_stopwatch_measures_what_comes_after_the_first(tmp_path: Path) -> None:
    file = tmp_path / "measured"
    watch = Stopwatch(125, 125, file)
    told = [watch.done(done, transactions) for transactions, done in enumerate((100, 200, 249, watch.enough))]
    assert told == [False, False, False, True]
    measured = msgspec.json.decode(file.read_bytes(), type=Measured)
    assert (measured.events, measured.transactions) == (50, 2)
    assert measured.rate == 50 / measured.seconds
    assert [done for _, done in measured.progress] == [49, 50]


def test_what_was_done_at_one_go_is_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **_: object) -> None:
        watch = Stopwatch(int(command[4]), int(command[5]), Path(command[6]))
        assert [watch.done(200), watch.done(200)] == [False, True]

    monkeypatch.setattr("streams.bench.stage.subprocess.run", run)
    with pytest.raises(StreamError, match="screening did 200 events at one go: measure with more of them"):
        Stage(KafkaSettings(bootstrap_servers="127.0.0.1:1"), "bench.").measure("screening", "run", 100, 100)


def test_what_takes_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Worker):
        def run(self) -> None:
            self.decided = 7
            self._stop.wait()

    monkeypatch.setattr("streams.bench.contestants._PATIENCE_SECONDS", 0.05)
    with pytest.raises(StreamError, match="7 events were done within 0 s: measure fewer"):
        run_worker(Slow, Settings(), Stopwatch(10, 10, tmp_path / "measured"))


def test_processes_that_are_measured_reach_the_same_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its user and password; what the environment says of another one does not count."""
    monkeypatch.setenv("HIGHFENCE_KAFKA__PROPERTIES", '{"security.protocol": "SSL"}')
    stage = Stage(KafkaSettings(bootstrap_servers="broker:9093", properties={"sasl.username": "bench"}), "bench.")
    environment = stage.environment("run")
    monkeypatch.delenv("HIGHFENCE_KAFKA__PROPERTIES")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert load_settings().kafka == stage.settings.kafka == stage.kafka


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("match", "--list", "bundled", "--queries", "100", "--compared", "101"), "there are 100 queries only"),
        (("pipeline", "--plot", "nowhere/x.png"), "there is no directory nowhere"),
        (("scale", "--plot", "."), "is a directory"),
        (("latency", "--seconds", "1"), "is not in the range 3<=x<=300"),
    ],
)
def test_what_cannot_be_measured_is_told_at_once(arguments: tuple[str, ...], told: str) -> None:
    result = CliRunner().invoke(main, ["bench", *arguments])
    assert (result.exit_code, told in result.output) == (2, True)


def test_a_picture_is_refused_before_measuring_where_none_can_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.bench.picture.importlib.util.find_spec", lambda _: None)
    result = CliRunner().invoke(main, ["bench", "scale", "--plot", "x.png", "--bootstrap", "127.0.0.1:1"])
    assert (result.exit_code, result.output) == (
        2,
        "highfence: --plot needs matplotlib: pip install 'highfence[plot]'\n",
    )

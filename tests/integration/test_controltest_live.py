"""A control test through the stream: what offline screening finds, and nothing of it on the platforms' topics."""

from __future__ import annotations

from datetime import UTC, datetime

from click.testing import CliRunner
from live import running, send, wait_until

from streams.cli import main
from streams.controltest.live import run_live
from streams.controltest.report import as_html
from streams.controltest.run import Run, run_offline
from streams.invented.orders import order
from streams.kafka.tail import read_topic
from streams.kafka.topics import CONTROL_TEST, TopicNames
from streams.lists.loading import LoadedList, load_list
from streams.lists.publisher import publish
from streams.matching import Policy
from streams.screening.screener import Screener
from streams.screening.worker import Worker
from streams.settings import Settings


def test_the_stream_finds_what_a_file_does_and_no_desk_hears_of_it(settings: Settings) -> None:
    policy, bundled = Policy.default(), load_list("bundled")
    listed = LoadedList(bundled.source, bundled.entries[1:])
    run = Run("A. Tester", datetime.now(UTC), 3, 1)
    environment = {
        "HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "HIGHFENCE_TOPICS__PREFIX": settings.topics.prefix,
        "HIGHFENCE_TOPICS__PARTITIONS": "2",
    }
    result = CliRunner().invoke(main, ["controltest", "--live", "--by", "A. Tester"], env=environment)
    assert (result.exit_code, "no list is in force" in result.output) == (2, True), result.output
    with running(lambda stop: Worker(settings, policy, stop)) as worker:
        for number, each in enumerate((bundled, listed), start=1):
            publish(each, settings)
            wait_until(lambda each=each: len(worker.snapshot.index) == len(each.entries))  # type: ignore[misc]
            send(settings, [order(f"PO-{number}", [{"name": "Velavia Toys GmbH"}], frozenset({"clear"}))])
            wait_until(lambda number=number: worker.decided == number)  # type: ignore[misc]
        report = run_live(settings, policy, (), run)
    offline = run_offline([listed], Screener(policy), run)
    assert (report.rows, report.clean, report.sweep) == (offline.rows, offline.clean, offline.sweep)
    assert [row.found.rate for row in report.totals if row.mutation == "exact"] == [1.0]
    assert report.releases[listed.source].digest == offline.releases[listed.source].digest
    (in_force,) = report.in_force
    assert in_force.release_id == report.releases[listed.source].release_id
    assert in_force.earlier == 0
    assert (report.stream_policies, report.other_policies) == ((policy.version,), [])
    assert in_force.seconds is not None
    assert 0 <= in_force.seconds < 60
    assert "From publication to force" in as_html(report)

    names, tests = TopicNames(settings.topics.prefix), TopicNames(settings.topics.prefix, CONTROL_TEST)
    topics = (names.decisions, names.alerts, names.dead_letters, names.parties)
    assert [sum(1 for _ in read_topic(settings, topic)) for topic in topics] == [2, 0, 0, 2]
    sent = [dict(message.headers() or ()) for message in read_topic(settings, tests.transactions)]
    assert len(sent) == report.clean.asked + sum(row.found.asked for row in report.totals)
    assert all("highfence-controltest" in headers for headers in sent)

"""``highfence demo``: the whole of Highfence on a Kafka of its own, checked against what must come out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Producer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.demo.cases import HELD, broken_events, cases, second_release_entries, waiting_order
from streams.errors import LocalBrokerError, StreamError
from streams.invented.orders import Order, ordinary_orders
from streams.kafka.clients import connect, producer_config
from streams.kafka.local import LocalBroker, free_port
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames, apply_topics
from streams.lists.loading import LoadedList, load_list
from streams.lists.publisher import publish
from streams.records.alert import Alert
from streams.records.codec import decode
from streams.records.dead_letter import DeadLetter
from streams.records.decision import Decision
from streams.records.list_release import ListRelease
from streams.settings import KafkaSettings, MetricsSettings, Settings, TopicSettings
from streams.terminal import alert_lines, clip

ORDINARY_ORDERS = 2000
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out for one order, beside what had to."""

    order: Order
    outcomes: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Exactly one decision, and a right one."""
        return len(self.outcomes) == 1 and self.outcomes[0] in self.order.expected


def run_demo(console: Console, keep: bool) -> bool:
    """Run the demo; True when everything came out as it must. Leaves nothing running.

    With ``keep`` the broker and the worker stay up until Ctrl-C. Raises HighfenceError when something cannot be
    started.
    """
    started = time.monotonic()
    say = _teller(console, started)
    with (
        tempfile.TemporaryDirectory(prefix="highfence-demo-", ignore_cleanup_errors=True) as folder,
        LocalBroker(Path(folder) / "kafka", report=say) as broker,
    ):
        settings = Settings(
            kafka=KafkaSettings(bootstrap_servers=broker.bootstrap_servers),
            topics=TopicSettings(partitions=3),
            metrics=MetricsSettings(port=free_port()),
        )
        say(f"creating {len(apply_topics(settings))} topics")
        bundled = load_list("bundled")
        first = publish(bundled, settings)
        say(f"published {bundled.source}: {first.entries} entries, release {first.release_id}")
        with _worker(settings, Path(folder) / "worker.log", say) as url:
            right = _screen_orders(console, say, settings)
            right &= _second_release(console, say, settings, bundled, url)
            _show_metrics(console, url)
            say("done: everything as expected" if right else "done: NOT as expected")
            if keep:
                _stay(console, settings)
    return right


def _screen_orders(console: Console, say: Callable[[str], None], settings: Settings) -> bool:
    special = [*cases(), waiting_order()]
    broken = broken_events()
    ordinary = list(ordinary_orders(ORDINARY_ORDERS))
    orders = _interleave(ordinary, [*special, *broken])
    say(
        f"sending {len(orders):,} events: {len(ordinary):,} ordinary orders, {len(special)} cases, {len(broken)} broken"
    )
    _send(settings, orders)
    decisions = _await_decisions(settings, len(orders), say)
    outcomes = [Outcome(order, tuple(decisions.get(order.transaction_id, ()))) for order in orders]
    names = TopicNames(settings.topics.prefix)
    alerts = [decode(Alert, message.value() or b"", names.alerts) for message in read_topic(settings, names.alerts)]
    letters = [
        decode(DeadLetter, message.value() or b"", names.dead_letters)
        for message in read_topic(settings, names.dead_letters)
    ]
    console.print("\nThe alerts, as [bold]highfence watch[/] shows them:\n")
    for alert in sorted(alerts, key=lambda alert: (alert.transaction_id, -alert.score)):
        console.print(alert_lines(alert))
    shown = {order.transaction_id for order in [*special, *broken]}
    console.print("\nWhat each case came to:")
    console.print(_case_table([outcome for outcome in outcomes if outcome.order.transaction_id in shown]))
    untouched = {order.payload for order in broken} == {letter.value for letter in letters}
    counts = Counter(outcome for each in outcomes for outcome in each.outcomes)
    console.print("\nThe counts:")
    console.print(_count_table(orders, counts, len(letters), len(broken), untouched))
    return all(outcome.right for outcome in outcomes) and len(letters) == len(broken) and untouched


def _second_release(
    console: Console, say: Callable[[str], None], settings: Settings, bundled: LoadedList, url: str
) -> bool:
    added = second_release_entries(bundled.source)
    second = publish(LoadedList(bundled.source, (*bundled.entries, *added)), settings)
    committed = time.monotonic()
    say(f"published a second release live: {second.added} added, {second.entries} entries")
    _await_release(url, second, 2)
    say(f"seen in force {1000 * (time.monotonic() - committed):.0f} ms after publish returned")
    again = waiting_order()
    _send(settings, [again])
    decisions = _await_decisions(settings, 2, say, only=again.transaction_id)[again.transaction_id]
    table = Table()
    for heading in ("transaction", "before", "after", "as expected"):
        table.add_column(heading)
    right = len(decisions) == 2 and decisions[0] == "clear" and decisions[1] in HELD
    table.add_row(again.transaction_id, *(decisions[:2] if len(decisions) == 2 else (str(decisions), "")), _mark(right))
    console.print("\nThe same order before and after the second release:")
    console.print(table)
    return right


def _interleave(ordinary: Sequence[Order], special: Sequence[Order]) -> list[Order]:
    """The special orders spread evenly among the ordinary ones."""
    step = len(ordinary) // len(special)
    mixed: list[Order] = []
    for position, each in enumerate(special):
        mixed += [*ordinary[position * step : (position + 1) * step], each]
    return mixed + list(ordinary[len(special) * step :])


def _send(settings: Settings, orders: Sequence[Order]) -> None:
    producer = connect(Producer, producer_config(settings))
    topic = TopicNames(settings.topics.prefix).transactions
    for order in orders:
        producer.produce(topic, order.payload, order.transaction_id.encode())
        producer.poll(0)
    if left := producer.flush(_PATIENCE_SECONDS):
        raise StreamError(f"{left} of {len(orders)} events could not be sent to {topic}")


def _await_decisions(
    settings: Settings, count: int, say: Callable[[str], None], only: str | None = None
) -> Mapping[str, list[str]]:
    """The outcomes by transaction, in order, once ``count`` decisions are there or patience ends."""
    decisions: dict[str, list[str]] = {}
    seen = 0
    deadline = time.monotonic() + _PATIENCE_SECONDS
    waiting = f"waiting for {count:,} decisions"
    told = time.monotonic()

    def enough() -> bool:
        nonlocal told
        if time.monotonic() - told > 1:
            say(f"{waiting}: {seen:,} so far")
            told = time.monotonic()
        return seen >= count or time.monotonic() > deadline

    topic = TopicNames(settings.topics.prefix).decisions
    for message in read_topic(settings, topic, until=enough):
        decision = decode(Decision, message.value() or b"", topic)
        if only is None or decision.transaction_id == only:
            decisions.setdefault(decision.transaction_id, []).append(decision.outcome)
            seen += 1
    return decisions


@contextmanager
def _worker(settings: Settings, log: Path, say: Callable[[str], None]) -> Iterator[str]:
    """A worker as a process of its own; its web address, once it is ready."""
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("HIGHFENCE_")},
        "HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "HIGHFENCE_METRICS__PORT": str(settings.metrics.port),
    }
    url = f"http://{settings.metrics.host}:{settings.metrics.port}"
    say(f"starting a worker, waiting for {url}/readyz")
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "streams.cli", "worker"], env=environment, stderr=output)
        try:
            _await(lambda: _get(f"{url}/readyz") is not None, process, log)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await(done: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not done():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:])
            raise LocalBrokerError(f"the worker did not become ready; its log ends with:\n{tail}")
        time.sleep(0.05)


def _await_release(url: str, release: ListRelease, applied: int) -> None:
    pattern = re.compile(rf'highfence_releases_applied_total{{source="{re.escape(release.source)}"}} (\d+)')
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = pattern.search(_get(f"{url}/metrics") or "")
        if found and int(found.group(1)) >= applied:
            return
        time.sleep(0.01)
    raise StreamError(f"release {release.release_id} was not in force after {_PATIENCE_SECONDS:.0f} s")


def _get(url: str) -> str | None:
    """The page, or None while the server refuses or is not ready."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own http address
            return str(response.read().decode())
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


def _case_table(outcomes: Sequence[Outcome]) -> Table:
    table = Table()
    for heading in ("transaction", "shows", "decision", "as expected"):
        table.add_column(heading, overflow="ellipsis", no_wrap=True)
    for outcome in sorted(outcomes, key=lambda outcome: outcome.order.transaction_id):
        table.add_row(
            outcome.order.transaction_id,
            clip(outcome.order.shows, 36),
            ", ".join(outcome.outcomes) or "none",
            _mark(outcome.right),
        )
    return table


def _count_table(orders: Sequence[Order], counts: Counter[str], letters: int, broken: int, untouched: bool) -> Table:
    table = Table()
    for heading in ("", "expected", "came", "as expected"):
        table.add_column(heading, justify="right" if heading in ("expected", "came") else "left")
    clear = sum(order.expected == {"clear"} for order in orders)
    error = sum(order.expected == {"error"} for order in orders)
    stopped = len(orders) - clear - error
    rows = (
        ("decisions", len(orders), counts.total()),
        ("clear", clear, counts["clear"]),
        ("hold or review", stopped, counts["hold"] + counts["review"]),
        ("error", error, counts["error"]),
        ("dead letters", broken, letters),
        ("dead letters, bytes untouched", broken, broken if untouched else 0),
    )
    for name, expected, came in rows:
        table.add_row(name, f"{expected:,}", f"{came:,}", _mark(expected == came))
    return table


def _mark(right: bool) -> Text:
    return Text("yes", style="green") if right else Text("NO", style="bold red")


def _show_metrics(console: Console, url: str) -> None:
    page = _get(f"{url}/metrics") or ""
    console.print(f"\nMetrics at {url}/metrics, among them:")
    for line in page.splitlines():
        if re.match(r"highfence_(events|alerts|dead_letters|index_entries|releases_applied)(_total)?{", line):
            console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)


def _stay(console: Console, settings: Settings) -> None:
    console.print(
        f"\nKafka at {settings.kafka.bootstrap_servers} and the worker stay up until Ctrl-C. Try in another terminal:\n"
        f"  HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS={settings.kafka.bootstrap_servers} highfence watch --from-beginning",
        markup=False,
    )
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        console.print("stopping")


def _teller(console: Console, started: float) -> Callable[[str], None]:
    def say(what: str) -> None:
        console.print(f"[{time.monotonic() - started:5.1f} s] {what}", markup=False, highlight=False, soft_wrap=True)

    return say

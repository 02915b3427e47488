"""The console in a real browser: headless Chromium, a worker, and a desk on a real Kafka.

Chromium is the system's (Debian's package ``chromium``); where there is none, these tests are skipped. The pages they
see are kept as pictures under ``tests/browser/pictures``, which git ignores.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from desks import TOKENS, RunningDesk, desk_of, screening_settings, with_people
from live import running, send, wait_until

from streams.invented.orders import Order, order, ordinary_orders
from streams.kafka.local import LocalBroker
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.lists.loading import LoadedList, load_list
from streams.lists.publisher import publish
from streams.matching import Policy
from streams.records.codec import decode
from streams.records.decision import Decision
from streams.screening.worker import Worker
from streams.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Dialog

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium"),
]

PICTURES = Path(__file__).parent / "pictures"
WITHIN_MS = 20_000
ENTRY = "inspur-taiwan.tw"


@pytest.fixture(scope="module")
def settings(kafka: LocalBroker) -> Settings:
    made = screening_settings(kafka)
    publish(load_list("bundled-cn"), made)
    return made


@pytest.fixture(scope="module")
def desk(settings: Settings) -> Iterator[RunningDesk]:
    """A desk with a worker before it, and some alerts to look at."""
    with (
        desk_of(with_people(settings)) as made,
        running(lambda stop: Worker(settings, Policy.default(), stop)),
    ):
        names = [entry.names[0].name for entry in load_list("bundled").entries[:25]]
        parties = [
            order(f"PO-{number}", [{"name": name, "role": "end_user", "country": "CN"}], frozenset())
            for number, name in enumerate(names)
        ]
        send(settings, [*parties, *ordinary_orders(50)])
        wait_until(lambda: len(made.cases()) >= 20)
        yield made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    PICTURES.mkdir(exist_ok=True)
    with sync_api.sync_playwright() as playwright:
        # A container's root has no user namespaces for Chromium's own sandbox, and the pages are our own.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Desk:
    """A person's browser at the desk; every complaint of the browser fails the test."""

    def __init__(self, chromium: Browser, desk: RunningDesk, name: str, **context: Any) -> None:
        self.url = desk.url
        self.complaints: list[str] = []
        self.context = chromium.new_context(viewport={"width": 1360, "height": 900}, **context)
        self.page = self.context.new_page()
        self.page.set_default_timeout(WITHIN_MS)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._asked)
        self.page.on("console", self._heard)
        self.page.goto(f"{self.url}/login")
        self.page.get_by_label("Your token").fill(TOKENS[name][1])
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_text("live", exact=True).wait_for()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _asked(self, dialog: Dialog) -> None:
        self.complaints.append("a script ran")
        dialog.dismiss()

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)
        if path.startswith(("/cases", "/alerts")) and "audit" not in path:
            self.page.get_by_text("live", exact=True).wait_for()

    def picture(self, name: str, full: bool = True) -> None:
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=full)

    def close(self) -> None:
        self.context.close()
        assert self.complaints == []


Open = Callable[..., Desk]


@pytest.fixture
def at_desk(chromium: Browser, desk: RunningDesk) -> Iterator[Open]:
    """Opens the console as somebody."""
    opened: list[Desk] = []

    def open_as(name: str, **context: Any) -> Desk:
        opened.append(Desk(chromium, desk, name, **context))
        return opened[-1]

    yield open_as
    for each in opened:
        each.close()


def decision_of(settings: Settings, transaction_id: str) -> Decision:
    topic = TopicNames(settings.topics.prefix).decisions
    found: list[Decision] = []

    def look() -> bool:
        decisions = (decode(Decision, message.value() or b"", topic) for message in read_topic(settings, topic))
        found[:] = [each for each in decisions if each.transaction_id == transaction_id]
        return bool(found)

    wait_until(look)
    return found[0]


def to_namesake(transaction_id: str) -> Order:
    party = {"name": "Inspur Taiwan Ltd", "role": "ultimate_consignee", "country": "TW"}
    return order(transaction_id, [{"name": "Velavia Machine Tools GmbH", "country": "DE"}, party], frozenset())


def test_from_the_order_to_the_clearance_and_back(at_desk: Open, desk: RunningDesk, settings: Settings) -> None:
    """The whole way of an alert, by two people in two browsers."""
    expect = sync_api.expect
    expect.set_options(timeout=WITHIN_MS)
    mia, chen = at_desk("mia"), at_desk("chen")

    # An order to a listed party appears by itself, within two seconds of being sent; a busy machine may try again.
    mia.go("/cases?state=undecided")
    waits = [until_shown(mia, settings, number) for number in range(1, 3)]
    if min(waits) >= 2:
        waits.append(until_shown(mia, settings, 3))
    assert min(waits) < 2, waits
    mia.picture("1-appears")

    # Filters, by themselves and together; keys.
    mia.page.get_by_label("Role").select_option("ultimate_consignee")
    mia.page.wait_for_url("**role=ultimate_consignee**")
    expect(mia.page.locator("tr[data-case]")).to_have_count(1)
    mia.page.get_by_label("Country").select_option("TW")
    mia.page.wait_for_url("**country=TW**")
    mia.page.keyboard.press("Escape")
    mia.page.locator("body").press("/")
    mia.page.keyboard.type("inspur tai")
    mia.page.keyboard.press("Enter")
    mia.page.wait_for_url("**text=inspur**")
    mia.picture("2-filtered")
    mia.page.locator("#main").focus()
    mia.page.keyboard.press("j")
    mia.page.keyboard.press("Enter")
    mia.page.wait_for_url("**/cases/*")

    # The names side by side with the words marked, the reasons as sentences; Mia proposes.
    heading = mia.page.get_by_role("heading", level=1)
    expect(heading.locator("mark.m-same")).to_have_text(["Inspur", "Taiwan"])
    expect(mia.page.get_by_text("“inspur” is in both names.")).to_be_visible()
    case_path = mia.page.url.removeprefix(mia.url)
    chen.go(case_path)
    mia.page.keyboard.press("r")
    mia.page.keyboard.type("A namesake: another registration number, see <b>extract</b>.")
    mia.page.get_by_label("False positive", exact=True).check()
    mia.picture("3-proposing")
    mia.page.get_by_role("button", name="Propose").click()
    expect(mia.page.get_by_text("Another person has to check it.").first).to_be_visible()
    expect(mia.page.get_by_role("button", name="Confirm")).to_have_count(0)

    # Chen's page has changed by itself; a second person checks.
    expect(chen.page.get_by_role("heading", name="Check the proposal")).to_be_visible()
    expect(chen.page.get_by_text("another registration number, see <b>extract</b>").first).to_be_visible()
    chen.picture("4-checking")
    chen.page.get_by_role("button", name="Confirm").click()
    expect(chen.page.get_by_text("Confirmed. The case is closed.")).to_be_visible()
    expect(mia.page.get_by_role("heading", name="Closed")).to_be_visible()
    chen.picture("5-closed")

    # The clearance suppresses the next order ...
    case_id = case_path.removeprefix("/cases/").partition("?")[0]
    wait_until(lambda: suppressed(settings))
    assert desk.case(case_id)["state"] == "false_positive"

    # ... and a changed entry brings it back.
    entries = load_list("bundled").entries
    changed = [
        msgspec.structs.replace(entry, remarks="moved") if entry.entry_id == ENTRY else entry for entry in entries
    ]
    chen.go("/cases?state=reopened")
    expect(chen.page.get_by_text("No case fits.")).to_be_visible()
    publish(LoadedList("us_bis_additions", tuple(changed)), settings)
    wait_until(lambda: alerted(settings, desk, case_id))
    expect(chen.page.locator("tr[data-case]", has_text="Inspur Taiwan Ltd")).to_be_visible()
    chen.page.locator("tr[data-case] a").first.click()
    expect(chen.page.get_by_text("the listed entry has changed since")).to_be_visible()
    chen.picture("6-reopened")


def until_shown(mia: Desk, settings: Settings, number: int) -> float:
    """How long it takes, in seconds, from sending an order to seeing its case."""
    if number == 1:
        sent, shown = to_namesake("PO-NAMESAKE-1"), "Inspur Taiwan Ltd"
    else:
        shown = f"Inspur Taiwan {('Inc', 'GmbH')[number - 2]}"
        sent = order(f"PO-SHOWN-{number}", [{"name": shown, "country": "TW"}], frozenset())
    sent_at = time.monotonic()
    send(settings, [sent])
    mia.page.locator("tr[data-case]", has_text=shown).first.wait_for(timeout=WITHIN_MS)
    return time.monotonic() - sent_at


_sent = iter(range(10_000))


def suppressed(settings: Settings) -> bool:
    """Whether the worker, which hears of clearances a moment later, suppresses the hit of an order sent now."""
    transaction_id = f"PO-CLEARED-{next(_sent)}"
    send(settings, [to_namesake(transaction_id)])
    decision = decision_of(settings, transaction_id)
    return any(hit.entry_id == ENTRY for hit in decision.suppressed) and decision.outcome == "clear"


def alerted(settings: Settings, desk: RunningDesk, case_id: str) -> bool:
    """Whether the hit of an order sent now is an alert, and reopens the case."""
    transaction_id = f"PO-CHANGED-{next(_sent)}"
    send(settings, [to_namesake(transaction_id)])
    if decision_of(settings, transaction_id).outcome == "clear":
        return False
    wait_until(lambda: desk.case(case_id)["state"] == "reopened")
    return True


PAGES = {"cases": "/cases", "alerts": "/alerts", "lists": "/lists", "health": "/health"}

CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest("svg, dialog, :disabled, option")) continue;
    const [one, other] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${element.outerHTML.slice(0, 80)}`);
  }
  return poor;
}"""

UNLABELLED = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a")]
  .filter((each) => !(each.labels && each.labels.length) && !each.textContent.trim() && !each.ariaLabel)
  .map((each) => each.outerHTML)"""


@pytest.mark.parametrize(
    ("scheme", "size", "width", "height"), [("light", "wide", 1360, 900), ("dark", "phone", 390, 844)]
)
def test_pages_can_be_read_and_used(
    at_desk: Open, desk: RunningDesk, scheme: str, size: str, width: int, height: int
) -> None:
    """Contrast of all text, a label on every control, nothing wider than the screen; pictures of each page."""
    mia = at_desk("mia", color_scheme=scheme)
    mia.page.set_viewport_size({"width": width, "height": height})
    case_id = max(desk.cases(), key=lambda case: len(case["listed"]["names"]))["case_id"]
    pages = {**PAGES, "case": f"/cases/{case_id}", "audit": f"/cases/{case_id}/audit"}
    for name, path in pages.items():
        mia.go(path)
        mia.picture(f"{name}-{size}-{scheme}", full=name != "cases")
        assert mia.page.evaluate(CONTRAST) == [], name
        assert mia.page.evaluate(UNLABELLED) == [], name
        assert mia.page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert mia.page.locator("h1").count() == 1, name


def test_hostile_names_run_nothing(at_desk: Open, desk: RunningDesk, settings: Settings) -> None:
    harmful = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    party = {"name": harmful, "alt_names": ["Inspur Taiwan"], "role": harmful, "country": "'\"><svg onload=alert(3)>"}
    send(settings, [order(f"PO-{harmful}", [party], frozenset())])
    mia = at_desk("mia")
    wait_until(lambda: desk.cases("text=onerror"))
    case_id = desk.cases("text=onerror")[0]["case_id"]
    for path in ("/cases?text=onerror", "/alerts", f"/cases/{case_id}", f"/cases/{case_id}/audit"):
        mia.go(path)
        shown = mia.page.locator("td.main, .named, article b", has_text=harmful)
        sync_api.expect(shown.first).to_be_visible()
    assert mia.page.evaluate("document.querySelectorAll('main img, main script').length") == 0


def test_what_was_written_stays_when_it_came_too_late(at_desk: Open, desk: RunningDesk) -> None:
    mia, case_id = at_desk("mia"), desk.cases("state=open")[-1]["case_id"]
    mia.go(f"/cases/{case_id}")
    reason = mia.page.get_by_role("textbox", name="Comment")
    reason.fill("half an hour's thought")
    assert desk.act(case_id, "chen", action="comment", reason="faster").status_code == 201
    mia.page.get_by_text("this case has changed").wait_for()
    mia.page.get_by_role("button", name="Keep").click()
    mia.page.get_by_text("live", exact=True).wait_for()
    mia.page.wait_for_timeout(500)  # in which the page would be fetched again
    sync_api.expect(mia.page.get_by_role("alert")).to_contain_text("has changed since you read it")
    sync_api.expect(reason).to_have_value("half an hour's thought")
    mia.complaints[:] = [each for each in mia.complaints if "409" not in each]


def test_the_pages_work_without_scripts(chromium: Browser, desk: RunningDesk) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{desk.url}/cases")
    page.get_by_label("Your token").fill(TOKENS["mia"][1])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Outcome").select_option("hold")
    page.get_by_role("button", name="Filter").click()
    page.locator("tr[data-case] a").first.click()
    page.get_by_role("textbox", name="Comment").fill("without scripts")
    page.get_by_role("button", name="Keep").click()
    sync_api.expect(page.get_by_text("Comment kept.")).to_be_visible()
    context.close()

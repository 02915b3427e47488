"""A desk in a thread of this process, and people who use it over HTTP."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from live import PATIENCE

from streams.desk.app import Desk
from streams.desk.people import token_hash
from streams.desk.web.server import serving
from streams.kafka.local import LocalBroker
from streams.kafka.topics import apply_topics
from streams.lists.loading import load_list
from streams.lists.publisher import publish
from streams.matching import Policy
from streams.settings import (
    DeskSettings,
    KafkaSettings,
    MetricsSettings,
    PersonSettings,
    Role,
    Settings,
    TopicSettings,
    WorkerSettings,
)

TOKENS: dict[str, tuple[tuple[Role, ...], str]] = {
    "vic": (("viewer",), "highfence_vic"),
    "mia": (("maker",), "highfence_mia"),
    "chen": (("checker",), "highfence_chen"),
    "both": (("maker", "checker"), "highfence_both"),
}


def screening_settings(kafka: LocalBroker) -> Settings:
    """Settings with topics of their own, which are there, and the bundled list in force."""
    prefix = f"t{uuid.uuid4().hex[:12]}."
    made = Settings(
        kafka=KafkaSettings(bootstrap_servers=kafka.bootstrap_servers, timeout_seconds=PATIENCE),
        topics=TopicSettings(prefix=prefix, partitions=2),
        worker=WorkerSettings(group_id=f"{prefix}worker"),
        metrics=MetricsSettings(port=0),
    )
    apply_topics(made)
    publish(load_list("bundled"), made)
    return made


def with_people(settings: Settings, **more: Any) -> Settings:
    """The settings of a desk that Vic may look at, Mia proposes at and Chen checks at."""
    people = {
        name: PersonSettings(roles=roles, token_sha256=token_hash(token)) for name, (roles, token) in TOKENS.items()
    }
    desk = DeskSettings(port=0, people=people, requests_per_minute=100_000, **more)
    return settings.model_copy(update={"desk": desk, "metrics": settings.metrics.model_copy(update={"port": 0})})


@dataclass(frozen=True)
class RunningDesk:
    """A desk that runs, and how to talk to it."""

    desk: Desk
    url: str

    def ask(self, method: str, path: str, by: str | None = "vic", **more: Any) -> httpx.Response:
        """Send a request with somebody's token."""
        headers = {**({"Authorization": f"Bearer {TOKENS[by][1]}"} if by else {}), **more.pop("headers", {})}
        return httpx.request(method, self.url + path, headers=headers, timeout=PATIENCE, **more)

    def cases(self, query: str = "") -> list[dict[str, Any]]:
        """The cases a filter takes."""
        found: list[dict[str, Any]] = self.ask("GET", f"/api/cases?limit=500&{query}").json()["cases"]
        return found

    def case(self, case_id: str) -> dict[str, Any]:
        """One case."""
        found: dict[str, Any] = self.ask("GET", f"/api/cases/{case_id}").json()["case"]
        return found

    def act(self, case_id: str, by: str, **act: Any) -> httpx.Response:
        """Do something with a case as it stands."""
        body = {"after": self.case(case_id)["last_act"], **act}
        return self.ask("POST", f"/api/cases/{case_id}/dispositions", by, json=body)

    def clear(self, case_id: str, days: int = 30) -> None:
        """Mia proposes a false positive and Chen confirms it."""
        proposed = self.act(case_id, "mia", action="propose", finding="false_positive", reason="namesake", days=days)
        assert proposed.status_code == 201, proposed.text
        confirmed = self.act(case_id, "chen", action="confirm")
        assert confirmed.status_code == 201, confirmed.text


@contextmanager
def desk_of(settings: Settings) -> Iterator[RunningDesk]:
    """A desk that has read everything there was; what it raises is raised at the end."""
    desk = Desk(settings, Policy.default(), serving)
    failures: list[BaseException] = []
    ready = threading.Event()

    async def run() -> None:
        running = asyncio.create_task(desk.run())
        waiting = asyncio.create_task(desk.caught_up.wait())
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        ready.set()
        await running
        waiting.cancel()

    def run_all() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            failures.append(error)
            ready.set()

    thread = threading.Thread(target=run_all, name="desk")
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        if not failures:
            yield RunningDesk(desk, desk.url)
    finally:
        desk.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()
    if failures:
        raise failures[0]

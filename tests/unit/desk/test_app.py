"""The desk's process, as far as it needs no broker."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from unit.desk.story import CASE, act, alert, filed

from streams.desk import audit
from streams.desk.app import Desk
from streams.desk.case_file import Place
from streams.desk.people import Person
from streams.desk.web import asked
from streams.desk.web.server import serving
from streams.errors import BrokerUnreachableError
from streams.matching import Policy
from streams.records.alert import Alert
from streams.records.decision import Decision
from streams.settings import KafkaSettings, Settings


def test_a_desk_that_has_ended_may_be_told_to_stop() -> None:
    kafka = KafkaSettings(bootstrap_servers="127.0.0.1:1", timeout_seconds=1)
    desk = Desk(Settings(kafka=kafka), Policy.default(), serving)
    with pytest.raises(BrokerUnreachableError):
        asyncio.run(desk.run())
    desk.stop()


def test_it_tells_how_far_it_has_read_while_it_reads() -> None:
    """Asked in another thread, while cases are added."""
    desk = Desk(Settings(), Policy.default(), serving)

    class Growing:
        @property
        def alerts(self) -> list[int]:
            desk.book.files["another"] = cast(Any, self)
            return [1, 2, 3]

    desk.book.files["one"] = cast(Any, Growing())
    assert desk.problem() == "reading the topics: 3 alerts so far"


def test_an_audit_file_is_of_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes while it looks into the topics is not in it: the case that it tells does not know of that either."""
    file = filed(alert(1, 0))

    class Looking:
        def __init__(self, _: Settings) -> None:
            pass

        def __enter__(self) -> Looking:
            file.add_act(act(1, "comment", "mia", 10, reason="seen"))
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def alerts(self, _: object) -> dict[Place, Alert]:
            return {}

        def decisions(self, _: object) -> dict[str, Decision]:
            return {}

    monkeypatch.setattr(audit, "Lookup", Looking)
    monkeypatch.setattr(audit, "_releases", lambda *_: ())
    book = SimpleNamespace(files={CASE: file}, cases={CASE: file.case()})
    desk = cast(Desk, SimpleNamespace(book=book, settings=Settings()))
    told = asyncio.run(asked.audit_of(desk, CASE, Person("vic", frozenset({"viewer"}))))
    assert (told.case.last_act, told.dispositions) == ("", ())
    assert [each.disposition_id for each in file.acts] == ["d1"]

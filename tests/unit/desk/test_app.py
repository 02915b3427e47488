"""The desk's process, as far as it needs no broker."""

from __future__ import annotations

import asyncio

import pytest

from streams.desk.app import Desk
from streams.desk.web.server import serving
from streams.errors import BrokerUnreachableError
from streams.matching import Policy
from streams.settings import KafkaSettings, Settings


def test_a_desk_that_has_ended_may_be_told_to_stop() -> None:
    kafka = KafkaSettings(bootstrap_servers="127.0.0.1:1", timeout_seconds=1)
    desk = Desk(Settings(kafka=kafka), Policy.default(), serving)
    with pytest.raises(BrokerUnreachableError):
        asyncio.run(desk.run())
    desk.stop()

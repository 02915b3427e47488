"""Topics, as far as they need no broker."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka.admin import ConfigResource, NewTopic

from streams.errors import TopicError
from streams.kafka import topics
from streams.kafka.topics import apply_topics, check_topics, wanted_topics
from streams.settings import KafkaSettings, Settings


class Hanging:
    """A client whose broker tells the topics there are, and answers nothing else."""

    def __init__(self, there: Iterable[str]) -> None:
        self._there = {name: SimpleNamespace(partitions=range(100)) for name in there}

    def list_topics(self, timeout: float) -> SimpleNamespace:
        return SimpleNamespace(topics=self._there)

    def create_topics(self, new: list[NewTopic], operation_timeout: float) -> dict[str, Future[None]]:
        return {each.topic: Future() for each in new}

    def describe_configs(self, asked: list[ConfigResource]) -> dict[ConfigResource, Future[Any]]:
        return {each: Future() for each in asked}


def test_an_answer_that_does_not_come_in_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    impatient = Settings(kafka=KafkaSettings(timeout_seconds=0.01))
    monkeypatch.setattr(topics, "connect", lambda *_: Hanging(()))
    with pytest.raises(TopicError, match=r"could not be created: no answer within 0\.01 s"):
        apply_topics(impatient)
    single = [topic.name for topic in wanted_topics(impatient) if topic.partitions > 1]
    monkeypatch.setattr(topics, "connect", lambda *_: Hanging(single))
    with pytest.raises(TopicError, match=r"could not be described: no answer within 0\.01 s"):
        check_topics(impatient)

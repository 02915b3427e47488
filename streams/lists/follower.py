"""Following the list topic in a thread: all of it at the start, then each release as it lands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from streams.errors import ReleaseRefusedError
from streams.kafka.following import TopicFollower
from streams.lists.state import Change, ListState


class Follower(TopicFollower):
    """Reads the list topic from its beginning and tells what is in force.

    ``on_changes`` is called from the thread: once when the end of the topic is reached, with a change for each
    source in force (none when the topic is empty), then for each release that holds. ``on_refused`` is called
    for each release that does not.
    """

    def __init__(
        self,
        consumer_config: Mapping[str, str | int | float | bool],
        topic: str,
        on_changes: Callable[[Sequence[Change]], None],
        on_refused: Callable[[ReleaseRefusedError], None],
    ) -> None:
        super().__init__(consumer_config, topic)
        self._on_changes = on_changes
        self._on_refused = on_refused
        self._state = ListState()

    def take(self, key: str, value: bytes | None) -> None:
        """Feed the state; a marker puts its release in force or is refused."""
        try:
            change = self._state.feed(key, value)
        except ReleaseRefusedError as error:
            self._on_refused(error)
            return
        if change is not None:
            self._on_changes((change,))

    def catch_up(self) -> None:
        """Judge the last release of each source."""
        caught_up = self._state.caught_up()
        for error in caught_up.refused:
            self._on_refused(error)
        self._on_changes(caught_up.changes)

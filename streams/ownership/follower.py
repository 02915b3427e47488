"""Following the ownership topic in a thread: all of it at the start, then each release as it lands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from streams.errors import ReleaseRefusedError
from streams.kafka.following import TopicFollower
from streams.ownership.state import OwnershipChange, OwnershipState


class OwnershipFollower(TopicFollower):
    """Reads the ownership topic and tells each release that holds, and each that does not.

    Both callbacks are called from the thread; ``on_changes`` once when the end of the topic is reached, with all that
    is in force, then for each release.
    """

    def __init__(
        self,
        consumer_config: Mapping[str, str | int | float | bool],
        topic: str,
        on_changes: Callable[[Sequence[OwnershipChange]], None],
        on_refused: Callable[[ReleaseRefusedError], None],
    ) -> None:
        super().__init__(consumer_config, topic)
        self._on_changes = on_changes
        self._on_refused = on_refused
        self._state = OwnershipState()
        self.unknown: dict[str, ReleaseRefusedError] = {}
        """The sources of which no release holds, though there are some: who owns whom there is not known."""

    def take(self, key: str, value: bytes | None) -> None:
        """Feed the state; a marker puts its release in force or is refused."""
        try:
            change = self._state.feed(key, value)
            if change is not None:
                self._on_changes((change,))
                self.unknown.pop(change.release.source, None)
        except ReleaseRefusedError as error:
            self._on_refused(error)

    def catch_up(self) -> None:
        """Judge the last release of each source."""
        changes, self.unknown = self._state.caught_up()
        for error in self.unknown.values():
            self._on_refused(error)
        self._on_changes(changes)

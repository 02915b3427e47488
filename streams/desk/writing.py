"""What the desk writes: dispositions, one by one, and the differences of ``cases`` and ``clearances``."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from aiokafka.errors import KafkaError
from faust import App
from faust.exceptions import ProducerSendError

from streams.desk.acts import Act, disposition
from streams.desk.book import CaseBook
from streams.desk.outbox import Outbox
from streams.desk.people import Person
from streams.errors import ActRefusedError, BrokerUnreachableError
from streams.kafka.cloud_events import headers, version_of
from streams.records.codec import encode
from streams.records.disposition import Disposition

_log = logging.getLogger("highfence.desk")

_CONFIRMED_SECONDS = 10.0
_AT_ONCE = 500


class Writer:
    """Writes through the app's producer, which waits for all in-sync replicas."""

    def __init__(self, app: App, book: CaseBook) -> None:
        self._app = app
        self._book = book
        self._waiting: dict[str, asyncio.Future[bool]] = {}

    def came(self, act: Disposition, counts: bool) -> None:
        """A disposition was read from its topic: who waits for it is told whether it counts."""
        waiting = self._waiting.get(act.disposition_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(counts)

    async def act(self, case_id: str, act: Act, person: Person, now: datetime, most_days: int) -> Disposition:
        """Do what a person asks: write the disposition and return when it was read back and counts.

        The same request sent again finds it done. Raises ActRefusedError; ``unconfirmed`` when Kafka did not answer in
        time, after which the request can be sent again.
        """
        file = self._book.files.get(case_id)
        if file is None:
            raise ActRefusedError("unknown", f"there is no case {case_id}")
        made = disposition(file, act, person, now, most_days)
        if made in file.acts:
            return made
        waiting = self._waiting.setdefault(made.disposition_id, asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(_CONFIRMED_SECONDS):
                topic = self._book.names.dispositions
                about = headers(topic, "disposition", made.disposition_id, made.at)
                await self._app.producer.send_and_wait(topic, made.case_id.encode(), encode(made), None, None, about)
                counts = await asyncio.shield(waiting)
        except (TimeoutError, KafkaError, ProducerSendError) as error:
            raise ActRefusedError("unconfirmed", "Kafka did not answer in time: look again in a moment") from error
        finally:
            self._waiting.pop(made.disposition_id, None)
        if not counts:
            raise ActRefusedError("conflict", "somebody else was faster: look at the case again")
        _log.info("%s: %s by %s", made.case_id, made.action, made.by)
        return made

    async def publish(self) -> int:
        """Write what is due on ``cases`` and ``clearances``; how many records that were.

        Raises BrokerUnreachableError when Kafka does not take them; they stay due.
        """
        try:
            # Clearances first: a platform waits for them.
            return await self._publish(self._book.clearances_out) + await self._publish(self._book.cases_out)
        except (KafkaError, ProducerSendError) as error:
            raise BrokerUnreachableError(f"cases and clearances are not written: {error}") from error

    async def _publish(self, out: Outbox) -> int:
        written = 0
        now = datetime.now(UTC)
        while due := out.due(_AT_ONCE):
            sent = []
            for key, value in due:
                about = headers(out.topic, out.kind, version_of(key, value), now)
                acknowledged = await self._app.producer.send(out.topic, key.encode(), value, None, None, about)
                sent.append((key, value, acknowledged))
            for key, value, acknowledged in sent:
                await acknowledged
                out.wrote(key, value)
            written += len(due)
        return written

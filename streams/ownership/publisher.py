"""Publishing who owns whom: one Kafka transaction with the pages that changed, the release marker last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from streams import failpoints
from streams.errors import FencedError, ReleaseRefusedError, StreamError
from streams.kafka.cloud_events import headers
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames, require_topics
from streams.kafka.transactions import AbortedError
from streams.lists.publisher import publishing_producer
from streams.lists.release import marker_key, topic_key
from streams.ownership.guards import suspicions
from streams.ownership.pages import paged, written
from streams.ownership.release import next_release
from streams.ownership.state import OwnershipChange, OwnershipState
from streams.records.codec import encode
from streams.records.list_release import ForcedBy
from streams.records.ownership import OwnershipEdge, OwnershipRelease
from streams.settings import Settings


def publish(
    source: str,
    edges: Iterable[OwnershipEdge],
    settings: Settings,
    file_sha256: str | None = None,
    forced_by: ForcedBy | None = None,
) -> OwnershipRelease:
    """Publish all edges of a source and return the release, which is committed.

    Only pages that differ from the topic's are written, and the marker. Edges the guards suspect are refused unless
    ``forced_by`` says who lets them through; the marker records that and what the guards said. Without an edge that
    takes the source out of force.

    Raises ReleaseRefusedError for suspicious edges, ListError when the source's name has a slash, FencedError when
    another publication of the source began meanwhile, TopicError and StreamError for what Kafka cannot do.
    """
    pieces = paged(edges)
    topic = TopicNames(settings.topics.prefix).ownership
    require_topics(settings, (topic,))
    topic_key(source, "")  # refuses a source that cannot be a key
    producer = publishing_producer(settings, f"ownership-publish-{source}")
    state, changes = replay(settings)
    known = next((change for change in changes if change.release.source == source), None)
    now = datetime.now(UTC)
    reasons = suspicions(known, state.last_release(source), pieces, settings.lists.max_shrinkage, now)
    if reasons and not forced_by:
        raise ReleaseRefusedError(
            f"ownership {source}: not published, because {'; '.join(reasons)}; check the file, or let it through with "
            "--force"
        )
    forced_by = msgspec.structs.replace(forced_by, overruled=reasons) if forced_by and reasons else None
    change = next_release(source, pieces, known, now, file_sha256, forced_by)
    release, pages = change.release, change.pages
    on_topic, has_strays = state.on_topic(source)
    before = known.pages if known and not has_strays else {}
    try:
        producer.begin()
        for page_id, content in pages.items():
            if page_id not in before or before[page_id].edges != content.edges:
                key = topic_key(source, page_id)
                about = headers(topic, "ownership_page", f"{release.release_id}/{key}", release.published_at)
                producer.send(topic, key.encode(), written(source, page_id, content), about)
        for page_id in sorted(on_topic - pages.keys()):
            key = topic_key(source, page_id)
            about = headers(topic, "ownership_page", f"{release.release_id}/{key}", release.published_at)
            producer.send(topic, key.encode(), None, about)
        failpoints.reach("publisher.before_marker")
        key = marker_key(source)
        about = headers(topic, "ownership_release", f"{release.release_id}/{key}", release.published_at)
        producer.send(topic, key.encode(), encode(release), about)
        producer.commit()
    except FencedError as error:
        raise FencedError("another publication of the same ownership source began meanwhile") from error
    except AbortedError as error:
        producer.abort()
        raise StreamError(f"the ownership was not published: {error}") from error
    return release


def replay(settings: Settings) -> tuple[OwnershipState, list[OwnershipChange]]:
    """The topic read to its end: its state and what is in force. Raises BrokerUnreachableError and TopicError.

    A source whose last release does not hold is left out: publishing it again mends it.
    """
    state = OwnershipState()
    for message in read_topic(settings, TopicNames(settings.topics.prefix).ownership):
        state.feed((message.key() or b"").decode(errors="replace"), message.value())
    return state, state.caught_up()[0]

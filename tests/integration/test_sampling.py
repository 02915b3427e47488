"""A match just below the threshold: the event is clear, and the desk has a case that says it is a quality sample."""

from __future__ import annotations

import dataclasses

from desks import desk_of, with_people
from live import running, send, wait_until

from streams.invented.orders import order
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.lists.loading import load_list
from streams.lists.publisher import publish
from streams.matching import Policy
from streams.matching.sampling_rules import SamplingRules
from streams.records.codec import decode
from streams.records.decision import Decision
from streams.screening.worker import Worker
from streams.settings import Settings


def test_a_sample_is_a_case_at_the_desk_and_stops_no_event(settings: Settings) -> None:
    publish(load_list("bundled"), settings)
    sampling = SamplingRules(share=1.0, margin=0.2)
    policy = dataclasses.replace(Policy.default(), version="sampling", sampling=sampling)
    parties = [{"name": "Inspur Hardware", "role": "purchaser"}, {"name": "Inspur Taiwan", "role": "end_user"}]
    with running(lambda stop: Worker(settings, policy, stop)) as worker:
        send(settings, [order(f"PO-{n}", parties[: n + 1], frozenset()) for n in range(2)])
        wait_until(lambda: worker.decided == 2)
    topic = TopicNames(settings.topics.prefix).decisions
    decisions = [decode(Decision, message.value() or b"", topic) for message in read_topic(settings, topic)]
    assert {each.transaction_id: each.outcome for each in decisions} == {"PO-0": "clear", "PO-1": "hold"}
    assert all(each.samples for each in decisions)
    with desk_of(with_people(settings)) as desk:
        outcomes = [case["outcome"] for case in desk.cases()]
        (sample, *_) = desk.cases("outcome=sample")
        page = desk.ask("GET", f"/cases/{sample['case_id']}").text
    assert outcomes[0] == "hold"
    assert outcomes[-1] == "sample"
    assert sample["party"]["name"] == "Inspur Hardware"
    assert "A quality sample" in page
    assert "below the review threshold 0.70" in page

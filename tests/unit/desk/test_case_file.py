"""A case goes from open to closed by four eyes, and comes back when what was judged has changed."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.desk.story import CASE, ENTRY, FINGERPRINT, FORM, OTHER_FORM, SOURCE, act, alert, at, cleared, filed

from streams.desk.case_file import Place
from streams.desk.filters import CaseFilter, newest_first
from streams.records.alert import Alert
from streams.records.case import Case
from streams.records.disposition import Disposition


def case_of(*events: Alert | Disposition) -> Case:
    case = filed(*events).case()
    assert case is not None
    return case


def test_alerts_gather_and_count_once() -> None:
    hold = alert(2, 5, outcome="hold", score=0.95)
    case = case_of(alert(1, 9), hold, hold, alert(3, 1, score=0.75))
    assert (case.case_id, case.count, case.outcome, case.score) == (CASE, 3, "hold", 0.95)
    assert (case.first_seen, case.last_seen, case.alert_id) == (at(1), at(9), "alert-1")
    assert case.state == "open"


def test_a_case_of_samples_is_one_until_a_hit_comes_and_is_never_reopened_by_a_sample() -> None:
    sample = alert(1, 0, outcome="sample", score=0.6)
    assert case_of(sample).outcome == "sample"
    assert case_of(alert(2, 1), sample).outcome == case_of(sample, alert(2, 1)).outcome == "review"
    assert case_of(sample, *cleared(), alert(3, 99, OTHER_FORM, outcome="sample")).state == "false_positive"
    assert case_of(sample, *cleared(), alert(3, 99, OTHER_FORM)).state == "reopened"


def test_samples_are_shown_last_and_can_be_filtered() -> None:
    sample, hit = case_of(alert(1, 9, outcome="sample")), case_of(alert(2, 1))
    assert newest_first([sample, hit]) == [hit, sample]
    wanted = CaseFilter.of_query({"outcome": "sample"})
    assert [wanted.takes(case, at(10)) for case in (sample, hit)] == [True, False]


def test_assigned_then_escalated_stays_escalated() -> None:
    assigned = act(1, "assign", "mia", 1, assignee="mia")
    escalated = act(2, "escalate", "mia", 2, reason="looks bad")
    again = act(3, "assign", "chen", 3, assignee="chen")
    assert case_of(alert(1, 0), assigned).state == "assigned"
    case = case_of(alert(1, 0), assigned, escalated, again)
    assert (case.state, case.assignee) == ("escalated", "chen")


def test_two_people_clear_a_false_positive() -> None:
    file = filed(alert(1, 0), *cleared())
    assert file.state == "false_positive"
    clearance = file.clearance
    assert clearance is not None
    assert (clearance.maker, clearance.checker, clearance.entry_hash) == ("mia", "chen", FORM)
    assert (clearance.fingerprint, clearance.source, clearance.entry_id) == (FINGERPRINT, SOURCE, ENTRY)
    assert clearance.withdrawn_at is None


def test_nobody_answers_their_own_proposal() -> None:
    proposed, confirmed = cleared()
    for name in ("mia", "MIA "):
        own = act(2, "confirm", name, 11, finding="false_positive", proposal_id="d1", expires_at=confirmed.expires_at)
        file = filed(alert(1, 0), proposed, own)
        assert (file.state, file.clearance, file.void) == ("open", None, [own])


def test_a_confirmation_of_another_form_or_finding_is_void() -> None:
    proposed, _ = cleared()
    for wrong in (
        {"entry_hash": OTHER_FORM, "finding": "false_positive"},
        {"finding": "true_match"},
        {"finding": "false_positive", "proposal_id": "d9"},
    ):
        confirmed = act(2, "confirm", "chen", 11, **{"proposal_id": "d1", **wrong})
        assert filed(alert(1, 0), proposed, confirmed).state == "open"


def test_of_two_acts_at_once_the_first_counts() -> None:
    first = act(2, "reject", "chen", 12, proposal_id="d1", reason="not enough")
    second = act(3, "confirm", "dora", 11, finding="false_positive", proposal_id="d1", after="d1")
    file = filed(alert(1, 0), cleared()[0], first, second)
    assert (file.state, file.proposal, file.void) == ("open", None, [second])


def test_a_maker_takes_back_their_own_proposal_alone() -> None:
    proposed = cleared()[0]
    assert filed(alert(1, 0), proposed, act(2, "withdraw", "chen", 11, proposal_id="d1")).proposal is not None
    assert filed(alert(1, 0), proposed, act(2, "withdraw", "mia", 11, proposal_id="d1")).proposal is None


def test_a_changed_entry_reopens_and_a_hit_on_the_same_form_does_not() -> None:
    file = filed(alert(1, 0), *cleared(), alert(2, 20))
    assert file.state == "false_positive"
    file.add_alert(alert(3, 30, OTHER_FORM), Place(0, 9))
    case = file.case()
    assert case is not None
    assert (case.state, case.reopened_by) == ("reopened", "alert-3")


def test_a_hit_from_before_the_closure_does_not_reopen() -> None:
    assert filed(*cleared(), alert(1, 0), alert(2, 5, OTHER_FORM)).state == "false_positive"


def test_an_expired_clearance_reopens_with_the_next_hit() -> None:
    assert filed(alert(1, 0), *cleared(), alert(2, 60 * 24 * 30 - 1)).state == "false_positive"
    assert filed(alert(1, 0), *cleared(), alert(2, 60 * 24 * 30)).state == "reopened"


def test_a_reopened_case_is_worked_on_and_cleared_in_its_new_form() -> None:
    changed = alert(2, 20, OTHER_FORM)
    again = cleared(3, 30, OTHER_FORM, reopened_by="alert-2")
    file = filed(alert(1, 0), *cleared(), changed, *again)
    assert file.state == "false_positive"
    assert file.clearance is not None
    assert (file.clearance.entry_hash, file.clearance.clearance_id) == (OTHER_FORM, "d4")


def test_reopening_by_hand_ends_the_clearance() -> None:
    file = filed(alert(1, 0), *cleared(), act(3, "reopen", "mia", 20, reason="new facts"))
    assert file.state == "reopened"
    assert file.clearance is not None
    assert (file.clearance.withdrawn_at, file.clearance.withdrawn_by) == (at(20), "mia")


def true_match(first: int = 1, minutes: float = 10, form: str = FORM, **more: object) -> list[Disposition]:
    return [
        act(first, "propose", "mia", minutes, finding="true_match", reason="it is", entry_hash=form, **more),
        act(
            first + 1, "confirm", "chen", minutes + 1, finding="true_match", proposal_id=f"d{first}", entry_hash=form
        ),
    ]  # fmt: skip


def test_a_true_match_cannot_be_cleared_by_anything_people_do() -> None:
    closed: list[Alert | Disposition] = [alert(1, 0), *true_match()]
    assert filed(*closed).state == "true_match"
    attempts = (
        [act(3, "reopen", "mia", 20, reason="please")],
        cleared(3, 20),
        [act(3, "assign", "mia", 20, assignee="mia")],
        [act(3, "escalate", "mia", 20, reason="x")],
    )
    for attempt in attempts:
        file = filed(*closed, *attempt)
        assert (file.state, file.clearance) == ("true_match", None)


def test_a_true_match_ends_what_was_cleared_in_an_older_form() -> None:
    file = filed(
        alert(1, 0), *cleared(), alert(2, 20, OTHER_FORM), *true_match(3, 30, OTHER_FORM, reopened_by="alert-2")
    )
    assert file.state == "true_match"
    assert file.clearance is not None
    assert file.clearance.withdrawn_by == "chen"


ACTIONS = ("assign", "escalate", "comment", "propose", "confirm", "reject", "withdraw", "reopen")


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Alert], list[Disposition]]:
    """Alerts and dispositions of one case, sensible and senseless ones."""
    alerts = [
        alert(number, draw(st.integers(0, 60)), draw(st.sampled_from([FORM, OTHER_FORM])))
        for number in range(draw(st.integers(1, 8)))
    ]
    acts = [
        act(
            number,
            draw(st.sampled_from(ACTIONS)),
            draw(st.sampled_from(["mia", "chen"])),
            draw(st.integers(0, 60)),
            reason=draw(st.sampled_from(["", "because"])),
            finding=draw(st.sampled_from([None, "true_match", "false_positive"])),
            assignee=draw(st.sampled_from(["", "mia"])),
            expires_at=draw(st.sampled_from([None, at(50), at(1000)])),
            entry_hash=draw(st.sampled_from([FORM, OTHER_FORM])),
            reopened_by=draw(st.sampled_from(["", "", "alert-1"])),
            proposal_id=f"d{draw(st.integers(1, 9))}",
            after=f"d{draw(st.integers(max(0, number - 2), number - 1))}".replace("d0", ""),
        )
        for number in range(1, draw(st.integers(0, 10)) + 1)
    ]
    return alerts, acts


@settings(max_examples=200)
@given(stories(), st.randoms(use_true_random=False), st.integers(0, 3))
def test_every_order_that_kafka_allows_gives_the_same_case(
    story: tuple[list[Alert], list[Disposition]], chance: random.Random, repeated: int
) -> None:
    """Alerts in any order, dispositions in theirs, anything delivered again after a restart."""
    alerts, acts = story
    expected = filed(*alerts, *acts)
    shuffled = chance.sample(alerts, len(alerts))
    waiting: list[Disposition] = list(acts)
    mixed: list[Alert | Disposition] = []
    while shuffled or waiting:
        take_alert = bool(shuffled) and (not waiting or chance.random() < 0.5)
        mixed.append(shuffled.pop() if take_alert else waiting.pop(0))
    for _ in range(repeated):
        start = chance.randrange(len(mixed))
        mixed = [*mixed, *mixed[start:]]
    again = filed(*mixed)
    assert again.case() == expected.case()
    assert (again.clearance, again.acts, again.void) == (expected.clearance, expected.acts, expected.void)


@settings(max_examples=200)
@given(stories())
def test_what_is_cleared_was_proposed_and_confirmed_by_two(story: tuple[list[Alert], list[Disposition]]) -> None:
    alerts, acts = story
    file = filed(*alerts, *acts)
    if file.clearance is not None:
        by_id = {each.disposition_id: each for each in file.acts}
        confirmed = by_id[file.clearance.clearance_id]
        proposed = by_id[confirmed.proposal_id]
        assert proposed.by != confirmed.by
        assert (proposed.action, proposed.finding, bool(proposed.reason)) == ("propose", "false_positive", True)
        assert proposed.entry_hash == confirmed.entry_hash == file.clearance.entry_hash
    if file.state == "true_match":
        assert file.clearance is None or file.clearance.withdrawn_at is not None

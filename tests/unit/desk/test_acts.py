"""What a person asks is judged by role, by where the case stands, and by what they had before them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from unit.desk.story import OTHER_FORM, act, alert, at, cleared, filed

from streams.desk.acts import Act, disposition, open_to
from streams.desk.case_file import CaseFile
from streams.desk.people import Person
from streams.errors import ActRefusedError
from streams.records.alert import Alert
from streams.records.disposition import Disposition

MIA = Person("mia", frozenset({"maker"}))
CHEN = Person("chen", frozenset({"checker"}))
BOTH = Person("Mia", frozenset({"maker", "checker"}))
VIC = Person("vic", frozenset({"viewer"}))


def asked(file: CaseFile, person: Person, **what: Any) -> Disposition:
    return disposition(file, Act(**{"after": file.last_act, **what}), person, at(100), 365)


OPEN: tuple[Alert | Disposition, ...] = (alert(1, 0),)
PROPOSED: tuple[Alert | Disposition, ...] = (alert(1, 0), cleared()[0])
CLEARED: tuple[Alert | Disposition, ...] = (alert(1, 0), *cleared())
TRUE: tuple[Alert | Disposition, ...] = (
    alert(1, 0),
    act(1, "propose", "mia", 10, finding="true_match", reason="it is"),
    act(2, "confirm", "chen", 11, finding="true_match", proposal_id="d1"),
)


@pytest.mark.parametrize(
    ("story", "person", "what", "reason", "message"),
    [
        (OPEN, VIC, {"action": "comment", "reason": "x"}, "forbidden", "role"),
        (OPEN, CHEN, {"action": "propose", "finding": "true_match", "reason": "x"}, "forbidden", "maker"),
        (OPEN, MIA, {"action": "propose", "finding": "true_match", "reason": " "}, "invalid", "reason"),
        (OPEN, MIA, {"action": "propose", "reason": "x"}, "invalid", "finding"),
        (OPEN, MIA, {"action": "propose", "finding": "false_positive", "reason": "x", "days": 366}, "invalid", "365"),
        (OPEN, MIA, {"action": "assign", "assignee": " "}, "invalid", "assignee"),
        (OPEN, CHEN, {"action": "confirm"}, "conflict", "no proposal"),
        (OPEN, MIA, {"action": "reopen", "reason": "x"}, "conflict", "closed"),
        (OPEN, MIA, {"action": "escalate", "reason": "x", "after": "d9"}, "conflict", "changed"),
        (PROPOSED, MIA, {"action": "propose", "finding": "true_match", "reason": "x"}, "conflict", "proposed already"),
        (PROPOSED, BOTH, {"action": "confirm"}, "forbidden", "four eyes"),
        (PROPOSED, BOTH, {"action": "reject", "reason": "x"}, "forbidden", "four eyes"),
        (PROPOSED, CHEN, {"action": "reject"}, "invalid", "reason"),
        (PROPOSED, Person("kim", frozenset({"maker"})), {"action": "withdraw"}, "forbidden", "who proposed"),
        ((*PROPOSED, alert(2, 20, OTHER_FORM)), CHEN, {"action": "confirm"}, "conflict", "entry has changed"),
        (CLEARED, MIA, {"action": "assign", "assignee": "mia"}, "conflict", "closed as false positive"),
        (TRUE, MIA, {"action": "reopen", "reason": "x"}, "conflict", "true match stays"),
        (TRUE, MIA, {"action": "propose", "finding": "false_positive", "reason": "x"}, "conflict", "true match"),
        ((), MIA, {"action": "comment", "reason": "x"}, "unknown", "no alert"),
        ((alert(1, 0, form=""),), MIA, {"action": "comment", "reason": "x"}, "conflict", "form of the entry"),
    ],
)
def test_refused(
    story: tuple[Alert | Disposition, ...], person: Person, what: dict[str, Any], reason: str, message: str
) -> None:
    file = filed(*story)
    before = file.case()
    with pytest.raises(ActRefusedError, match=message) as refused:
        asked(file, person, **what)
    assert refused.value.reason == reason
    assert file.case() == before


@pytest.mark.parametrize(
    ("story", "person", "what"),
    [
        (OPEN, MIA, {"action": "propose", "finding": "false_positive", "reason": "x"}),
        (OPEN, MIA, {"action": "assign", "assignee": "kim"}),
        (OPEN, CHEN, {"action": "escalate", "reason": "x"}),
        (PROPOSED, CHEN, {"action": "confirm"}),
        (PROPOSED, CHEN, {"action": "reject", "reason": "x"}),
        (PROPOSED, MIA, {"action": "withdraw"}),
        (CLEARED, CHEN, {"action": "reopen", "reason": "x"}),
        (CLEARED, MIA, {"action": "comment", "reason": "x"}),
        (TRUE, MIA, {"action": "comment", "reason": "x"}),
        ((*CLEARED, alert(2, 20, OTHER_FORM)), MIA, {"action": "propose", "finding": "true_match", "reason": "x"}),
    ],
)
def test_what_is_let_through_counts_and_is_offered(
    story: tuple[Alert | Disposition, ...], person: Person, what: dict[str, Any]
) -> None:
    file = filed(*story)
    case = file.case()
    assert case is not None
    assert what["action"] in open_to(case, person)
    assert file.add_act(asked(file, person, **what))


def test_what_is_not_offered_is_refused() -> None:
    for story in (OPEN, PROPOSED, CLEARED, TRUE):
        for person in (MIA, CHEN, BOTH, VIC):
            case = filed(*story).case()
            assert case is not None
            for action in {"assign", "propose", "withdraw", "confirm", "reject", "reopen"} - set(open_to(case, person)):
                with pytest.raises(ActRefusedError):
                    asked(filed(*story), person, action=action, reason="x", finding="true_match", assignee="kim")


def test_the_same_request_is_the_same_disposition() -> None:
    file = filed(*OPEN)
    made = asked(file, MIA, action="comment", reason="seen", after="")
    assert file.add_act(made)
    assert asked(file, MIA, action="comment", reason="seen", after="") == made
    assert asked(file, MIA, action="comment", reason="seen again").disposition_id != made.disposition_id


def test_a_clearance_ends_with_its_days() -> None:
    made = asked(filed(*OPEN), MIA, action="propose", finding="false_positive", reason="x", days=7)
    assert made.expires_at == at(100) + timedelta(days=7)
    longest = asked(filed(*OPEN), MIA, action="propose", finding="false_positive", reason="x")
    assert longest.expires_at == at(100) + timedelta(days=365)

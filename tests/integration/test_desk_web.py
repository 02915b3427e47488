"""The desk's console and API over HTTP: what people see and do, and that hostile input changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import httpx
import jsonschema
import msgspec
import pytest
from desks import TOKENS, RunningDesk, desk_of, screening_settings, with_people
from live import PATIENCE, running, send, wait_until

from streams.desk.web.context import DESK, FORM
from streams.desk.web.openapi import document
from streams.desk.web.server import application
from streams.invented.orders import order
from streams.kafka.local import LocalBroker
from streams.kafka.tail import read_topic
from streams.kafka.topics import TopicNames
from streams.matching import Policy
from streams.records.disposition import Disposition
from streams.screening.worker import Worker
from streams.settings import Settings

pytestmark = pytest.mark.kafka

HOSTILE = "Inspur <script>alert('x')</script>{{7*7}} Taiwan"


@pytest.fixture(scope="module")
def settings(kafka: LocalBroker) -> Settings:
    return screening_settings(kafka)


@pytest.fixture(scope="module")
def desk(settings: Settings) -> Iterator[RunningDesk]:
    """A worker and a desk, and orders to listed parties."""
    hostile = {
        "name": HOSTILE,
        "alt_names": ["Inspur Taiwan"],
        "country": '"><b>',
        "role": "<img src=x onerror=alert(1)>",
    }
    orders = [
        order("PO-1", [{"name": "Inspur Taiwan", "country": "TW", "role": "end_user"}], frozenset({"hold"})),
        order("PO-2", [{"name": "Incpur (Beijing) Electronic Information", "country": "CN"}], frozenset({"review"})),
        order("PO-3", [hostile], frozenset({"hold"})),
    ]
    with (
        desk_of(with_people(settings, proxy_addresses=())) as made,
        running(lambda stop: Worker(settings, Policy.default(), stop)),
    ):
        send(settings, orders)
        wait_until(lambda: len({alert["transaction_id"] for alert in alerts_of(made)}) == 3)
        yield made


def alerts_of(desk: RunningDesk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.ask("GET", "/api/alerts?limit=500").json()["alerts"]
    return found


def case_for(desk: RunningDesk, transaction_id: str) -> str:
    for case in desk.cases():
        told = desk.ask("GET", f"/api/cases/{case['case_id']}").json()
        if any(alert["transaction_id"] == transaction_id for alert in told["alerts"]):
            return str(case["case_id"])
    raise AssertionError(transaction_id)


def dispositions(settings: Settings) -> int:
    return sum(1 for _ in read_topic(settings, TopicNames(settings.topics.prefix).dispositions))


def test_answers_follow_the_openapi_document(desk: RunningDesk) -> None:
    served = desk.ask("GET", "/api/openapi.json", by=None).json()
    assert served == json.loads(msgspec.json.encode(document()))
    case_id = case_for(desk, "PO-1")
    for path in ("/api/cases", f"/api/cases/{case_id}", "/api/alerts", f"/api/cases/{case_id}/audit"):
        answer = desk.ask("GET", path)
        template = path.replace(case_id, "{case_id}")
        schema = served["paths"][template]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.Draft202012Validator({**schema, "components": served["components"]}).validate(answer.json())


def test_every_route_of_the_api_is_described(desk: RunningDesk) -> None:
    routes = {
        (route.resource.canonical, route.method.lower())
        for route in application(desk.desk).router.routes()
        if route.resource is not None and route.resource.canonical.startswith("/api/") and route.method != "HEAD"
    }
    assert application(desk.desk)[DESK] is desk.desk
    assert routes == {(path, method) for path, methods in document()["paths"].items() for method in methods}


@pytest.mark.parametrize("path", ["/cases", "/alerts", "/lists", "/health", "/cases?days=90&state=open", "/"])
def test_pages_are_served_with_a_strict_policy(desk: RunningDesk, path: str) -> None:
    answer = desk.ask("GET", path, follow_redirects=True)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "onclick=" not in answer.text
    assert " style=" not in answer.text
    assert "Server" not in answer.headers


def test_hostile_names_are_shown_as_they_are_and_run_nothing(desk: RunningDesk) -> None:
    case_id = case_for(desk, "PO-3")
    for path in ("/cases", "/alerts", f"/cases/{case_id}", f"/cases/{case_id}/audit"):
        text = desk.ask("GET", path).text
        for harmful in ("<script>alert", "<img src=x", '"><b>', " 49 Taiwan"):
            assert harmful not in text, path
    assert "&lt;script&gt;" in desk.ask("GET", "/cases").text
    search = desk.ask("GET", "/cases?text=%22%3E%3Cscript%3Ealert(2)%3C/script%3E").text
    assert "<script>alert" not in search


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, "nobody"),
        ({"Authorization": "Bearer highfence_forged"}, "forged token"),
        ({"Authorization": "Basic bWlhOm1pYQ=="}, "another scheme"),
        ({"Authorization": "Bearer"}, "no token"),
        ({"Cookie": "highfence_session=forged"}, "forged session"),
        ({"X-Forwarded-User": "mia", "X-Forwarded-Roles": "maker,checker"}, "a proxy nobody trusts"),
    ],
)
def test_who_is_not_known_sees_and_does_nothing(
    desk: RunningDesk, settings: Settings, headers: dict[str, str], why: str
) -> None:
    before = dispositions(settings)
    for method, path in (
        ("GET", "/api/cases"),
        ("POST", "/api/screen"),
        ("POST", f"/api/cases/{'0' * 32}/dispositions"),
    ):
        assert desk.ask(method, path, by=None, headers=headers, content=b"{}").status_code == 401, why
    page = desk.ask("GET", "/cases", by=None, headers=headers)
    assert (page.status_code, page.headers["Location"]) == (303, "/login")
    assert dispositions(settings) == before


def test_what_the_role_or_four_eyes_forbid_changes_nothing(desk: RunningDesk, settings: Settings) -> None:
    case_id = case_for(desk, "PO-2")
    before = desk.case(case_id)
    propose = {"action": "propose", "finding": "false_positive", "reason": "namesake"}
    assert desk.act(case_id, "vic", **propose).status_code == 403
    assert desk.act(case_id, "vic", action="comment", reason="x").status_code == 403
    assert desk.act(case_id, "chen", **propose).status_code == 403
    assert desk.act(case_id, "mia", action="confirm").status_code == 403
    assert desk.act(case_id, "chen", action="confirm").status_code == 409
    assert desk.case(case_id) == before

    proposed = desk.act(case_id, "both", **propose)
    assert proposed.status_code == 201
    count = dispositions(settings)
    own = desk.act(case_id, "both", action="confirm")
    assert own.status_code == 403
    assert "four eyes" in own.json()["error"]["message"]
    assert desk.act(case_id, "mia", action="withdraw").status_code == 403
    assert dispositions(settings) == count
    assert desk.case(case_id)["state"] == "open"
    assert desk.act(case_id, "both", action="withdraw").status_code == 201


def test_a_replayed_request_is_harmless_and_a_late_one_refused(desk: RunningDesk, settings: Settings) -> None:
    case_id = case_for(desk, "PO-1")
    path = f"/api/cases/{case_id}/dispositions"
    body = {"action": "comment", "after": desk.case(case_id)["last_act"], "reason": "seen"}
    first = desk.ask("POST", path, "mia", json=body)
    count = dispositions(settings)
    again = desk.ask("POST", path, "mia", json=body)
    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (201, first.json())
    late = desk.ask("POST", path, "chen", json={**body, "reason": "other"})
    assert late.status_code == 409
    assert dispositions(settings) == count


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"x" * 300_000, 413),
        (b"{not json", 422),
        (b"[" * 100_000, 422),
        (b'{"action": "destroy"}', 422),
        (b'{"action": "comment", "admin": true}', 422),
        (b'{"action": "propose", "reason": "x"}', 422),
        (b'{"action": "propose", "finding": "false_positive", "reason": "x", "days": 100000}', 422),
        (b'{"action": "propose", "finding": "false_positive", "reason": "x", "days": 400}', 422),
        (b'{"action": "escalate"}', 422),
        (b'{"action": "assign"}', 422),
        (json.dumps({"action": "comment", "reason": "y" * 9000}).encode(), 422),
        (b"\xff\xfe", 422),
        (b"", 422),
    ],
)
def test_bodies_that_cannot_be_meant_are_refused(
    desk: RunningDesk, settings: Settings, body: bytes, status: int
) -> None:
    case_id = case_for(desk, "PO-3")
    before = dispositions(settings)
    answer = desk.ask("POST", f"/api/cases/{case_id}/dispositions", "mia", content=body)
    assert (answer.status_code, dispositions(settings)) == (status, before)
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"token=\xff", {}, 400),
        (b"token=x", {"Content-Type": f"{FORM}; charset=nope"}, 400),
        (b"--x junk", {"Content-Type": "multipart/form-data; boundary=x"}, 415),
        (b"token=x", {"Content-Encoding": "gzip"}, 400),
    ],
)
def test_forms_that_cannot_be_read_are_refused(
    desk: RunningDesk, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = desk.ask("POST", "/login", None, content=content, headers={"Content-Type": FORM, **headers})
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (status, False)


def test_a_body_in_whatever_coding_and_type_is_read_or_refused(desk: RunningDesk) -> None:
    typed = desk.ask("POST", "/api/screen", content=b"\xff", headers={"Content-Type": FORM})
    coded = desk.ask("POST", "/api/screen", content=b"junk", headers={"Content-Encoding": "gzip"})
    assert [answer.status_code for answer in (typed, coded)] == [422, 400]
    assert all(answer.json()["error"]["message"] for answer in (typed, coded))


@pytest.mark.parametrize("path", ["/api/cases/unknown", "/api/cases/%2e%2e%2f", "/static/..%2fserver.py", "/nothing"])
def test_what_there_is_not(desk: RunningDesk, path: str) -> None:
    assert desk.ask("GET", path).status_code == 404


@pytest.mark.parametrize(
    "query", ["state=gone", "outcome=x", "age=1", "limit=x", "limit=-1", "limit=99999", "offset=1.5"]
)
def test_queries_that_cannot_be_meant(desk: RunningDesk, query: str) -> None:
    assert desk.ask("GET", f"/api/cases?{query}").status_code == 422


def test_cases_and_alerts_are_found_by_transaction_and_a_page_past_the_end_is_the_last_one(desk: RunningDesk) -> None:
    case_ids = {case["case_id"] for case in desk.cases("text=po-2")}
    assert case_for(desk, "PO-2") in case_ids
    assert case_for(desk, "PO-1") not in case_ids
    found = desk.ask("GET", "/api/alerts?text=po-2").json()["alerts"]
    assert {alert["transaction_id"] for alert in found} == {"PO-2"}
    assert "No case fits" not in desk.ask("GET", "/cases?page=99").text


@contextmanager
def signed_in(desk: RunningDesk, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=desk.url, timeout=PATIENCE) as client:
        answer = client.post("/login", data={"token": TOKENS[name][1]})
        assert answer.status_code == 303
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        yield client


def csrf_of(page: str) -> str:
    return page.split('name="csrf" value="', 1)[1].split('"', 1)[0]


def test_a_form_from_elsewhere_changes_nothing(desk: RunningDesk, settings: Settings) -> None:
    case_id = case_for(desk, "PO-3")
    before = dispositions(settings)
    with signed_in(desk, "mia") as mia:
        page = mia.get(f"/cases/{case_id}").text
        form = {"action": "comment", "after": desk.case(case_id)["last_act"], "reason": "by form"}
        for forged in (
            {"data": form},
            {"data": {**form, "csrf": "0" * 64}},
            {"data": form, "headers": {b"X-CSRF-Token": b"\xff"}},
            {"data": {**form, "csrf": csrf_of(page)}, "headers": {"Sec-Fetch-Site": "cross-site"}},
            {"data": {**form, "csrf": csrf_of(page)}, "headers": {"Origin": "https://elsewhere.example"}},
        ):
            assert mia.post(f"/cases/{case_id}", **forged).status_code == 403
        api = mia.post(f"/api/cases/{case_id}/dispositions", json=form)
        assert api.status_code == 403
        assert dispositions(settings) == before
        done = mia.post(f"/cases/{case_id}", data={**form, "csrf": csrf_of(page)})
        assert (done.status_code, dispositions(settings)) == (303, before + 1)
        again = mia.post(f"/cases/{case_id}", data={**form, "csrf": csrf_of(page)})
        assert (again.status_code, dispositions(settings)) == (303, before + 1)
        with signed_in(desk, "chen") as chen:
            assert chen.post(f"/cases/{case_id}", data={**form, "csrf": csrf_of(page)}).status_code == 403
        assert mia.post("/logout", data={"csrf": csrf_of(page)}).status_code == 303
        assert mia.get("/cases").status_code == 303


def test_a_refused_form_says_why_and_keeps_what_was_written(desk: RunningDesk) -> None:
    case_id = case_for(desk, "PO-3")
    with signed_in(desk, "mia") as mia:
        page = mia.get(f"/cases/{case_id}").text
        form = {"csrf": csrf_of(page), "after": "stale", "reason": "a long <b>thought</b>"}
        for action, kept_in in (
            ({"action": "propose", "finding": "true_match", "days": "90"}, 'id="r-propose"'),
            ({"action": "escalate"}, 'id="r-escalate"'),
            ({"action": "comment"}, 'id="r-comment"'),
            ({"action": "reopen"}, "You wrote: "),
        ):
            answer = mia.post(f"/cases/{case_id}", data={**form, **action})
            assert answer.status_code == 409
            assert "has changed since you read it" in answer.text
            before, _, after = answer.text.partition("a long &lt;b&gt;thought&lt;/b&gt;")
            assert after
            assert kept_in in before[-200:]


def test_one_party_is_screened_and_a_cleared_one_is_told_suppressed(desk: RunningDesk) -> None:
    def screened(party: dict[str, Any]) -> dict[str, Any]:
        answer = desk.ask("POST", "/api/screen", json=party)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    assert screened({"name": "Velavia Machine Tools GmbH", "country": "DE"})["outcome"] == "clear"
    party = {"name": "Incpur (Beijing) Electronic Information", "country": "CN"}
    hit = screened(party)
    assert hit["outcome"] in ("review", "hold")
    assert hit["releases"]["us_bis_additions"]["digest"]
    for case in desk.cases("text=Incpur"):
        desk.clear(case["case_id"])
    cleared = screened(party)
    assert (cleared["outcome"], len(cleared["suppressed"])) == ("clear", len(hit["alerts"]))
    assert screened({**party, "country": "TW"})["outcome"] != "clear"
    for broken in (b"", b"{}", b'{"name": ""}', b'{"name": "..."}', b'{"name": 7}'):
        assert desk.ask("POST", "/api/screen", content=broken).status_code == 422


def test_the_audit_file_holds_what_it_rests_on(desk: RunningDesk) -> None:
    case_id = case_for(desk, "PO-1")
    assert desk.act(case_id, "mia", action="comment", reason="looked into it").status_code == 201
    audit = desk.ask("GET", f"/api/cases/{case_id}/audit").json()
    (alert,) = audit["alerts"]
    (decision,) = audit["decisions"]
    (release,) = audit["releases"]
    assert alert["alert_id"] in decision["alert_ids"]
    assert decision["releases"]["us_bis_additions"]["digest"] == release["digest"]
    assert audit["policy_versions"] == [alert["policy_version"]]
    assert (audit["exported_by"], alert["transaction_id"], bool(alert["evidence"])) == ("vic", "PO-1", True)
    last = msgspec.convert(audit["dispositions"][-1], Disposition)
    assert (last.by, last.reason) == ("mia", "looked into it")
    page = desk.ask("GET", f"/cases/{case_id}/audit").text
    assert decision["releases"]["us_bis_additions"]["release_id"] in page


def test_changes_are_told_as_they_happen(desk: RunningDesk) -> None:
    case_id = case_for(desk, "PO-1")
    headers = {"Authorization": f"Bearer {TOKENS['vic'][1]}"}
    with httpx.stream(
        "GET", f"{desk.url}/api/live?source=us_bis_additions", headers=headers, timeout=PATIENCE
    ) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines).startswith(": here")
        assert desk.act(case_id, "chen", action="comment", reason="for those who follow").status_code == 201
        kind = next(line for line in lines if line.startswith("event:"))
        told = json.loads(next(lines).removeprefix("data: "))
    assert (kind, told["case_id"]) == ("event: case", case_id)
    wait_until(lambda: len(desk.desk.live) == 0)


def test_too_many_requests_are_refused_for_a_while(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("server", "pages"):  # their clock stands still, as requests are given back with time
        monkeypatch.setattr(f"streams.desk.web.{module}.time", SimpleNamespace(monotonic=lambda: 1000.0))
    limited = with_people(settings)
    limited = limited.model_copy(update={"desk": limited.desk.model_copy(update={"requests_per_minute": 10})})
    with desk_of(limited) as desk:
        statuses = [desk.ask("GET", "/api/me").status_code for _ in range(12)]
        assert statuses[:10] == [200] * 10
        assert statuses[10:] == [429, 429]
        assert desk.ask("GET", "/api/me", "mia").status_code == 200
        logins = [
            httpx.post(f"{desk.url}/login", data={"token": f"guess {number}"}).status_code for number in range(12)
        ]
        assert logins[0] == 401
        assert logins[-1] == 429
        told = desk.ask("GET", "/api/me")
        assert int(told.headers["Retry-After"]) >= 1


def test_a_trusted_proxy_vouches_for_people(settings: Settings) -> None:
    with desk_of(with_people(settings, proxy_addresses=("127.0.0.0/8",))) as desk:
        as_kim = {"X-Forwarded-User": "kim", "X-Forwarded-Roles": "maker,chief"}
        answer = desk.ask("GET", "/api/me", by=None, headers=as_kim)
        assert answer.json() == {"name": "kim", "roles": ["maker"]}
        assert desk.ask("GET", "/api/me", by=None, headers={"X-Forwarded-User": "kim"}).status_code == 401
        case_id = case_for(desk, "PO-1")
        body = {"action": "comment", "after": desk.case(case_id)["last_act"], "reason": "by proxy"}
        path = f"/api/cases/{case_id}/dispositions"
        assert desk.ask("POST", path, by=None, headers=as_kim, json=body).status_code == 403
        page = desk.ask("GET", f"/cases/{case_id}", by=None, headers=as_kim).text
        vouched = {**as_kim, "X-CSRF-Token": csrf_of(page)}
        assert desk.ask("POST", path, by=None, headers=vouched, json=body).json()["by"] == "kim"

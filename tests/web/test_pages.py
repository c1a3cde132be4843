"""Pages that every installation has, and the rules every route keeps."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from tests.web.conftest import Visitor

PUBLIC = ["/cookies", "/privacy", "/accessibility-statement", "/sign-in"]
SIGNED_IN = [
    "/tasks",
    "/tasks?list=team",
    "/tasks?list=done",
    "/cases",
    "/learning",
    "/learning?part=points",
    "/start",
    "/processes",
    "/mail",
    "/switch",
]

Come = Callable[..., Visitor]


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_open_for_everybody(visitor: Come, path: str) -> None:
    visitor().get(path)


@pytest.mark.parametrize("path", SIGNED_IN)
def test_pages_open_for_whoever_is_signed_in(visitor: Come, path: str) -> None:
    visitor("dcs").get(path)


def test_every_route_says_who_may_use_it(app: Flask) -> None:
    lacking = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if not rule.endpoint.startswith("api.") and not hasattr(app.view_functions[rule.endpoint], "needs")
    ]
    assert lacking == []


def test_no_address_is_lost(app: Flask) -> None:
    rules = sorted(
        f"{rule.rule} {','.join(sorted((rule.methods or set()) - {'HEAD', 'OPTIONS'}))}"
        for rule in app.url_map.iter_rules()
    )
    assert rules == [
        "/ GET",
        "/.well-known/security.txt GET",
        "/accessibility-statement GET",
        "/api/v1/audit GET",
        "/api/v1/cases POST",
        "/api/v1/cases/<reference> GET",
        "/api/v1/cases/<reference>/history GET",
        "/api/v1/files POST",
        "/api/v1/jobs GET",
        "/api/v1/learning GET",
        "/api/v1/learning/<learning> GET",
        "/api/v1/openapi.json GET",
        "/api/v1/processes GET",
        "/api/v1/tasks GET",
        "/api/v1/tasks/<uuid:work_item_id> GET",
        "/api/v1/tasks/<uuid:work_item_id>/claim POST",
        "/api/v1/tasks/<uuid:work_item_id>/complete POST",
        "/api/v1/tasks/<uuid:work_item_id>/release POST",
        "/api/v1/vacancies GET",
        "/attachments/<uuid:attachment_id> GET",
        "/cases GET",
        "/cases/<reference> GET",
        "/cases/<reference>/conflict POST",
        "/cases/<reference>/papers GET",
        "/cases/<reference>/papers/<kind> GET",
        "/cases/<reference>/papers/<kind>.<any(docx,pdf):suffix> GET",
        "/cookies GET",
        "/healthz GET",
        "/learning GET",
        "/learning/<learning> GET",
        "/mail GET",
        "/privacy GET",
        "/processes GET",
        "/processes/<key> GET",
        "/readyz GET",
        "/sign-in GET",
        "/sign-in POST",
        "/sign-out POST",
        "/start GET",
        "/start/<key> GET,POST",
        "/static/<path:filename> GET",
        "/switch GET",
        "/tasks GET",
        "/tasks/<uuid:work_item_id> GET",
        "/tasks/<uuid:work_item_id> POST",
        "/tasks/<uuid:work_item_id>/claim POST",
        "/tasks/<uuid:work_item_id>/release POST",
    ]


def test_what_is_not_there_is_told_in_words(visitor: Come) -> None:
    page = visitor("dcs").get("/cases/SOL-2027-999", 404)
    assert "There is nothing here that you may see." in page


def test_a_page_that_is_not_there_still_shows_where_one_can_go(visitor: Come) -> None:
    page = visitor("dcs").get("/no-such-page", 404)
    assert 'href="/tasks"' in page
    assert "Switch person" in page


def test_a_post_without_its_token_changes_nothing(visitor: Come) -> None:
    one = visitor("dcs")
    response = one.client.post("/sign-out")
    assert response.status_code == 400
    assert "This page was open for too long" in response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://localhost", 303), ("https://localhost", 400), ("https://evil.example", 400), ("null", 400)],
)
def test_a_form_is_taken_from_pages_of_this_service_only(visitor: Come, origin: str, status: int) -> None:
    one = visitor("dcs")
    token = re.search(r'name="csrf_token" value="([^"]+)"', one.get("/cookies"))
    assert token is not None
    sent = one.client.post("/sign-out", data={"csrf_token": token[1]}, headers={"Origin": origin})
    assert sent.status_code == status
    assert ("page of another site" in sent.get_data(as_text=True)) == (status == 400)


@pytest.mark.parametrize(
    ("target", "safe"),
    [
        ("/cases", "/cases"),
        ("//evil.example", "/tasks"),
        ("https://evil.example", "/tasks"),
        ("/\\evil.example", "/tasks"),
        ("javascript:alert(1)", "/tasks"),
        ("/\t/evil.example", "/tasks"),
        ("/cases\r\nX-Header: of theirs", "/tasks"),
    ],
)
def test_signing_in_leads_to_this_service_only(visitor: Come, target: str, safe: str) -> None:
    one = visitor()
    page = one.get("/sign-in")
    person = page.split('name="person" value="')[1].split('"')[0]
    response = one.post("/sign-in", {"person": person, "next": target}, page="/sign-in")
    assert response.headers["Location"] == safe


def test_odd_addresses_are_no_trouble(visitor: Come) -> None:
    one = visitor("dcs")
    for path in (
        "/tasks?page=0&sort=;drop&list=%00&q=%25%27",
        "/tasks?page=99999999999",
        "/cases?q=%25%00&page=-1",
    ):
        one.get(path)
    one.get("/tasks/not-a-uuid", 404)
    one.get("/start/no-such-process", 404)
    one.get("/processes/no-such-process", 404)


def test_every_published_process_has_a_page_with_its_drawing(visitor: Come) -> None:
    one = visitor("process-owner")
    keys = [link.split('"')[0] for link in one.get("/processes").split('href="/processes/')[1:]]
    assert "rapid-review" in keys
    for key in keys:
        assert "<svg" in one.get(f"/processes/{key}")


def test_what_can_be_started_is_called_what_one_does(visitor: Come) -> None:
    page = visitor("business-manager").get("/start")
    names = re.findall(r'href="/start/[^"]+">([^<]+)</a>', page)
    assert names == ["Record an input for ARG", "Begin a Business Plan", "Record a serious incident"]
    assert "Begun by hand" not in page  # the drawing's word; there is one way only
    assert ">Start</a>" in re.sub(r"\s+", "", visitor("dcs").get("/tasks"))

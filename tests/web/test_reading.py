"""Whatever is sent is answered in words, on either database; and a form's key counts for its own address."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from engine import demo
from engine.model import Submission, WorkItem
from engine.runtime import Runtime
from engine.types import WorkItemState
from tests.conftest import settings
from tests.factories import bpmn, case, each, end, form, items, package, publish, start, text, user
from tests.web.conftest import Visitor
from tests.web.test_api_files import Program
from web.reading import MOST_DEPTH

LOOP = each("=[1, 2]", "n")
PROCESS = package(
    bpmn("odd", start(role="dcs"), user("ask", role="dcs", loop=LOOP), end()),
    forms={"ask": form({"said": text()}), "begin": form({"why": text()}, required=[])},
)


@pytest.fixture
def web_runtime(any_runtime: Runtime) -> Runtime:
    """With people and one process, on either database."""
    made = replace(any_runtime, settings=settings(str(any_runtime.settings.database_url), demo=True))
    with made.transaction() as session:
        demo.install(session, made.partnership, now=made.now())
        publish(session, PROCESS)
        case(session, "odd", role="dcs")
    return made


Come = Callable[..., Visitor]


def ask(runtime: Runtime) -> list[WorkItem]:
    with runtime.transaction() as session:
        return list(items(session, "ask"))


@pytest.mark.parametrize("path", ["/cases/%00", "/cases/SOL%00?part=papers", "/processes/%00", "/start/%00"])
def test_an_address_with_a_character_that_is_none_is_not_found(
    visitor: Come, app: Flask, web_runtime: Runtime, path: str
) -> None:
    page = visitor("dcs").get(path, 404)
    assert "There is nothing at this address" in page
    program = Program(app, web_runtime, "dcs")
    assert app.test_client().get(f"/api/v1{path}", headers=program.headers).status_code == 404


def test_forms_with_characters_that_can_not_be_kept_are_refused_in_words(visitor: Come, web_runtime: Runtime) -> None:
    one, work = visitor("dcs"), ask(web_runtime)[0]
    for path, data in (
        ("/sign-in", {"email": "a\0b@test.example", "password": "x"}),
        (f"/tasks/{work.id}", {"_key": "\0", "_action": "submit", "said": "x"}),
        (f"/tasks/{work.id}", {"_key": "k", "_action": "save", "said": "x\0"}),
        ("/start/odd", {"_key": "k\0"}),
    ):
        assert "can not be kept" in one.post(path, data, 400).get_data(as_text=True)
    assert "no page of ours" in one.post(f"/tasks/{work.id}", {"_key": "k" * 201, "said": "x"}, 400).text
    one.post("/sign-in", {"email": "é" * 50_000, "password": "x"}, 422)
    assert ask(web_runtime)[0].state == WorkItemState.READY


def nested(depth: int) -> bytes:
    return b'{"answers": {"said":' + b"[" * depth + b"]" * depth + b"}}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (nested(200_000), "levels deep"),
        (nested(900), "levels deep"),
        (nested(MOST_DEPTH), "levels deep"),
        (b'{"answers": {"said": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}}", "levels deep"),
        (b'{"answers": {"said": "x\\u0000"}}', "can not be kept"),
        (b'{"answers": {"said": ["\\ud800"]}}', "can not be kept"),
        (b'{"answers": {"x\\u0000": 1}}', "can not be kept"),
        (b'{"answers": {"said": "x\0"}}', "can not be kept"),
        (b"[]", "JSON object"),
        (b'{"answers": "\xff"}', "JSON object"),
        (b'{"answers": {"said": ' + b"9" * 6_000 + b"}}", "JSON object"),
    ],
    ids=range(11),
)
def test_bodies_that_can_not_be_read_are_refused_in_words(
    app: Flask, web_runtime: Runtime, body: bytes, words: str
) -> None:
    sent: dict[str, Any] = {"data": body, "content_type": "application/json"}
    answered = Program(app, web_runtime, "dcs").post(f"/tasks/{ask(web_runtime)[0].id}/complete", **sent)
    assert (answered.status_code, words in answered.json["detail"]) == (400, True), answered.json  # type: ignore[index]


def test_a_process_of_the_api_is_a_text_that_can_be_kept(app: Flask, web_runtime: Runtime) -> None:
    program = Program(app, web_runtime, "dcs")
    for body in ({"process": "odd\0"}, {"process": "odd", "event": "\ud800"}):
        answered = program.post("/cases", data=json.dumps(body), content_type="application/json")
        assert answered.status_code == 400


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/tasks?lsit=team", "“lsit”. It takes “list”, “process”, “due”, “sort” and “page”."),
        ("/cases/SOL-2027-001?part=papers", "“part”. It takes none."),
        ("/openapi.json?v=1", "“v”. It takes none."),
        ("/tasks?process=odd%00", "can not be kept"),
        ("/tasks?%00=1", "can not be kept"),
    ],
)
def test_what_the_api_does_not_read_in_an_address_is_refused(
    app: Flask, web_runtime: Runtime, path: str, words: str
) -> None:
    headers = Program(app, web_runtime, "dcs").headers
    for method in ("GET", "HEAD"):
        answered = app.test_client().open(f"/api/v1{path}", method=method, headers=headers)
        assert (answered.status_code, answered.content_type) == (400, "application/problem+json")
        assert method == "HEAD" or words in answered.json["detail"]  # type: ignore[index]


def test_a_forms_key_counts_for_its_own_person_and_address(visitor: Come, web_runtime: Runtime) -> None:
    first, second = ask(web_runtime)
    one = visitor("dcs")
    for work in (first, first, second):
        one.post(f"/tasks/{work.id}", {"_key": "the same", "_action": "submit", "said": "x"})
    with web_runtime.transaction() as session:
        assert len(session.scalars(select(Submission).where(Submission.element == "ask")).all()) == 2
        assert {item.state for item in session.scalars(select(WorkItem))} == {WorkItemState.COMPLETED}

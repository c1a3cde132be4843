"""Files by the API: sent first, then named by an answer of the task they were sent for, by whoever sent them."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from engine.commands import keep_attachment as keeping
from engine.commands.create_token import create_token
from engine.model import Attachment, ProcessInstance, SealedValue
from engine.runtime import Runtime
from engine.types import SYSTEM, Participant
from tests.conftest import settings
from tests.factories import bpmn, case, end, form, holder, item, items, package, publish, start, user
from tests.web.test_files import PDF, SCANNER
from web.app import create_app

FILE = {"type": "string", "format": "file"}
FORMS = {
    "begin": form({"paper": {**FILE, "title": "Paper", "x-sensitivity": "SC"}}, required=[]),
    "ask": form({"papers": {"type": "array", "title": "Papers", "x-sensitivity": "SC", "items": FILE}}, required=[]),
}
PROCESS = package(
    bpmn("files", start(role="dcs"), user("ask", role="dcs"), user("other", role="chair-arg"), end()), forms=FORMS
)


class Program:
    """Uses the API as one person."""

    def __init__(self, app: Flask, runtime: Runtime, role: str) -> None:
        with runtime.transaction() as session:
            self.who: Participant = holder(session, role, now=runtime.now())
            assert self.who.person_id is not None
            self._token = create_token(
                session, self.who.person_id, name="t", expires_at=None, by=SYSTEM, now=runtime.now()
            )
        self._client = app.test_client()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def post(self, path: str, key: str | None = None, **more: Any) -> TestResponse:
        headers = {**self.headers, "Idempotency-Key": key or uuid4().hex}
        return self._client.post(f"/api/v1{path}", headers=headers, **more)

    def send(self, content: bytes = PDF, key: str | None = None, name: str = "a.pdf", **fields: str) -> TestResponse:
        return self.post("/files", key, data={"file": (BytesIO(content), name), **fields})

    def sent(self, **fields: str) -> str:
        response = self.send(**fields)
        assert response.status_code == 201, response.json
        return str(response.json["id"])  # type: ignore[index]

    def complete(self, task: UUID, *refs: Any) -> TestResponse:
        return self.post(f"/tasks/{task}/complete", json={"answers": {"papers": list(refs)}})


Come = Callable[[str], Program]


@pytest.fixture
def program(app: Flask, web_runtime: Runtime) -> Come:
    return lambda role: Program(app, web_runtime, role)


@pytest.fixture
def task(web_runtime: Runtime) -> UUID:
    with web_runtime.transaction() as session:
        publish(session, PROCESS)
        case(session, "files", role="dcs")
        return item(session, "ask").id


def lost(response: TestResponse, *path: str) -> bool:
    """The problem document names the field."""
    assert response.mimetype == "application/problem+json"
    told = response.json or {}
    return (
        response.status_code == told["status"] == 422
        and told["code"] == "answers-invalid"
        and [e["path"] for e in told["errors"]] == [list(path)]
        and all(e["message"] for e in told["errors"])
    )


def test_a_file_is_sent_then_named_by_the_answer(program: Come, task: UUID, web_runtime: Runtime) -> None:
    dcs = program("dcs")
    response = dcs.send(task=str(task))
    assert response.status_code == 201
    made = response.json or {}
    assert (made["size"], made["media_type"]) == (len(PDF), "application/pdf")
    assert dcs.complete(task, made["id"]).json == {"id": str(task), "state": "completed"}
    with web_runtime.transaction() as session:
        row = session.scalars(select(Attachment)).one()
        assert (str(row.id), row.work_item_id, row.by) == (made["id"], task, dcs.who.person_id)
        assert session.scalars(select(SealedValue.name)).all() == ["papers"]


def test_a_file_of_a_case_to_begin(program: Come, task: UUID, web_runtime: Runtime) -> None:
    dcs = program("dcs")
    ref = dcs.sent()
    begun = dcs.post("/cases", json={"process": "files", "answers": {"paper": ref}})
    assert begun.status_code == 201
    with web_runtime.transaction() as session:
        reference = session.get_one(ProcessInstance, session.get_one(Attachment, UUID(ref)).case_id).reference
    assert begun.json == {"reference": reference}


@pytest.mark.parametrize("ref", [str(UUID(int=1)), "x", "../../etc/passwd", ""])
def test_what_is_no_file_is_refused_by_name(program: Come, task: UUID, ref: str) -> None:
    dcs = program("dcs")
    assert lost(dcs.complete(task, ref), "papers") or lost(dcs.complete(task, ref), "papers", 0)  # type: ignore[arg-type]
    begun = dcs.post("/cases", json={"process": "files", "answers": {"paper": ref or "y"}})
    assert lost(begun, "paper")


@pytest.mark.parametrize("ref", [7, None, {"a": 1}, ["x"], True])
def test_what_is_no_text_is_refused_too(program: Come, task: UUID, ref: Any) -> None:
    assert program("dcs").complete(task, ref).status_code == 422


def test_anothers_file_is_refused(program: Come, task: UUID) -> None:
    dcs, other = program("dcs"), program("chair-arg")
    assert lost(dcs.complete(task, other.sent()), "papers")
    assert lost(dcs.post("/cases", json={"process": "files", "answers": {"paper": other.sent()}}), "paper")


def test_a_file_of_another_task_or_case_is_refused(program: Come, task: UUID, web_runtime: Runtime) -> None:
    dcs = program("dcs")
    with web_runtime.transaction() as session:
        second = case(session, "files", role="dcs")
        another = next(i.id for i in items(session, "ask") if i.case_id == second.id)
    elsewhere = dcs.sent(task=str(another))
    assert lost(dcs.complete(task, elsewhere), "papers")
    assert lost(dcs.post("/cases", json={"process": "files", "answers": {"paper": elsewhere}}), "paper")
    used = dcs.sent()
    assert dcs.complete(another, used).status_code == 200
    assert lost(dcs.complete(task, used), "papers")


def test_files_are_taken_from_those_who_may_answer_and_while_they_may(program: Come, task: UUID) -> None:
    assert program("chair-arg").send(task=str(task)).status_code == 403
    assert program("lead-member").send(task=str(task)).status_code == 404
    dcs = program("dcs")
    assert dcs.send(task=str(uuid4())).status_code == 404
    assert dcs.complete(task).status_code == 200
    assert dcs.send(task=str(task)).status_code == 409


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"task": "x", "file": (BytesIO(PDF), "a.pdf")}},
        {"data": {"other": (BytesIO(PDF), "a.pdf")}},
        {"data": {"file": "not a file"}},
        {"json": {"file": "x"}},
        {"data": {"file": (BytesIO(b"MZ\x90\x00"), "a.pdf")}},
        {"data": {"file": (BytesIO(b""), "a.pdf")}},
    ],
)
def test_what_is_not_sent_rightly_is_a_problem_in_words(program: Come, sent: dict[str, Any]) -> None:
    response = program("dcs").post("/files", **sent)
    assert response.status_code == 400
    assert response.mimetype == "application/problem+json"
    assert (response.json or {})["detail"]


def test_the_same_request_sent_twice_keeps_one_file_and_another_is_not_taken_for_it(
    program: Come, task: UUID, web_runtime: Runtime
) -> None:
    dcs = program("dcs")
    first, second = (dcs.send(key="k") for _ in range(2))
    assert first.json == second.json
    for other in (dcs.send(PDF + b" another", key="k"), dcs.send(key="k", task=str(task))):
        assert (other.status_code, (other.json or {})["code"]) == (422, "key-reused")
    assert dcs.post("/cases", "k", json={"process": "files"}).status_code == 201
    with web_runtime.transaction() as session:
        assert len(session.scalars(select(Attachment)).all()) == 1


def test_a_case_has_room_for_so_much(program: Come, task: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_PER_CASE", len(PDF))
    dcs = program("dcs")
    dcs.sent(task=str(task))
    refused = dcs.send(task=str(task))
    assert (refused.json or {})["detail"] == "This case has no room for more files"


def test_files_are_scanned(web_runtime: Runtime, task: UUID) -> None:
    runtime = replace(web_runtime, settings=settings(demo=True, file_scan=SCANNER))
    dcs = Program(create_app(runtime), runtime, "dcs")
    assert dcs.send().status_code == 201
    for content, words in ((b"%PDF EICAR", "contains a virus"), (b"%PDF ODD", "could not be checked")):
        refused = dcs.send(content)
        assert refused.status_code == 400
        assert words in (refused.json or {})["detail"]


def test_what_is_too_large_is_told_as_a_problem(web_runtime: Runtime) -> None:
    runtime = replace(web_runtime, settings=settings(demo=True, attachment_limit=10))
    dcs = Program(create_app(runtime), runtime, "dcs")
    assert "smaller than" in (dcs.send().json or {})["detail"]
    refused = dcs.send(b"%PDF" + b"x" * 2 * 1024 * 1024)
    assert (refused.status_code, refused.mimetype) == (413, "application/problem+json")
    refused.request.environ["wsgi.input"].close()  # the test client's own, which nobody read

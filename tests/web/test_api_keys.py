"""An Idempotency-Key stands for one request: its repetition changes nothing, and another one is not taken for it."""

import pytest
from sqlalchemy import func, select

from engine.model import ProcessInstance
from engine.runtime import Runtime
from tests.factories import bpmn, end, form, package, publish, start, text, user
from tests.web.test_api_files import Come, program

__all__ = ["program"]
SAYING = package(
    bpmn("saying", start(role="dcs"), user("ask", role="dcs"), end()), forms={"begin": form({"said": text()})}
)


@pytest.fixture
def cases(web_runtime: Runtime) -> Runtime:
    with web_runtime.transaction() as session:
        publish(session, SAYING)
    return web_runtime


def test_a_key_used_for_another_request_is_refused_and_nothing_is_dropped_in_silence(
    program: Come, cases: Runtime
) -> None:
    dcs = program("dcs")
    first = dcs.post("/cases", "k#1", json={"process": "saying", "answers": {"said": "one"}})
    again = dcs.post("/cases", "k#1", json={"answers": {"said": "one"}, "process": "saying"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    other = dcs.post("/cases", "k#1", json={"process": "saying", "answers": {"said": "two"}})
    assert other.status_code == 422
    assert other.json is not None
    assert other.json["code"] == "key-reused"
    with cases.transaction() as session:
        assert session.scalar(select(func.count()).select_from(ProcessInstance)) == 1

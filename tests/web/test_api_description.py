"""The API's description: it names every route and no other, and answers are as it says, whatever is sent."""

import re
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from engine import library
from engine.commands.start_process import start_process
from engine.runtime import Runtime
from engine.scenario import runner
from engine.types import LearningKind
from tests.factories import holder, items
from tests.learned import learned
from tests.web.test_api_files import Program
from web.api.openapi import description

EXAMPLES = 12


def documented() -> set[tuple[str, str]]:
    return {
        (f"/api/v1{path}", method.upper()) for path, methods in description()["paths"].items() for method in methods
    }


def test_every_route_is_described_and_every_description_has_its_route(app: Flask) -> None:
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert documented() == routes


def test_parameters_of_addresses_are_described() -> None:
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            named = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path)), (method, path)
            keyed = "Idempotency-Key" in {p["name"] for p in operation.get("parameters", ())}
            assert keyed is (method == "post"), (method, path)
            assert "401" in operation["responses"] or operation.get("security") == []


def test_it_is_served_to_everybody(app: Flask) -> None:
    response = app.test_client().get("/api/v1/openapi.json")
    assert response.json == description()
    assert response.json["openapi"].startswith("3.1")  # type: ignore[index]


# Whatever is sent


@pytest.fixture
def ready(web_runtime: Runtime, app: Flask) -> tuple[list[Program], dict[str, str]]:
    """Programs of two people, and the parts of addresses that lead somewhere."""
    with web_runtime.transaction() as session:
        by, now = holder(session, "la-notifier", now=web_runtime.now()), web_runtime.now()
        process = library.process(library.latest(session, "serious-incident-notification"))
        begin = next(e for e in process.starts if "la-notifier" in e.listed("role"))
        answers = runner.start_answers(session, process, begin, {}, by=by, now=now)
        begun = start_process(session, process.key, answers, by=by, now=now, start_event=begin.id)
        point = learned(session, begun, LearningKind.INPUT, "Handovers", held_by="chair-arg").reference
        parts = {
            "reference": begun.reference,
            "work_item_id": str(items(session, "check-immediate-danger")[0].id),
            "learning": point,
        }
    return [Program(app, web_runtime, role) for role in ("la-notifier", "business-manager")], parts


@pytest.mark.parametrize("operation", sorted(documented()), ids=" ".join)
def test_answers_are_as_described_whatever_is_sent(
    operation: tuple[str, str], app: Flask, ready: tuple[list[Program], dict[str, str]]
) -> None:
    path, method = operation
    programs, real = ready
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    found = schema[path.removeprefix("/api/v1")][method]
    # what is not asked for is passed over, as HTTP has it; and a form has rules that the description does not tell
    excluded = [negative_data_rejection, *([positive_data_acceptance] if method == "POST" else [])]
    known = {name: real[name] for name in re.findall(r"{(\w+)}", path)}
    sent = [found.as_strategy(mode) for mode in GenerationMode]
    if known:
        sent.append(found.as_strategy(path_parameters=known))

    @effort(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=st.one_of(sent), program=st.sampled_from(programs))
    def holds(case: Any, program: Program) -> None:
        case.call_and_validate(headers=program.headers, excluded_checks=excluded)

    holds()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/tasks?list=all", "“list” is mine, team or done"),
        ("/tasks?page=0", "“page” is a number from 1"),
        ("/tasks?page=٣", "“page” is a number from 1"),
        ("/tasks?due=tomorrow", "“due” is overdue"),
        ("/audit?after=-1", "“after” is a number from 0"),
        ("/learning?state=old", "“state” is open, closed or all"),
        ("/jobs?state=lost", "“state” is waiting"),
    ],
)
def test_what_is_asked_wrongly_is_said_in_words(
    app: Flask, ready: tuple[list[Program], dict[str, str]], path: str, words: str
) -> None:
    response = app.test_client().get(f"/api/v1{path}", headers=ready[0][1].headers)
    assert response.status_code == 400
    assert words in response.json["detail"]  # type: ignore[index]


def test_a_body_that_is_wrong_is_said_in_words(ready: tuple[list[Program], dict[str, str]]) -> None:
    for body, words in (
        ([], "must be a JSON object"),
        ({}, "“process” must name a process"),
        ({"process": "x", "event": 1}, "“event” must name a start event"),
        ({"process": "x", "answers": []}, "“answers” must be a JSON object"),
    ):
        response = ready[0][0].post("/cases", json=body)
        assert response.status_code == 400
        assert words in response.json["detail"]  # type: ignore[index]

"""The API's description, OpenAPI 3.1; a test holds it against the routes and against what they answer."""

from functools import lru_cache
from typing import Any

from engine.queries.inbox import Listing, Sort
from engine.queries.points import PointState
from engine.types import JobState, LearningKind
from web.api import schemas
from web.api.schemas import Schema

MOST_PAGES = 999_999
MOST_EVENTS = 10**15

_PROBLEM = {"$ref": "#/components/responses/Problem"}
_REFERENCE = {
    "name": "reference",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "example": "SOL-2027-001",
}
_TASK = {"name": "work_item_id", "in": "path", "required": True, "schema": schemas.UUID}
_LEARNING = {
    "name": "learning",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "example": "INP-2027-001",
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A random value; the same request sent again with it counts once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}
_ANSWERS = {"type": "object", "description": "By field name, as the form's JSON Schema has them; files by their id."}
_START = {
    "type": "object",
    "required": ["process"],
    "properties": {"process": schemas.TEXT, "event": schemas.TEXT, "answers": _ANSWERS},
}
_FILE = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "contentMediaType": "application/octet-stream"},
        "task": {
            **schemas.UUID,
            "description": "The task whose answers will name it; without it, the answers of a case to begin.",
        },
    },
}


def _answer(words: str, schema: Schema) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _problems(*statuses: int) -> dict[str, Any]:
    return {str(status): _PROBLEM for status in (401, 503, *statuses)}


def _get(summary: str, answer: Schema, *problems: int, parameters: tuple[Any, ...] = ()) -> dict[str, Any]:
    return {
        "get": {
            "summary": summary,
            "parameters": list(parameters),
            "responses": {"200": _answer("As described.", answer), **_problems(400, *problems)},
        }
    }


def _post(
    summary: str,
    *problems: int,
    parameters: tuple[Any, ...] = (),
    body: Schema | None = None,
    media_type: str = "application/json",
    status: int = 200,
    answer: Schema = schemas.STATE,
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "summary": summary,
        "parameters": [*parameters, _KEY],
        "responses": {str(status): _answer("Done.", answer), **_problems(400, 403, 404, 409, *problems)},
    }
    if body is not None:
        made["requestBody"] = {"required": True, "content": {media_type: {"schema": body}}}
    return {"post": made}


def _query(name: str, schema: Schema, words: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": words}


def _paths() -> dict[str, Any]:
    sorts = [f"{way}{sort}" for way in ("", "-") for sort in Sort]
    return {
        "/openapi.json": {
            "get": {
                "summary": "This description.",
                "security": [],
                "responses": {"200": _answer("OpenAPI 3.1.", schemas.ANYTHING)},
            }
        },
        "/cases": _post("Begin a case.", 422, body=_START, status=201, answer=schemas.REFERENCE),
        "/files": _post(
            "Send a file, for answers to name by its id.",
            413,
            body=_FILE,
            media_type="multipart/form-data",
            status=201,
            answer=schemas.KEPT,
        ),
        "/cases/{reference}": _get(
            "A case: dates, tasks, where it stands.", schemas.CASE, 404, parameters=(_REFERENCE,)
        ),
        "/cases/{reference}/history": _get("What happened in a case.", schemas.HISTORY, 404, parameters=(_REFERENCE,)),
        "/tasks": _get(
            "Lists of tasks.",
            schemas.TASKS,
            400,
            parameters=(
                _query("list", schemas.one_of(Listing), "Which list; mine unless given."),
                _query("process", schemas.TEXT, "Key of a process."),
                _query("due", {"enum": ["overdue"]}, "Only what is overdue."),
                _query("sort", schemas.one_of(sorts), "With - before it, backwards."),
                _query("page", {"type": "integer", "minimum": 1, "maximum": MOST_PAGES}, "25 tasks a page."),
            ),
        ),
        "/tasks/{work_item_id}": _get("One task with its form.", schemas.TASK, 404, parameters=(_TASK,)),
        "/tasks/{work_item_id}/claim": _post("Take a task.", parameters=(_TASK,)),
        "/tasks/{work_item_id}/release": _post("Give a task back.", parameters=(_TASK,)),
        "/tasks/{work_item_id}/complete": _post(
            "Answer a task.",
            422,
            parameters=(_TASK,),
            body={"type": "object", "properties": {"answers": _ANSWERS}},
        ),
        "/learning": _get(
            "Learning points: inputs, recommendations, decisions, plans, actions and tests.",
            schemas.LEARNING,
            400,
            parameters=(
                _query("kind", schemas.one_of(LearningKind), "Only of this kind."),
                _query("state", schemas.one_of(PointState), "open unless given."),
                _query("page", {"type": "integer", "minimum": 1, "maximum": MOST_PAGES}, "25 points a page."),
            ),
        ),
        "/learning/{learning}": _get(
            "The whole way of one learning point. It is anonymous: `began_in` names confidential cases to those on "
            "their access lists only, and is empty for everybody else.",
            schemas.CHAIN,
            404,
            parameters=(_LEARNING,),
        ),
        "/processes": _get("The published processes.", schemas.PROCESSES),
        "/jobs": _get(
            "Jobs by state, for the Business Unit.",
            schemas.JOBS,
            400,
            404,
            parameters=(_query("state", schemas.one_of(JobState), "incident unless given."),),
        ),
        "/vacancies": _get("Open tasks that nobody can do now, for the Business Unit.", schemas.VACANCIES, 404),
        "/audit": _get(
            "The history, chained, for the Business Manager: 500 events after the one named.",
            schemas.AUDIT,
            400,
            404,
            parameters=(
                _query(
                    "after",
                    {"type": "integer", "minimum": 0, "maximum": MOST_EVENTS},
                    "Number of the last event known.",
                ),
            ),
        ),
    }


@lru_cache
def query_names(path: str, method: str) -> tuple[str, ...]:
    """The parameters that an address takes, as they are described. `path` is written as in the description."""
    described = _paths().get(path, {}).get("get" if method == "HEAD" else method.lower(), {})
    return tuple(one["name"] for one in described.get("parameters", ()) if one["in"] == "query")


def description() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LSCP workflow",
            "version": "1",
            "description": "Cases, tasks and processes of a Local Safeguarding Children Partnership. "
            "What a token's owner may not see answers 404.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {
                "Problem": {
                    "description": "What is wrong, in words (RFC 9457).",
                    "content": {"application/problem+json": {"schema": schemas.PROBLEM}},
                }
            },
        },
    }

"""The API's description, OpenAPI 3.1; a test holds it against the routes."""

from typing import Any


def _answer(words: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": schema or {"type": "object"}}}}


_PROBLEM = {"$ref": "#/components/responses/Problem"}


def _problems(*statuses: int) -> dict[str, Any]:
    return {str(status): _PROBLEM for status in (401, *statuses)}


_REFERENCE = {
    "name": "reference",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "example": "SOL-2027-001",
}
_TASK = {"name": "work_item_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A random value; the same request sent again with it counts once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}
_STATE = {"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}, "state": {"type": "string"}}}
_FILE = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "contentMediaType": "application/octet-stream"},
        "task": {
            "type": "string",
            "format": "uuid",
            "description": "The task whose answers will name it; without it, the answers of a case to begin.",
        },
    },
}
_KEPT = {
    "type": "object",
    "required": ["id", "size", "media_type"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "size": {"type": "integer"},
        "media_type": {"type": "string"},
    },
}
_ANSWERS = {"type": "object", "description": "By field name, as the form's JSON Schema has them."}


def _get(summary: str, *problems: int, parameters: tuple[Any, ...] = ()) -> dict[str, Any]:
    return {
        "get": {
            "summary": summary,
            "parameters": list(parameters),
            "responses": {"200": _answer("As described."), **_problems(*problems)},
        }
    }


def _post(summary: str, *, parameters: tuple[Any, ...], body: dict[str, Any] | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "summary": summary,
        "parameters": [*parameters, _KEY],
        "responses": {"200": _answer("Done.", _STATE), **_problems(400, 403, 404, 409, 422)},
    }
    if body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return {"post": made}


def _query(name: str, schema: dict[str, Any], words: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": words}


def description() -> dict[str, Any]:
    start = _post(
        "Begin a case.",
        parameters=(),
        body={
            "type": "object",
            "required": ["process"],
            "properties": {"process": {"type": "string"}, "event": {"type": "string"}, "answers": _ANSWERS},
        },
    )
    start["post"]["responses"].pop("200")
    start["post"]["responses"]["201"] = _answer(
        "Begun.", {"type": "object", "properties": {"reference": {"type": "string"}}}
    )
    send = _post("Send a file, for answers to name by its id.", parameters=())
    send["post"]["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": _FILE}}}
    send["post"]["responses"].pop("200")
    send["post"]["responses"] |= {"201": _answer("Kept.", _KEPT), "413": _PROBLEM}
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
        "paths": {
            "/openapi.json": {
                "get": {
                    "summary": "This description.",
                    "security": [],
                    "responses": {"200": _answer("OpenAPI 3.1.")},
                }
            },
            "/cases": start,
            "/files": send,
            "/cases/{reference}": _get("A case: dates, tasks, where it stands.", 404, parameters=(_REFERENCE,)),
            "/cases/{reference}/history": _get("What happened in a case.", 404, parameters=(_REFERENCE,)),
            "/tasks": _get(
                "Lists of tasks.",
                400,
                parameters=(
                    _query("list", {"enum": ["mine", "team", "done"]}, "Which list."),
                    _query("process", {"type": "string"}, "Key of a process."),
                    _query("due", {"enum": ["overdue"]}, "Only what is overdue."),
                    _query("sort", {"type": "string"}, "due, case, task or opened; with - before it, backwards."),
                    _query("page", {"type": "integer", "minimum": 1}, "25 tasks a page."),
                ),
            ),
            "/tasks/{work_item_id}": _get("One task with its form.", 404, parameters=(_TASK,)),
            "/tasks/{work_item_id}/claim": _post("Take a task.", parameters=(_TASK,)),
            "/tasks/{work_item_id}/release": _post("Give a task back.", parameters=(_TASK,)),
            "/tasks/{work_item_id}/complete": _post(
                "Answer a task.",
                parameters=(_TASK,),
                body={"type": "object", "properties": {"answers": _ANSWERS}},
            ),
            "/processes": _get("The published processes."),
            "/jobs": _get(
                "Jobs by state, for the Business Unit.",
                404,
                parameters=(_query("state", {"type": "string"}, "incident unless given."),),
            ),
            "/audit": _get(
                "The history, chained, for the Business Manager.",
                400,
                404,
                parameters=(_query("after", {"type": "integer", "minimum": 0}, "Number of the last event known."),),
            ),
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {
                "Problem": {
                    "description": "What is wrong, in words (RFC 9457).",
                    "content": {
                        "application/problem+json": {
                            "schema": {
                                "type": "object",
                                "required": ["type", "title", "status", "detail", "code"],
                                "properties": {
                                    "type": {"type": "string"},
                                    "title": {"type": "string"},
                                    "status": {"type": "integer"},
                                    "detail": {"type": "string"},
                                    "advice": {"type": "string"},
                                    "code": {"type": "string"},
                                    "errors": {"type": "array", "items": {"type": "object"}},
                                },
                            }
                        }
                    },
                }
            },
        },
    }

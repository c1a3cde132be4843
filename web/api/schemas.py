"""What the API answers, as JSON Schema."""

from collections.abc import Mapping
from typing import Any

from engine.queries.stages import Stage
from engine.types import DeadlineStatus, InstanceStatus, JobKind, JobState, LearningKind, WorkItemState

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
WHOLE: Schema = {"type": "integer"}
UUID: Schema = {"type": "string", "format": "uuid"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
MAYBE_MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
ANYTHING: Schema = {"type": "object", "additionalProperties": True}


def record(**parts: Schema) -> Schema:
    """Exactly these parts, each always there."""
    return {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}


def rows(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def one_of(values: Any) -> Schema:
    return {"enum": [str(value) for value in values]}


STATE = record(id=UUID, state=one_of(WorkItemState))
KEPT = record(id=UUID, size=WHOLE, media_type=TEXT)
REFERENCE = record(reference=TEXT)

CASE = record(
    reference=TEXT,
    process=MAYBE_TEXT,
    title=TEXT,
    status=one_of(InstanceStatus),
    started_at=MOMENT,
    deadlines=rows(
        record(
            id=TEXT,
            name=TEXT,
            due_at=MOMENT,
            limit_at=MAYBE_MOMENT,
            status=one_of(DeadlineStatus),
            why=MAYBE_TEXT,
        )
    ),
    tasks=rows(
        record(
            id=UUID,
            title=TEXT,
            process=TEXT,
            role=MAYBE_TEXT,
            body=MAYBE_TEXT,
            assignee=MAYBE_TEXT,
            state=one_of(WorkItemState),
            due_at=MAYBE_MOMENT,
        )
    ),
    processes=rows(
        record(
            key=TEXT,
            version=WHOLE,
            status=one_of(InstanceStatus),
            here={"type": "object", "additionalProperties": WHOLE},
        )
    ),
    waiting_to_begin=rows(TEXT),
)
HISTORY = record(
    reference=TEXT,
    events=rows(record(at=MOMENT, action=TEXT, by=TEXT, role=MAYBE_TEXT, task=MAYBE_TEXT, details=ANYTHING)),
)
TASKS = record(
    total=WHOLE,
    page=WHOLE,
    pages=WHOLE,
    tasks=rows(
        record(
            id=UUID,
            title=TEXT,
            case=TEXT,
            process=TEXT,
            body=MAYBE_TEXT,
            due_at=MAYBE_MOMENT,
            opened_at=MOMENT,
            role=MAYBE_TEXT,
            assignee=MAYBE_TEXT,
        )
    ),
)
TASK = record(
    id=UUID,
    title=TEXT,
    case=TEXT,
    process=TEXT,
    state=one_of(WorkItemState),
    role=MAYBE_TEXT,
    body=MAYBE_TEXT,
    assignee=MAYBE_TEXT,
    due_at=MAYBE_MOMENT,
    why_that_date=MAYBE_TEXT,
    may_complete={"type": "boolean"},
    form={"type": ["object", "null"], "description": "The form's JSON Schema."},
    answers={"type": ["object", "null"], "description": "What was answered, once it is."},
)
PROCESSES = record(
    processes=rows(
        record(
            key=TEXT,
            title=TEXT,
            family=TEXT,
            version=WHOLE,
            owner=TEXT,
            starts=rows(record(event=TEXT, name=TEXT)),
        )
    )
)
JOBS = record(
    jobs=rows(
        record(
            id=UUID,
            kind=one_of(JobKind),
            state=one_of(JobState),
            due_at=MOMENT,
            attempts=WHOLE,
            cause=MAYBE_TEXT,
            element=MAYBE_TEXT,
        )
    )
)
VACANCIES = record(
    tasks=rows(record(reference=TEXT, title=TEXT, role=TEXT, body=MAYBE_TEXT, opened_at=MOMENT, due_at=MAYBE_MOMENT))
)
_HELD = {
    "anyOf": [
        record(role=MAYBE_TEXT, body=MAYBE_TEXT, person=MAYBE_TEXT, since=MOMENT, task=MAYBE_TEXT, due_at=MAYBE_MOMENT),
        {"type": "null"},
    ],
    "description": "Who has it now; null once it is closed.",
}
_POINT: Schema = {
    "reference": TEXT,
    "kind": one_of(LearningKind),
    "title": TEXT,
    "status": TEXT,
    "stage": one_of(Stage),
    "round": WHOLE,
    "made_at": MOMENT,
    "moved_at": MOMENT,
    "closed_at": MAYBE_MOMENT,
    "held": _HELD,
}
LEARNING = record(total=WHOLE, page=WHOLE, pages=WHOLE, points=rows(record(**_POINT)))
CHAIN = record(
    reference=TEXT,
    now=rows(TEXT),
    links=rows(record(**_POINT, data=ANYTHING, came_from=rows(TEXT), led_to=rows(TEXT))),
    beside=rows(record(reference=TEXT, kind=one_of(LearningKind), title=TEXT)),
    began_in=rows(TEXT),
)
AUDIT = record(
    events=rows(
        record(
            seq=WHOLE,
            at=MOMENT,
            action=TEXT,
            role=MAYBE_TEXT,
            person={"type": ["string", "null"], "format": "uuid"},
            case={"type": ["string", "null"], "format": "uuid"},
            details=ANYTHING,
            hash=TEXT,
            previous=TEXT,
        )
    )
)
PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "advice", "code"],
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": WHOLE,
        "detail": TEXT,
        "advice": TEXT,
        "code": TEXT,
        "errors": rows(record(path=rows({"type": ["string", "integer"]}), message=TEXT)),
    },
    "additionalProperties": False,
}

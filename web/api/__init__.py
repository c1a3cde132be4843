"""The API, version 1: bearer tokens, problem documents, idempotency keys."""

import hmac
import json
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, g, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from engine.commands.claim_work_item import claim_work_item
from engine.commands.complete_work_item import complete_work_item
from engine.commands.create_token import token_owner
from engine.commands.keep_attachment import AttachmentRefused, keep_attachment
from engine.commands.release_work_item import release_work_item
from engine.commands.start_process import start_process
from engine.errors import EngineError
from engine.queries.api import audit_json, case_json, history_json, incidents_json, task_json, vacancies_json
from engine.queries.chain import chain
from engine.queries.inbox import Inbox, Listing, Sort, Wanted, inbox
from engine.queries.points import PointState, PointsWanted, points
from engine.queries.processes import processes
from engine.refusals import AnswersInvalid
from engine.types import JobState, LearningKind
from web import errors
from web.api.learning import chain_json, points_json
from web.api.openapi import MOST_EVENTS, MOST_PAGES, description, query_names
from web.edge import acting, public, runtime
from web.jinja import listed
from web.reading import check_texts, json_body
from web.scanning import Verdict, scan_uploads, verdict

pages = Blueprint("api", __name__, url_prefix="/api/v1")


class NoToken(EngineError):
    """This address needs a bearer token."""

    code = "no-token"
    advice = "Send the header Authorization: Bearer …; lscp token create makes one."


class NoKey(EngineError):
    """Each POST carries an Idempotency-Key of its own, so that a repeat counts once."""

    code = "no-idempotency-key"
    advice = "Send the header Idempotency-Key with a random value of at most 200 characters."


@pages.before_request
def _who() -> ResponseReturnValue | None:
    """A token, not the cookie, says who is calling."""
    g.person_id = None
    if request.endpoint == "api.document":
        _check_query()
        return None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        with runtime().transaction() as session:
            g.person_id = token_owner(session, token.strip(), now=runtime().now())
    if g.person_id is None:
        made = errors.answer(HTTPStatus.UNAUTHORIZED, NoToken().message, NoToken.advice, code=NoToken.code)
        made.headers["WWW-Authenticate"] = "Bearer"
        return made
    if request.method == "POST" and not 0 < len(request.headers.get("Idempotency-Key", "")) <= 200:
        return errors.answer(HTTPStatus.BAD_REQUEST, NoKey().message, NoKey.advice, code=NoKey.code)
    _check_query()
    return None


def _check_query() -> None:
    """What nobody reads is refused: a filter with a slip of the pen would be taken for one that found all."""
    check_texts(part for pair in request.args.items(multi=True) for part in pair)
    rule = request.url_rule.rule if request.url_rule else ""
    known = query_names(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.removeprefix("/api/v1")), request.method)
    for name in request.args:
        if name not in known:
            takes = f"It takes {listed([f'“{one}”' for one in known])}." if known else "It takes none."
            raise BadRequest(f"This address knows no parameter “{name[:100]}”. {takes}")


@pages.errorhandler(AnswersInvalid)
def _invalid(error: AnswersInvalid) -> ResponseReturnValue:
    return errors.answer(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        error.message,
        error.advice,
        code=error.code,
        errors=[{"path": list(e.path), "message": e.message} for e in error.errors],
    )


def _key(file: bytes = b"") -> str:
    """Of this person, this address and this body: no other request is taken for this one.

    Of a body in several parts the boundary differs each time; there its fields and its file count.
    """
    said = json.dumps([request.get_json(silent=True), request.form], sort_keys=True).encode()
    asked = hmac.new(runtime().settings.secret_key, said + file, "sha256").hexdigest()[:32]
    return f"api/{g.person_id}{request.path}/{request.headers['Idempotency-Key']}#{asked}"


def _answers(body: dict[str, Any]) -> dict[str, Any]:
    answers = body.get("answers", {})
    if not isinstance(answers, dict):
        raise BadRequest("“answers” must be a JSON object.")
    return answers


@pages.get("/openapi.json")
@public
def document() -> ResponseReturnValue:
    return jsonify(description())


@pages.post("/cases")
def start_case() -> ResponseReturnValue:
    body = json_body()
    if not isinstance(body.get("process"), str):
        raise BadRequest("“process” must name a process.")
    event = body.get("event")
    if not isinstance(event, str | None):
        raise BadRequest("“event” must name a start event.")
    g.asked = {"process": body["process"]}
    at = runtime()
    with at.transaction() as session:
        made = start_process(
            session,
            body["process"],
            _answers(body),
            by=acting(session),
            now=at.now(),
            start_event=event,
            idempotency_key=_key(),
        )
        reference = made.reference
    answered = jsonify(reference=reference)
    answered.status_code = HTTPStatus.CREATED
    answered.headers["Location"] = url_for("api.case", reference=reference)
    return answered


@pages.post("/files")
def send_file() -> ResponseReturnValue:
    """A file for an answer that will name it by its id: of one task, or of a case that is yet to begin."""
    scan_uploads()  # before the transaction opens
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise BadRequest("Send the file as the part “file” of a multipart/form-data body.")
    try:
        task = UUID(request.form["task"]) if request.form.get("task") else None
    except ValueError:
        raise BadRequest("“task” must be the id of a task.") from None
    if (found := verdict(upload)) is not Verdict.CLEAN:
        raise AttachmentRefused(found)
    content = upload.stream.read(runtime().settings.attachment_limit + 1)
    g.asked = {"work_item_id": task} if task else {}
    at = runtime()
    with at.transaction() as session:
        made = keep_attachment(
            session,
            upload.filename,
            content,
            case_id=None,
            by=acting(session),
            now=at.now(),
            work_item_id=task,
            idempotency_key=_key(content),
        )
        answered = jsonify(id=str(made.id), size=made.size, media_type=made.media_type)
    answered.status_code = HTTPStatus.CREATED
    return answered


@pages.get("/cases/<reference>")
def case(reference: str) -> ResponseReturnValue:
    with runtime().transaction() as session:
        return jsonify(case_json(session, reference, by=acting(session), now=runtime().now()))


@pages.get("/cases/<reference>/history")
def history(reference: str) -> ResponseReturnValue:
    with runtime().transaction() as session:
        return jsonify(history_json(session, reference, by=acting(session), now=runtime().now()))


@pages.get("/tasks")
def tasks() -> ResponseReturnValue:
    args = request.args
    listing, sort, due = args.get("list", "mine"), args.get("sort", "due"), args.get("due", "overdue")
    if listing not in set(Listing) or sort.removeprefix("-") not in set(Sort) or due != "overdue":
        raise BadRequest("“list” is mine, team or done; “sort” is due, case, task or opened; “due” is overdue.")
    page = _number("page", "1", least=1, most=MOST_PAGES)
    wanted = Wanted(
        listing=Listing(listing),
        process=args.get("process", "")[:100],
        overdue="due" in args,
        sort=Sort(sort.removeprefix("-")),
        descending=sort.startswith("-"),
        page=page,
    )
    with runtime().transaction() as session:
        return jsonify(_listed(inbox(session, acting(session), wanted, now=runtime().now())))


def _number(name: str, unless: str, *, least: int, most: int) -> int:
    given = request.args.get(name, unless)
    if not given.isascii() or not given.isdecimal() or len(given) > 18 or not least <= int(given) <= most:
        raise BadRequest(f"“{name}” is a number from {least} to {most}.")
    return int(given)


def _listed(found: Inbox) -> dict[str, Any]:
    return {
        "total": found.total,
        "page": found.page,
        "pages": found.pages,
        "tasks": [
            {
                "id": str(row.work_item_id),
                "title": row.title,
                "case": row.reference,
                "process": row.process,
                "body": row.body,
                "due_at": row.due_at.isoformat() if row.due_at else None,
                "opened_at": row.opened_at.isoformat(),
                "role": row.role,
                "assignee": row.assignee,
            }
            for row in found.rows
        ],
    }


@pages.get("/tasks/<uuid:work_item_id>")
def task(work_item_id: UUID) -> ResponseReturnValue:
    with runtime().transaction() as session:
        return jsonify(task_json(session, work_item_id, by=acting(session), now=runtime().now()))


@pages.post("/tasks/<uuid:work_item_id>/claim")
def claim(work_item_id: UUID) -> ResponseReturnValue:
    at = runtime()
    with at.transaction() as session:
        made = claim_work_item(session, work_item_id, by=acting(session), now=at.now())
        return jsonify(id=str(made.id), state=made.state)


@pages.post("/tasks/<uuid:work_item_id>/release")
def release(work_item_id: UUID) -> ResponseReturnValue:
    at = runtime()
    with at.transaction() as session:
        made = release_work_item(session, work_item_id, by=acting(session), now=at.now())
        return jsonify(id=str(made.id), state=made.state)


@pages.post("/tasks/<uuid:work_item_id>/complete")
def complete(work_item_id: UUID) -> ResponseReturnValue:
    answers = _answers(json_body())
    at = runtime()
    with at.transaction() as session:
        made = complete_work_item(
            session, work_item_id, answers, by=acting(session), now=at.now(), idempotency_key=_key()
        )
        return jsonify(id=str(made.id), state=made.state)


@pages.get("/learning")
def learning_points() -> ResponseReturnValue:
    kind, state = request.args.get("kind"), request.args.get("state", PointState.OPEN)
    if kind not in {None, *LearningKind} or state not in set(PointState):
        raise BadRequest(f"“kind” is {_any_of(LearningKind)}; “state” is {_any_of(PointState)}.")
    wanted = PointsWanted(
        kind=None if kind is None else LearningKind(kind),
        state=PointState(state),
        page=_number("page", "1", least=1, most=MOST_PAGES),
    )
    with runtime().transaction() as session:
        return jsonify(points_json(points(session, acting(session), wanted)))


def _any_of(values: Iterable[str]) -> str:
    *first, last = values
    return f"{', '.join(first)} or {last}"


@pages.get("/learning/<learning>")
def learning_chain(learning: str) -> ResponseReturnValue:
    with runtime().transaction() as session:
        return jsonify(chain_json(chain(session, learning, acting(session))))


@pages.get("/processes")
def published() -> ResponseReturnValue:
    with runtime().transaction() as session:
        found = processes(session, acting(session))
    return jsonify(
        processes=[
            {
                "key": p.key,
                "title": p.title,
                "family": p.family,
                "version": p.version,
                "owner": p.owner,
                "starts": [{"event": s.event, "name": s.name} for s in p.starts],
            }
            for p in found
        ]
    )


@pages.get("/jobs")
def jobs() -> ResponseReturnValue:
    """Incidents: for the Business Manager's office, without anything of a case."""
    state = request.args.get("state", "incident")
    if state not in set(JobState):
        raise BadRequest(f"“state” is {listed(list(JobState))}.")
    with runtime().transaction() as session:
        return jsonify(incidents_json(session, by=acting(session), state=JobState(state)))


@pages.get("/vacancies")
def vacant() -> ResponseReturnValue:
    """Open tasks that nobody can do now: for those who act where all others are missing."""
    with runtime().transaction() as session:
        return jsonify(vacancies_json(session, by=acting(session)))


@pages.get("/audit")
def audit_events() -> ResponseReturnValue:
    after = _number("after", "0", least=0, most=MOST_EVENTS)
    with runtime().transaction() as session:
        return jsonify(audit_json(session, after, by=acting(session)))

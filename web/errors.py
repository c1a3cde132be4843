"""Every refusal of the engine, as a page or as RFC 9457; a test sees that none is missing."""

from collections.abc import Mapping
from http import HTTPStatus
from traceback import extract_tb

import structlog
from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest, HTTPException

from engine.bpmn.compile import NotExecutable
from engine.bpmn.document import DocumentRefused
from engine.bpmn.execute import StepFailed, TaskGone
from engine.check.publishing import PackageRefused
from engine.commands.start_scheduled import NotScheduled
from engine.errors import EngineError
from engine.feel import FeelError
from engine.learning import NoSuchLearning
from engine.library import UnknownProcess
from engine.policy import DutiesSeparated, InConflict, NotForYou, NotFound
from engine.queries.case_papers import NoSuchPaper
from engine.refusals import AlreadyThere, AnswersInvalid, CaseClosed, KeyReused, WorkItemClosed, WorkItemTaken
from engine.store import DatabaseAway
from web.edge import from_our_page, note_refusal, runtime

log = structlog.get_logger()

STATUS: Mapping[type[EngineError], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    UnknownProcess: HTTPStatus.NOT_FOUND,
    NoSuchLearning: HTTPStatus.NOT_FOUND,
    NotScheduled: HTTPStatus.NOT_FOUND,
    NoSuchPaper: HTTPStatus.NOT_FOUND,
    NotForYou: HTTPStatus.FORBIDDEN,
    InConflict: HTTPStatus.FORBIDDEN,
    DutiesSeparated: HTTPStatus.FORBIDDEN,
    WorkItemClosed: HTTPStatus.CONFLICT,
    WorkItemTaken: HTTPStatus.CONFLICT,
    CaseClosed: HTTPStatus.CONFLICT,
    AlreadyThere: HTTPStatus.CONFLICT,
    TaskGone: HTTPStatus.CONFLICT,
    AnswersInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    DocumentRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    PackageRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotExecutable: HTTPStatus.UNPROCESSABLE_ENTITY,
    StepFailed: HTTPStatus.CONFLICT,
    FeelError: HTTPStatus.INTERNAL_SERVER_ERROR,  # a mistake in a form or diagram that publishing did not find
    DatabaseAway: HTTPStatus.SERVICE_UNAVAILABLE,
}

FORMS = frozenset({"inbox", "processes"})  # where people type at length

TITLES: Mapping[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "There is a problem with this request",
    HTTPStatus.FORBIDDEN: "You can not do this",
    HTTPStatus.NOT_FOUND: "Page not found",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "This is too large to send",
    HTTPStatus.CONFLICT: "This has changed in the meantime",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Some answers need another look",
    HTTPStatus.SERVICE_UNAVAILABLE: "Sorry, the service is unavailable",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Sorry, there is a problem with the service",
}


def status_of(error: EngineError) -> HTTPStatus:
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return HTTPStatus.BAD_REQUEST


def install(app: Flask) -> None:
    app.register_error_handler(EngineError, _refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)
    # Flask would log the whole traceback, with its message, of what fails outside a view; `_unexpected` says it safely
    app.log_exception = lambda exc_info: None  # type: ignore[method-assign]


def _refused(error: EngineError) -> ResponseReturnValue:
    try:
        note_refusal(error)
    except DatabaseAway as away:
        error = away  # what can not be kept is not told either
    return answer(status_of(error), error.message, error.advice, code=error.code)


def _stale_form(_error: CSRFError) -> ResponseReturnValue:
    if request.blueprint in FORMS and from_our_page(request.headers.get("Origin")):
        sent = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
        page = render_template("pages/again.html", title="Send it again", sent=sent, action=request.full_path)
        return page, HTTPStatus.BAD_REQUEST
    return answer(
        HTTPStatus.BAD_REQUEST,
        "This page was open for too long, or it was opened before you signed in.",
        "Go back, load the page again and send it once more. What you typed is kept where a draft could be saved.",
        code="stale-form",
    )


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    cause = getattr(error, "original_exception", None)
    if isinstance(cause, EngineError):  # raised before any view was called: the session could not be read
        return _refused(cause)
    status = HTTPStatus(error.code)
    words = (
        {
            # ours, where we raised it; the library's own words are of a browser or proxy
            HTTPStatus.BAD_REQUEST: status.description
            if error.description == BadRequest.description
            else error.description,
            HTTPStatus.NOT_FOUND: "There is nothing at this address that you may see.",
            HTTPStatus.METHOD_NOT_ALLOWED: "This address can not be used in this way.",
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"What was sent is too large. The files of one page may have at most "
            f"{runtime().settings.page_limit // 1024**2} MB together.",
        }.get(status)
        or status.description
        or status.phrase
    )
    advice = (
        "Go back to the page: your browser still has what you typed. Choose smaller files, and send it again."
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        else "Check the address, or go back to your tasks."
    )
    made = answer(status, words, advice, code=status.phrase.lower().replace(" ", "-"))
    if status == HTTPStatus.METHOD_NOT_ALLOWED and error.get_headers():
        allowed = dict(error.get_headers()).get("Allow")
        if allowed:
            made.headers["Allow"] = allowed
    return made


def _unexpected(error: Exception) -> ResponseReturnValue:
    # no message and no local values: either may hold what somebody typed
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__)[-6:]]
    log.error("unexpected", kind=type(error).__name__, endpoint=request.endpoint, where=where)
    return answer(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong that we did not foresee. Nothing was changed.",
        "Try again later. If it happens again, tell your administrator.",
        code="unexpected",
    )


def answer(status: HTTPStatus, words: str, advice: str, *, code: str, **more: object) -> Response:
    """A page for people; for the API a problem document."""
    if request.path.startswith("/api/"):
        made = jsonify(
            type=f"urn:lscp-workflow:problem:{code}",
            title=TITLES.get(status, status.phrase),
            status=int(status),
            detail=words,
            advice=advice,
            code=code,
            **more,
        )
        made.content_type = "application/problem+json"
    else:
        made = Response(
            render_template("pages/problem.html", title=TITLES.get(status, status.phrase), words=words, advice=advice),
            mimetype="text/html",
        )
    made.status_code = int(status)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        made.headers["Retry-After"] = "30"
    return made

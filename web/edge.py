"""Where transactions begin and end on the web: the runtime, who is signed in, and idempotency keys."""

import secrets
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, cast
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app, g, redirect, request, url_for
from flask import session as flask_session
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from engine import directory
from engine.commands.record_refusal import record_refusal
from engine.errors import EngineError
from engine.policy import DutiesSeparated, InConflict, NotForYou, NotFound
from engine.refusals import WorkItemTaken
from engine.runtime import Runtime
from engine.types import Participant
from web.sessions import ServerSession

P = ParamSpec("P")
LONGEST_KEY = 200
REFUSALS = (NotFound, NotForYou, DutiesSeparated, InConflict, WorkItemTaken)


def runtime() -> Runtime:
    found: Runtime = current_app.extensions["lscp"]
    return found


def person_id() -> UUID | None:
    """Who is signed in, by session or by token; None when nobody is."""
    found: UUID | None = g.get("person_id")
    return found


def acting(session: Session) -> Participant:
    """The signed-in person with the roles held at this moment; a page that only shows looks them up once."""
    known, met = person_id(), g.get("met")
    if known is None:
        raise NotFound()
    if not isinstance(met, Participant) or met.person_id != known or request.method != "GET":
        g.met = met = directory.participant(session, known, now=runtime().now())
    return met


def signed_in(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Only for those who are signed in; others go to the sign-in page and come back."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if person_id() is None:
            wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
            return redirect(url_for("people.sign_in", next=wanted or None), code=303)
        return view(*args, **kwargs)

    guarded.needs = "signed in"  # type: ignore[attr-defined]
    return guarded


def begin_demonstration() -> None:
    """A visitor of the demonstration is somebody at once, and may become anybody else."""
    at = runtime()
    with at.transaction() as session:
        first = directory.holders(session, str(at.partnership.demo["begin_as"]), now=at.now())
    if first and first[0].person_id is not None:
        cast(ServerSession, flask_session).sign_in(first[0].person_id)
        g.person_id = first[0].person_id


def public(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """For everybody: nothing of a case is on it."""
    view.needs = "nothing"  # type: ignore[attr-defined]
    return view


def new_key() -> str:
    """A key for one form: sent twice, it counts once."""
    return secrets.token_urlsafe(18)


def key_sent() -> str | None:
    """The form's key, of this person and this address: no other form is taken for this one, whatever key it has."""
    given = request.form.get("_key", "")
    if len(given) > LONGEST_KEY:
        raise BadRequest("This form has a key that no page of ours gave it. Load the page again.")
    return f"page/{person_id()}{request.path}/{given}" if given else None


def note_refusal(error: EngineError) -> None:
    """In a transaction of its own, since the one that was refused is gone."""
    who = person_id()
    if not isinstance(error, REFUSALS) or who is None:
        return
    rule = request.url_rule
    with runtime().transaction() as session:
        try:
            by = acting(session)
        except NotFound:  # disabled a moment ago
            by = Participant(who, "", frozenset(), None)
        route = f"{request.method} {rule.rule if rule else ''}"
        asked = {**(request.view_args or {}), **g.get("asked", {})}
        record_refusal(session, error, by=by, now=runtime().now(), route=route, asked=asked)


def from_our_page(origin: str | None) -> bool:
    return origin in {_origin(request.host_url), _origin(runtime().settings.base_url)}


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"

"""A session ends when it is ended, whatever is under way at that moment."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask, Request, Response
from sqlalchemy import select
from werkzeug.test import EnvironBuilder

from engine.clock import VirtualClock
from engine.commands.disable_person import disable_person
from engine.model import SignIn
from engine.runtime import Runtime
from engine.types import SYSTEM
from tests.web.conftest import Visitor
from web.sessions import ABSOLUTE, IDLE, ServerSession, ServerSessions

Come = Callable[..., Visitor]


def under_way(app: Flask, visitor: Visitor) -> tuple[ServerSession, str]:
    """The session as a request that has begun holds it, and its cookie."""
    sessions = app.session_interface
    assert isinstance(sessions, ServerSessions)
    cookie = visitor.client.get_cookie(sessions.cookie)
    assert cookie is not None
    header = f"{sessions.cookie}={cookie.value}"
    return opened(app, header), header


def opened(app: Flask, cookie: str) -> ServerSession:
    found = app.session_interface.open_session(app, Request(EnvironBuilder(headers={"Cookie": cookie}).get_environ()))
    assert isinstance(found, ServerSession)
    return found


def rows(runtime: Runtime) -> list[SignIn]:
    with runtime.transaction() as session:
        return list(session.scalars(select(SignIn).where(SignIn.person_id.is_not(None))))


@pytest.mark.parametrize("ended", ["signed out", "disabled"])
def test_a_request_under_way_does_not_bring_an_ended_session_back(
    visitor: Come, app: Flask, web_runtime: Runtime, ended: str
) -> None:
    one = visitor()
    person = one.sign_in("dcs")
    session, header = under_way(app, one)
    assert session.person_id == person
    if ended == "signed out":
        one.post("/sign-out")
    else:
        with web_runtime.transaction() as db:
            disable_person(db, person, by=SYSTEM, now=web_runtime.now())
    session["_flashes"] = [("message", "done")]  # as every form of ours leaves one
    answered = Response()
    app.session_interface.save_session(app, session, answered)
    assert rows(web_runtime) == []
    assert "Set-Cookie" not in answered.headers
    assert opened(app, header).person_id is None


def test_a_session_lasts_twelve_hours_however_busy(
    visitor: Come, app: Flask, web_runtime: Runtime, clock: VirtualClock
) -> None:
    one = visitor()
    person = one.sign_in("dcs")
    began, held = web_runtime.now(), []
    while web_runtime.now() - began <= ABSOLUTE:
        held.append(under_way(app, one)[0].person_id)
        session, _ = under_way(app, one)
        session["_flashes"] = []
        app.session_interface.save_session(app, session, Response())
        clock.move_to(web_runtime.now() + IDLE - timedelta(minutes=1))
    assert set(held) == {person}
    assert under_way(app, one)[0].person_id is None

"""Signing in and out; in a demonstration, choosing whom to be."""

import hashlib
from typing import cast
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from engine import directory
from engine.commands.sign_in import TooManyTries, count_try, is_right, note_sign_in
from engine.commands.sign_in import sign_in as sign_in_person
from engine.queries import inbox as lists
from engine.queries.people import roles_of, sign_in_choices
from web.edge import acting, person_id, public, runtime, signed_in
from web.sessions import ServerSession

pages = Blueprint("people", __name__)


@pages.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    return _page()


def _page(errors: list[dict[str, str]] | None = None, email: str = "", status: int = 200) -> ResponseReturnValue:
    choices = []
    if runtime().settings.demo:
        with runtime().transaction() as db:
            choices = list(sign_in_choices(db, now=runtime().now()))
    page = render_template(
        "people/sign_in.html",
        title="Choose who you are" if choices else "Sign in",
        choices=choices,
        errors=errors or [],
        email=email,
        next=_inside(request.values.get("next")),
    )
    return page, status


@pages.post("/sign-in")
@public
def begin() -> ResponseReturnValue:
    at = runtime()
    onward = _inside(request.form.get("next")) or url_for("inbox.tasks")
    if at.settings.demo and "person" in request.form:
        try:
            chosen = UUID(request.form["person"])
        except ValueError:
            return _page([{"text": "Choose one of the people", "href": "#choices"}], status=422)
        with at.transaction() as db:
            by = directory.participant(db, chosen, now=at.now())
            note_sign_in(db, by, now=at.now(), how="demo")
        cast(ServerSession, session).sign_in(chosen)
        return redirect(onward, code=303)
    email = request.form.get("email", "").strip()
    origin = hashlib.sha256((request.remote_addr or "").encode()).hexdigest()[:16]
    try:
        with at.transaction() as db:
            tried = count_try(db, email, origin=origin, now=at.now())
    except TooManyTries as refused:
        return _page([{"text": refused.message, "href": "#email"}], email, 422)
    known = None
    if is_right(tried, request.form.get("password", "")):
        with at.transaction() as db:
            known = sign_in_person(db, tried, now=at.now())
    if known is None:  # nothing here tells which part was wrong
        words = "The email address or the password is not right"
        return _page([{"text": words, "href": "#email"}], email, 422)
    cast(ServerSession, session).sign_in(known)
    return redirect(onward, code=303)


@pages.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    cast(ServerSession, session).sign_out()
    return redirect(url_for("people.sign_in"), code=303)


@pages.get("/switch")
@signed_in
def switch() -> ResponseReturnValue:
    if not runtime().settings.demo:
        flash("People are switched in a demonstration only.", "info")
        return redirect(url_for("inbox.tasks"), code=303)
    return _page()


def _inside(target: str | None) -> str:
    """A relative address of this service, or nothing: an open redirect helps nobody."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return ""
    # browsers leave out tabs and line breaks, and read a backslash as a slash
    return "" if "\\" in target or any(c < " " or c == "\x7f" for c in target) else target


def account(path: str) -> dict[str, object]:
    """The frame's own data: name, roles, and the navigation with what waits."""
    at = runtime()
    with at.transaction() as db:
        by = acting(db)
        g.counts = counts = lists.count(db, by, now=at.now())
        roles = roles_of(db, by)
    links = [
        ("My tasks", url_for("inbox.tasks"), counts.mine),
        ("Team tasks", url_for("inbox.tasks", list="team"), counts.team),
        ("Cases", url_for("cases.every"), None),
        ("Learning", url_for("learning.every"), None),
        ("Start", url_for("processes.begin"), None),
        ("Processes", url_for("processes.library"), None),
    ]
    if at.settings.demo:
        links.append(("Mail viewer", url_for("oversight.mail"), None))
    here = request.full_path.rstrip("?") if path == url_for("inbox.tasks") else path
    return {
        "account": {
            "name": by.name,
            "roles": roles if roles != by.name else "",
            "switch_href": url_for("people.switch") if at.settings.demo else None,
        },
        "navigation": [
            {"text": text, "href": href, "count": count, "current": _is_here(here, href)} for text, href, count in links
        ],
        "signed_in_as": person_id(),
    }


def _is_here(here: str, href: str) -> bool:
    if href.startswith(url_for("inbox.tasks")):
        team = "list=team" in here
        return here.startswith(url_for("inbox.tasks")) and team == ("list=team" in href)
    return here == href or here.startswith(f"{href}/")

"""The published processes, and beginning a case."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine import library as definitions
from engine.bpmn.elements import Element
from engine.bpmn.picture import draw_svg
from engine.commands.start_process import start_process
from engine.forms import Context, FieldError, defaults, review
from engine.queries.processes import StartPage, processes, start_page
from engine.steps import blank_world
from engine.vocabulary import environment, looking_at
from web import files
from web.edge import acting, key_sent, new_key, runtime, signed_in
from web.forms import Raw, fill, form_page, read, summary
from web.words import due_words, rule_words, source_words

pages = Blueprint("processes", __name__)

BASES = {"law": "Set by law", "seed": "Published arrangements", "chosen": "Chosen by the partnership"}
FAMILIES = {
    "cspr": "Child safeguarding practice reviews",
    "learning_cycle": "Learning cycle",
    "education": "Education",
    "assurance": "Assurance",
    "governance": "Governance",
    "shared": "Used by other processes",
}


@pages.get("/processes")
@signed_in
def library() -> ResponseReturnValue:
    with runtime().transaction() as session:
        found = processes(session, acting(session))
    families = [
        {"title": words, "rows": [p for p in found if p.family == family]} for family, words in FAMILIES.items()
    ]
    return render_template("processes/library.html", title="Processes", families=[f for f in families if f["rows"]])


@pages.get("/processes/<key>")
@signed_in
def one(key: str) -> ResponseReturnValue:
    with runtime().transaction() as session:
        acting(session)
        definition = definitions.latest(session, key)
        process = definitions.process(definition)
        owner = runtime().partnership.role_name(definition.owner)
    picture = draw_svg(process.root, title=definition.title, prefix="process")
    names = {row.id: row.name for row in process.head.deadlines}
    ladders = {row.id: row.ladder for row in process.head.deadlines if row.ladder}
    steps = [
        {
            "name": e.name or e.id,
            "lane": e.lane,
            "due": due_words(e.attributes.get("due"), names),
            "ladder": _ladder_name(e, ladders),
            "source": source_words(e.attributes.get("source")),
            "protected": e.attributes.get("protected") == "true",
        }
        for e in process.elements.values()
        if e.is_task
    ]
    return render_template(
        "processes/one.html",
        title=definition.title,
        definition=definition,
        owner=owner,
        svg=Markup(picture),  # noqa: S704 - made by our own renderer, which escapes every word of the diagram
        steps=steps,
        deadlines=[
            {
                "name": row.name,
                "rule": rule_words(row.rule),
                "basis": "Statutory limit" if row.statutory else BASES.get(row.basis or "chosen", row.basis),
                "source": source_words(row.source),
            }
            for row in process.head.deadlines
        ],
    )


def _ladder_name(element: Element, by_deadline: Mapping[str, str]) -> str:
    own = element.attributes.get("ladder") or by_deadline.get(element.attributes.get("due", "")) or "standard"
    known = runtime().partnership.ladders.profiles.get(own)
    return known.name if known else "None"


@pages.get("/start")
@signed_in
def begin() -> ResponseReturnValue:
    with runtime().transaction() as session:
        found = [p for p in processes(session, acting(session)) if p.starts]
    return render_template("processes/begin.html", title="What do you want to start?", processes=found)


@pages.route("/start/<key>", methods=["GET", "POST"])
@signed_in
def start(key: str) -> ResponseReturnValue:
    at = runtime()
    with at.transaction() as session:
        by = acting(session)
        page = start_page(session, key, request.args.get("event"), by)
        world = blank_world(session, {}, by=by, now=at.now())
        context = Context(environment(world))
        with looking_at(world):
            if request.method == "GET":
                return _shown(session, page, fill(page.form, defaults(page.form, context)), context)
            posted = read(page.form, request.form, request.files, keep=files.keeper(session, None, by=by))
            checked = review(page.form, posted.answers, context)
            if posted.action.verb in ("add", "remove", "drop", "change"):
                return _shown(session, page, posted.raw, context)
            if posted.refused or checked.errors:
                return _shown(session, page, posted.raw, context, (*posted.refused, *checked.errors))
            if page.form.check_answers and posted.action.verb != "confirm":
                return _shown(session, page, posted.raw, context, checking=checked.answers)
        instance = start_process(
            session,
            key,
            posted.answers,
            by=by,
            now=at.now(),
            start_event=page.event,
            idempotency_key=key_sent(),
        )
        reference = instance.reference
    flash(f"Case {reference} has begun.")
    return redirect(url_for("inbox.tasks"), code=303)


def _shown(
    session: Any,
    page: StartPage,
    raw: Raw,
    context: Context,
    errors: tuple[FieldError, ...] = (),
    *,
    checking: dict[str, Any] | None = None,
) -> ResponseReturnValue:
    name_file = files.namer(session, None)
    shown = form_page(page.form, raw, context, errors=errors, name_file=name_file)
    html = render_template(
        "processes/check.html" if checking is not None else "processes/start.html",
        title="Check your answers" if checking is not None else page.form.title,
        start=page,
        page=shown,
        raw=raw,
        sections=summary(page.form, checking, context, name_file=name_file) if checking is not None else (),
        errors=shown.errors,
        key=request.form.get("_key") or new_key(),
        here=url_for("processes.start", key=page.key, event=page.event),
    )
    return html, HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK

"""All cases by reference, and the page of one."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine import deadlines
from engine.bpmn.picture import Mark, MarkState, draw_svg
from engine.commands.declare_conflict import declare_conflict
from engine.forms import Context
from engine.forms.telling import spelled
from engine.queries.attachments import attachment
from engine.queries.case_page import CasePage, Clock, Happening, Part, Standing, case_page, find_case
from engine.queries.case_papers import case_papers
from engine.queries.cases import cases
from engine.steps import blank_world
from engine.types import DeadlineStatus, InstanceStatus
from engine.vocabulary import environment, looking_at
from web import files
from web.cases.papers import file_of_paper, paper_page
from web.due import closed_view, day_words, due_view
from web.edge import acting, runtime, signed_in
from web.forms import summary
from web.words import happening_words

pages = Blueprint("cases", __name__)

STATUS_WORDS = {
    "running": "Running",
    InstanceStatus.ENDED: "Ended",
    InstanceStatus.WITHDRAWN: "Withdrawn",
    InstanceStatus.MERGED: "Merged with another case",
}
LEAST_REASON = 10  # characters
PARTS = {
    Part.STANDING: "Where it stands",
    Part.DATES: "Dates",
    Part.PAPERS: "Papers",
    Part.HISTORY: "History",
}


@pages.get("/cases")
@signed_in
def every() -> ResponseReturnValue:
    text = request.args.get("q", "")[:40].replace("\0", "")
    page = request.args.get("page", "1")
    at = runtime()
    with at.transaction() as session:
        found = cases(session, acting(session), text=text, page=int(page) if page.isdecimal() and len(page) < 7 else 1)
    return render_template(
        "cases/every.html",
        title="Cases",
        cases=found,
        text=text,
        status_words=STATUS_WORDS,
        first=(found.page - 1) * 25 + 1,
        address=lambda n: f"?{urlencode({'q': text, 'page': n})}",
    )


@pages.get("/cases/<reference>")
@signed_in
def one(reference: str) -> ResponseReturnValue:
    part = request.args.get("part", "")
    return _page(reference, Part(part) if part in set(Part) else Part.STANDING)


def _page(reference: str, part: Part, *, reason: str = "", error: str | None = None) -> ResponseReturnValue:
    """`error`: what is wrong with the `reason` typed for leaving the case."""
    at = runtime()
    with at.transaction() as session:
        by = acting(session)
        found = case_page(session, reference, by=by, now=at.now(), part=part)
        days = deadlines.calendar(session)
        documents = case_papers(session, found.case_id) if part == Part.PAPERS else ()
        papers: list[dict[str, Any]] = []
        if found.papers:
            world = blank_world(session, {}, by=by, now=at.now())
            context = Context(environment(world))
            with looking_at(world):
                papers = [
                    {
                        "title": p.title,
                        "body": p.body,
                        "by": p.by,
                        "at": p.at,
                        "sections": summary(p.form, p.answers, context, name_file=files.namer(session, found.case_id)),
                    }
                    for p in found.papers
                ]
    page = render_template(
        "cases/one.html",
        title=f"Case {found.reference}",
        case=found,
        part=part,
        status=STATUS_WORDS.get(found.status, found.status),
        tabs=_tabs(found, part),
        clocks=[_clock(c, days) for c in _main_clocks(found)],
        deadlines=[_clock(c, days) for c in found.clocks],
        tasks=[
            {
                "title": t.title,
                "href": url_for("inbox.task", work_item_id=t.work_item_id),
                "due": due_view(t.due_at, at.now(), days),
                "who": t.assignee or ("Nobody: the role is vacant" if t.vacant else t.role),
                "note": " · ".join(part for part in (t.about or t.body, t.process) if part),
            }
            for t in found.tasks
        ],
        pictures=[_picture(s, n) for n, s in enumerate(found.standings)],
        papers=papers,
        documents=documents,
        events=[_event(h) for h in found.happenings],
        waiting=[spelled(name) for name in found.waiting_starts],
        reason=reason,
        errors=[{"text": error, "href": "#reason"}] if error else [],
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK


def _tabs(found: CasePage, part: Part) -> list[dict[str, Any]]:
    return [
        {
            "text": words,
            "href": url_for("cases.one", reference=found.reference, part=None if name == Part.STANDING else name),
            "current": name == part,
            "count": len(found.clocks) if name == Part.DATES else None,
        }
        for name, words in PARTS.items()
    ]


def _main_clocks(found: CasePage) -> list[Clock]:
    """The statutory clocks that run; when none does, the next date."""
    running = [c for c in found.clocks if c.status == DeadlineStatus.OPEN]
    return [c for c in running if c.statutory] or running[:1]


def _clock(clock: Clock, days: Any) -> dict[str, Any]:
    now = runtime().now()
    explained = clock.explanation
    open_ = clock.status == DeadlineStatus.OPEN
    progress = explained.progress(now) if explained and open_ else None
    due = (
        due_view(clock.due_at, now, days)
        if open_
        else closed_view(clock.due_at, clock.closed_at, late=clock.status == DeadlineStatus.MISSED)
    )
    if due is not None and open_ and clock.idle and due["state"] == "overdue":
        due = {**due, "state": "dropped", "tag": "Nothing was due"}
    if due is not None and clock.status == DeadlineStatus.CANCELLED:
        due = {**due, "state": "dropped", "tag": "Not needed any more"}
    return {
        "id": clock.code,
        "code": clock.code,
        "name": clock.name,
        "day": progress[0] if progress else None,
        "of": progress[1] if progress else None,
        "unit": day_words(explained.unit.value, progress[1]) if explained and progress else "",
        "due": due,
        "why": [*([explained.words] if explained else []), *clock.moves],
        "limit": clock.statutory,
        "status": clock.status,
        "on": clock.due_at,
    }


def _picture(standing: Standing, number: int) -> dict[str, Any]:
    marks = {element: Mark(MarkState.DONE) for element in standing.passed if element in standing.process.elements}
    marks |= {element: Mark(MarkState.HERE, count=count) for element, count in standing.here.items()}
    words = f"{standing.title}, version {standing.version}"
    picture = draw_svg(standing.process.root, marks=marks, title=words, prefix=f"picture-{number}")
    return {
        "id": f"picture-{number}",
        "title": standing.title,
        "caption": f"{words}. Steps where the case stands now are outlined; steps that were passed are ticked.",
        "svg": Markup(picture),  # noqa: S704 - made by our own renderer, which escapes every word of the diagram
        "rows": [r for r in standing.rows if r.state == "here"] + [r for r in standing.rows if r.state == "done"],
        "here": bool(standing.here),
        "status": STATUS_WORDS.get(standing.status, ""),
    }


def _event(happening: Happening) -> dict[str, Any]:
    title, words, kind = happening_words(happening)
    # of a task that opened the role is whom it asks, and who moved the case on is in the event before
    role = "" if happening.role == happening.who or happening.action == "task-opened" else happening.role
    by = None if happening.action == "task-opened" else f"{happening.who}, {role}" if role else happening.who
    return {"at": happening.at, "title": title, "words": words, "kind": kind, "by": by}


@pages.get("/cases/<reference>/papers")
@pages.get("/cases/<reference>/papers/<kind>")
@signed_in
def paper(reference: str, kind: str | None = None) -> ResponseReturnValue:
    if kind is not None:
        return paper_page(reference, kind)
    with runtime().transaction() as session:  # the address of a paper, shortened by hand
        case = find_case(session, reference, acting(session))
        return redirect(url_for("cases.one", reference=case.reference, part=Part.PAPERS), code=303)


@pages.get("/cases/<reference>/papers/<kind>.<any(docx,pdf):suffix>")
@signed_in
def paper_file(reference: str, kind: str, suffix: str) -> ResponseReturnValue:
    return file_of_paper(reference, kind, suffix)


@pages.post("/cases/<reference>/conflict")
@signed_in
def conflict(reference: str) -> ResponseReturnValue:
    """Declare one's own conflict of interest: from then on the case is somebody else's."""
    reason = request.form.get("reason", "").strip()
    if len(reason) < LEAST_REASON:
        words = f"Your reason must be {LEAST_REASON} characters or more" if reason else "Enter your reason"
        return _page(reference, Part.STANDING, reason=reason, error=words)
    at = runtime()
    with at.transaction() as session:
        by = acting(session)
        case = find_case(session, reference, by)
        declare_conflict(session, case.id, by.person_id, reason=reason[:2000], by=by, now=at.now())
    flash(
        "Your conflict of interest is recorded. You no longer see this case, and your tasks in it have gone to others."
    )
    return redirect(url_for("inbox.tasks"), code=303)


@pages.get("/attachments/<uuid:attachment_id>")
@signed_in
def download(attachment_id: UUID) -> ResponseReturnValue:
    at = runtime()
    with at.transaction() as session:
        found = attachment(session, attachment_id, by=acting(session), now=at.now())
    made = Response(found.content, mimetype="application/octet-stream")
    made.headers.set("Content-Disposition", "attachment", filename=found.name)
    made.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return made

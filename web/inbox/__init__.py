"""My tasks, team tasks, and the page of one task."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from engine import deadlines
from engine.commands.claim_work_item import claim_work_item
from engine.commands.complete_work_item import complete_work_item
from engine.commands.release_work_item import release_work_item
from engine.commands.save_draft import save_draft
from engine.forms import FieldError, Kind, defaults, review
from engine.forms.telling import told
from engine.queries.inbox import Inbox, InboxRow, Listing, Sort, Wanted, inbox
from engine.queries.task_page import TaskPage, task_page
from engine.refusals import WorkItemClosed
from engine.types import WorkItemKind, WorkItemState
from engine.vocabulary import looking_at
from web import files
from web.due import day_words, due_view
from web.edge import acting, key_sent, new_key, runtime, signed_in
from web.forms import FormPage, Posted, Raw, asked_now, file_names, fill, form_page, read, summary, typed
from web.inbox.comparing import compared
from web.jinja import clock_time

pages = Blueprint("inbox", __name__)


@pages.get("/tasks")
@signed_in
def tasks() -> ResponseReturnValue:
    wanted = _wanted()
    at = runtime()
    with at.transaction() as session:
        found = inbox(session, acting(session), wanted, now=at.now(), counted=g.get("counts"))
        days = deadlines.calendar(session)
    here = {k: v for k, v in request.args.items() if k != "page"}
    return render_template(
        "inbox/tasks.html",
        title={Listing.MINE: "My tasks", Listing.TEAM: "Team tasks", Listing.DONE: "Done by me"}[wanted.listing],
        wanted=wanted,
        inbox=found,
        rows=[_row(row, wanted, days) for row in found.rows],
        tabs=_tabs(found, wanted),
        sorts=_sorts(wanted, here),
        first=(found.page - 1) * 25 + 1,
        address=lambda page: f"?{urlencode({**here, 'page': page})}",
    )


def _wanted() -> Wanted:
    """What the address asks for; what it asks wrongly is taken as not asked."""
    args = request.args
    listing = args.get("list", "")
    sort = args.get("sort", "").removeprefix("-")
    page = args.get("page", "1")
    return Wanted(
        listing=Listing(listing) if listing in set(Listing) else Listing.MINE,
        text=args.get("q", "")[:100].replace("\0", ""),
        process=args.get("process", "")[:100].replace("\0", ""),
        overdue=args.get("due") == "overdue",
        sort=Sort(sort) if sort in set(Sort) else Sort.DUE,
        descending=args.get("sort", "").startswith("-"),
        page=int(page) if page.isdecimal() and len(page) < 7 else 1,
    )


def _row(row: InboxRow, wanted: Wanted, days: Any) -> dict[str, Any]:
    done = wanted.listing == Listing.DONE
    return {
        "title": row.title,
        "href": url_for("inbox.task", work_item_id=row.work_item_id),
        "reference": row.reference,
        "process": row.process,
        "due": None if done else due_view(row.due_at, runtime().now(), days),
        "done_at": row.closed_at,
        "who": "You" if row.is_mine else row.assignee,
        "note": row.about or (f"For {row.body}" if row.body else None),
        "claim_href": url_for("inbox.claim", work_item_id=row.work_item_id)
        if row.may_claim and wanted.listing == Listing.TEAM
        else None,
    }


def _tabs(found: Inbox, wanted: Wanted) -> list[dict[str, Any]]:
    names = [
        (Listing.MINE, "My tasks", found.mine),
        (Listing.TEAM, "Team tasks", found.team),
        (Listing.DONE, "Done by me", None),
    ]
    return [
        {"text": text, "href": url_for("inbox.tasks", list=one), "current": wanted.listing == one, "count": count}
        for one, text, count in names
    ]


def _sorts(wanted: Wanted, here: dict[str, str]) -> dict[str, dict[str, str | None]]:
    made: dict[str, dict[str, str | None]] = {}
    for sort in (Sort.TASK, Sort.CASE, Sort.DUE):
        current = wanted.sort == sort
        turn = f"-{sort}" if current and not wanted.descending else str(sort)
        made[sort] = {
            "href": f"?{urlencode({**here, 'sort': turn})}",
            "sorted": ("descending" if wanted.descending else "ascending") if current else None,
        }
    return made


@pages.get("/tasks/<uuid:work_item_id>")
@signed_in
def task(work_item_id: UUID) -> ResponseReturnValue:
    at = runtime()
    with at.transaction() as session:
        found = task_page(session, work_item_id, by=acting(session), now=at.now())
        return _shown(session, found, _raw_of(found))


def _raw_of(found: TaskPage) -> Raw:
    if found.form is None:
        return {}
    if found.draft is not None:
        return found.draft
    with looking_at(found.world):
        worked_out = defaults(found.form, found.context)
        kept = {n: v for n, v in found.before.items() if found.form[n].kind is not Kind.GROUP or n not in worked_out}
        return fill(found.form, {**worked_out, **kept})


def _shown(
    session: Any,
    found: TaskPage,
    raw: Raw,
    errors: tuple[FieldError, ...] = (),
    *,
    checking: bool = False,
    too_late: Any = None,
) -> tuple[str, HTTPStatus]:
    """`too_late`: what was typed when the task was closed already."""
    at = runtime()
    page: FormPage | None = None
    answered: Any = None
    with looking_at(found.world):
        name_file = files.namer(session, found.case_id)
        if found.form is not None and found.may_complete and not checking:
            page = form_page(found.form, raw, found.context, errors=errors, name_file=name_file)
        if found.form is not None and found.answers is not None:
            answered = summary(found.form, found.answers, found.context, name_file=name_file)
        if found.form is not None and checking:
            settled = review(found.form, typed(found.form, raw), found.context).answers
            answered = summary(found.form, settled, found.context, name_file=name_file)
        papers = [
            {
                "title": p.title,
                "by": p.by,
                "body": p.body,
                "at": p.at,
                "sections": summary(p.form, p.answers, found.context, name_file=name_file),
            }
            for p in found.papers
        ]
    merged = [
        {
            "on": told(row.date_field, row.on) if row.date_field and row.on else "No date",
            "body": row.body,
            "lines": [
                (f.title, told(f, row.answers[f.name])) for f in row.fields if row.answers.get(f.name) is not None
            ],
        }
        for row in found.merged
    ]
    days = deadlines.calendar(session)
    comparisons = [] if checking else compared(session, found, by=acting(session), now=at.now())
    html = render_template(
        "inbox/check.html" if checking else "inbox/task.html",
        title="Check your answers" if checking else found.title,
        task=found,
        page=page,
        answered=answered,
        papers=papers,
        merged=merged,
        comparisons=comparisons,
        due=due_view(found.due_at, at.now(), days) if found.state in ("ready", "reserved") else None,
        clock=_clock(found, days),
        errors=page.errors if page else (),
        key=new_key(),
        too_late=too_late,
        is_open=found.state in (WorkItemState.READY, WorkItemState.RESERVED),
        is_event=found.kind == WorkItemKind.EVENT,
    )
    return html, HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK


def _clock(found: TaskPage, days: Any) -> dict[str, Any] | None:
    if found.due_at is None or found.explanation is None:
        return None
    now = runtime().now()
    progress = found.explanation.progress(now)
    return {
        "name": "How long there is",
        "day": progress[0] if progress else None,
        "of": progress[1] if progress else None,
        "unit": day_words(found.explanation.unit.value, progress[1]) if progress else "",
        "due": due_view(found.due_at, now, days),
        "why": [found.explanation.words],
        "limit": found.statutory,
    }


@pages.post("/tasks/<uuid:work_item_id>")
@signed_in
def answer(work_item_id: UUID) -> ResponseReturnValue:
    try:
        return _answered(work_item_id)
    except WorkItemClosed:
        return _too_late(work_item_id)


def _too_late(work_item_id: UUID) -> ResponseReturnValue:
    """Somebody else did it, or the case went on without it: what was typed is shown, to be copied."""
    at = runtime()
    with at.transaction() as session:
        found = task_page(session, work_item_id, by=acting(session), now=at.now(), noted=False)
        words: Any = None
        if found.form is not None:
            posted = read(found.form, request.form, MultiDict(), keep=lambda path, upload: "")
            with looking_at(found.world):
                words = summary(found.form, review(found.form, posted.answers, found.context).answers, found.context)
        page, _ = _shown(session, found, {}, too_late=words)
        return page, HTTPStatus.CONFLICT


def _answered(work_item_id: UUID) -> ResponseReturnValue:
    at = runtime()
    with at.transaction() as session:
        by = acting(session)
        found = task_page(session, work_item_id, by=by, now=at.now(), noted=False)
        if found.form is None:
            complete_work_item(session, work_item_id, {}, by=by, now=at.now(), idempotency_key=key_sent())
            return _done(found)
        if not found.may_complete:
            # raises, with the reason in words, unless this very form was sent before
            complete_work_item(session, work_item_id, {}, by=by, now=at.now(), idempotency_key=key_sent())
            return _done(found)
        posted = read(found.form, request.form, request.files, keep=files.keeper(session, work_item_id, by=by))
    if posted.action.verb == "confirm":
        posted = Posted(posted.action, found.draft or {}, typed(found.form, found.draft or {}), ())
    else:
        kept = posted.raw
        if posted.action.verb == "autosave" and found.draft is not None:
            # an autosave carries no files, and may arrive after the page that did
            kept = {**{n: v for n, v in found.draft.items() if n in file_names(found.form, found.draft)}, **kept}
        with at.transaction() as session:
            save_draft(session, work_item_id, kept, by=acting(session), now=at.now())
    return _acted(work_item_id, found, posted)


def _acted(work_item_id: UUID, found: TaskPage, posted: Posted) -> ResponseReturnValue:
    """What the button asked for; whatever it was, what was typed is kept by now."""
    at, verb = runtime(), posted.action.verb
    assert found.form is not None
    here = url_for("inbox.task", work_item_id=work_item_id)
    if verb == "autosave":
        with at.transaction() as session:
            current = task_page(session, work_item_id, by=acting(session), now=at.now(), noted=False)
            with looking_at(current.world):
                asked = asked_now(found.form, posted.raw, current.context)
        return jsonify(words=f"Draft saved at {clock_time(at.now())}", shown=asked)
    if verb == "save":
        flash(f"Your answers to “{found.title}” are saved. You can finish them later.")
        return redirect(url_for("inbox.tasks"), code=303)
    if verb in ("add", "remove", "drop", "change"):
        return redirect(here + _anchor(posted), code=303)
    with at.transaction() as session:
        by = acting(session)
        current = task_page(session, work_item_id, by=by, now=at.now(), noted=False)
        assert current.form is not None
        with looking_at(current.world):
            checked = review(current.form, posted.answers, current.context)
        if posted.refused or checked.errors:
            return _shown(session, current, posted.raw, (*posted.refused, *checked.errors))
        if current.form.check_answers and verb != "confirm":
            return _shown(session, current, posted.raw, checking=True)
        complete_work_item(session, work_item_id, posted.answers, by=by, now=at.now(), idempotency_key=key_sent())
    return _done(found)


def _anchor(posted: Posted) -> str:
    """The row that was added, or the one that took the removed one's place; else the question itself."""
    verb, name, which = posted.action.verb, posted.action.name, posted.action.which
    rows = (posted.raw.get(f"{name}-rows") or [""])[0]
    if verb in ("add", "remove") and rows.isdecimal() and int(rows):
        last = int(rows) - 1
        return f"#{name}-{min(int(which), last) if which.isdecimal() else last}"
    return f"#{name}" if name else ""


def _done(found: TaskPage) -> ResponseReturnValue:
    flash(f"“{found.title}” is done.")
    if found.kind == WorkItemKind.EVENT and found.may_see_case:
        return redirect(url_for("cases.one", reference=found.reference), code=303)
    return redirect(url_for("inbox.tasks"), code=303)


@pages.post("/tasks/<uuid:work_item_id>/claim")
@signed_in
def claim(work_item_id: UUID) -> ResponseReturnValue:
    at = runtime()
    with at.transaction() as session:
        claim_work_item(session, work_item_id, by=acting(session), now=at.now())
    flash("You have taken this task. Nobody else can answer it until you release it.")
    return redirect(url_for("inbox.task", work_item_id=work_item_id), code=303)


@pages.post("/tasks/<uuid:work_item_id>/release")
@signed_in
def release(work_item_id: UUID) -> ResponseReturnValue:
    at = runtime()
    with at.transaction() as session:
        release_work_item(session, work_item_id, by=acting(session), now=at.now())
    flash("You have released this task. Your draft is kept.")
    return redirect(url_for("inbox.tasks", list="team"), code=303)

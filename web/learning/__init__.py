"""The learning cycle: the wheel, and the way of one learning point."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.queries.chain import Chain, Link, chain
from engine.queries.cycle import Cycle, GroupYear, Meeting, Priority, Unmoved, current_priorities, cycle
from engine.queries.points import PAGE, Point, Points, PointState, PointsWanted, points
from engine.queries.stages import Stage, places
from engine.types import LearningKind
from engine.working_time import london_day
from engine.working_time.words import time_words
from web.edge import acting, runtime, signed_in
from web.jinja import day
from web.learning.wheel import SIZE, quarters
from web.learning.words import (
    KINDS,
    NEXT,
    count_words,
    days_words,
    facts,
    holder,
    round_words,
    status_words,
)

pages = Blueprint("learning", __name__)

MEETING_WORDS = {
    "held": "Held, quorate",
    "not-quorate": "Held, not quorate",
    "no-record": "No record here",
    "today": "Today",
    "next": "Next",
    "planned": "Planned",
}
STATES = {PointState.OPEN: "Open", PointState.CLOSED: "Closed", PointState.ALL: "Open and closed"}


@pages.get("/learning")
@signed_in
def every() -> ResponseReturnValue:
    return _points() if request.args.get("part") == "points" else _cycle()


def _tabs(*, of_points: bool) -> list[dict[str, Any]]:
    return [
        {"text": "The cycle", "href": url_for("learning.every"), "current": not of_points},
        {"text": "Learning points", "href": url_for("learning.every", part="points"), "current": of_points},
    ]


def _cycle() -> ResponseReturnValue:
    at = runtime()
    with at.transaction() as session:
        found = cycle(session, acting(session), now=at.now())
    return render_template(
        "learning/cycle.html",
        title="Learning",
        tabs=_tabs(of_points=False),
        cycle=found,
        size=SIZE,
        quarters=[{"shape": shape, **row} for shape, row in zip(quarters(), _stages(found), strict=True)],
        longest=[_unmoved(row) for row in found.longest],
        groups=[
            {
                "name": group.group,
                "held": _held(group),
                "coming": group.coming,
                "at": time_words(group.at),
                "meetings": [_meeting(row) for row in group.meetings],
            }
            for group in found.groups
        ],
        priorities=[_priority(row) for row in found.priorities],
    )


def _stages(found: Cycle) -> list[dict[str, Any]]:
    return [
        {
            "title": row.place.title,
            "words": row.place.words,
            "open": row.open,
            "stuck": row.stuck,
            "oldest": "–" if row.oldest is None else days_words(row.oldest),
            "middle": "–" if row.middle is None else days_words(row.middle),
            "href": url_for("learning.every", part="points", stage=row.place.stage),
            "age": None if row.oldest is None else f"oldest {days_words(row.oldest)}",
        }
        for row in found.stages
    ]


def _unmoved(row: Unmoved) -> dict[str, Any]:
    short = places(runtime().partnership)[row.point.stage].short
    times = {0: "not met", 1: "met once", 2: "met twice"}.get(row.meetings, f"met {row.meetings} times")
    why = None if short is None else f"{short} has {times} since"
    if row.overdue_since is not None:
        why = f"It was due on {day(row.overdue_since)}"
    return {**_point(row.point), "unmoved": days_words(row.days), "stuck": row.stuck, "why": why}


def _point(point: Point) -> dict[str, Any]:
    return {
        "reference": point.reference,
        "title": point.title,
        "href": url_for("learning.one", learning=point.reference),
        "note": " · ".join(
            [f"{KINDS[point.kind]} {point.reference}", *([round_words(point.loop)] if point.loop > 1 else [])]
        ),
        "status": status_words(point.status),
        "holder": holder(point.held, now=runtime().now()),
        "moved_at": point.moved_at,
        "made_at": point.made_at,
        "closed_at": point.closed_at,
    }


def _held(group: GroupYear) -> str | None:
    planned = sum(not row.extra for row in group.meetings)
    return f"{group.quorate} held with a quorum; the calendar names {planned}" if group.meetings else None


def _meeting(row: Meeting) -> dict[str, Any]:
    words = MEETING_WORDS[row.state]
    return {
        "on": day(row.on).rpartition(" ")[0],  # the year stands above
        "state": row.state,
        "words": f"{words}, extra" if row.extra else words,
        "case": row.case,
    }


def _priority(row: Priority) -> dict[str, Any]:
    learned = [
        count_words(row.learned[kind], KINDS[kind].lower())
        for kind in (LearningKind.INPUT, LearningKind.RECOMMENDATION, LearningKind.PLAN)
        if row.learned.get(kind)
    ]
    open_ = row.still_open.get(LearningKind.ACTION, 0)
    closed = row.learned.get(LearningKind.ACTION, 0) - open_
    return {
        "title": row.title,
        "learned": learned,
        "actions": f"{count_words(closed, 'action')} done, {open_:,} under way" if closed or open_ else None,
        "done": [
            {
                "title": one.title,
                "href": url_for("learning.one", learning=one.reference),
                "words": f"tested: {status_words(one.judgement or '').lower()}" if one.judgement else "done",
                "on": one.closed_at,
            }
            for one in row.done
        ],
    }


def _points() -> ResponseReturnValue:
    wanted = _wanted()
    at = runtime()
    with at.transaction() as session:
        found = points(session, acting(session), wanted)
    here = {k: v for k, v in request.args.items() if k != "page"}
    return render_template(
        "learning/points.html",
        title="Learning",
        tabs=_tabs(of_points=True),
        wanted=wanted,
        found=found,
        rows=[_point(row) for row in found.rows],
        first=(found.page - 1) * PAGE + 1,
        address=lambda page: f"?{urlencode({**here, 'page': page})}",
        kinds=KINDS,
        states=STATES,
        stages={stage: place.title for stage, place in places(at.partnership).items()},
        anything=_asks(wanted, found),
    )


def _asks(wanted: PointsWanted, found: Points) -> bool:
    """Whether something was looked for, so that nothing found does not mean that there is nothing."""
    return bool(wanted.text or wanted.kind or wanted.stage or wanted.state != PointState.OPEN or found.total)


def _wanted() -> PointsWanted:
    """What the address asks for; what it asks wrongly is taken as not asked."""
    args = request.args
    kind, state, stage, page = (args.get(name, "") for name in ("kind", "state", "stage", "page"))
    return PointsWanted(
        text=args.get("q", "")[:100].replace("\0", ""),
        kind=LearningKind(kind) if kind in set(LearningKind) else None,
        state=PointState(state) if state in set(PointState) else PointState.OPEN,
        stage=Stage(stage) if stage in set(Stage) else None,
        page=int(page) if page.isdecimal() and len(page) < 7 else 1,
    )


@pages.get("/learning/<learning>")
@signed_in
def one(learning: str) -> ResponseReturnValue:
    at = runtime()
    with at.transaction() as session:
        found = chain(session, learning.upper(), acting(session))
        priorities = dict(current_priorities(session, now=at.now()))
    focus = found.focus
    return render_template(
        "learning/chain.html",
        title=focus.title,
        chain=found,
        focus=_link(focus, found),
        caption=f"{KINDS[focus.kind]} {focus.reference}",
        now=[_link(found.link(reference), found) for reference in found.now],
        ended_on=max((link.closed_at for link in found.links if link.closed_at), default=None),
        rounds=_rounds(found),
        priorities=[priorities.get(value) or _listed_priority(value) for value in _priorities_of(found)],
        began_in=found.began_in,
    )


def _priorities_of(found: Chain) -> list[str]:
    """Its own, else those of the way."""
    own = found.focus.data.get("priority_link")
    named = [own] if own else [link.data.get("priority_link") for link in found.links]
    return list(dict.fromkeys(str(value) for value in named if value not in (None, "", "none")))


def _listed_priority(value: str) -> str:
    """Of a business plan that counts no more."""
    rows = runtime().partnership.lists.get("priorities", ())
    return next((row["title"] for row in rows if row["value"] == value), status_words(value))


def _rounds(found: Chain) -> list[dict[str, Any]]:
    """Round by round the rungs of the ladder; the last round also tells what comes next."""
    loops = sorted({link.loop for link in found.links})
    made = []
    for loop in loops:
        links = [link for link in found.links if link.loop == loop]
        kinds = [kind for kind in LearningKind if any(link.kind == kind for link in links)]
        rungs = [
            {
                "title": KINDS[kind] if len(cards) == 1 else count_words(len(cards), KINDS[kind].lower()),
                "state": "now" if any(card["holder"] for card in cards) else "done",
                "cards": cards,
            }
            for kind in kinds
            for cards in [[_link(link, found) for link in links if link.kind == kind]]
        ]
        to_come = (
            list(LearningKind)[list(LearningKind).index(kinds[-1]) + 1 :] if loop == loops[-1] and found.now else []
        )
        made.append(
            {
                "title": round_words(loop),
                "rungs": rungs,
                "to_come": [
                    {"title": f"{KINDS[kind]}s" if kind == LearningKind.ACTION else KINDS[kind], "words": NEXT[kind]}
                    for kind in to_come
                ],
            }
        )
    return made


def _link(link: Link, found: Chain) -> dict[str, Any]:
    at = runtime()
    is_focus = link.reference == found.reference
    inside = {one.reference for one in found.links}
    return {
        "reference": link.reference,
        "kind": KINDS[link.kind],
        "title": link.title,
        "href": url_for("learning.one", learning=link.reference),
        "is_focus": is_focus,
        "status": status_words(link.status),
        "loop": link.loop,
        "round": round_words(link.loop),
        "made_at": link.made_at,
        "closed_at": link.closed_at,
        "moved_at": link.moved_at,
        "unmoved": days_words((london_day(at.now()) - london_day(link.moved_at)).days),
        "holder": holder(link.held, now=at.now()),
        "facts": facts(link.data, at.partnership, every=is_focus, closed=link.closed_at is not None),
        "case": link.case,
        "came_from": [
            {"reference": one, "href": url_for("learning.one", learning=one)}
            for one in link.came_from
            if one not in inside or _from_some_only(link, found)
        ],
        "also_led_to": [
            {
                "title": found.beside[one].title,
                "kind": KINDS[found.beside[one].kind].lower(),
                "reference": one,
                "href": url_for("learning.one", learning=one),
            }
            for one in link.led_to
            if one not in inside
        ],
    }


def _from_some_only(link: Link, found: Chain) -> bool:
    """Whether it is not plain from the rung above what the link came from."""
    before = {one.kind for one in found.links if one.reference in link.came_from}
    above = {one.reference for one in found.links if one.kind in before and one.loop == link.loop}
    return bool(above - set(link.came_from))

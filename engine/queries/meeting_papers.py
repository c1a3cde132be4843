"""The papers of a group's meeting, and the overview of action plans: of open data only."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from engine.forms.formats import read_date, read_datetime
from engine.forms.telling import spelled_out
from engine.model import LearningItem, LearningLink, ProcessInstance, RegisterEntry
from engine.papers import KINDS, Document, PaperKind, Table
from engine.papers.meetings import NOTHING, Agenda, Meeting, Minutes, Report, agenda, minutes, report
from engine.papers.plans import Plan, PlanRow, Plans, action_plans
from engine.papers.sources import Given, moment
from engine.queries.paper_sources import Sources, group_of
from engine.runtime import runtime_of
from engine.types import LearningKind
from engine.working_time import london_day
from engine.working_time.words import plain_day_words

# what waits for whom, until its agenda is prepared
_WAITING: Mapping[str, tuple[LearningKind, str | None]] = {
    "arg": (LearningKind.INPUT, "for-arg"),
    "lscp": (LearningKind.RECOMMENDATION, None),
    "rdg": (LearningKind.PLAN, None),
}
_REPORTS = {"highlight-reports": PaperKind.HIGHLIGHT_REPORT, "rdg-progress": PaperKind.PROGRESS_REPORT}
_PLAN_FACTS = {
    "objective": "Objective",
    "outcome_measure": "How we will know",
    "baseline": "Where it began",
    "target": "Target",
}


def _meeting(of: Sources) -> Meeting:
    group = group_of(of.session, of.case) or ""
    groups = runtime_of(of.session).partnership.groups
    at = next(iter(of.anchors("meeting")), None)
    name = groups[group].name if group in groups else of.case.title
    return Meeting(name, moment(at) if at else None, of.newest("set-date"))


def agenda_of(of: Sources) -> Document:
    found = Agenda(_meeting(of), of.newest("prepare-agenda"), _open(of), _papers_for(of))
    return agenda(found, of.setting)


def _open(of: Sources) -> list[tuple[str, str]]:
    kind, status = _WAITING.get(group_of(of.session, of.case) or "", (None, None))
    if kind is None:
        return []
    rows = of.session.scalars(
        select(LearningItem)
        .where(LearningItem.kind == kind, LearningItem.closed_at.is_(None))
        .order_by(LearningItem.made_at, LearningItem.reference)
    )
    return [(row.reference, row.title) for row in rows if status in (None, row.status)]


def _papers_for(of: Sources) -> list[tuple[str, str]]:
    """The overview of plans; and what groups reported to this meeting, in theirs."""
    days = {london_day(at).isoformat() for at in of.anchors("meeting")}
    rows = of.session.execute(
        select(RegisterEntry.register, RegisterEntry.data, ProcessInstance.reference)
        .join(ProcessInstance, ProcessInstance.id == RegisterEntry.case_id)
        .where(RegisterEntry.register.in_(_REPORTS))
        .order_by(RegisterEntry.at, RegisterEntry.id)
    ).all()
    reported = [
        (KINDS[_REPORTS[row.register]].title, row.reference)
        for row in rows
        if str(row.data.get("lscp_meeting"))[:10] in days and group_of(of.session, of.case) == "lscp"
    ]
    return [(KINDS[PaperKind.ACTION_PLANS].title, of.case.reference), *reported]


def minutes_of(of: Sources) -> Document:
    decided = of.register("meeting-decisions")
    quorum = sorted(of.register("quorum"), key=lambda row: row.key)
    held = sorted({str(row.data.get("on"))[:10] for row in of.register("meetings-held") if row.data.get("on")})
    called_for = [london_day(at).isoformat() for at in of.anchors("meeting")][:1]
    prepared = of.newest("prepare-agenda")
    return minutes(
        Minutes(
            meeting=_meeting(of),
            attendance=of.newest("record-attendance", "correct-attendance"),
            quorum=[(_moment(row), _quorate(row)) for row in quorum],
            draft=of.newest("draft-minutes"),
            decided=[str(one) for row in decided[-1:] for one in row.data.get("decided") or ()],
            approval=of.newest("approve-minutes"),
            missing=prepared.told("papers_missing") if prepared else None,
            held=[_day(on) for on in held if held != called_for],
        ),
        of.setting,
    )


def _moment(row: RegisterEntry) -> str:
    at = read_datetime(str(row.data.get("from") or row.key)[:16])
    return moment(at) if at else row.key


def _quorate(row: RegisterEntry) -> str:
    reason = str(row.data.get("reason") or "")
    return "Quorate" if row.data.get("quorate") is True else f"Not quorate. {reason}".strip()


def highlight_report_of(of: Sources) -> Document:
    written = _written(of, "write-highlight-report")
    facts = _addressed(written)
    covers = [_day(str(day)) for row in of.register("highlight-reports")[-1:] for day in row.data.get("covers") or ()]
    if covers:
        facts.append(("Covers ARG of", "\n".join(covers)))
    return report(
        Report(
            title="Highlight report",
            meeting=_meeting(of),
            written=written,
            facts=facts,
            tables=[("Recommendations", _recommendations(of))],
            leave_out=frozenset({"covers_words", "report_for_words"}),
        ),
        of.setting,
    )


def _addressed(written: Given) -> list[tuple[str, str]]:
    day = _day(str(written.answers.get("report_for_words") or ""))
    return [("For LSCP of", day)] if day else []


def _written(of: Sources, element: str) -> Given:
    (newest, *_) = of.given(element)  # there is one, or the paper would not be there
    return newest


def _recommendations(of: Sources) -> Table:
    """Those that this meeting made."""
    rows = of.session.scalars(
        select(LearningItem)
        .where(LearningItem.case_id == of.case.case_id, LearningItem.kind == LearningKind.RECOMMENDATION)
        .order_by(LearningItem.made_at, LearningItem.reference)
    )
    told = tuple(
        (f"{row.reference}: {row.title}", _said(row.data, "change_wanted"), _said(row.data, "outcome_measure"))
        for row in rows
    )
    return Table("What this meeting recommends", ("Recommendation", "What is to change", "How we will know"), told)


def progress_report_of(of: Sources) -> Document:
    written = _written(of, "write-progress-report")
    return report(
        Report(
            title="Progress report",
            meeting=_meeting(of),
            written=written,
            facts=_addressed(written),
            tables=(),
            leave_out=frozenset({"report_for_words"}),
        ),
        of.setting,
    )


def action_plans_of(of: Sources) -> Document:
    return action_plans(_plans(of), of.setting)


def _plans(of: Sources) -> Plans:
    kinds = (LearningKind.PLAN, LearningKind.ACTION, LearningKind.TEST)
    rows = of.session.scalars(
        select(LearningItem)
        .where(LearningItem.kind.in_(kinds))
        .order_by(LearningItem.made_at, LearningItem.key, LearningItem.reference)
    ).all()
    sources: dict[Any, list[LearningItem]] = {}
    for link, source in of.session.execute(
        select(LearningLink.to_id, LearningItem)
        .join(LearningItem, LearningItem.id == LearningLink.from_id)
        .where(LearningLink.to_id.in_([row.id for row in rows]))
        .order_by(LearningItem.reference)
    ).all():
        sources.setdefault(link, []).append(source)

    registered = {
        str(row.data.get("action_ref")): row.data
        for row in of.session.scalars(select(RegisterEntry).where(RegisterEntry.register == "plan-actions"))
    }

    def below(plan: LearningItem, kind: LearningKind) -> list[PlanRow]:
        own = (row for row in rows if row.kind == kind and plan in sources.get(row.id, ()))
        return [_row(of, row, registered.get(row.reference, {})) for row in own]

    plans = [row for row in rows if row.kind == LearningKind.PLAN]
    actions = [row for row in rows if row.kind == LearningKind.ACTION]
    return Plans(
        running=[
            Plan(
                reference=plan.reference,
                title=plan.title,
                status=spelled_out(plan.status),
                due=_due(plan),
                came_from=", ".join(source.reference for source in sources.get(plan.id, ())),
                facts=[(words, _said(plan.data, name)) for name, words in _PLAN_FACTS.items() if plan.data.get(name)],
                actions=below(plan, LearningKind.ACTION),
                tests=below(plan, LearningKind.TEST),
            )
            for plan in plans
            if plan.closed_at is None
        ],
        closed=sum(plan.closed_at is not None for plan in plans),
        actions_open=sum(row.closed_at is None for row in actions),
        actions_done=sum(row.status == "done" for row in actions),
    )


def _row(of: Sources, row: LearningItem, known: Mapping[str, Any]) -> PlanRow:
    """`known`: what the register of its plan has of an action; an action that is done is nobody's any more."""
    owner = runtime_of(of.session).partnership.body_name(known.get("owner_body") or row.held_body) or NOTHING
    status = row.data.get("judgement") or known.get("state") or row.status
    return PlanRow(row.reference, row.title, spelled_out(str(status)), _due(row), owner)


def _due(row: LearningItem) -> str:
    on = read_date(str(row.data.get("due_on") or row.data.get("due") or "")[:10])
    return plain_day_words(on) if on else NOTHING


def _day(text: str) -> str:
    on: date | None = read_date(text[:10])
    return plain_day_words(on) if on else text


def _said(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    many: Sequence[Any] = value if isinstance(value, list) else [value]
    return "\n".join(str(one) for one in many if one not in (None, "")) or NOTHING

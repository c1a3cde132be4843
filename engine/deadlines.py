"""Due dates of record: set from anchors, moved when an anchor or the calendar changes, always with the reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from engine import audit
from engine.bpmn.elements import DeadlineRow
from engine.clock import later
from engine.model import Anchor, CalendarChange, Deadline, DeadlineMove, ProcessInstance, WorkItem
from engine.types import OPEN_STATES, DeadlineStatus, Participant
from engine.working_time import DeadlineRule, Explanation, WorkingCalendar, at_london, london_clock, london_day

JUDGED = (DeadlineStatus.MET, DeadlineStatus.MISSED)
CASES_MOVED = "cases-moved"  # in a session's info: cases whose timers are to be looked at before its step is done


@dataclass(frozen=True)
class Moved:
    deadline: Deadline
    from_due: datetime


# What is asked most is built once
_CHANGES = select(CalendarChange)
_ANCHOR = (
    select(Anchor.at)
    .where(Anchor.case_id == bindparam("case"), Anchor.name == bindparam("name"))
    .order_by(Anchor.set_at.desc(), Anchor.id)
    .limit(1)
)
_DEADLINE = (
    select(Deadline)
    .where(Deadline.case_id == bindparam("case"), Deadline.code == bindparam("code"))
    .order_by(Deadline.occurrence.desc())
    .limit(1)
)


def calendar(session: Session) -> WorkingCalendar:
    """England's bank holidays with the partnership's own additions; read once per transaction."""
    held = session.info.get("calendar")
    if held is None:
        rows = session.scalars(_CHANGES).all()
        held = WorkingCalendar(
            added=frozenset(r.on for r in rows if not r.removed),
            removed=frozenset(r.on for r in rows if r.removed),
            names={r.on: r.label for r in rows},
        )
        session.info["calendar"] = held
    found: WorkingCalendar = held
    return found


def anchor(session: Session, case_id: UUID, name: str) -> datetime | None:
    """The value that holds now: the newest."""
    return session.scalars(_ANCHOR, {"case": case_id, "name": name}).one_or_none()


def set_anchor(
    session: Session,
    instance: ProcessInstance,
    name: str,
    at: datetime,
    rows: Iterable[DeadlineRow],
    *,
    by: Participant,
    now: datetime,
    reason: str | None = None,
) -> tuple[list[Deadline], list[Moved]]:
    """Give an anchor its value: deadlines that count from it begin, or move; those met or missed are judged again.

    Both values are kept.
    """
    before = anchor(session, instance.case_id, name)
    last_set = session.scalar(
        select(func.max(Anchor.set_at)).where(Anchor.case_id == instance.case_id, Anchor.name == name)
    )
    session.add(
        Anchor(
            case_id=instance.case_id,
            name=name,
            at=at,
            set_at=later(now, last_set),
            set_by=by.person_id,
            reason=reason,
        )
    )
    begun: list[Deadline] = []
    for row in rows:
        rule = DeadlineRule.parse(row.rule)
        if rule.anchor == name and _is_new_duty(session, instance, row.id):
            occurrence = _next_occurrence(session, instance.case_id, row.id)
            begun.append(_begin(session, instance, row, rule, at, occurrence=occurrence))
    session.flush()  # the deadlines just begun are looked up by code in this transaction
    judged = Deadline.status.in_(JUDGED) & (Deadline.instance_id == instance.id)
    moved = _move_all(
        session,
        session.scalars(
            select(Deadline).where(
                Deadline.case_id == instance.case_id,
                Deadline.anchor == name,
                or_(Deadline.status == DeadlineStatus.OPEN, judged),
            )
        ).all(),
        anchor_at=at,
        reason=reason or f"{name} was set",
        by=by,
        now=now,
    )
    audit.record(
        session,
        "anchor-set",
        by=by,
        at=now,
        case_id=instance.case_id,
        instance_id=instance.id,
        anchor=name,
        value=at.isoformat(),
        before=None if before is None else before.isoformat(),
        reason=reason,
        moved=[
            {"deadline": m.deadline.code, "from": m.from_due.isoformat(), "to": m.deadline.due_at.isoformat()}
            for m in moved
        ],
    )
    return begun, moved


def _is_new_duty(session: Session, instance: ProcessInstance, code: str) -> bool:
    """Whether no deadline of this code was ever there, or only one of an earlier process of the case that is over:
    a second rapid review has dates of its own, while a correction moves those that there are."""
    newest = find(session, instance.case_id, code)
    if newest is None:
        return True
    earlier = session.get_one(ProcessInstance, newest.instance_id)
    return earlier.id != instance.id and earlier.ended_at is not None


def _begin(
    session: Session,
    instance: ProcessInstance,
    row: DeadlineRow,
    rule: DeadlineRule,
    at: datetime,
    *,
    occurrence: int = 0,
) -> Deadline:
    days = calendar(session)
    deadline = Deadline(
        case_id=instance.case_id,
        instance_id=instance.id,
        code=row.id,
        occurrence=occurrence,
        name=row.name,
        rule=row.rule,
        basis=row.basis,
        source=row.source,
        anchor=rule.anchor or "",
        anchor_at=at,
        due_at=_due(rule, at, days, statutory=row.statutory),
        limit_at=rule.limit_end(at, days) if row.statutory else None,
        statutory=row.statutory,
        responsible=list(row.responsible),
        ladder=row.ladder,
        status=DeadlineStatus.OPEN,
    )
    session.add(deadline)
    return deadline


def begin_own(
    session: Session,
    instance: ProcessInstance,
    code: str,
    name: str,
    rule_text: str,
    *,
    at: datetime,
) -> Deadline:
    """A task's own rule (`+1wd` after it opens, `+5wd after X`): a deadline of its own, counted by occurrence."""
    rule = DeadlineRule.parse(rule_text)
    counted_from = at if rule.anchor is None else anchor(session, instance.case_id, rule.anchor) or at
    row = DeadlineRow(code, name, rule_text, None, None, None, False, (), None)
    occurrence = _next_occurrence(session, instance.case_id, code)
    deadline = _begin(session, instance, row, rule, counted_from, occurrence=occurrence)
    deadline.anchor = rule.anchor or f"{code} opened"
    session.flush()  # the work item about to be made refers to it
    return deadline


def fixed(
    session: Session, instance: ProcessInstance, code: str, name: str, due_at: datetime, *, at: datetime
) -> Deadline:
    """A due date given outright by an expression."""
    deadline = Deadline(
        case_id=instance.case_id,
        instance_id=instance.id,
        code=code,
        occurrence=_next_occurrence(session, instance.case_id, code),
        name=name,
        rule="",
        anchor="",
        anchor_at=at,
        due_at=worked(session, due_at),
        statutory=False,
        responsible=[],
        status=DeadlineStatus.OPEN,
    )
    session.add(deadline)
    session.flush()  # the work item about to be made refers to it
    return deadline


def _next_occurrence(session: Session, case_id: UUID, code: str) -> int:
    last = session.scalar(
        select(func.max(Deadline.occurrence)).where(Deadline.case_id == case_id, Deadline.code == code)
    )
    return 0 if last is None else last + 1


def begin_again(
    session: Session, instance: ProcessInstance, row: DeadlineRow, *, anchor: str, at: datetime
) -> Deadline:
    """One more occurrence of a declared deadline, counted from another anchor."""
    named = DeadlineRule.parse(row.rule).anchor or ""
    counted = replace(row, rule=row.rule.replace(f"after {named}", f"after {anchor}"))
    occurrence = _next_occurrence(session, instance.case_id, row.id)
    deadline = _begin(session, instance, counted, DeadlineRule.parse(counted.rule), at, occurrence=occurrence)
    session.flush()  # tasks that open in this run are due by it
    return deadline


def occurrences(session: Session, case_id: UUID, code: str) -> list[Deadline]:
    """Every time that it began, oldest first."""
    return list(
        session.scalars(
            select(Deadline).where(Deadline.case_id == case_id, Deadline.code == code).order_by(Deadline.occurrence)
        )
    )


def find(session: Session, case_id: UUID, code: str, *, occurrence: int | None = None) -> Deadline | None:
    """The newest occurrence, or the one asked for."""
    asked = _DEADLINE if occurrence is None else _DEADLINE.where(Deadline.occurrence == occurrence)
    return session.scalars(asked, {"case": case_id, "code": code}).one_or_none()


def meet(session: Session, deadline: Deadline, *, at: datetime) -> None:
    """Close it: met, or missed when its limit (or due moment) has passed."""
    if deadline.status == DeadlineStatus.OPEN:
        deadline.status, deadline.closed_at = _judgement(deadline, at), at


def _judgement(deadline: Deadline, at: datetime) -> DeadlineStatus:
    return DeadlineStatus.MISSED if at > (deadline.limit_at or deadline.due_at) else DeadlineStatus.MET


def cancel_open(session: Session, instance_ids: Iterable[UUID], *, at: datetime) -> list[Deadline]:
    rows = list(
        session.scalars(
            select(Deadline).where(Deadline.instance_id.in_(list(instance_ids)), Deadline.status == DeadlineStatus.OPEN)
        )
    )
    for row in rows:
        row.status, row.closed_at = DeadlineStatus.CANCELLED, at
    return rows


def recount(session: Session, *, reason: str, by: Participant, now: datetime) -> list[Moved]:
    """After the calendar changed: every open deadline is counted again."""
    session.info.pop("calendar", None)
    return _move_all(session, all_open(session), anchor_at=None, reason=reason, by=by, now=now)


def all_open(session: Session) -> Sequence[Deadline]:
    return session.scalars(select(Deadline).where(Deadline.status == DeadlineStatus.OPEN).order_by(Deadline.id)).all()


def worked(session: Session, moment: datetime) -> datetime:
    """A moment given outright; if its day was proclaimed a holiday, the same hour of the next working day."""
    days, day = calendar(session), london_day(moment)
    if day not in days.added:
        return moment
    return at_london(days.next_or_same(day), london_clock(moment).time())


def _move_all(
    session: Session,
    rows: Iterable[Deadline],
    *,
    anchor_at: datetime | None,
    reason: str,
    by: Participant,
    now: datetime,
) -> list[Moved]:
    days, moved = calendar(session), []
    for deadline in rows:
        if anchor_at is not None:
            deadline.anchor_at = anchor_at
        if deadline.rule:
            rule = DeadlineRule.parse(deadline.rule)
            due = _due(rule, deadline.anchor_at, days, statutory=deadline.statutory)
            deadline.limit_at = rule.limit_end(deadline.anchor_at, days) if deadline.statutory else None
        else:
            due = worked(session, deadline.due_at)
        from_due, deadline.due_at = deadline.due_at, due
        if deadline.status in JUDGED and deadline.closed_at is not None:
            deadline.status = _judgement(deadline, deadline.closed_at)
        if due == from_due:
            continue
        session.add(
            DeadlineMove(
                deadline_id=deadline.id,
                from_due=from_due,
                to_due=due,
                at=now,
                reason=reason,
                by=by.person_id,
            )
        )
        moved.append(Moved(deadline, from_due))
        for item in session.scalars(
            select(WorkItem).where(WorkItem.deadline_id == deadline.id, WorkItem.state.in_(OPEN_STATES))
        ):
            item.due_at = due
    return moved


def _due(rule: DeadlineRule, at: datetime, days: WorkingCalendar, *, statutory: bool) -> datetime:
    # a statutory limit keeps its date even on a Sunday; what people are shown is the last working day (DOMAIN 2.1)
    return rule.inbox_due(at, days) if statutory else rule.due(at, days)


def explain(session: Session, deadline: Deadline) -> Explanation | None:
    """Why that date, in words and as data; None for a date that was given outright."""
    if not deadline.rule:
        return None
    rule = DeadlineRule.parse(deadline.rule)
    return rule.explain(deadline.anchor_at, calendar(session), limit=deadline.statutory)

from datetime import date, datetime

from sqlalchemy.orm import Session

from engine import audit, deadlines, notices, steps
from engine.bpmn import execute
from engine.model import CalendarChange
from engine.taking import lock_running
from engine.types import SYSTEM, Participant


def add_holiday(
    session: Session, day: date, label: str, *, by: Participant, now: datetime, removed: bool = False
) -> list[deadlines.Moved]:
    """Add a day not worked (or take one away): every open deadline is counted again, and says what moved."""
    running = lock_running(session)
    session.add(CalendarChange(on=day, label=label, removed=removed, at=now, by=by.person_id))
    session.flush()  # the calendar is read again below
    moved = deadlines.recount(session, reason=f"{day:%d %B %Y}: {label}", by=by, now=now)
    notices.replan(session, deadlines.all_open(session), now=now)  # a rung may fall on the day though its date does not
    for instance in running:
        on = steps.ground(session, instance, by=SYSTEM, now=now)
        steps.retime(session, on, execute.look(on.compiled, instance.state, on.world), now=now)
    audit.record(
        session,
        "calendar-changed",
        by=by,
        at=now,
        day=day.isoformat(),
        label=label,
        removed=removed,
        moved=[[str(m.deadline.id), m.from_due.isoformat(), m.deadline.due_at.isoformat()] for m in moved],
    )
    return moved

from typing import Any

from engine import deadlines, notices
from engine.operations.close_deadlines import meet_deadline
from engine.operations.context import Context, as_moment


def set_anchor(context: Context, *, anchor: str, at: Any, reason: str | None = None, meets: str | None = None) -> None:
    """Give a fact its moment: the deadlines that count from it begin, or move, and so do their reminders.

    `meets`: the deadline that the fact itself meets, judged by its moment and not by when somebody recorded it.
    """
    rows = [row for process in context.processes.values() for row in process.head.deadlines]
    begun, moved = deadlines.set_anchor(
        context.session,
        context.instance,
        anchor,
        as_moment(at),
        rows,
        by=context.by,
        now=context.now,
        reason=reason,
    )
    for deadline in begun:
        if deadline.responsible:
            notices.plan_reminders(context.session, deadline, now=context.now)
    notices.replan(context.session, [m.deadline for m in moved], now=context.now)
    if moved:
        context.session.info.setdefault(deadlines.CASES_MOVED, set()).add(context.instance.case_id)
    if meets is not None:
        meet_deadline(context, id=meets, at=at)

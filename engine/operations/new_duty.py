"""A duty that did not exist before: its deadlines begin anew, while those that run keep theirs (DOMAIN 2.1)."""

from typing import Any

from engine import deadlines, notices
from engine.operations.context import Context, OperationRefused, as_list, as_moment


def new_duty(context: Context, *, ids: Any, anchor: str, at: Any = None) -> None:
    """Begin these declared deadlines once more, by their own rules, counted from `anchor`, set to now or to `at`."""
    declared = {row.id: row for process in context.processes.values() for row in process.head.deadlines}
    moment = context.now if at is None else as_moment(at)
    deadlines.set_anchor(
        context.session, context.instance, anchor, moment, (), by=context.by, now=context.now, reason="a new duty"
    )
    for code in as_list(ids):
        if code not in declared:
            raise OperationRefused(f"No deadline “{code}” is declared.")
        begun = deadlines.begin_again(context.session, context.instance, declared[code], anchor=anchor, at=moment)
        if begun.responsible:
            notices.plan_reminders(context.session, begun, now=context.now)

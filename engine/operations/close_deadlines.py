from typing import Any

from engine import deadlines, notices
from engine.operations.context import Context, as_list, as_moment
from engine.types import DeadlineStatus


def meet_deadline(context: Context, *, id: str, at: Any = None, occurrence: Any = None, ends: Any = ()) -> None:
    """The deadline is met, now or at the moment recorded; late if that is past its limit.

    Of a deadline that began more than once (`new-duty`) the newest is meant, unless `occurrence` names one: 0, 1…
    `ends`: deadlines that have nothing left to run for, now that this one is met.
    """
    which = None if occurrence is None else int(occurrence)
    found = deadlines.find(context.session, context.instance.case_id, id, occurrence=which)
    if found is not None:
        deadlines.meet(context.session, found, at=context.now if at is None else as_moment(at))
        notices.close(context.session, found, now=context.now)
    cancel_deadlines(context, ids=ends)


def cancel_deadlines(context: Context, *, ids: Any) -> None:
    """These deadlines do not run any more in this case, however often they began."""
    for code in as_list(ids):
        for found in deadlines.occurrences(context.session, context.instance.case_id, code):
            if found.status == DeadlineStatus.OPEN:
                found.status, found.closed_at = DeadlineStatus.CANCELLED, context.now
                notices.stop_reminders(context.session, [found.id], now=context.now)

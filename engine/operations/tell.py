from typing import Any

from engine import notices
from engine.model import ProcessInstance
from engine.operations.context import Context, OperationRefused, as_list


def tell(context: Context, *, notice: str, to: Any, bodies: Any = None, key: str = "") -> int:
    """Send a notice to roles (`partners` means the three leads); how many people.

    `bodies`: only to holders of the roles there; an empty list tells nobody.
    """
    if notice not in context.partnership.notices:
        raise OperationRefused(f"There is no notice called “{notice}”.")
    case = context.session.get_one(ProcessInstance, context.instance.case_id)
    told = 0
    for role in as_list(to):
        for body in [None] if bodies is None else as_list(bodies):
            found = notices.recipients(context.session, case, role, body=body, now=context.now)
            about = f"{context.instance.id}/{notice}/{key}/{role}/{body}"
            notices.compose(context.session, found, case, notice, about, now=context.now, rung=notice)
            told += len(found)
    return told

"""One incident reported twice becomes one case; both sources are kept, and the Local Authority's earliest awareness."""

from uuid import UUID

from sqlalchemy import select

from engine import audit, deadlines
from engine.model import ProcessInstance
from engine.operations.context import Context, OperationRefused
from engine.operations.register import enter_register
from engine.operations.set_anchor import set_anchor


def merge_case(context: Context, *, into: str, anchor: str = "awareness") -> None:
    """This case's answers stay where they are, readable from the other, which gets the earlier moment of the two."""
    session = context.session
    target = session.scalars(
        select(ProcessInstance).where(ProcessInstance.id == UUID(into)).with_for_update()
    ).one_or_none()
    if target is None or target.case_id != target.id:
        raise OperationRefused("The case to merge into does not exist.")
    here = deadlines.anchor(session, context.instance.case_id, anchor)
    there = deadlines.anchor(session, target.case_id, anchor)
    inside = Context(session, target, context.processes, context.by, context.now)
    if here is not None and (there is None or here < there):
        set_anchor(
            inside,
            anchor=anchor,
            at=here.isoformat(),
            reason=f"merged with {context.instance.reference}, where the Local Authority knew earlier",
        )
    enter_register(
        inside,
        register="merged-notifications",
        key=context.instance.reference,
        data={"reference": context.instance.reference, "case": str(context.instance.case_id)},
    )
    audit.record(
        session,
        "case-merged",
        by=context.by,
        at=context.now,
        case_id=target.case_id,
        instance_id=target.id,
        merged=context.instance.reference,
    )

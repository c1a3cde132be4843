from datetime import timedelta
from typing import Any

from sqlalchemy import select

from engine import audit, directory
from engine.model import Appointment
from engine.operations.context import Context, as_list


def appoint(context: Context, *, role: str, holders_of: Any, body: str | None = None) -> int:
    """The present holders of these roles hold `role` too, for this case only; how many people."""
    made = 0
    today = directory.london_date(context.now)
    for source in as_list(holders_of):
        people = directory.holders(context.session, source, now=context.now, case_id=context.instance.case_id)
        for person in people:
            if person.holds(role, case_id=context.instance.case_id):
                continue
            context.session.add(
                Appointment(
                    person_id=person.person_id,
                    role=role,
                    body=body or person.body,
                    case_id=context.instance.case_id,
                    from_on=today,
                    made_by=context.by.person_id,
                    made_at=context.now,
                )
            )
            made += 1
    context.session.flush()  # tasks that open in this run look for the new holders
    audit.record(
        context.session,
        "appointed",
        by=context.by,
        at=context.now,
        case_id=context.instance.case_id,
        instance_id=context.instance.id,
        appointed_as=role,
        from_roles=as_list(holders_of),
    )
    return made


def end_appointments(context: Context, *, roles: Any) -> None:
    """Membership of a panel ends with the case: nobody holds these roles on it from tomorrow."""
    today = directory.london_date(context.now)
    for row in context.session.scalars(
        select(Appointment).where(Appointment.case_id == context.instance.case_id, Appointment.role.in_(as_list(roles)))
    ):
        row.to_on = max(today - timedelta(days=1), row.from_on)

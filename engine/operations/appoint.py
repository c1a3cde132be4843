from datetime import timedelta
from typing import Any

from sqlalchemy import select

from engine import audit, directory, policy
from engine.model import Appointment, ProcessInstance
from engine.operations.context import Context, OperationRefused, as_list
from engine.policy import Asked, DutiesSeparated
from engine.types import Participant


def appoint(
    context: Context,
    *,
    role: str,
    holders_of: Any,
    body: str | None = None,
    does: str | None = None,
    may_not: str = "",
    people: Any = None,
) -> int:
    """The present holders of these roles, in that body if one is named, hold `role` too for this case only; how many.

    `may_not`: rules that keep people from what the role `does`; naming such a person is refused with the rule's code.
    `people`: only these of them, by what `list-people` gives as their value.
    """
    only = None if people is None else {str(one) for one in as_list(people)}
    made = 0
    today = directory.london_date(context.now)
    case = context.session.get_one(ProcessInstance, context.instance.case_id)
    for source in as_list(holders_of):
        held = directory.holders(context.session, source, now=context.now, body=body, case_id=case.id)
        meant = [person for person in held if only is None or str(person.person_id) in only]
        if not meant:
            raise OperationRefused(
                f"Nobody holds the role {context.partnership.role_name(source)} at "
                f"{context.partnership.body_name(body) or 'any organisation'} today."
            )
        for person in meant:
            _check_free(context, case, person, Asked(role, role, does=does, may_not=may_not.split()))
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


def _check_free(context: Context, case: ProcessInstance, person: Participant, asked: Asked) -> None:
    rule = _rule_against(context, case, person, asked)
    if rule is not None:
        raise DutiesSeparated(rule)


def _rule_against(context: Context, case: ProcessInstance, person: Participant, asked: Asked) -> Any:
    return policy.separated(directory.attempt(context.session, case, asked, person), context.partnership)


def end_appointments(context: Context, *, roles: Any, does: str | None = None, may_not: str = "") -> list[str]:
    """Nobody holds these roles on the case from tomorrow: membership of a panel ends with the case. With `may_not`,
    only those whom these rules keep from what the role `does`. Back come the roles that somebody lost."""
    today = directory.london_date(context.now)
    case = context.session.get_one(ProcessInstance, context.instance.case_id)
    lost: list[str] = []
    for row in context.session.scalars(
        select(Appointment)
        .where(Appointment.case_id == case.id, Appointment.role.in_(as_list(roles)))
        .order_by(Appointment.role, Appointment.made_at, Appointment.id)
    ):
        if may_not and not _barred(context, case, row, Asked(row.role, row.role, does=does, may_not=may_not.split())):
            continue
        row.to_on = max(today - timedelta(days=1), row.from_on)
        if row.role not in lost:
            lost.append(row.role)
    return lost


def _barred(context: Context, case: ProcessInstance, row: Appointment, asked: Asked) -> bool:
    people = directory.holders(context.session, row.role, now=context.now, case_id=case.id)
    return any(
        _rule_against(context, case, person, asked) is not None
        for person in people
        if person.person_id == row.person_id
    )

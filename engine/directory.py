"""Who holds which role at a moment, and who stands in."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased

from engine import policy
from engine.model import Absence, Appointment, Deed, Exclusion, Person, ProcessInstance, WorkItem
from engine.partnership import Partnership
from engine.policy import Asked, Attempt, CaseAccess, Did, NotFound
from engine.runtime import runtime_of
from engine.types import LONDON, OPEN_STATES, Holding, Participant


def london_date(at: datetime) -> date:
    return at.astimezone(LONDON).date()


def participant(session: Session, person_id: UUID, *, now: datetime) -> Participant:
    """The person with every role held now, those of colleagues they substitute included."""
    today, absent = london_date(now), aliased(Person)
    substituted = (
        select(Absence.person_id)
        .join(absent, absent.id == Absence.person_id)
        .where(
            Absence.substitute_id == person_id,
            Absence.from_on <= today,
            Absence.to_on >= today,
            absent.disabled_at.is_(None),  # whoever has left is not represented
        )
    )
    held = or_(Appointment.person_id == person_id, Appointment.person_id.in_(substituted))
    rows = session.execute(
        select(Person, Appointment)
        .outerjoin(Appointment, and_(held, *_current(today)))
        .where(Person.id == person_id, Person.disabled_at.is_(None))
    ).all()
    if not rows:
        raise NotFound()
    person: Person = rows[0][0]
    holdings = frozenset(Holding(a.role, a.body, a.case_id) for _, a in rows if a is not None)
    return Participant(person.id, person.name, holdings, person.body)


def _current(today: date) -> tuple[ColumnElement[bool], ...]:
    return (Appointment.from_on <= today, or_(Appointment.to_on.is_(None), Appointment.to_on >= today))


def holders(
    session: Session, role: str, *, now: datetime, body: str | None = None, case_id: UUID | None = None
) -> list[Participant]:
    """People who act in this role now: not away, or represented by their substitute; in a fixed order."""
    today = london_date(now)
    found_rows = session.execute(
        select(Appointment, Person)
        .join(Person, Person.id == Appointment.person_id)
        .where(
            Appointment.role == role,
            *_current(today),
            Person.disabled_at.is_(None),
            or_(Appointment.case_id.is_(None), Appointment.case_id == case_id),
        )
        .order_by(Appointment.from_on, Person.name, Person.id)
    ).all()
    rows = [(a, p) for a, p in found_rows if body is None or a.body in (None, body)]
    if any(a.case_id is not None for a, _ in rows):
        rows = [(a, p) for a, p in rows if a.case_id is not None]
    away = _away(session, [p.id for _, p in rows], today)
    found: dict[UUID, Participant] = {}
    for _, person in rows:
        acting: Person | None = person
        if person.id in away:
            substitute = away[person.id]
            acting = session.get(Person, substitute) if substitute is not None else None
        if acting is not None and acting.disabled_at is None and acting.id not in found:
            found[acting.id] = participant(session, acting.id, now=now)
    return list(found.values())


def _away(session: Session, people: Collection[UUID], today: date) -> dict[UUID, UUID | None]:
    if not people:
        return {}
    rows = session.scalars(
        select(Absence).where(Absence.person_id.in_(people), Absence.from_on <= today, Absence.to_on >= today)
    )
    found: dict[UUID, UUID | None] = {}
    for row in rows:  # of several at once, the one that names somebody
        found[row.person_id] = found.get(row.person_id) or row.substitute_id
    return found


def case_access(session: Session, case: ProcessInstance) -> CaseAccess:
    (access,) = case_accesses(session, [case])
    return access


def case_accesses(session: Session, cases: Sequence[ProcessInstance]) -> list[CaseAccess]:
    """Of each case, in two statements for all."""
    ids = [case.case_id for case in cases]
    exclusions = session.scalars(select(Exclusion).where(Exclusion.case_id.in_(ids))).all()
    acting = session.execute(
        select(WorkItem.case_id, WorkItem.acting_role)
        .where(WorkItem.case_id.in_(ids), WorkItem.state.in_(OPEN_STATES), WorkItem.acting_role.is_not(None))
        .distinct()
    ).all()
    return [
        CaseAccess(
            case_id=case.case_id,
            confidential=case.confidential,
            excluded_people=frozenset(e.person_id for e in exclusions if e.case_id == case.case_id and e.person_id),
            excluded_bodies=frozenset(e.body for e in exclusions if e.case_id == case.case_id and e.body is not None),
            acting=frozenset(a.acting_role for a in acting if a.case_id == case.case_id and a.acting_role),
        )
        for case in cases
    ]


def deeds(session: Session, case_id: UUID, person_id: UUID | None) -> list[Did]:
    rows = session.scalars(select(Deed).where(Deed.case_id == case_id, Deed.person_id == person_id))
    return [Did(row.action, row.scope) for row in rows]


def attempt(session: Session, case: ProcessInstance, asked: Asked, by: Participant) -> Attempt:
    return Attempt(by, asked, case_access(session, case), deeds(session, case.case_id, by.person_id))


def candidates(
    session: Session, case: ProcessInstance, asked: Asked, *, now: datetime
) -> tuple[str | None, list[Participant]]:
    """The role that acts on this task now, and its people: vacancy, absence and conflict fall back in turn.

    (None, []) when nobody is left: the task is on the vacancy list (`queries.vacancies`) until somebody can act.
    """
    partnership = runtime_of(session).partnership
    access = case_access(session, case)
    for role in _stand_ins(partnership, asked):
        body = policy.body_asked(role, asked, partnership)
        free = [
            person
            for person in holders(session, role, now=now, body=body, case_id=case.case_id)
            if not policy.in_conflict(person, access)
            and policy.separated(
                Attempt(person, asked, access, deeds(session, case.case_id, person.person_id)), partnership
            )
            is None
        ]
        if free:
            return role, free
    return None, []


def _stand_ins(partnership: Partnership, asked: Asked) -> Iterable[str]:
    """A vote never leaves its partner: only the alternates of a lead stand in, not who does the lead's other work."""
    if asked.does != "vote":
        return partnership.stand_ins(asked.role)
    partner = next((p for p in partnership.partners.values() if p.lead == asked.role), None)
    return [asked.role, *(partner.alternates if partner else ())]


def asked_of(item: WorkItem) -> Asked:
    return Asked(
        role=item.role,
        acting_role=item.acting_role,
        also=item.also,
        body=item.body,
        does=item.does,
        may_not=item.may_not,
        scope=item.scope,
    )


def names(session: Session, people: Iterable[UUID | None]) -> dict[UUID, str]:
    wanted = {p for p in people if p is not None}
    if not wanted:
        return {}
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted))).all()
    return {row.id: row.name for row in rows}

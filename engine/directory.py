"""Who holds which role at a moment, and who stands in."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BindParameter, Date, and_, bindparam, event, or_, select, union_all
from sqlalchemy.orm import Session, aliased, object_session

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
    found = participants(session, [person_id], now=now)
    if not found:
        raise NotFound()
    return found[person_id]


# What is asked most is built once. `today`: London's
_TODAY = bindparam("today", type_=Date)
_PEOPLE: BindParameter[UUID] = bindparam("people", expanding=True)
_NOW_HELD = and_(Appointment.from_on <= _TODAY, or_(Appointment.to_on.is_(None), Appointment.to_on >= _TODAY))
_AWAY = and_(Absence.from_on <= _TODAY, Absence.to_on >= _TODAY)
_ABSENT = aliased(Person)
_ACTS_FOR = union_all(
    select(Person.id.label("person"), Person.id.label("holder")).where(Person.id.in_(_PEOPLE)),
    select(Absence.substitute_id, Absence.person_id)
    .join(_ABSENT, _ABSENT.id == Absence.person_id)
    .where(Absence.substitute_id.in_(_PEOPLE), _AWAY, _ABSENT.disabled_at.is_(None)),  # who left is not represented
).subquery()
_HOLDINGS = (
    select(Person, Appointment)
    .join(_ACTS_FOR, _ACTS_FOR.c.person == Person.id)
    .outerjoin(Appointment, and_(Appointment.person_id == _ACTS_FOR.c.holder, _NOW_HELD))
    .where(Person.disabled_at.is_(None))
)
_HOLDERS = (
    select(Appointment.body, Appointment.case_id, Person.id, Absence.id.label("absence"), Absence.substitute_id)
    .join(Person, Person.id == Appointment.person_id)
    .outerjoin(Absence, and_(Absence.person_id == Person.id, _AWAY))
    .where(
        Appointment.role == bindparam("role"),
        _NOW_HELD,
        Person.disabled_at.is_(None),
        or_(Appointment.case_id.is_(None), Appointment.case_id == bindparam("case")),
    )
    .order_by(Appointment.from_on, Person.name, Person.id, Absence.substitute_id.is_(None), Absence.id)
)
_EXCLUSIONS = select(Exclusion).where(Exclusion.case_id == bindparam("case"))


def participants(session: Session, people: Collection[UUID], *, now: datetime) -> dict[UUID, Participant]:
    """Of these people those who work here still, each with every role held now; in one statement for all."""
    if not people:
        return {}
    rows = session.execute(_HOLDINGS, {"today": london_date(now), "people": list(people)}).all()
    return {
        person.id: Participant(
            person.id,
            person.name,
            frozenset(Holding(a.role, a.body, a.case_id) for p, a in rows if p is person and a is not None),
            person.body,
        )
        for person in {p.id: p for p, _ in rows}.values()
    }


def holders(
    session: Session, role: str, *, now: datetime, body: str | None = None, case_id: UUID | None = None
) -> list[Participant]:
    """People who act in this role now: not away, or represented by their substitute; in a fixed order."""
    rows = session.execute(_HOLDERS, {"today": london_date(now), "role": role, "case": case_id}).all()
    held = [row for row in rows if body is None or row.body in (None, body)]
    if any(row.case_id is not None for row in held):
        held = [row for row in held if row.case_id is not None]
    acting: dict[UUID, UUID | None] = {}
    for row in held:  # of several absences at once, the one that names somebody
        acting.setdefault(row.id, row.id if row.absence is None else row.substitute_id)
    wanted = list(dict.fromkeys(person for person in acting.values() if person is not None))
    found = participants(session, wanted, now=now)
    return [found[person] for person in wanted if person in found]


def case_access(session: Session, case: ProcessInstance) -> CaseAccess:
    (access,) = case_accesses(session, [case])
    return access


def conflicts(session: Session, case: ProcessInstance) -> CaseAccess:
    """The same as far as it says who is kept from the case, read once per transaction: enough where nobody asks to
    see it."""
    held: dict[UUID, CaseAccess] = session.info.setdefault("conflicts", {})
    if case.case_id not in held:
        held[case.case_id] = _access(case, session.scalars(_EXCLUSIONS, {"case": case.case_id}).all(), ())
    return held[case.case_id]


@event.listens_for(Exclusion, "after_insert")
def _forget_conflicts(_mapper: object, _connection: object, declared: Exclusion) -> None:
    session = object_session(declared)
    if session is not None:
        session.info.pop("conflicts", None)


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
        _access(case, exclusions, [a.acting_role for a in acting if a.case_id == case.case_id and a.acting_role])
        for case in cases
    ]


def _access(case: ProcessInstance, exclusions: Sequence[Exclusion], acting: Collection[str]) -> CaseAccess:
    return CaseAccess(
        case_id=case.case_id,
        confidential=case.confidential,
        excluded_people=frozenset(e.person_id for e in exclusions if e.case_id == case.case_id and e.person_id),
        excluded_bodies=frozenset(e.body for e in exclusions if e.case_id == case.case_id and e.body is not None),
        acting=frozenset(acting),
    )


def attempts(session: Session, case: ProcessInstance, asked: Asked, people: Sequence[Participant]) -> Iterator[Attempt]:
    """For each of these people, that they try what is asked, with what rules could hold against them; not for who may
    see the case."""
    if not people:
        return
    access, did = conflicts(session, case), _deeds(session, case, asked, people)
    for person in people:
        yield Attempt(person, asked, access, [Did(d.action, d.scope) for d in did if d.person_id == person.person_id])


def attempt(session: Session, case: ProcessInstance, asked: Asked, by: Participant) -> Attempt:
    did = _deeds(session, case, asked, [by])
    return Attempt(by, asked, case_access(session, case), [Did(d.action, d.scope) for d in did])


def _deeds(session: Session, case: ProcessInstance, asked: Asked, people: Sequence[Participant]) -> Sequence[Deed]:
    """What these people did in the case, if any rule asks."""
    if not asked.may_not:
        return ()
    ids = [person.person_id for person in people]
    return session.scalars(select(Deed).where(Deed.case_id == case.case_id, Deed.person_id.in_(ids))).all()


def free_to_act(
    session: Session, case: ProcessInstance, role: str, asked: Asked, *, now: datetime, body: str | None = None
) -> list[Participant]:
    """Holders of the role whom neither a conflict of interest nor a rule keeps from what is asked."""
    partnership = runtime_of(session).partnership
    held = holders(session, role, now=now, body=body, case_id=case.case_id)
    return [
        one.by
        for one in attempts(session, case, asked, held)
        if not policy.in_conflict(one.by, one.access) and policy.separated(one, partnership) is None
    ]


def candidates(
    session: Session, case: ProcessInstance, asked: Asked, *, now: datetime
) -> tuple[str | None, list[Participant]]:
    """The role that acts on this task now, and its people: vacancy, absence and conflict fall back in turn.

    (None, []) when nobody is left: the task is on the vacancy list (`queries.vacancies`) until somebody can act.
    """
    partnership = runtime_of(session).partnership
    for role in _stand_ins(partnership, asked):
        body = policy.body_asked(role, asked, partnership)
        free = free_to_act(session, case, role, asked, now=now, body=body)
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

"""The lists of tasks: mine, my team's, and what I have done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVarTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from engine.directory import london_date
from engine.model import Appointment, Exclusion, Person, ProcessInstance, WorkItem
from engine.partnership import Partnership
from engine.queries.matters import matter
from engine.runtime import runtime_of
from engine.types import OPEN_STATES, Participant, WorkItemKind, WorkItemState

PAGE = 25
Columns = TypeVarTuple("Columns")


class Listing(StrEnum):
    MINE = "mine"
    TEAM = "team"
    DONE = "done"


class Sort(StrEnum):
    DUE = "due"
    CASE = "case"
    TASK = "task"
    OPENED = "opened"


@dataclass(frozen=True)
class InboxRow:
    work_item_id: UUID
    title: str
    reference: str
    process: str
    body: str | None
    about: str | None
    due_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    role: str
    assignee: str | None
    is_mine: bool
    may_claim: bool


@dataclass(frozen=True)
class Inbox:
    rows: tuple[InboxRow, ...]
    total: int
    page: int
    pages: int
    mine: int
    team: int


@dataclass(frozen=True)
class Wanted:
    """What the address asks for. `text` is looked for in references, task titles and process names only."""

    listing: Listing = Listing.MINE
    text: str = ""
    process: str = ""
    overdue: bool = False
    sort: Sort = Sort.DUE
    descending: bool = False
    page: int = 1


def inbox(
    session: Session, by: Participant, wanted: Wanted, *, now: datetime, counted: "Counts | None" = None
) -> Inbox:
    """`counted`: for the frame of the same page, so that it is not counted twice."""
    counts = counted or count(session, by, now=now)
    partnership = runtime_of(session).partnership
    mine, team = _mine(by, counts.alone, partnership), _asked(by, by.roles, partnership)
    free = _not_excluded(by)
    which = {
        Listing.MINE: and_(WorkItem.state.in_(OPEN_STATES), mine, free),
        Listing.TEAM: and_(WorkItem.state.in_(OPEN_STATES), team, ~mine, free),
        Listing.DONE: and_(WorkItem.state == WorkItemState.COMPLETED, WorkItem.completed_by == by.person_id),
    }[wanted.listing]
    assignee = aliased(Person)
    query = (
        select(WorkItem, ProcessInstance.reference, ProcessInstance.title, assignee.name)
        .join(ProcessInstance, ProcessInstance.id == WorkItem.instance_id)
        .outerjoin(assignee, assignee.id == WorkItem.assignee_id)
        .where(which, WorkItem.kind != WorkItemKind.EVENT, *_filters(wanted, now))
    )
    filtered = bool(wanted.text or wanted.process or wanted.overdue or wanted.listing == Listing.DONE)
    total = (
        session.scalar(select(func.count()).select_from(query.subquery())) or 0
        if filtered
        else {Listing.MINE: counts.mine, Listing.TEAM: counts.team}[wanted.listing]
    )
    pages = max(1, -(-total // PAGE))
    page = min(max(1, wanted.page), pages)
    found = session.execute(_ordered(query, wanted).limit(PAGE).offset((page - 1) * PAGE)).all()
    rows = tuple(
        InboxRow(
            work_item_id=item.id,
            title=item.title,
            reference=reference,
            process=process,
            body=partnership.body_name(item.body) or None,
            about=matter(item.facts),
            due_at=item.due_at,
            opened_at=item.opened_at,
            closed_at=item.closed_at,
            role=partnership.role_name(item.acting_role or item.role),
            assignee=name,
            is_mine=item.assignee_id == by.person_id,
            may_claim=item.state == WorkItemState.READY,
        )
        for item, reference, process, name in found
    )
    return Inbox(rows, total, page, pages, counts.mine, counts.team)


def _filters(wanted: Wanted, now: datetime) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.text:
        like = f"%{wanted.text.strip().replace('%', '').replace('_', ' ')}%"
        found.append(
            or_(
                ProcessInstance.reference.ilike(like),
                WorkItem.title.ilike(like),
                ProcessInstance.title.ilike(like),
            )
        )
    if wanted.process:
        found.append(ProcessInstance.key == wanted.process)
    if wanted.overdue:
        found.append(WorkItem.due_at < now)
    return found


def _ordered(query: Select[*Columns], wanted: Wanted) -> Select[*Columns]:
    column = {
        Sort.DUE: WorkItem.due_at,
        Sort.CASE: ProcessInstance.reference,
        Sort.TASK: WorkItem.title,
        Sort.OPENED: WorkItem.opened_at,
    }[wanted.sort]
    if wanted.listing == Listing.DONE and wanted.sort == Sort.DUE:
        return query.order_by(WorkItem.closed_at.desc(), WorkItem.id)
    way = column.desc() if wanted.descending else column.asc()
    return query.order_by(way.nulls_last(), WorkItem.opened_at, WorkItem.id)


def _held_alone(session: Session, by: Participant, *, now: datetime) -> frozenset[str]:
    """Roles of this person that nobody else holds today: their tasks are the person's own."""
    today = london_date(now)
    several = session.scalars(
        select(Appointment.role)
        .join(Person, Person.id == Appointment.person_id)
        .where(
            Appointment.role.in_(by.roles),
            Appointment.person_id != by.person_id,
            Appointment.from_on <= today,
            or_(Appointment.to_on.is_(None), Appointment.to_on >= today),
            Appointment.body.is_(None) | (Appointment.body == by.body),
            Person.disabled_at.is_(None),
        )
        .distinct()
    )
    return by.roles - frozenset(several)


def _asked(by: Participant, roles: frozenset[str], partnership: Partnership) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = []
    for holding in by.holdings:
        if holding.role not in roles:
            continue
        part: ColumnElement[bool] = WorkItem.acting_role == holding.role
        if holding.body is not None:
            own_body = or_(WorkItem.body.is_(None), WorkItem.body == holding.body)
            if partnership.of_one_body(holding.role):
                own_body = or_(own_body, WorkItem.role != holding.role)  # as a stand-in it acts for any body
            part = and_(part, own_body)
        if holding.case_id is not None:
            part = and_(part, WorkItem.case_id == holding.case_id)
        parts.append(part)
    return or_(*parts) if parts else false()


def _mine(by: Participant, alone: frozenset[str], partnership: Partnership) -> ColumnElement[bool]:
    return or_(
        and_(WorkItem.state == WorkItemState.RESERVED, WorkItem.assignee_id == by.person_id),
        and_(WorkItem.state == WorkItemState.READY, _asked(by, alone, partnership)),
    )


def _not_excluded(by: Participant) -> ColumnElement[bool]:
    kept_out = select(Exclusion.id).where(
        Exclusion.case_id == WorkItem.case_id,
        or_(Exclusion.person_id == by.person_id, Exclusion.body == by.body)
        if by.body is not None
        else Exclusion.person_id == by.person_id,
    )
    return ~kept_out.exists()


@dataclass(frozen=True)
class Counts:
    """How much waits for somebody, and which of their roles are theirs alone."""

    mine: int
    team: int
    alone: frozenset[str]


def count(session: Session, by: Participant, *, now: datetime) -> Counts:
    """What waits, for the frame of every page."""
    partnership = runtime_of(session).partnership
    alone = _held_alone(session, by, now=now)
    mine = _mine(by, alone, partnership)
    team = _asked(by, by.roles, partnership)
    row = session.execute(
        select(func.count().filter(mine).label("mine"), func.count().filter(and_(team, ~mine)).label("team")).where(
            WorkItem.state.in_(OPEN_STATES), WorkItem.kind != WorkItemKind.EVENT, or_(mine, team), _not_excluded(by)
        )
    ).one()
    return Counts(row.mine, row.team, alone)

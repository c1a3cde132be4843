"""One case: where it stands, what runs by when, who has what, what has happened, and who can see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, deadlines, directory, library, policy, steps
from engine.bpmn import execute
from engine.bpmn.elements import FLOW_NODES, Element
from engine.library import Process
from engine.model import (
    AuditEvent,
    Deadline,
    DeadlineMove,
    Message,
    ProcessInstance,
    RegisterEntry,
    Submission,
    WorkItem,
)
from engine.policy import NotFound
from engine.queries.matters import matter
from engine.queries.papers import Paper, paper, withheld
from engine.runtime import runtime_of
from engine.types import (
    OPEN_STATES,
    DeadlineStatus,
    InstanceStatus,
    Participant,
    WorkItemKind,
    WorkItemState,
)
from engine.working_time import Explanation, london_clock
from engine.working_time.words import day_words


class Part(StrEnum):
    """What of a case is looked at; whatever is not is neither computed nor opened."""

    STANDING = "standing"
    DATES = "dates"
    PAPERS = "papers"
    HISTORY = "history"


@dataclass(frozen=True)
class Clock:
    code: str
    name: str
    due_at: datetime
    limit_at: datetime | None
    status: DeadlineStatus
    statutory: bool
    explanation: Explanation | None
    moves: tuple[str, ...]
    idle: bool  # nobody has a task for it, and nobody answers for it: the case went another way so far
    closed_at: datetime | None


@dataclass(frozen=True)
class CaseTask:
    work_item_id: UUID
    title: str
    process: str
    role: str
    body: str | None
    about: str | None
    assignee: str | None
    state: WorkItemState
    due_at: datetime | None
    may_open: bool
    vacant: bool


@dataclass(frozen=True)
class Standing:
    """Where the tokens of one process are: the same for the picture and for the table."""

    key: str
    title: str
    version: int
    status: InstanceStatus
    started_at: datetime
    ended_at: datetime | None
    process: Process
    here: Mapping[str, int]  # element id -> tokens
    passed: frozenset[str]
    rows: tuple["Place", ...]


@dataclass(frozen=True)
class Place:
    name: str
    kind: str
    lane: str | None
    state: str  # "here", "done"
    count: int


@dataclass(frozen=True)
class Happening:
    at: datetime
    action: str
    who: str
    role: str | None
    title: str | None
    told: tuple[str, ...]  # roles that a reminder went to
    details: Mapping[str, Any]


@dataclass(frozen=True)
class CasePage:
    case_id: UUID
    reference: str
    title: str
    status: str
    confidential: bool
    started_at: datetime
    meeting_at: datetime | None
    clocks: tuple[Clock, ...]
    tasks: tuple[CaseTask, ...]
    actions: tuple[CaseTask, ...]
    standings: tuple[Standing, ...]
    happenings: tuple[Happening, ...]
    papers: tuple[Paper, ...]
    returns: tuple[Mapping[str, Any], ...]
    seen_by: tuple[str, ...]
    kept_out: int
    waiting_starts: tuple[str, ...]


def find_case(session: Session, reference: str, by: Participant) -> ProcessInstance:
    """Raises NotFound alike when it is not there and when it may not be seen."""
    return _found(session, reference, by)[0]


def _found(session: Session, reference: str, by: Participant) -> tuple[ProcessInstance, policy.CaseAccess]:
    case = session.scalars(
        select(ProcessInstance).where(ProcessInstance.reference == reference, ProcessInstance.parent_id.is_(None))
    ).one_or_none()
    if case is None:
        raise NotFound()
    access = directory.case_access(session, case)
    if not policy.may_see_case(by, access, runtime_of(session).partnership):
        raise NotFound()
    return case, access


def case_page(
    session: Session, reference: str, *, by: Participant, now: datetime, part: Part = Part.STANDING
) -> CasePage:
    """What every part shows, and one part. Which one is history too."""
    case, access = _found(session, reference, by)
    audit.record(
        session,
        "case-viewed",
        by=by,
        at=now,
        case_id=case.id,
        instance_id=case.id,
        role=", ".join(sorted(by.roles)),
        part=part,
    )
    instances = session.scalars(
        select(ProcessInstance)
        .where(ProcessInstance.case_id == case.id)
        .order_by(ProcessInstance.started_at, ProcessInstance.id)
    ).all()
    items = session.scalars(
        select(WorkItem)
        .where(WorkItem.case_id == case.id, WorkItem.state.in_(OPEN_STATES))
        .order_by(WorkItem.due_at.asc().nulls_last(), WorkItem.opened_at, WorkItem.id)
    ).all()
    tasks = _tasks(session, items, instances, by, access)
    running = any(i.status == InstanceStatus.RUNNING for i in instances)
    return CasePage(
        case_id=case.id,
        reference=case.reference,
        title=case.title,
        status="running" if running else case.status.value,
        confidential=case.confidential,
        started_at=case.started_at,
        meeting_at=deadlines.anchor(session, case.id, "meeting"),
        clocks=_clocks(session, case),
        tasks=tuple(t for t, i in zip(tasks, items, strict=True) if i.kind != WorkItemKind.EVENT),
        actions=tuple(t for t, i in zip(tasks, items, strict=True) if i.kind == WorkItemKind.EVENT and t.may_open),
        standings=_standings(session, instances, by=by, now=now) if part == Part.STANDING else (),
        happenings=_happenings(session, case) if part == Part.HISTORY else (),
        papers=_all_papers(session, case, by) if part == Part.PAPERS else (),
        returns=_returns(session, case) if part == Part.STANDING else (),
        seen_by=_seen_by(session),
        kept_out=len(access.excluded_people) + len(access.excluded_bodies),
        waiting_starts=tuple(
            session.scalars(
                select(Message.name)
                .where(Message.case_id == case.id, Message.delivered_at.is_(None))
                .order_by(Message.thrown_at, Message.id)
            )
        ),
    )


def _clocks(session: Session, case: ProcessInstance) -> tuple[Clock, ...]:
    rows = session.scalars(
        select(Deadline)
        .where(Deadline.case_id == case.id, Deadline.rule != "", Deadline.basis.is_not(None))
        .order_by(Deadline.due_at, Deadline.code, Deadline.occurrence)
    ).all()
    moves: dict[UUID, list[str]] = {}
    for move in session.scalars(
        select(DeadlineMove)
        .where(DeadlineMove.deadline_id.in_([r.id for r in rows]))
        .order_by(DeadlineMove.at, DeadlineMove.id)
    ):
        moves.setdefault(move.deadline_id, []).append(
            f"Moved from {_day(move.from_due)} to {_day(move.to_due)}: {move.reason}"
        )
    worked = set(
        session.scalars(
            select(WorkItem.deadline_id).where(WorkItem.case_id == case.id, WorkItem.state.in_(OPEN_STATES))
        )
    )
    return tuple(
        Clock(
            code=row.code,
            name=row.name,
            due_at=row.due_at,
            limit_at=row.limit_at,
            status=row.status,
            statutory=row.statutory,
            explanation=deadlines.explain(session, row),
            moves=tuple(moves.get(row.id, ())),
            idle=not (row.responsible or row.statutory or row.id in worked),
            closed_at=row.closed_at,
        )
        for row in rows
    )


def _day(moment: datetime) -> str:
    return day_words(london_clock(moment).date())


def _tasks(
    session: Session,
    items: Sequence[WorkItem],
    instances: Sequence[ProcessInstance],
    by: Participant,
    access: policy.CaseAccess,
) -> tuple[CaseTask, ...]:
    partnership = runtime_of(session).partnership
    titles = {i.id: i.title for i in instances}
    names = directory.names(session, [i.assignee_id for i in items])
    return tuple(
        CaseTask(
            work_item_id=item.id,
            title=item.title,
            process=titles[item.instance_id],
            role=partnership.role_name(item.acting_role or item.role),
            body=partnership.body_name(item.body) or None,
            about=matter(item.facts),
            assignee=names.get(item.assignee_id) if item.assignee_id else None,
            state=item.state,
            due_at=item.due_at,
            may_open=policy.is_asked(by, directory.asked_of(item), access, partnership),
            vacant=item.acting_role is None,
        )
        for item in items
    )


def _standings(
    session: Session, instances: Sequence[ProcessInstance], *, by: Participant, now: datetime
) -> tuple[Standing, ...]:
    """A process for each instance, and after it those that it calls where a token stands in them now."""
    found: list[Standing] = []
    everything_passed = _passed(session, instances)
    for instance in instances:
        on = steps.ground(session, instance, by=by, now=now)
        here: dict[str, dict[str, int]] = {}
        if instance.status == InstanceStatus.RUNNING:
            for key, element in execute.look(on.compiled, instance.state, on.world).here:
                tokens = here.setdefault(key, {})
                tokens[element] = tokens.get(element, 0) + 1
        passed = everything_passed.get(instance.id, {})
        versions = library.versions(session, instance.bundle_digest)
        keys = [instance.key, *sorted(k for k in here if k != instance.key)]
        for key in keys:
            process = on.processes[key]
            found.append(
                Standing(
                    key=key,
                    title=process.head.name or key,
                    version=versions[key],
                    status=instance.status,
                    started_at=instance.started_at,
                    ended_at=instance.ended_at,
                    process=process,
                    here=here.get(key, {}),
                    passed=frozenset(passed.get(key, ())),
                    rows=_rows(process, here.get(key, {}), passed.get(key, set())),
                )
            )
    return tuple(found)


def _passed(session: Session, instances: Sequence[ProcessInstance]) -> dict[UUID, dict[str, set[str]]]:
    """By instance and process."""
    found: dict[UUID, dict[str, set[str]]] = {}
    for row in session.execute(
        select(AuditEvent.instance_id, AuditEvent.details).where(
            AuditEvent.instance_id.in_([i.id for i in instances]), AuditEvent.action == "moved-on"
        )
    ):
        for key, element in row.details.get("passed", ()):
            found.setdefault(row.instance_id, {}).setdefault(key, set()).add(element)
    return found


_KINDS = {
    "userTask": "Task",
    "manualTask": "Task",
    "task": "Task",
    "callActivity": "Process",
    "subProcess": "Stage",
    "intermediateCatchEvent": "Waits",
    "boundaryEvent": "Event",
    "eventBasedGateway": "Waits",
}


def _rows(process: Process, here: Mapping[str, int], passed: set[str]) -> tuple[Place, ...]:
    def place(element: Element) -> Place:
        return Place(
            name=element.name or element.id,
            kind=_KINDS[element.tag],
            lane=element.lane,
            state="here" if element.id in here else "done",
            count=here.get(element.id, 0),
        )

    return tuple(
        place(e)
        for e in process.elements.values()
        if e.tag in FLOW_NODES and e.tag in _KINDS and (e.id in here or e.id in passed)
    )


def _happenings(session: Session, case: ProcessInstance) -> tuple[Happening, ...]:
    events = session.scalars(
        select(AuditEvent)
        .where(AuditEvent.case_id == case.id, AuditEvent.action != "moved-on")
        .order_by(AuditEvent.seq.desc())
        .limit(500)
    ).all()
    names = directory.names(session, [e.person_id for e in events])
    titles = {
        row.id: row.title
        for row in session.execute(select(WorkItem.id, WorkItem.title).where(WorkItem.case_id == case.id))
    }
    partnership = runtime_of(session).partnership
    return tuple(
        Happening(
            at=event.at,
            action=event.action,
            who=names.get(event.person_id, "The system") if event.person_id else "The system",
            role=", ".join(map(partnership.role_name, event.role.split(", "))) if event.role else None,
            title=titles.get(event.work_item_id) if event.work_item_id else None,
            told=tuple(partnership.role_name(role) for role in event.details.get("roles") or ()),
            details=event.details,
        )
        for event in events
    )


def _all_papers(session: Session, case: ProcessInstance, by: Participant) -> tuple[Paper, ...]:
    rows = session.scalars(
        select(Submission).where(Submission.case_id == case.id).order_by(Submission.at, Submission.id)
    )
    return tuple(paper(session, row) for row in rows if not withheld(session, row, by))


def _returns(session: Session, case: ProcessInstance) -> tuple[Mapping[str, Any], ...]:
    partnership = runtime_of(session).partnership
    rows = session.scalars(
        select(RegisterEntry)
        .where(RegisterEntry.case_id == case.id, RegisterEntry.register == "agency-returns")
        .order_by(RegisterEntry.key)
    )
    return tuple({"body": partnership.body_name(r.key), **r.data} for r in rows)


def _seen_by(session: Session) -> tuple[str, ...]:
    partnership = runtime_of(session).partnership
    return tuple(partnership.role_name(role) for role in partnership.roles if role in partnership.sees_cases)

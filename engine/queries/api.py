"""What the API tells, as plain JSON: the same rules of sight as the pages."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model import AuditEvent, Job
from engine.policy import NotFound
from engine.queries.case_page import Part, case_page
from engine.queries.task_page import task_page
from engine.queries.vacancies import vacancies
from engine.runtime import runtime_of
from engine.types import JobState, Participant

EVENTS_AT_ONCE = 500


def case_json(session: Session, reference: str, *, by: Participant, now: datetime) -> dict[str, Any]:
    page = case_page(session, reference, by=by, now=now, part=Part.STANDING)
    return {
        "reference": page.reference,
        "process": page.standings[0].key if page.standings else None,
        "title": page.title,
        "status": page.status,
        "started_at": page.started_at.isoformat(),
        "deadlines": [
            {
                "id": clock.code,
                "name": clock.name,
                "due_at": clock.due_at.isoformat(),
                "limit_at": clock.limit_at.isoformat() if clock.limit_at else None,
                "status": clock.status,
                "why": clock.explanation.words if clock.explanation else None,
            }
            for clock in page.clocks
        ],
        "tasks": [
            {
                "id": str(task.work_item_id),
                "title": task.title,
                "process": task.process,
                "role": task.role,
                "body": task.body,
                "assignee": task.assignee,
                "state": task.state,
                "due_at": task.due_at.isoformat() if task.due_at else None,
            }
            for task in page.tasks
        ],
        "processes": [
            {
                "key": standing.key,
                "version": standing.version,
                "status": standing.status,
                "here": dict(standing.here),
            }
            for standing in page.standings
        ],
        "waiting_to_begin": list(page.waiting_starts),
    }


def history_json(session: Session, reference: str, *, by: Participant, now: datetime) -> dict[str, Any]:
    page = case_page(session, reference, by=by, now=now, part=Part.HISTORY)
    return {
        "reference": page.reference,
        "events": [
            {
                "at": h.at.isoformat(),
                "action": h.action,
                "by": h.who,
                "role": h.role,
                "task": h.title,
                "details": dict(h.details),
            }
            for h in page.happenings
        ],
    }


def task_json(session: Session, work_item_id: UUID, *, by: Participant, now: datetime) -> dict[str, Any]:
    page = task_page(session, work_item_id, by=by, now=now)
    return {
        "id": str(page.work_item_id),
        "title": page.title,
        "case": page.reference,
        "process": page.process,
        "state": page.state,
        "role": page.role,
        "body": page.body,
        "assignee": page.assignee,
        "due_at": page.due_at.isoformat() if page.due_at else None,
        "why_that_date": page.explanation.words if page.explanation else None,
        "may_complete": page.may_complete,
        "form": page.form.schema if page.form else None,
        "answers": page.answers,
    }


def incidents_json(session: Session, *, by: Participant, state: JobState) -> dict[str, Any]:
    """Jobs by state, without anything of a case."""
    _check_oversees(session, by)
    rows = session.scalars(select(Job).where(Job.state == state).order_by(Job.due_at, Job.id).limit(500))
    return {
        "jobs": [
            {
                "id": str(job.id),
                "kind": job.kind,
                "state": job.state,
                "due_at": job.due_at.isoformat(),
                "attempts": job.attempts,
                "cause": job.last_error,
                "element": job.detail,
            }
            for job in rows
        ]
    }


def vacancies_json(session: Session, *, by: Participant) -> dict[str, Any]:
    return {
        "tasks": [
            {
                "reference": row.reference,
                "title": row.title,
                "role": row.role,
                "body": row.body,
                "opened_at": row.opened_at.isoformat(),
                "due_at": None if row.due_at is None else row.due_at.isoformat(),
            }
            for row in vacancies(session, by)
        ]
    }


def audit_json(session: Session, after: int, *, by: Participant) -> dict[str, Any]:
    """The whole history, in its order, from the event after this one."""
    _check_oversees(session, by)
    rows = session.scalars(
        select(AuditEvent).where(AuditEvent.seq > after).order_by(AuditEvent.seq).limit(EVENTS_AT_ONCE)
    )
    return {
        "events": [
            {
                "seq": e.seq,
                "at": e.at.isoformat(),
                "action": e.action,
                "role": e.role,
                "person": str(e.person_id) if e.person_id else None,
                "case": str(e.case_id) if e.case_id else None,
                "details": e.details,
                "hash": e.hash,
                "previous": e.previous,
            }
            for e in rows
        ]
    }


def _check_oversees(session: Session, by: Participant) -> None:
    if not by.roles & runtime_of(session).partnership.oversees:
        raise NotFound()

from datetime import datetime

from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine import audit, deadlines, directory, notices
from engine.model import Deadline, Job, ProcessInstance, WorkItem
from engine.partnership import Chase
from engine.runtime import runtime_of
from engine.types import (
    OPEN_STATES,
    SYSTEM,
    DeadlineStatus,
    WorkItemKind,
    WorkItemState,
)
from engine.working_time import Rung


def send_reminder(session: Session, job: Job, *, now: datetime) -> None:
    """Climb one rung: make its mails and open its extra task. Nothing, when there is nothing to be reminded of."""
    of_item = job.key.startswith("item/")
    subject = session.get(WorkItem, job.subject_id) if of_item else session.get(Deadline, job.subject_id)
    if subject is None:
        return
    ladder = notices.ladder_of(session, subject)
    rung = next((r for r in (ladder.rungs if ladder else ()) if r.id == job.detail), None)
    if rung is None or not _still(subject, rung):
        return
    case = session.get_one(ProcessInstance, subject.case_id)
    told = notices.addressees(session, subject, rung, now=now)
    missed = isinstance(subject, Deadline) and subject.status == DeadlineStatus.MISSED
    notices.compose(
        session,
        told,
        case,
        "missed" if missed else "overdue" if rung.id.startswith("O") else "reminder",
        job.key,
        now=now,
        rung=rung.id,
        task=subject.title if isinstance(subject, WorkItem) else subject.name,
        due_at=subject.due_at,
        item=subject if isinstance(subject, WorkItem) else None,
        deadline=subject if isinstance(subject, Deadline) and not missed else None,  # else sent only while it runs
    )
    audit.record(
        session,
        "reminder-made",
        by=SYSTEM,
        at=now,
        case_id=subject.case_id,
        instance_id=subject.instance_id,
        work_item_id=subject.id if isinstance(subject, WorkItem) else None,
        rung=rung.id,
        about=subject.title if isinstance(subject, WorkItem) else subject.name,
        roles=[a.role for a in told],
    )
    if rung.opens is not None:
        _open_chase(session, subject, rung, now=now)


def _still(subject: WorkItem | Deadline, rung: Rung) -> bool:
    """Whether there is anything left to tell; the record of a limit that was missed is made afterwards, too."""
    if isinstance(subject, WorkItem):
        return subject.state in OPEN_STATES
    return subject.status == DeadlineStatus.OPEN or (rung.opens is not None and subject.status == DeadlineStatus.MISSED)


def _open_chase(session: Session, subject: WorkItem | Deadline, rung: Rung, *, now: datetime) -> None:
    chase = runtime_of(session).partnership.chases[rung.opens or ""]
    instance = session.get_one(ProcessInstance, subject.instance_id)
    title = _chase_title(session, chase, subject)
    deadline = deadlines.begin_own(session, instance, f"{chase.id}", title, chase.due, at=now)
    item = WorkItem(
        id=uuid7(),
        instance_id=subject.instance_id,
        case_id=subject.case_id,
        kind=WorkItemKind.CHASE,
        process_key=instance.key,
        element=chase.id,
        title=title,
        form=chase.form,
        role=chase.role,
        also=[],
        may_not=[],
        facts=_facts(subject),
        state=WorkItemState.READY,
        deadline_id=deadline.id,
        due_at=deadline.due_at,
        opened_at=now,
    )
    case = session.get_one(ProcessInstance, subject.case_id)
    item.acting_role, _ = directory.candidates(session, case, directory.asked_of(item), now=now)
    session.add(item)
    audit.record(
        session,
        "task-opened",
        by=SYSTEM,
        at=now,
        case_id=item.case_id,
        instance_id=item.instance_id,
        work_item_id=item.id,
        role=item.acting_role or item.role,
        element=item.element,
        asked=item.role,
    )


def _chase_title(session: Session, chase: Chase, subject: WorkItem | Deadline) -> str:
    """What is late by a date that the partnership chose itself breaks no law, and is not called so."""
    late = subject if isinstance(subject, Deadline) else session.get(Deadline, subject.deadline_id)
    if chase.title_if_chosen is None or (late is not None and late.basis == "law"):
        return chase.title
    about = late.name if late is not None else subject.title if isinstance(subject, WorkItem) else subject.name
    return chase.title_if_chosen.replace("{about}", about)


def _facts(subject: WorkItem | Deadline) -> dict[str, object]:
    if isinstance(subject, Deadline):
        return {"about": subject.name, "deadline": subject.code}
    return {**subject.facts, "about": subject.title, "task": str(subject.id)}

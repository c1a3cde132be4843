"""Promises to act: made once by key, leased by one worker at a time, never lost in silence."""

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, or_, select, update
from sqlalchemy.orm import Session

from engine.model import Base, Job
from engine.types import JobKind, JobState

LEASE = timedelta(seconds=45)  # well above one job's time limit, well below the 60 s of promise P6
MOST_ATTEMPTS = 8  # about an hour with the back-off below
OPEN = (JobState.WAITING, JobState.LEASED)  # not begun
UNFINISHED = (*OPEN, JobState.RUNNING)

# What is asked most is built once
_KEYS: BindParameter[str] = bindparam("keys", expanding=True)
_BY_KEY = select(Job).where(Job.key.in_(_KEYS)).with_for_update()
_HELD = select(Job).where(Job.id == bindparam("id")).with_for_update()
_FINISH = (
    update(_TABLE := Base.metadata.tables[Job.__tablename__])  # not through the mapper: no row of it is in memory
    .where(_TABLE.c.id == bindparam("job"), _TABLE.c.state.in_(UNFINISHED))
    .values(state=JobState.DONE, closed_at=bindparam("now"), leased_until=None)
    .returning(_TABLE.c.id)
)
_FREE = select(Job).where(Job.id == bindparam("id")).with_for_update(skip_locked=True)


def promise(
    session: Session,
    kind: JobKind,
    key: str,
    *,
    due_at: datetime,
    now: datetime,
    instance_id: UUID | None = None,
    subject_id: UUID | None = None,
    task_id: str | None = None,
    detail: str | None = None,
) -> Job | None:
    """Make a promise, or move the one already made by this key; a kept one is not made again."""
    wanted = Job(
        kind=kind,
        key=key,
        state=JobState.WAITING,
        due_at=due_at,
        instance_id=instance_id,
        subject_id=subject_id,
        task_id=task_id,
        detail=detail,
        created_at=now,
    )
    return next(iter(promise_all(session, [wanted])), None)


def promise_all(session: Session, wanted: Sequence[Job]) -> list[Job]:
    """The same for several at once, in two statements; those that are promised now."""
    keys = [job.key for job in wanted]
    found = session.scalars(_BY_KEY, {"keys": keys}).all() if keys else ()
    existing = {job.key: job for job in found}
    promised = []
    for job in wanted:
        kept = existing.get(job.key)
        if kept is None:
            session.add(job)
        elif kept.state in (JobState.WAITING, JobState.CANCELLED):
            kept.state, kept.due_at, kept.closed_at = JobState.WAITING, job.due_at, None
        else:
            continue
        promised.append(kept or job)
    session.flush()  # a second promise by the same key in this transaction must find it
    return promised


def promise_first(session: Session, wanted: Iterable[Job]) -> None:
    """What nobody can have promised before, because what it is about was made in this transaction."""
    session.add_all(wanted)


def withdraw(session: Session, *where: object, now: datetime) -> None:
    """Cancel what has not been begun."""
    session.execute(
        update(Job)
        .where(Job.state == JobState.WAITING, *where)  # type: ignore[arg-type]
        .values(state=JobState.CANCELLED, closed_at=now)
        .execution_options(synchronize_session="fetch")
    )


def lease_due(session: Session, *, now: datetime, most: int) -> Sequence[UUID]:
    """Take up to `most` due jobs for this worker: nobody else gets them until the lease runs out."""
    taken = session.scalars(
        select(Job)
        .where(
            Job.due_at <= now,
            or_(
                Job.state == JobState.WAITING,
                Job.state.in_((JobState.LEASED, JobState.RUNNING)) & (Job.leased_until <= now),
            ),
        )
        .order_by(Job.due_at, Job.created_at, Job.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for job in taken:
        job.state, job.leased_until = JobState.LEASED, now + LEASE
    return [job.id for job in taken]


def take(session: Session, job_id: UUID) -> Job | None:
    """The job under lock, or None when it is done, cancelled, or in other hands this moment."""
    job = session.scalars(_FREE, {"id": job_id}).one_or_none()
    return job if job is not None and job.state in OPEN else None


def begin(job: Job, *, now: datetime) -> None:
    """Say that the work outside the database begins: a second message about this job finds nothing to take."""
    job.state, job.leased_until = JobState.RUNNING, now + LEASE


def take_back(session: Session, job_id: UUID) -> Job | None:
    """The job that was begun, under lock."""
    job = session.scalars(_HELD, {"id": job_id}).one_or_none()
    return job if job is not None and job.state in UNFINISHED else None


def finish_begun(session: Session, job_id: UUID, *, now: datetime) -> bool:
    """Done, if it is still the job that was begun: in one statement, for mails are most of all jobs."""
    return session.scalar(_FINISH, {"job": job_id, "now": now}) is not None


def finish(job: Job, *, now: datetime) -> None:
    job.state, job.closed_at, job.leased_until = JobState.DONE, now, None


def fail(job: Job, error: str, *, now: datetime) -> None:
    """Try again later, longer each time; after `MOST_ATTEMPTS` it is an incident that a person must see."""
    job.attempts += 1
    job.last_error = error[:2000]
    job.leased_until = None
    if job.attempts >= MOST_ATTEMPTS:
        job.state = JobState.INCIDENT
        return
    wait = min(5 * 3 ** (job.attempts - 1), 1800)
    job.state = JobState.WAITING
    job.due_at = now + timedelta(seconds=wait * random.uniform(0.8, 1.2))  # noqa: S311

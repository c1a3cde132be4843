"""Jobs carried out: the edge that workers and scenarios share. Each job has transactions of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from engine import jobs, reassign, schedules
from engine.commands.deliver_message import deliver_message
from engine.commands.fire_timer import fire_timer
from engine.commands.send_mail import mail_to_send, mark_mail_sent
from engine.commands.send_reminder import send_reminder
from engine.commands.start_scheduled import start_scheduled
from engine.errors import EngineError
from engine.model import Job
from engine.runtime import Runtime
from engine.types import JobKind


@dataclass(frozen=True)
class Outgoing:
    """A mail on its way out; a repeat carries the same Message-ID."""

    message_id: str
    sender: str
    to: str
    subject: str
    text: str


Post = Callable[[Outgoing], None]


def _deliver(session: Session, job: Job, *, now: datetime) -> None:
    deliver_message(session, job, now=now)


def _reassign(session: Session, job: Job, *, now: datetime) -> None:
    if job.subject_id is not None:
        reassign.roles_of(session, job.subject_id, now=now)


HANDLERS: Mapping[JobKind, Callable[..., None]] = {
    JobKind.FIRE_TIMER: fire_timer,
    JobKind.SEND_REMINDER: send_reminder,
    JobKind.DELIVER_MESSAGE: _deliver,
    JobKind.START_SCHEDULED: start_scheduled,
    JobKind.REASSIGN: _reassign,
}


def carry_out(runtime: Runtime, job_id: UUID, post: Post) -> bool:
    """Do one job; False when it failed, which is kept with the job.

    Quietly nothing when it is done already or in other hands.
    """
    try:
        with runtime.transaction() as session:
            job = jobs.take(session, job_id)
            if job is None:
                return True
            if job.kind != JobKind.SEND_MAIL:
                HANDLERS[job.kind](session, job, now=runtime.now())
                jobs.finish(job, now=runtime.now())
                return True
            mail = mail_to_send(session, job)
            if mail is None:
                jobs.finish(job, now=runtime.now())
                return True
            jobs.begin(job, now=runtime.lease_now(session))
            outgoing = Outgoing(mail.message_id, runtime.settings.mail_from, mail.address, mail.subject, mail.text)
        post(outgoing)
        with runtime.transaction() as session:
            if jobs.finish_begun(session, job_id, now=runtime.now()):
                mark_mail_sent(session, mail.id, now=runtime.now())
    except Exception as error:  # whatever it was, it belongs to the job, and the next job must have its turn
        _keep_failure(runtime, job_id, error)
        return False
    return True


def _keep_failure(runtime: Runtime, job_id: UUID, error: Exception) -> None:
    words = error.message if isinstance(error, EngineError) else f"{type(error).__name__}"
    with runtime.transaction() as session:
        job = jobs.take_back(session, job_id)
        if job is not None:
            jobs.fail(job, words, now=runtime.now())


def keep_calendar(runtime: Runtime) -> None:
    """Promise what the partnership's schedules ask for."""
    with runtime.transaction() as session:
        schedules.plan(session, now=runtime.now())


def lease(runtime: Runtime, most: int = 20) -> list[UUID]:
    with runtime.transaction() as session:
        return list(jobs.lease_due(session, now=runtime.lease_now(session), most=most))

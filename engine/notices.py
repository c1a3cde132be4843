"""Reminders planned from ladders, and the mails they become. No mail has room for case data."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine import directory, jobs, library, policy
from engine.deadlines import calendar
from engine.model import Deadline, Job, Mail, Person, ProcessInstance, WorkItem
from engine.runtime import runtime_of
from engine.types import OPEN_STATES, DeadlineStatus, JobKind, JobState, Participant, WorkItemState
from engine.working_time import Ladder, Rung, plan, sending_moment, words

_MESSAGE_IDS: BindParameter[str] = bindparam("message_ids", expanding=True)
_MADE = select(Mail.message_id).where(Mail.message_id.in_(_MESSAGE_IDS))
_IDS: BindParameter[UUID] = bindparam("ids", expanding=True)
_ADDRESSES = select(Person.id, Person.email).where(Person.id.in_(_IDS))


@dataclass(frozen=True)
class Addressee:
    person: Participant
    role: str


def plan_reminders(session: Session, subject: WorkItem | Deadline, *, now: datetime) -> None:
    """Promise every rung still to come; what was planned before and no longer holds is withdrawn."""
    jobs.withdraw(session, Job.kind == JobKind.SEND_REMINDER, Job.subject_id == subject.id, now=now)
    jobs.promise_all(session, _planned(session, subject, now=now, sent=_sent(session, subject)))


def plan_first_reminders(session: Session, subject: WorkItem, *, now: datetime) -> None:
    """The same for a task made in this transaction."""
    jobs.promise_first(session, _planned(session, subject, now=now, sent=frozenset()))


def _planned(session: Session, subject: WorkItem | Deadline, *, now: datetime, sent: Collection[str]) -> Sequence[Job]:
    ladder = ladder_of(session, subject)
    if ladder is None or subject.due_at is None:
        return []
    rungs = plan(ladder, subject.due_at, calendar(session), now=now, sent=sent)
    return [_reminder(subject, rung, moment, now=now) for rung, moment in rungs]


def _reminder(subject: WorkItem | Deadline, rung: Rung, moment: datetime, *, now: datetime) -> Job:
    return Job(
        kind=JobKind.SEND_REMINDER,
        key=f"{_kind(subject)}/{subject.id}/{rung.id}",
        state=JobState.WAITING,
        due_at=moment,
        instance_id=subject.instance_id,
        subject_id=subject.id,
        detail=rung.id,
        created_at=now,
    )


def stop_reminders(session: Session, subjects: Iterable[UUID], *, now: datetime) -> None:
    wanted = list(subjects)
    if wanted:
        jobs.withdraw(session, Job.kind == JobKind.SEND_REMINDER, Job.subject_id.in_(wanted), now=now)


def close(session: Session, deadline: Deadline, *, now: datetime) -> None:
    """A deadline ended: nobody is reminded of it any more. Of a law's limit that was missed the partnership still
    hears, by the rung of its ladder that opens the record, at once if that was still to come."""
    stop_reminders(session, [deadline.id], now=now)
    ladder = ladder_of(session, deadline)
    if deadline.status == DeadlineStatus.MISSED and deadline.statutory and ladder is not None:
        at = sending_moment(now, calendar(session))
        jobs.promise_all(session, [_reminder(deadline, r, at, now=now) for r in ladder.rungs if r.opens is not None])


def ladder_of(session: Session, subject: WorkItem | Deadline) -> Ladder | None:
    return runtime_of(session).partnership.ladders.profiles.get(subject.ladder or "none")


def _kind(subject: WorkItem | Deadline) -> str:
    return "item" if isinstance(subject, WorkItem) else "deadline"


def _sent(session: Session, subject: WorkItem | Deadline) -> set[str]:
    done = session.scalars(
        select(Job.detail).where(
            Job.kind == JobKind.SEND_REMINDER, Job.subject_id == subject.id, Job.state == JobState.DONE
        )
    )
    return {rung for rung in done if rung is not None}


def replan(session: Session, moved: Iterable[Deadline], *, now: datetime) -> None:
    """After deadlines moved: their own reminders, and those of the tasks that are due by them."""
    for deadline in moved:
        if deadline.status != DeadlineStatus.OPEN:
            close(session, deadline, now=now)
            continue
        if deadline.responsible:
            plan_reminders(session, deadline, now=now)
        for item in session.scalars(
            select(WorkItem).where(WorkItem.deadline_id == deadline.id, WorkItem.state.in_(OPEN_STATES))
        ):
            plan_reminders(session, item, now=now)


def recipients(
    session: Session, case: ProcessInstance, role: str, *, now: datetime, body: str | None = None
) -> list[Addressee]:
    """Who gets a notice addressed to a role; `partners` are the three leads."""
    if role == "partners":
        leads = [p.lead for p in runtime_of(session).partnership.partners.values()]
        return [a for lead in leads for a in _acting(session, case, lead, now=now)]
    return _acting(session, case, role, now=now, body=body)


def addressees(session: Session, subject: WorkItem | Deadline, rung: Rung, *, now: datetime) -> list[Addressee]:
    """Whom this rung tells: each person once, by the first role that names them."""
    found: dict[UUID | None, Addressee] = {}
    for key in rung.to:
        for addressee in _resolve(session, subject, key, now=now):
            found.setdefault(addressee.person.person_id, addressee)
    return list(found.values())


def _resolve(session: Session, subject: WorkItem | Deadline, key: str, *, now: datetime) -> Sequence[Addressee]:
    partnership = runtime_of(session).partnership
    case = session.get_one(ProcessInstance, subject.case_id)
    body = subject.body if isinstance(subject, WorkItem) else None
    found: list[Addressee] = []
    match key:
        case "assignee":
            found = _assignees(session, subject, case, now=now)
        case "agency-member":
            for role in ("arg-member", "rdg-member"):
                if body is not None and not found:
                    found = _acting(session, case, role, now=now, body=body, exactly=True)
        case "group-chair":
            owner = _owner(session, subject)
            found = [] if owner is None else _acting(session, case, owner, now=now)
        case "partner-of-agency":
            partner = _partner_of(session, subject)
            if partner is not None:
                found = _acting(session, case, partnership.partners[partner].lead, now=now)
        case "partners":
            for each in partnership.partners.values():
                found += _acting(session, case, each.lead, now=now)
        case _:
            found = _acting(session, case, key, now=now)
    if found:
        return found
    recipient = partnership.ladders.recipients.get(key)
    for other in recipient.otherwise if recipient else ():
        found += _resolve(session, subject, other, now=now)
    return found


def _assignees(
    session: Session, subject: WorkItem | Deadline, case: ProcessInstance, *, now: datetime
) -> list[Addressee]:
    if isinstance(subject, Deadline):
        found: list[Addressee] = []
        items = session.scalars(
            select(WorkItem).where(WorkItem.deadline_id == subject.id, WorkItem.state.in_(OPEN_STATES))
        )
        for item in items:
            found += _assignees(session, item, case, now=now)
        for role in subject.responsible:
            found += _acting(session, case, role, now=now)
        return found
    if subject.state == WorkItemState.RESERVED and subject.assignee_id is not None:
        person = directory.participant(session, subject.assignee_id, now=now)
        return [Addressee(person, subject.acting_role or subject.role)]
    acting, people = directory.candidates(session, case, directory.asked_of(subject), now=now)
    return [Addressee(p, acting or subject.role) for p in people]


def _acting(
    session: Session,
    case: ProcessInstance,
    role: str,
    *,
    now: datetime,
    body: str | None = None,
    exactly: bool = False,
) -> list[Addressee]:
    roles = [role] if exactly else list(runtime_of(session).partnership.stand_ins(role))
    access = directory.conflicts(session, case)
    for current in roles:
        held = directory.holders(session, current, now=now, body=body, case_id=case.case_id)
        people = [p for p in held if not policy.in_conflict(p, access)]
        if exactly and body is not None:
            people = [p for p in people if any(h.role == current and h.body == body for h in p.holdings)]
        if people:
            return [Addressee(p, current) for p in people]
    return []


def _owner(session: Session, subject: WorkItem | Deadline) -> str | None:
    instance = session.get_one(ProcessInstance, subject.instance_id)
    return library.definition_of(session, instance.key, instance.version).owner or None


def _partner_of(session: Session, subject: WorkItem | Deadline) -> str | None:
    partnership = runtime_of(session).partnership
    if isinstance(subject, Deadline):
        return None
    if subject.body is not None and subject.body in partnership.agencies:
        return partnership.agencies[subject.body].partner
    return partnership.partner_of_role(subject.acting_role or subject.role)


def compose(
    session: Session,
    told: Iterable[Addressee],
    case: ProcessInstance,
    notice: str,
    key: str,
    *,
    now: datetime,
    rung: str,
    task: str = "",
    due_at: datetime | None = None,
    item: WorkItem | None = None,
    deadline: Deadline | None = None,
) -> None:
    """Make one mail for each and promise to send it. The same `key` and person never make a second one."""
    runtime = runtime_of(session)
    template = runtime.partnership.notices[notice]
    page = f"/tasks/{item.id}" if item is not None else f"/cases/{case.reference}"
    said = {
        "reference": case.reference,
        "task": task,
        "due": "" if due_at is None else words.moment_words(due_at),
        "link": runtime.settings.base_url + page,
        "prefix": "Reminder",
    }
    wanted: dict[str, Addressee] = {}
    for one in told:
        wanted.setdefault(_message_id(key, one.person.person_id), one)
    made = set(session.scalars(_MADE, {"message_ids": list(wanted)})) if wanted else set()
    new = {message_id: one for message_id, one in wanted.items() if message_id not in made}
    if not new:
        return
    asked = {"ids": [one.person.person_id for one in new.values()]}
    addresses: dict[UUID | None, str] = {row.id: row.email for row in session.execute(_ADDRESSES, asked)}
    mails = [
        Mail(
            id=uuid7(),
            message_id=message_id,
            case_id=case.case_id,
            work_item_id=None if item is None else item.id,
            deadline_id=None if deadline is None else deadline.id,
            person_id=one.person.person_id,
            address=addresses[one.person.person_id],
            role=one.role,
            rung=rung,
            subject=fill(template.subject, said),
            text=fill(template.text, said),
            made_at=now,
        )
        for message_id, one in new.items()
    ]
    session.add_all(mails)
    leaves_at = sending_moment(now, calendar(session))
    jobs.promise_first(session, [_sending(mail, case, leaves_at) for mail in mails])


def _sending(mail: Mail, case: ProcessInstance, leaves_at: datetime) -> Job:
    return Job(
        kind=JobKind.SEND_MAIL,
        key=f"mail/{mail.message_id}",
        state=JobState.WAITING,
        due_at=leaves_at,
        instance_id=case.id,
        subject_id=mail.id,
        created_at=mail.made_at,
    )


_PLACE = re.compile(r"\{(\w+)\}")


def fill(text: str, said: Mapping[str, str]) -> str:
    """`{name}` replaced, in one pass, and nothing else: no formatting, no attributes, no template language."""
    return _PLACE.sub(lambda match: said.get(match[1], match[0]), text)


def _message_id(key: str, person_id: UUID | None) -> str:
    return f"<{sha256(f'{key}/{person_id}'.encode()).hexdigest()[:40]}@lscp-workflow>"

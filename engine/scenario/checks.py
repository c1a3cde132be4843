"""What a scenario may expect, each answering with the list of what is not so."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine import deadlines, directory, learning, policy, steps, values
from engine.forms import options_of
from engine.forms.answers import scope_of
from engine.model import (
    Appointment,
    AuditEvent,
    Deadline,
    Mail,
    Message,
    Person,
    ProcessInstance,
    RegisterEntry,
    WorkItem,
)
from engine.runtime import Runtime, runtime_of
from engine.scenario.reader import london_moment
from engine.taking import form_context, form_for
from engine.types import LONDON, OPEN_STATES, SYSTEM, InstanceStatus, WorkItemKind
from engine.vocabulary import looking_at


class Stage(Protocol):
    runtime: Runtime
    case: UUID | None
    named: dict[str, UUID]


Check = Callable[[Session, Any, Any], list[str]]


def facts_match(item: WorkItem, where: Mapping[str, Any]) -> bool:
    """Each wanted value is a loop variable of the task, a part of one, or its body."""
    for name, wanted in where.items():
        known = [item.facts.get(name)]
        known += [part.get(name) for part in item.facts.values() if isinstance(part, dict)]
        if name in ("agency", "body"):
            known.append(item.body)
        if wanted not in known:
            return False
    return True


def open_words(session: Session, stage: Stage) -> str:
    items = session.scalars(
        select(WorkItem)
        .where(WorkItem.case_id == stage.case, WorkItem.state.in_(OPEN_STATES))
        .order_by(WorkItem.opened_at, WorkItem.element)
    )
    return ", ".join(f"{i.element} ({i.acting_role or i.role})" for i in items) or "none"


def _deadline(session: Session, stage: Stage, wanted: Mapping[str, Any]) -> list[str]:
    """`D01` is its newest occurrence, `D01/0` its first."""
    problems = []
    for code, date_wanted in wanted.items():
        known, _, which = code.partition("/")
        found = deadlines.find(session, _case(stage), known, occurrence=int(which) if which else None)
        if isinstance(date_wanted, dict):
            for name, value in date_wanted.items():
                actual = None if found is None else _deadline_value(found, name)
                if actual != str(value):
                    problems.append(f"deadline {code}: {name} is {actual}, not {value}")
        elif date_wanted is None:
            if found is not None:
                problems.append(f"deadline {code} exists, due {_when(found.due_at)}")
        elif found is None:
            problems.append(f"there is no deadline {code}")
        elif not _same_moment(found.due_at, date_wanted):
            problems.append(f"deadline {code} is due {_when(found.due_at)}, not {date_wanted}")
    return problems


def _deadline_value(found: Deadline, name: str) -> str:
    match name:
        case "due":
            return found.due_at.astimezone(LONDON).date().isoformat()
        case "limit":
            return "" if found.limit_at is None else found.limit_at.astimezone(LONDON).date().isoformat()
        case "at":
            return f"{found.due_at.astimezone(LONDON):%H:%M}"
        case _:
            return str(getattr(found, name))


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(LONDON):%Y-%m-%d %H:%M}"


def _same_moment(actual: datetime, wanted: Any) -> bool:
    local = actual.astimezone(LONDON)
    text = str(wanted)
    return local.date().isoformat() == text if len(text) == 10 else local == london_moment(text)


def _inbox(session: Session, stage: Stage, wanted: Mapping[str, Any]) -> list[str]:
    problems = []
    for role, elements in wanted.items():
        items = session.scalars(
            select(WorkItem).where(
                WorkItem.case_id == stage.case,
                WorkItem.state.in_(OPEN_STATES),
                WorkItem.acting_role == role,
                WorkItem.kind != WorkItemKind.EVENT,
            )
        ).all()
        several = len({i.body for i in items}) > 1
        actual = Counter({i.element for i in items} if several else [i.element for i in items])
        if actual != Counter(elements or []):
            problems.append(f"the inbox of {role} shows {sorted(actual.elements())}, not {elements}")
    return problems


def _case_state(session: Session, stage: Stage, wanted: Mapping[str, Any]) -> list[str]:
    case = session.get_one(ProcessInstance, _case(stage))
    running = session.scalar(
        select(ProcessInstance.id).where(
            ProcessInstance.case_id == case.id, ProcessInstance.status == InstanceStatus.RUNNING
        )
    )
    actual = {
        "status": "running" if running is not None else case.status.value,
        "reference": case.reference,
    }
    return [
        f"the case's {name} is {actual.get(name)}, not {value}"
        for name, value in wanted.items()
        if not _fits(actual.get(name), value)
    ]


def _fits(actual: Any, wanted: Any) -> bool:
    text = str(wanted)
    if len(text) > 1 and text.startswith("/") and text.endswith("/"):
        return re.fullmatch(text[1:-1], str(actual)) is not None
    return str(actual) == text


def _begun(session: Session, stage: Stage) -> set[str]:
    """Processes that began in this case or because of it, and messages whose process does not exist yet."""
    from_here = (ProcessInstance.case_id == stage.case) | (ProcessInstance.origin_id == stage.case)
    keys = session.scalars(select(ProcessInstance.key).where(from_here))
    messages = session.scalars(select(Message.name).where(Message.case_id == stage.case))
    return {*keys, *messages}


def _started(session: Session, stage: Stage, wanted: list[str]) -> list[str]:
    begun = _begun(session, stage)
    return [f"{key} was not started" for key in wanted if key not in begun]


def _not_started(session: Session, stage: Stage, wanted: list[str]) -> list[str]:
    begun = _begun(session, stage)
    return [f"{key} was started" for key in wanted if key in begun]


def _instance(session: Session, stage: Stage, wanted: Mapping[str, Any]) -> list[str]:
    problems = []
    for key, status in wanted.items():
        found = session.scalars(
            select(ProcessInstance.status)
            .where(ProcessInstance.case_id == stage.case, ProcessInstance.key == key)
            .order_by(ProcessInstance.started_at.desc())
        ).first()
        if found is None or found.value != status:
            problems.append(f"{key} is {found.value if found else 'not there'}, not {status}")
    return problems


def _mails(session: Session, stage: Stage) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Mail, Person.body, WorkItem)
        .join(Person, Person.id == Mail.person_id)
        .outerjoin(WorkItem, WorkItem.id == Mail.work_item_id)
        .where(Mail.case_id == stage.case, Mail.sent_at.is_not(None))
        .order_by(Mail.sent_at, Mail.id)
    )
    return [
        {
            "to": mail.role,
            "rung": mail.rung,
            "on": sent_at.astimezone(LONDON).date().isoformat(),
            "at": f"{sent_at.astimezone(LONDON):%H:%M}",
            "body": body,
            "task": None if item is None else item.element,
            "about": None if item is None else item.body,
        }
        for mail, body, item in rows
        if (sent_at := mail.sent_at) is not None
    ]


def _mail(session: Session, stage: Stage, wanted: list[Mapping[str, Any]]) -> list[str]:
    sent = _mails(session, stage)
    problems = []
    for one in wanted:
        criteria = {k: v for k, v in one.items() if k != "times"}
        fitting = [m for m in sent if all(str(m.get(k)) == str(v) for k, v in criteria.items())]
        times = one.get("times")
        if not fitting or (times is not None and len(fitting) != times):
            near = [m for m in sent if m["to"] == one.get("to", m["to"])]
            problems.append(f"mail {dict(one)} was sent {len(fitting)} times; sent: {_mail_words(near)}")
    return problems


def _mail_words(mails: list[dict[str, Any]]) -> str:
    return "; ".join(f"{m['rung']} to {m['to']} on {m['on']} {m['at']} for {m['task']}" for m in mails) or "none"


def _no_mail(session: Session, stage: Stage, wanted: Any) -> list[str]:
    sent = _mails(session, stage)
    problems = []
    for one in wanted if isinstance(wanted, list) else [wanted]:
        fitting = [m for m in sent if all(str(m.get(k)) == str(v) for k, v in one.items())]
        if fitting:
            problems.append(f"mail {dict(one)} was sent: {_mail_words(fitting)}")
    return problems


def _audit(session: Session, stage: Stage, wanted: list[Mapping[str, Any]]) -> list[str]:
    events = session.scalars(select(AuditEvent).where(AuditEvent.case_id == stage.case)).all()
    problems = []
    for one in wanted:
        if not any(_event_fits(session, event, one) for event in events):
            problems.append(f"the history holds no {dict(one)}")
    return problems


def _event_fits(session: Session, event: AuditEvent, wanted: Mapping[str, Any]) -> bool:
    for name, value in wanted.items():
        if name == "by":
            roles = session.scalars(select(Appointment.role).where(Appointment.person_id == event.person_id)).all()
            if value != event.role and value not in roles:
                return False
        else:
            actual = event.action if name == "action" else event.details.get(name)
            if not _fits(actual, value):
                return False
    return True


def _register(session: Session, stage: Stage, wanted: Mapping[str, Any]) -> list[str]:
    problems = []
    for name, rows_wanted in wanted.items():
        rows = session.scalars(
            select(RegisterEntry).where(RegisterEntry.register == name, RegisterEntry.case_id == stage.case)
        ).all()
        actual = [{"key": r.key, **r.data} for r in rows]
        if len(rows_wanted) != len(actual):
            problems.append(f"the register {name} has {len(actual)} rows, not {len(rows_wanted)}: {actual}")
            continue
        for row in rows_wanted:
            if not any(all(_same(a.get(k), v) for k, v in row.items()) for a in actual):
                problems.append(f"the register {name} has no row {row}; it has {actual}")
    return problems


def _same(actual: Any, wanted: Any) -> bool:
    return actual == wanted or _fits(actual, wanted)


def _answers(session: Session, stage: Stage, wanted: Mapping[str, Any]) -> list[str]:
    problems = []
    for element, fields in wanted.items():
        found = values.newest(session, _case(stage), element)
        whole = {} if found is None else values.whole(session, found)
        problems += [
            f"{element}: {name} is {whole.get(name)!r}, not {value!r}"
            for name, value in fields.items()
            if not _same(whole.get(name), value)
        ]
    return problems


def _offered(session: Session, stage: Stage, wanted: Mapping[str, Any]) -> list[str]:
    """`{task: {field: [values]}}`: exactly these options are offered now."""
    problems = []
    for element, fields in wanted.items():
        item = session.scalars(
            select(WorkItem).where(
                WorkItem.case_id == stage.case, WorkItem.element == element, WorkItem.state.in_(OPEN_STATES)
            )
        ).first()
        if item is None:
            problems.append(f"{element} is not open; open are: {open_words(session, stage)}")
            continue
        instance = session.get_one(ProcessInstance, item.instance_id)
        on = steps.ground(session, instance, by=SYSTEM, now=runtime_of(session).now())
        form = form_for(session, on, item)
        if form is None:
            problems.append(f"{element} has no form")
            continue
        with looking_at(on.world):
            context = form_context(on, item)
            for name, options in fields.items():
                given = [o.value for o in options_of(form[name], scope_of(form, {}, context), context)]
                if given != options:
                    problems.append(f"{element} offers {given} for {name}, not {options}")
    return problems


def _explained(session: Session, stage: Stage, wanted: Mapping[str, Any]) -> list[str]:
    problems = []
    for code, words in wanted.items():
        found = deadlines.find(session, _case(stage), code)
        explanation = None if found is None else deadlines.explain(session, found)
        if explanation is None or str(words) not in explanation.words:
            problems.append(f"{code} is explained as “{explanation and explanation.words}”, without “{words}”")
    return problems


def _sees(session: Session, stage: Stage, wanted: Mapping[str, Any]) -> list[str]:
    """`{role: true}`: whether a holder of the role may open the case."""
    case = session.get_one(ProcessInstance, _case(stage))
    access = directory.case_access(session, case)
    now = runtime_of(session).now()
    problems = []
    for role, may in wanted.items():
        for person in directory.holders(session, role, now=now, case_id=case.id):
            if policy.may_see_case(person, access, runtime_of(session).partnership) is not may:
                problems.append(f"{role} ({person.name}) may {'not ' if may else ''}see the case")
    return problems


def _switch(session: Session, stage: Stage, wanted: str) -> list[str]:
    found = case_called(session, stage, wanted)
    if found is None:
        return [f"no case was saved as “{wanted}”, and none has this reference"]
    stage.case = found
    return []


def case_called(session: Session, stage: Stage, name: str) -> UUID | None:
    """By the name it was saved under, by its reference, or as the newest of a process."""
    if name in stage.named:
        return stage.named[name]
    return session.scalars(
        select(ProcessInstance.id)
        .where(or_(ProcessInstance.reference == name, ProcessInstance.key == name), ProcessInstance.parent_id.is_(None))
        .order_by(ProcessInstance.started_at.desc(), ProcessInstance.reference.desc())
        .limit(1)
    ).one_or_none()


def _count_begun(session: Session, _stage: Stage, wanted: Mapping[str, int]) -> list[str]:
    """`{arg-cycle: 4}`: how often a process began, in any case."""
    problems = []
    for key, number in wanted.items():
        begun = session.scalars(select(ProcessInstance.reference).where(ProcessInstance.key == key)).all()
        if len(begun) != number:
            problems.append(f"{key} began {len(begun)} times, not {number}: {', '.join(sorted(begun))}")
    return problems


def _learning(session: Session, _stage: Stage, wanted: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """`{INP-2027-001: {status: open, loop: 1}}`; `closed: true` when nothing more is to be done about it."""
    problems = []
    for reference, fields in wanted.items():
        row = learning.one(session, reference)
        if row is None:
            problems.append(f"nothing that was learned is called {reference}")
            continue
        actual = {**row, "closed": row["closed_on"] is not None}
        problems += [
            f"{reference}: {name} is {actual.get(name)!r}, not {value!r}"
            for name, value in fields.items()
            if not _same(actual.get(name), value)
        ]
    return problems


def _working_days(session: Session, _stage: Stage, wanted: list[tuple[str, int, str]]) -> list[str]:
    """`[[from, days, to], …]`: so many working days after (before, if negative) a date, by the calendar of now."""
    days = deadlines.calendar(session)
    problems = []
    for begin, count, end in wanted:
        actual = days.add(date.fromisoformat(begin), count)
        if actual.isoformat() != end:
            problems.append(f"{count} working days from {begin} is {actual}, not {end}")
    return problems


def _case(stage: Stage) -> UUID:
    if stage.case is None:
        raise ValueError("no case has been started")
    return stage.case


CHECKS: Mapping[str, Check] = {
    "in": _switch,
    "deadline": _deadline,
    "inbox": _inbox,
    "case": _case_state,
    "started": _started,
    "not_started": _not_started,
    "instance": _instance,
    "mail": _mail,
    "no_mail": _no_mail,
    "audit": _audit,
    "register": _register,
    "answers": _answers,
    "offered": _offered,
    "explained": _explained,
    "sees": _sees,
    "working_days": _working_days,
    "learning": _learning,
    "begun": _count_begun,
}

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, instances, library, steps
from engine.bpmn import execute
from engine.bpmn.elements import Element
from engine.bpmn.execute import TaskGone
from engine.model import Job, Message, ProcessInstance
from engine.taking import lock_instance
from engine.types import SYSTEM, InstanceStatus


def deliver_message(session: Session, job: Job, *, now: datetime) -> bool:
    """Bring a message to whoever waits for it in its case, or begin the process that starts on it.

    False when nobody waits for it yet: it stays recorded, and is promised again when such a process is published.
    """
    message = session.scalars(select(Message).where(Message.id == job.subject_id).with_for_update()).one()
    if message.delivered_at is not None:
        return True
    return _to_waiting(session, message, now=now) or _to_start(session, message, now=now)


def _to_waiting(session: Session, message: Message, *, now: datetime) -> bool:
    others = session.scalars(
        select(ProcessInstance.id)
        .where(
            ProcessInstance.case_id == (message.to_case_id or message.case_id),
            ProcessInstance.id != message.from_instance_id,
            ProcessInstance.status == InstanceStatus.RUNNING,
        )
        .order_by(ProcessInstance.started_at, ProcessInstance.id)
    ).all()
    for instance_id in others:
        instance = lock_instance(session, instance_id)
        on = steps.ground(session, instance, by=SYSTEM, now=now)
        for waiting in execute.look(on.compiled, instance.state, on.world).waiting:
            if waiting.message != message.name:
                continue
            try:
                said = _with_what_is_left_out(waiting.element, message)
                step = execute.trigger(
                    on.compiled, instance.state, waiting.task_id, said, on.world, message=message.name
                )
            except TaskGone:
                continue
            steps.apply(session, on, step, by=SYSTEM, now=now)
            _delivered(session, message, instance, now=now)
            return True
    return False


def _to_start(session: Session, message: Message, *, now: datetime) -> bool:
    definition = library.begun_by(session, message.name)
    if definition is None:
        return False
    event = next(e for e in library.process(definition).starts if e.message == message.name)
    same_case = event.attributes.get("sameCase") == "true"
    case = session.get_one(ProcessInstance, message.to_case_id or message.case_id)
    instance = instances.make(
        session,
        definition.key,
        library.pin(session, definition.key).digest,
        by=SYSTEM,
        now=now,
        parent=case if same_case else None,
        origin=None if same_case else case,
    )
    audit.record(
        session,
        "process-started",
        by=SYSTEM,
        at=now,
        case_id=instance.case_id,
        instance_id=instance.id,
        process=definition.key,
        version=instance.version,
        by_message=message.name,
    )
    data = {**_with_what_is_left_out(event, message), "case_ref": instance.reference}
    instances.begin(session, instance, data, by=SYSTEM, now=now, start_event=event.id)
    _delivered(session, message, instance, now=now)
    return True


def _with_what_is_left_out(event: Element, message: Message) -> Mapping[str, Any]:
    """The names that the event declares are there, null, when the message does not carry them."""
    return {**{name: None for name, _ in event.inputs}, **message.payload}


def _delivered(session: Session, message: Message, instance: ProcessInstance, *, now: datetime) -> None:
    message.delivered_at, message.to_instance_id = now, instance.id

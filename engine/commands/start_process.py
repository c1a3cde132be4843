from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine import audit, instances, library, references, steps, values
from engine.bpmn.elements import Element
from engine.errors import EngineError
from engine.forms import Context, review
from engine.library import Process
from engine.model import Deed, ProcessInstance
from engine.policy import NotForYou
from engine.refusals import AnswersInvalid
from engine.runtime import runtime_of
from engine.taking import repeated
from engine.types import Participant
from engine.vocabulary import environment, looking_at


class NotStartedByHand(EngineError):
    """This process is not started by hand."""

    code = "not-started-by-hand"
    advice = "It begins by itself when another process calls it."


def start_process(
    session: Session,
    key: str,
    answers: Mapping[str, Any],
    *,
    by: Participant,
    now: datetime,
    start_event: str | None = None,
    idempotency_key: str | None = None,
) -> ProcessInstance:
    """Begin a case by hand, with the answers of the start event's form. Raises AnswersInvalid."""
    if idempotency_key is not None:
        # the same request sent twice at once: the second waits here for the first
        references.counter(session, instances.prefix_of(session, library.latest(session, key)), now=now)
    earlier = repeated(session, idempotency_key)
    if earlier is not None and earlier.case_id is not None:
        return session.get_one(ProcessInstance, earlier.case_id)
    bundle = library.pin(session, key)
    _, processes = library.open_bundle(session, bundle.digest)
    begin = _start_event(processes[key], by, start_event)
    instance = instances.make(session, key, bundle.digest, by=by, now=now)
    on = steps.ground(session, instance, by=by, now=now)
    partnership = runtime_of(session).partnership
    form_id = begin.attributes.get("form", begin.id)
    form = library.form_of(processes, key, form_id, partnership)
    with looking_at(on.world):
        checked = review(form, answers, Context(environment(on.world)))
    if checked.errors:
        raise AnswersInvalid(checked.errors)
    if lost := values.bind_files(session, form, checked.answers, case_id=instance.case_id, by=by):
        raise AnswersInvalid(lost)
    role = next((r for r in begin.listed("role") if by.holds(r)), None)
    submission = values.keep(
        session,
        instance,
        form,
        form_id,
        checked.answers,
        element=begin.id,
        process_key=key,
        by=by,
        role=role,
        now=now,
    )
    if "does" in begin.attributes and by.person_id is not None:
        session.add(
            Deed(
                case_id=instance.id,
                person_id=by.person_id,
                role=role,
                action=begin.attributes["does"],
                at=now,
            )
        )
    audit.record(
        session,
        "case-started",
        by=by,
        at=now,
        case_id=instance.id,
        instance_id=instance.id,
        role=role,
        idempotency_key=idempotency_key,
        process=key,
        version=instance.version,
        reference=instance.reference,
        by_event=begin.id,
    )
    data = {
        **{name: None for name in form.names if not form[name].confidential},
        **submission.answers,
        "case_ref": instance.reference,
        "started_as": role,
    }
    instances.begin(session, instance, data, by=by, now=now, start_event=begin.id)
    return instance


def _start_event(process: Process, by: Participant, wanted: str | None) -> Element:
    """The start event that is meant: the one asked for, else the first that this person may use."""
    by_hand = [e for e in process.starts if "role" in e.attributes]
    if wanted is not None:
        by_hand = [e for e in by_hand if e.id == wanted]
    if not by_hand:
        raise NotStartedByHand()
    for event in by_hand:
        if any(by.holds(role) for role in event.listed("role")):
            return event
    raise NotForYou()

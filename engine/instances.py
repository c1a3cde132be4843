"""New instances: a row, a reference, and the first step."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine import library, references, steps
from engine.bpmn import execute
from engine.model import ProcessDefinition, ProcessInstance
from engine.runtime import runtime_of
from engine.types import InstanceStatus, Participant


def make(
    session: Session,
    key: str,
    bundle_digest: str,
    *,
    by: Participant,
    now: datetime,
    parent: ProcessInstance | None = None,
    origin: ProcessInstance | None = None,
) -> ProcessInstance:
    """A new row, not yet running: of its own case, or of its parent's. `origin`: the case that led to it."""
    definition = library.latest(session, key)
    instance = ProcessInstance(
        parent_id=None if parent is None else parent.id,
        origin_id=None if origin is None else origin.case_id,
        key=key,
        version=definition.version,
        bundle_digest=bundle_digest,
        reference=parent.reference if parent else references.draw(session, prefix_of(session, definition), now=now),
        title=definition.title,
        confidential=definition.case_data if parent is None else parent.confidential or definition.case_data,
        status=InstanceStatus.RUNNING,
        state=b"",
        revision=0,
        started_at=now,
        started_by=by.person_id,
    )
    instance.id = uuid7()
    instance.case_id = instance.id if parent is None else parent.case_id
    session.add(instance)
    session.flush()  # everything of the case refers to this row
    return instance


def begin(
    session: Session,
    instance: ProcessInstance,
    data: Mapping[str, Any],
    *,
    by: Participant,
    now: datetime,
    start_event: str | None = None,
) -> None:
    on = steps.ground(session, instance, by=by, now=now)
    step = execute.start(on.compiled, data, on.world, start_event=start_event)
    steps.apply(session, on, step, by=by, now=now)


def prefix_of(session: Session, definition: ProcessDefinition) -> str:
    """What the references of its cases begin with: the process's own letters, else the partnership's."""
    return library.process(definition).head.reference or runtime_of(session).partnership.reference_prefix

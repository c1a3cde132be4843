"""New instances: a row, a reference, and the first step."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import directory, library, steps
from engine.bpmn import execute
from engine.model import ProcessInstance, ReferenceCounter
from engine.runtime import runtime_of
from engine.store import add_once
from engine.types import InstanceStatus, Participant


def make(
    session: Session,
    key: str,
    bundle_digest: str,
    *,
    by: Participant,
    now: datetime,
    parent: ProcessInstance | None = None,
) -> ProcessInstance:
    """A new row, not yet running: of its own case, or of its parent's."""
    definition = library.latest(session, key)
    instance = ProcessInstance(
        parent_id=None if parent is None else parent.id,
        key=key,
        version=definition.version,
        bundle_digest=bundle_digest,
        reference=_next_reference(session, now=now) if parent is None else parent.reference,
        title=definition.title,
        confidential=definition.case_data if parent is None else parent.confidential or definition.case_data,
        status=InstanceStatus.RUNNING,
        state=b"",
        revision=0,
        started_at=now,
        started_by=by.person_id,
    )
    instance.id = uuid4()
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


def counter(session: Session, *, now: datetime) -> ReferenceCounter:
    """This year's, under lock: cases begin one after the other."""
    prefix, year = runtime_of(session).partnership.reference_prefix, directory.london_date(now).year
    this_year = (
        select(ReferenceCounter)
        .where(ReferenceCounter.prefix == prefix, ReferenceCounter.year == year)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = session.scalars(this_year).one_or_none()
    made = ReferenceCounter(prefix=prefix, year=year, last=0)
    return found or add_once(session, made, lambda: session.scalars(this_year).one())


def _next_reference(session: Session, *, now: datetime) -> str:
    found = counter(session, now=now)
    found.last += 1
    session.flush()  # the next to ask for it in this transaction reads it again
    return f"{found.prefix}-{found.year}-{found.last:03d}"

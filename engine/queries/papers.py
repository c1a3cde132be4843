"""Answers given earlier in a case, as pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine import library, values
from engine.bpmn.elements import Element
from engine.forms import Form
from engine.library import Process
from engine.model import ProcessInstance, Submission, WorkItem
from engine.runtime import runtime_of
from engine.types import Participant


@dataclass(frozen=True)
class Paper:
    """Answers given earlier in the case, as the page shows them."""

    title: str
    form: Form
    answers: Mapping[str, Any]
    by: str | None
    body: str | None
    at: datetime


def given(session: Session, case_id: UUID, name: str) -> Sequence[Submission]:
    """Answers to this form, task or event, newest first."""
    return session.scalars(
        select(Submission)
        .where(Submission.case_id == case_id, or_(Submission.form == name, Submission.element == name))
        .order_by(Submission.at.desc(), Submission.id)
    ).all()


def withheld(session: Session, row: Submission, by: Participant) -> bool:
    """A secret answer, such as a ballot, is shown to nobody but whoever gave it."""
    if row.by is not None and row.by == by.person_id:
        return False
    element = _process(session, row).elements.get(row.element)
    return element is not None and element.attributes.get("secret") == "true"


def paper(session: Session, row: Submission, *, open_only: bool = False) -> Paper:
    """`open_only`: no confidential answer is opened."""
    partnership = runtime_of(session).partnership
    process = _process(session, row)
    form = library.form_of({row.process_key: process}, row.process_key, row.form, partnership)
    element = process.elements.get(row.element)
    return Paper(
        title=form.title or (element.name if element else row.element),
        form=form,
        answers=row.answers if open_only else values.whole(session, row),
        by=partnership.role_name(row.role) if row.role else None,
        body=partnership.body_name(row.body) or None,
        at=row.at,
    )


def shown_with(
    session: Session,
    case: ProcessInstance,
    element: Element | None,
    item: WorkItem,
    by: Participant,
    *,
    all_parts: bool,
) -> list[Paper]:
    """What the element's `shows` names: the newest of each form, or each body's where several answered.

    A task within a round of a loop is shown that round's papers, not its neighbours'. Whoever may not see the case gets
    the papers of the own part of it only (an agency its own return), and those of no part, such as the request.
    """
    found: list[Paper] = []
    for name in element.listed("shows") if element else ():
        newest: dict[str | None, Submission] = {}
        for row in given(session, case.case_id, name):
            other_round = any(item.facts.get(k, v) != v for k, v in row.facts.items())
            if other_round or (not all_parts and row.facts and row.facts != item.facts) or withheld(session, row, by):
                continue
            newest.setdefault(row.body or str(row.facts or ""), row)
        found += [paper(session, row) for row in sorted(newest.values(), key=lambda r: (r.at, str(r.id)))]
    return found


def _process(session: Session, row: Submission) -> Process:
    """The version of the process that the form belongs to, as the case's bundle pins it."""
    instance = session.get_one(ProcessInstance, row.instance_id)
    _, processes = library.open_bundle(session, instance.bundle_digest)
    return processes.get(row.process_key) or library.process(
        library.definition_of(session, row.process_key, row.version)
    )

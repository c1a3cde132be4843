"""Answers given earlier in a case, as pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine import library, values
from engine.forms import Form
from engine.library import Process
from engine.model import ProcessInstance, Submission
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


def paper(session: Session, row: Submission) -> Paper:
    partnership = runtime_of(session).partnership
    process = _process(session, row)
    form = library.form_of({row.process_key: process}, row.process_key, row.form, partnership)
    element = process.elements.get(row.element)
    return Paper(
        title=form.title or (element.name if element else row.element),
        form=form,
        answers=values.whole(session, row),
        by=partnership.role_name(row.role) if row.role else None,
        body=partnership.body_name(row.body) or None,
        at=row.at,
    )


def _process(session: Session, row: Submission) -> Process:
    """The version of the process that the form belongs to, as the case's bundle pins it."""
    instance = session.get_one(ProcessInstance, row.instance_id)
    _, processes = library.open_bundle(session, instance.bundle_digest)
    return processes.get(row.process_key) or library.process(
        library.definition_of(session, row.process_key, row.version)
    )

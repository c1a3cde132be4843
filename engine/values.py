"""Answers kept: the open ones with the submission, the confidential ones sealed beside it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.clock import later
from engine.forms import Field, FieldError, Form, Kind, split
from engine.model import Attachment, ProcessInstance, SealedValue, Submission, WorkItem
from engine.runtime import runtime_of
from engine.types import Participant, Sensitivity

_FILES = (Kind.FILE, Kind.FILES)


def keep(
    session: Session,
    instance: ProcessInstance,
    form: Form,
    form_id: str,
    answers: Mapping[str, Any],
    *,
    element: str,
    process_key: str,
    by: Participant,
    role: str | None,
    now: datetime,
    item: WorkItem | None = None,
) -> Submission:
    """Store one form's answers; `submission.answers` is what may enter the engine's data."""
    open_answers, confidential = split(form, answers)
    last = session.scalar(select(func.max(Submission.at)).where(Submission.case_id == instance.case_id))
    at = later(now, last)
    submission = Submission(
        case_id=instance.case_id,
        instance_id=instance.id,
        work_item_id=None if item is None else item.id,
        process_key=process_key,
        version=instance.version,
        form=form_id,
        element=element,
        body=None if item is None else item.body,
        facts={} if item is None else item.facts,
        answers=open_answers,
        at=at,
        by=by.person_id,
        role=role,
    )
    session.add(submission)
    session.flush()  # the sealed values refer to it
    sealer = runtime_of(session).sealer
    for name, value in confidential.items():
        row = SealedValue(
            case_id=instance.case_id,
            instance_id=instance.id,
            submission_id=submission.id,
            name=name,
            sensitivity=_sensitivity(form[name]),
            sealed=sealer.seal(value, place=f"{submission.id}/{name}"),
            digest=sealer.digest(value),
            at=at,
        )
        session.add(row)
        _kept_now(session)[instance.case_id, name] = row
    session.flush()  # a condition in the same transaction may read them
    return submission


def bind_files(
    session: Session,
    form: Form,
    answers: Mapping[str, Any],
    *,
    case_id: UUID,
    by: Participant,
    work_item_id: UUID | None = None,
) -> list[FieldError]:
    """Files that answers name become the case's; each must be this person's own, sent for this task or for none yet."""
    problems: list[FieldError] = []
    for path, ref in file_refs(form, answers):
        try:
            found = session.get(Attachment, UUID(str(ref)))
        except ValueError:
            found = None
        places = ((None, None), (case_id, work_item_id))
        if found is None or found.by != by.person_id or (found.case_id, found.work_item_id) not in places:
            problems.append(FieldError(path, "Upload the file again: it is not there any more"))
        else:
            found.case_id, found.work_item_id = case_id, work_item_id
    return problems


def file_refs(form: Form, answers: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Where the answers name a file, and which."""
    for field in form.fields:
        value = answers.get(field.name)
        if field.kind in _FILES:
            yield from (((field.name,), ref) for ref in (value if isinstance(value, list) else [value]) if ref)
        for part in field.fields:
            if part.kind in _FILES:
                for index, row in enumerate(value if isinstance(value, list) else ()):
                    given = row.get(part.name)
                    refs = given if isinstance(given, list) else [given]
                    yield from (((field.name, index, part.name), ref) for ref in refs if ref)


def _sensitivity(field: Field) -> Sensitivity:
    """A group is as sensitive as the most sensitive of its questions."""
    if field.sensitivity is not None:
        return field.sensitivity
    return Sensitivity.SPECIAL if any(f.sensitivity is Sensitivity.SPECIAL for f in field.fields) else Sensitivity.CHILD


def confidential(session: Session, case_id: UUID, name: str) -> tuple[bool, Any]:
    """(found, value): the newest confidential answer of this name in the case; erased ones are not found."""
    row = _kept_now(session).get((case_id, name))
    if row is None:
        row = session.scalars(
            select(SealedValue)
            .where(SealedValue.case_id == case_id, SealedValue.name == name, SealedValue.sealed.is_not(None))
            .order_by(SealedValue.at.desc(), SealedValue.id)
            .limit(1)
        ).one_or_none()
    return (False, None) if row is None else (True, unseal(session, row))


def _kept_now(session: Session) -> dict[tuple[UUID, str], SealedValue]:
    """What was answered in this very transaction: newer than anything else said at the same moment."""
    found: dict[tuple[UUID, str], SealedValue] = session.info.setdefault("kept-now", {})
    return found


def unseal(session: Session, row: SealedValue) -> Any:
    if row.sealed is None:
        return None
    return runtime_of(session).sealer.unseal(row.sealed, place=f"{row.submission_id}/{row.name}")


def whole(session: Session, submission: Submission) -> dict[str, Any]:
    """Every answer of a submission, unsealed: for those on the access list; the caller logs the reading."""
    rows = session.scalars(select(SealedValue).where(SealedValue.submission_id == submission.id))
    return {**submission.answers, **{row.name: unseal(session, row) for row in rows}}


def newest(session: Session, case_id: UUID, element: str) -> Submission | None:
    return session.scalars(
        select(Submission)
        .where(Submission.case_id == case_id, Submission.element == element)
        .order_by(Submission.at.desc(), Submission.id)
        .limit(1)
    ).one_or_none()

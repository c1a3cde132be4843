from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine import audit
from engine.model import IssuedPaper, ProcessInstance
from engine.papers import Document, Issued, PaperKind
from engine.runtime import runtime_of
from engine.types import Participant


def issue_paper(
    session: Session,
    case_id: UUID,
    kind: PaperKind,
    document: Document,
    *,
    form: str,
    by: Participant,
    now: datetime,
) -> Issued:
    """The paper under its number: that of the last time where it says the same, else the next one.

    The caller has seen that `by` may read it. Every reading is history, in whatever format.
    """
    session.execute(select(ProcessInstance.id).where(ProcessInstance.id == case_id).with_for_update())
    row = session.scalars(
        select(IssuedPaper)
        .where(IssuedPaper.case_id == case_id, IssuedPaper.kind == kind)
        .order_by(IssuedPaper.version.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.digest != document.digest:
        row = _next(session, case_id, kind, document, 1 if row is None else row.version + 1, by=by, now=now)
    audit.record(
        session,
        "paper-read",
        by=by,
        at=now,
        case_id=case_id,
        role=", ".join(sorted(by.roles)),
        kind=kind,
        version=row.version,
        format=form,
    )
    return Issued(document, row.version, row.issued_at)


def _next(
    session: Session,
    case_id: UUID,
    kind: PaperKind,
    document: Document,
    version: int,
    *,
    by: Participant,
    now: datetime,
) -> IssuedPaper:
    paper_id = uuid7()
    row = IssuedPaper(
        id=paper_id,
        case_id=case_id,
        kind=kind,
        version=version,
        digest=document.digest,
        sealed=runtime_of(session).sealer.seal_bytes(document.canonical(), place=f"paper/{paper_id}"),
        issued_at=now,
        issued_by=by.person_id,
    )
    session.add(row)
    audit.record(
        session,
        "paper-issued",
        by=by,
        at=now,
        case_id=case_id,
        role=", ".join(sorted(by.roles)),
        kind=kind,
        version=version,
        digest=document.digest,
    )
    return row

"""Files of a case: their names for pages, and one of them to hand out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, directory, policy
from engine.model import Attachment, ProcessInstance
from engine.policy import NotFound
from engine.runtime import runtime_of
from engine.types import Participant


@dataclass(frozen=True)
class AttachmentName:
    name: str
    about: str


@dataclass(frozen=True)
class AttachmentContent:
    name: str
    media_type: str
    content: bytes


def attachment_names(
    session: Session, refs: Iterable[str], case_id: UUID | None, *, of: UUID | None
) -> dict[str, AttachmentName]:
    """Of the case, and of those that belong to no case yet the person's own."""
    wanted = []
    for ref in refs:
        try:
            wanted.append(UUID(ref))
        except ValueError:
            continue
    sealer = runtime_of(session).sealer
    rows = session.scalars(
        select(Attachment).where(
            Attachment.id.in_(wanted),
            (Attachment.case_id == case_id) | (Attachment.case_id.is_(None) & (Attachment.by == of)),
        )
    )
    return {
        str(row.id): AttachmentName(sealer.unseal(row.name, place=f"name/{row.id}"), _size(row.size)) for row in rows
    }


def attachment(session: Session, attachment_id: UUID, *, by: Participant, now: datetime) -> AttachmentContent:
    """The file itself, for the case's access list or whoever sent it; each reading is history."""
    row = session.get(Attachment, attachment_id)
    if row is None or row.sealed is None:
        raise NotFound()
    if row.case_id is not None:
        case = session.get_one(ProcessInstance, row.case_id)
        access = directory.case_access(session, case)
        own = row.by == by.person_id and not policy.in_conflict(by, access)
        if not own and not policy.may_see_case(by, access, runtime_of(session).partnership):
            raise NotFound()
    elif row.by != by.person_id:
        raise NotFound()
    audit.record(session, "file-read", by=by, at=now, case_id=row.case_id, attachment=str(row.id), digest=row.digest)
    sealer = runtime_of(session).sealer
    return AttachmentContent(
        sealer.unseal(row.name, place=f"name/{row.id}"),
        row.media_type,
        sealer.unseal_bytes(row.sealed, place=f"file/{row.id}"),
    )


def _size(size: int) -> str:
    return f"({size // 1024} kB)" if size >= 1024 else f"({size} bytes)"

"""Files of a case: their names for pages, and one of them to hand out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, directory, library, policy
from engine.model import Attachment, ProcessInstance, WorkItem
from engine.policy import CaseAccess, NotFound
from engine.queries.papers import shown_with
from engine.runtime import runtime_of
from engine.types import OPEN_STATES, Participant
from engine.values import file_refs


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
    """The file itself, for the case's access list, whoever sent it, and whoever is asked for a task that shows it; each
    reading is history."""
    row = session.get(Attachment, attachment_id)
    if row is None or row.sealed is None:
        raise NotFound()
    if row.case_id is not None:
        case = session.get_one(ProcessInstance, row.case_id)
        access = directory.case_access(session, case)
        own = row.by == by.person_id and not policy.in_conflict(by, access)
        seen = own or policy.may_see_case(by, access, runtime_of(session).partnership)
        if not seen and not _shown_with_a_task(session, case, access, row, by):
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


def _shown_with_a_task(
    session: Session, case: ProcessInstance, access: CaseAccess, row: Attachment, by: Participant
) -> bool:
    """An agency that is to check a report must be able to open it: among the papers of an open task of its own."""
    if policy.in_conflict(by, access):
        return False
    partnership = runtime_of(session).partnership
    items = session.scalars(
        select(WorkItem).where(WorkItem.case_id == case.case_id, WorkItem.state.in_(OPEN_STATES))
    ).all()
    for item in items:
        if not policy.is_asked(by, directory.asked_of(item), access, partnership):
            continue
        instance = session.get_one(ProcessInstance, item.instance_id)
        compiled, _ = library.open_bundle(session, instance.bundle_digest)
        element = compiled.elements.get((item.process_key, item.element))
        papers = shown_with(session, case, element, item, by, all_parts=False)
        if any(ref == str(row.id) for shown in papers for _, ref in file_refs(shown.form, shown.answers)):
            return True
    return False


def _size(size: int) -> str:
    return f"({size // 1024} kB)" if size >= 1024 else f"({size} bytes)"

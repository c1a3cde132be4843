from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import PurePath
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from engine import audit
from engine.errors import EngineError
from engine.model import Attachment, WorkItem
from engine.policy import NotFound
from engine.runtime import runtime_of
from engine.taking import check_may_do, check_open, repeated
from engine.types import Participant

MOST_PER_CASE = 500 * 1024 * 1024  # bytes
MOST_LOOSE = 100 * 1024 * 1024  # of one person within a day, for answers that are not given yet

# What a file is, by how it begins; its name and what the browser says count for nothing.
_KINDS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"PK\x03\x04", "application/zip"),  # and so every modern office document
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),  # older office documents, saved mails
)


class AttachmentRefused(EngineError):
    """This file can not be taken."""

    code = "attachment-refused"
    advice = "Choose a PDF, an office document, a picture (PNG or JPEG), or plain text."


def keep_attachment(
    session: Session,
    name: str,
    content: bytes,
    *,
    case_id: UUID | None,
    by: Participant,
    now: datetime,
    work_item_id: UUID | None = None,
    idempotency_key: str | None = None,
) -> Attachment:
    """Take a file in, sealed; it belongs to whoever sent it until an answer that names it is completed.

    With a task it is for that task's answers only, and of that task's case; then it raises what completing would.
    """
    earlier = repeated(session, idempotency_key)
    if earlier is not None:
        return session.get_one(Attachment, UUID(earlier.details["attachment"]))
    if work_item_id is not None:
        item = session.get(WorkItem, work_item_id)
        if item is None:
            raise NotFound()
        check_may_do(session, item, by)
        check_open(session, item, by)
        case_id = item.case_id
    limit = runtime_of(session).settings.attachment_limit
    if not content:
        raise AttachmentRefused("The selected file is empty")
    if len(content) > limit:
        raise AttachmentRefused(f"The selected file must be smaller than {limit // (1024 * 1024)} MB")
    media_type = _media_type(content)
    if media_type is None:
        raise AttachmentRefused("The selected file must be a PDF, an office document, a picture or plain text")
    if case_id is not None:
        used = session.scalar(select(func.sum(Attachment.size)).where(Attachment.case_id == case_id)) or 0
        if used + len(content) > MOST_PER_CASE:
            raise AttachmentRefused("This case has no room for more files")
    else:
        loose = (Attachment.case_id.is_(None), Attachment.by == by.person_id, Attachment.at > now - timedelta(days=1))
        used = session.scalar(select(func.sum(Attachment.size)).where(*loose)) or 0
        if used + len(content) > MOST_LOOSE:
            raise AttachmentRefused("You have sent too many files today that belong to no case")
    sealer = runtime_of(session).sealer
    attachment_id = uuid7()
    attachment = Attachment(
        id=attachment_id,
        case_id=case_id,
        work_item_id=work_item_id,
        name=sealer.seal(_plain(name), place=f"name/{attachment_id}"),
        media_type=media_type,
        size=len(content),
        digest=sha256(content).hexdigest(),
        sealed=sealer.seal_bytes(content, place=f"file/{attachment_id}"),
        at=now,
        by=by.person_id,
    )
    session.add(attachment)
    audit.record(
        session,
        "file-sent",
        by=by,
        at=now,
        case_id=case_id,
        work_item_id=work_item_id,
        idempotency_key=idempotency_key,
        attachment=str(attachment_id),
        digest=attachment.digest,
    )
    return attachment


def _plain(name: str) -> str:
    """No folders, and nothing that is not to be seen: it goes into a header one day."""
    last = PurePath(name.replace("\\", "/")).name
    return "".join(c for c in last if c.isprintable())[:200] or "file"


def _media_type(content: bytes) -> str | None:
    for beginning, media_type in _KINDS:
        if content.startswith(beginning):
            return media_type
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "text/plain" if "\0" not in text else None

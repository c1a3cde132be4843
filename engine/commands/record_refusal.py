from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit
from engine.errors import EngineError
from engine.model import Attachment, ProcessDefinition, ProcessInstance, WorkItem
from engine.types import Participant


def record_refusal(
    session: Session, error: EngineError, *, by: Participant, now: datetime, route: str, asked: dict[str, Any]
) -> None:
    """A refusal is history: who asked for what, and of which case where it is one.

    `asked` are the route's own parts. What names nothing that exists is not kept: anybody could type anything there.
    """
    case_id, instance_id, work_item_id = _found(session, asked)
    process = str(asked.get("key", asked.get("process")))
    exists = (
        case_id is not None
        or session.scalars(select(ProcessDefinition.key).where(ProcessDefinition.key == process).limit(1)).one_or_none()
    )
    audit.record(
        session,
        "refused",
        by=by,
        at=now,
        case_id=case_id,
        instance_id=instance_id,
        work_item_id=work_item_id,
        role=", ".join(sorted(by.roles)) or None,
        code=error.code,
        route=route,
        asked={name: str(value) for name, value in asked.items()} if exists else {},
    )


def _found(session: Session, asked: dict[str, Any]) -> tuple[UUID | None, UUID | None, UUID | None]:
    """Case, process instance and task that the parts of a route name."""
    if "reference" in asked:
        case = session.scalars(
            select(ProcessInstance).where(
                ProcessInstance.reference == asked["reference"], ProcessInstance.parent_id.is_(None)
            )
        ).one_or_none()
        return (None, None, None) if case is None else (case.id, case.id, None)
    if "work_item_id" in asked and (item := session.get(WorkItem, asked["work_item_id"])) is not None:
        return item.case_id, item.instance_id, item.id
    if "attachment_id" in asked and (file := session.get(Attachment, asked["attachment_id"])) is not None:
        return file.case_id, None, file.work_item_id
    return None, None, None

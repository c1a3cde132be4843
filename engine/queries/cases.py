"""All cases by reference and status: what everybody in the partnership may know of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from engine import policy
from engine.directory import case_accesses
from engine.model import Anchor, LearningItem, ProcessInstance
from engine.runtime import runtime_of
from engine.types import InstanceStatus, Participant
from engine.working_time import words

PAGE = 25


@dataclass(frozen=True)
class CaseRow:
    reference: str
    title: str
    about: str | None  # of what is open to everybody: the day of a meeting, what was learned
    status: str
    started_at: datetime
    may_open: bool


@dataclass(frozen=True)
class Cases:
    rows: tuple[CaseRow, ...]
    total: int
    page: int
    pages: int


def cases(session: Session, by: Participant, *, text: str = "", page: int = 1) -> Cases:
    child = aliased(ProcessInstance)
    running = (
        select(child.id).where(child.case_id == ProcessInstance.id, child.status == InstanceStatus.RUNNING).exists()
    )
    query = select(ProcessInstance, running).where(ProcessInstance.parent_id.is_(None))
    if text:
        query = query.where(ProcessInstance.reference.ilike(f"%{text.strip().replace('%', '')}%"))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    rows = session.execute(
        query.order_by(ProcessInstance.started_at.desc(), ProcessInstance.id).limit(PAGE).offset((page - 1) * PAGE)
    ).all()
    partnership = runtime_of(session).partnership
    told = _told(session, [case for case, _ in rows if not case.confidential])
    accesses = case_accesses(session, [case for case, _ in rows])
    return Cases(
        tuple(
            CaseRow(
                case.reference,
                case.title,
                told.get(case.id),
                "running" if is_running else case.status.value,
                case.started_at,
                policy.may_see_case(by, access, partnership),
            )
            for (case, is_running), access in zip(rows, accesses, strict=True)
        ),
        total,
        page,
        pages,
    )


def _told(session: Session, shown: Sequence[ProcessInstance]) -> Mapping[UUID, str]:
    known = {case.reference: case.id for case in shown}
    learned = session.execute(
        select(LearningItem.reference, LearningItem.title).where(LearningItem.reference.in_(known))
    )
    meetings = session.execute(
        select(Anchor.case_id, Anchor.at)
        .where(Anchor.case_id.in_(known.values()), Anchor.name == "meeting")
        .order_by(Anchor.set_at, Anchor.id)
    )
    return {
        **{known[reference]: title for reference, title in learned},
        **{case: words.moment_words(at) for case, at in meetings},
    }

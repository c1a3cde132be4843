"""The same papers of other cases, to be read beside this one's: are two reports of one incident?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, directory, policy
from engine.model import ProcessInstance
from engine.queries.papers import Paper, given, paper, withheld
from engine.queries.task_page import TaskPage
from engine.runtime import runtime_of
from engine.types import Participant


@dataclass(frozen=True)
class OtherCase:
    """`pairs`: of each form, this case's paper and the other's. `ask`: who may open it, when this person may not."""

    reference: str
    case_id: UUID
    pairs: tuple[tuple[Paper, Paper], ...]
    ask: tuple[str, ...]


def other_cases(session: Session, page: TaskPage, *, by: Participant, now: datetime) -> tuple[OtherCase, ...]:
    """Reading them counts as reading both cases: each history says so."""
    partnership = runtime_of(session).partnership
    found: list[OtherCase] = []
    for other in _cases(session, page.compared_with):
        if policy.may_see_case(by, directory.case_access(session, other), partnership):
            pairs = tuple(_pairs(session, page, other, by))
            found.append(OtherCase(other.reference, other.id, pairs, ()))
            for case_id, beside in ((page.case_id, other.reference), (other.id, page.reference)):
                role = ", ".join(sorted(by.roles))
                audit.record(session, "cases-compared", by=by, at=now, case_id=case_id, role=role, beside=beside)
        else:
            ask = [r for r in partnership.roles if r in partnership.sees_cases - partnership.per_case - by.roles]
            found.append(OtherCase(other.reference, other.id, (), tuple(partnership.role_name(r) for r in ask)))
    return tuple(found)


def _cases(session: Session, references: Sequence[str]) -> Sequence[ProcessInstance]:
    return session.scalars(
        select(ProcessInstance)
        .where(ProcessInstance.reference.in_(references), ProcessInstance.parent_id.is_(None))
        .order_by(ProcessInstance.started_at, ProcessInstance.id)
    ).all()


def _pairs(session: Session, page: TaskPage, other: ProcessInstance, by: Participant) -> list[tuple[Paper, Paper]]:
    found: list[tuple[Paper, Paper]] = []
    for name in page.compares:
        sides = [
            next((row for row in given(session, case_id, name) if not withheld(session, row, by)), None)
            for case_id in (page.case_id, other.id)
        ]
        mine, theirs = sides
        if mine is not None and theirs is not None:
            found.append((paper(session, mine), paper(session, theirs)))
    return found

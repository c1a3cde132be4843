"""Learning points as a list: searched, filtered, a page at a time. Everybody in the partnership may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from engine.model import LearningItem
from engine.queries.holding import Held, around, holdings
from engine.queries.stages import Place, Stage, at_stage, places, stage_of
from engine.runtime import runtime_of
from engine.types import LearningKind, Participant

PAGE = 25


class PointState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    ALL = "all"


@dataclass(frozen=True)
class Point:
    reference: str
    kind: LearningKind
    title: str
    status: str
    stage: Stage
    loop: int
    made_at: datetime
    moved_at: datetime
    closed_at: datetime | None
    held: Held | None


@dataclass(frozen=True)
class Points:
    rows: tuple[Point, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class PointsWanted:
    """What the address asks for. `text` is looked for in references and titles."""

    text: str = ""
    kind: LearningKind | None = None
    state: PointState = PointState.OPEN
    stage: Stage | None = None
    page: int = 1


def points(session: Session, by: Participant, wanted: PointsWanted) -> Points:
    """Open ones that have waited longest first; others newest first."""
    known = places(runtime_of(session).partnership)
    query = select(LearningItem).where(*_conditions(wanted, known))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(1, wanted.page), pages)
    order = LearningItem.updated_at if wanted.state == PointState.OPEN else LearningItem.made_at.desc()
    rows = session.scalars(query.order_by(order, LearningItem.reference).limit(PAGE).offset((page - 1) * PAGE)).all()
    return Points(as_points(session, rows, by), total, page, pages)


def _conditions(wanted: PointsWanted, known: Mapping[Stage, Place]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.text:
        like = f"%{wanted.text.strip().replace('%', '').replace('_', ' ')}%"
        found.append(or_(LearningItem.reference.ilike(like), LearningItem.title.ilike(like)))
    if wanted.kind is not None:
        found.append(LearningItem.kind == wanted.kind)
    if wanted.state != PointState.ALL:
        is_open = LearningItem.closed_at.is_(None)
        found.append(is_open if wanted.state == PointState.OPEN else ~is_open)
    if wanted.stage is not None:
        found.append(at_stage(wanted.stage, known))
    return found


def as_points(session: Session, rows: Sequence[LearningItem], by: Participant) -> tuple[Point, ...]:
    held: Mapping[UUID, Held] = holdings(session, rows, around(session, rows, by), by)
    known = places(runtime_of(session).partnership)
    return tuple(
        Point(
            reference=row.reference,
            kind=row.kind,
            title=row.title,
            status=row.status,
            stage=stage_of(row.kind, row.held_by, known),
            loop=row.loop,
            made_at=row.made_at,
            moved_at=row.updated_at,
            closed_at=row.closed_at,
            held=held.get(row.id),
        )
        for row in rows
    )

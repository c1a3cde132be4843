"""The learning chain: what came of what, who has it now, and how often it has come round (DOMAIN 6)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import references
from engine.errors import EngineError
from engine.model import LearningItem, LearningLink, ProcessInstance
from engine.types import LONDON, LearningKind

PREFIXES = {
    LearningKind.INPUT: "INP",
    LearningKind.RECOMMENDATION: "REC",
    LearningKind.DECISION: "DEC",
    LearningKind.PLAN: "PLAN",
    LearningKind.ACTION: "ACT",
    LearningKind.TEST: "TEST",
}


LATE = "late"  # that a day has passed is no movement: what is late looks no fresher for it


class NoSuchLearning(EngineError):
    """Nothing that was learned has this reference."""

    code = "no-such-learning"
    advice = "Check the reference, such as INP-2027-001."


def record(
    session: Session,
    instance: ProcessInstance,
    kind: LearningKind,
    key: str,
    *,
    title: str,
    status: str,
    data: Mapping[str, Any],
    came_from: Sequence[str],
    held_by: str | None,
    held_body: str | None,
    now: datetime,
) -> LearningItem:
    """Add a link to the chain, or say anew what this case said of it before under the same key.

    An input that came out of an earlier link begins the next round; everything else belongs to the round it came from.
    """
    item = session.scalars(
        select(LearningItem).where(
            LearningItem.case_id == instance.case_id, LearningItem.kind == kind, LearningItem.key == key
        )
    ).one_or_none()
    sources = [named(session, reference) for reference in came_from]
    if item is None:
        before = max((source.loop for source in sources), default=0)
        item = LearningItem(
            kind=kind,
            reference=_reference(session, instance, kind, key, now=now),
            case_id=instance.case_id,
            key=key,
            source_case_id=_source(session, instance, sources),
            title=title,
            status=status,
            loop=before + 1 if kind == LearningKind.INPUT else max(before, 1),
            data={},
            held_since=now,
            made_at=now,
            updated_at=now,
        )
        session.add(item)
        session.flush()  # links refer to it
    change(item, title=title, status=status, data=data, held_by=held_by, held_body=held_body, closed=False, now=now)
    for source in sources:
        if session.get(LearningLink, (source.id, item.id)) is None:
            session.add(LearningLink(from_id=source.id, to_id=item.id, at=now))
    session.flush()  # an expression in the same run may look at the chain
    return item


def change(
    item: LearningItem,
    *,
    title: str | None = None,
    status: str | None = None,
    data: Mapping[str, Any] | None = None,
    held_by: str | None = None,
    held_body: str | None = None,
    closed: bool,
    now: datetime,
) -> None:
    """It has moved when it stands otherwise than before, or with somebody else: a recommendation that is deferred again
    and again does not look fresher for it."""
    handed_on = held_by is not None and (held_by, held_body) != (item.held_by, item.held_body)
    if handed_on:
        item.held_by, item.held_body, item.held_since = held_by, held_body, now
    if handed_on or closed or status not in (None, LATE, item.status):
        item.updated_at = now
    item.title = title or item.title
    item.status = status or item.status
    item.data = {**item.data, **(data or {})}
    if closed:
        item.held_by, item.held_body = None, None
        item.closed_at = item.closed_at or now


def _reference(session: Session, instance: ProcessInstance, kind: LearningKind, key: str, *, now: datetime) -> str:
    """A process made for one link shares its reference with it."""
    own = instance.reference if key == "" and instance.reference.startswith(f"{PREFIXES[kind]}-") else None
    return own or references.draw(session, PREFIXES[kind], now=now)


def _source(session: Session, instance: ProcessInstance, sources: Sequence[LearningItem]) -> UUID | None:
    """The confidential case in which it began, however many steps back."""
    seen: set[UUID] = set()
    case: ProcessInstance | None = session.get_one(ProcessInstance, instance.case_id)
    while case is not None and case.id not in seen:
        if case.confidential:
            return case.id
        seen.add(case.id)
        case = None if case.origin_id is None else session.get(ProcessInstance, case.origin_id)
    return next((source.source_case_id for source in sources if source.source_case_id is not None), None)


def named(session: Session, reference: str) -> LearningItem:
    found = session.scalars(select(LearningItem).where(LearningItem.reference == reference)).one_or_none()
    if found is None:
        raise NoSuchLearning(f"Nothing that was learned has the reference “{reference}”.")
    return found


def of_kind(session: Session, kind: LearningKind, *, all_of_them: bool = False) -> list[dict[str, Any]]:
    """As plain rows, oldest first; without those that are done with, unless asked."""
    rows = session.scalars(
        select(LearningItem)
        .where(LearningItem.kind == kind, *(() if all_of_them else (LearningItem.closed_at.is_(None),)))
        .order_by(LearningItem.made_at, LearningItem.reference)
    ).all()
    return _plain(session, rows)


def one(session: Session, reference: str) -> dict[str, Any] | None:
    found = session.scalars(select(LearningItem).where(LearningItem.reference == reference)).all()
    return next(iter(_plain(session, found)), None)


def _plain(session: Session, rows: Collection[LearningItem]) -> list[dict[str, Any]]:
    """What expressions see: the open data of an item beside what every item has."""
    links = session.execute(
        select(LearningLink.to_id, LearningItem.reference)
        .join(LearningItem, LearningItem.id == LearningLink.from_id)
        .where(LearningLink.to_id.in_([row.id for row in rows]))
        .order_by(LearningItem.reference)
    ).all()
    return [
        {
            **row.data,
            "reference": row.reference,
            "kind": str(row.kind),
            "title": row.title,
            "status": row.status,
            "loop": row.loop,
            "made_on": _day(row.made_at),
            "closed_on": None if row.closed_at is None else _day(row.closed_at),
            "came_from": [link.reference for link in links if link.to_id == row.id],
        }
        for row in rows
    ]


def _day(at: datetime) -> str:
    return at.astimezone(LONDON).date().isoformat()

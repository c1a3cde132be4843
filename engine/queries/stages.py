"""The four stages of the learning cycle (Kolb, DOMAIN 6): where a learning point waits, and who thinks there."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, or_

from engine.model import LearningItem
from engine.partnership import Partnership
from engine.types import LearningKind


class Stage(StrEnum):
    EXPERIENCE = "experience"
    REFLECTION = "reflection"
    THEORISING = "theorising"
    EXPERIMENTING = "experimenting"


@dataclass(frozen=True)
class Place:
    """One stage as the partnership has it: the list `learning-stages` of its file names group and words."""

    stage: Stage
    title: str
    group: str | None
    short: str | None  # the group, in letters
    words: str
    roles: frozenset[str]  # of the group: chair, deputy, members


_ALONE: Mapping[LearningKind, Stage] = {
    LearningKind.TEST: Stage.EXPERIENCE,
    LearningKind.RECOMMENDATION: Stage.THEORISING,
    LearningKind.DECISION: Stage.THEORISING,
    LearningKind.PLAN: Stage.EXPERIMENTING,
    LearningKind.ACTION: Stage.EXPERIMENTING,
}


def places(partnership: Partnership) -> dict[Stage, Place]:
    rows = {row["value"]: row for row in partnership.lists.get("learning-stages", ())}
    found: dict[Stage, Place] = {}
    for stage in Stage:
        row = rows.get(stage, {})
        group = partnership.groups.get(row.get("group", ""))
        found[stage] = Place(
            stage=stage,
            title=row.get("title", stage.capitalize()),
            group=group.id if group else None,
            short=row.get("short") if group else None,
            words=row.get("words", ""),
            roles=frozenset(r for r in (group.chair, group.deputy, *group.members) if r) if group else frozenset(),
        )
    return found


def stage_of(kind: LearningKind, held_by: str | None, known: Mapping[Stage, Place]) -> Stage:
    """An input is experience until the group that reflects on it has it."""
    if kind in _ALONE:
        return _ALONE[kind]
    return Stage.REFLECTION if held_by in known[Stage.REFLECTION].roles else Stage.EXPERIENCE


def at_stage(stage: Stage, known: Mapping[Stage, Place]) -> ColumnElement[bool]:
    """The same as a condition."""
    alone = LearningItem.kind.in_([kind for kind, its in _ALONE.items() if its == stage])
    reflected_on = LearningItem.held_by.in_(known[Stage.REFLECTION].roles)
    inputs = LearningItem.kind == LearningKind.INPUT
    if stage == Stage.REFLECTION:
        return and_(inputs, reflected_on)
    if stage == Stage.EXPERIENCE:
        return or_(alone, and_(inputs, or_(LearningItem.held_by.is_(None), ~reflected_on)))
    return alone

"""The whole way of one learning point: what it came from, what became of it, and who has it now.

The chain is anonymous. Which confidential case it began in is told to that case's own access list and to nobody else,
not even that there is one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session

from engine import learning
from engine.model import LearningItem, LearningLink
from engine.queries.holding import Around, Held, around, holdings
from engine.queries.stages import Place, Stage, places, stage_of
from engine.runtime import runtime_of
from engine.types import LearningKind, Participant

# what of an item's data is shown: whatever else a process may keep there stays there
_SHOWN_OF_ALL = ("priority_link", "themes", "due_on", "due", "outcome_measure", "reasons")
SHOWN: Mapping[LearningKind, tuple[str, ...]] = {
    LearningKind.INPUT: (
        "input_type", "source_body", "summary", "concern_level", "good_practice", "meeting_on",
        "question", "asked_answer", "outcome", "outcome_reason", "monitor_until",
    ),
    LearningKind.RECOMMENDATION: (
        "change_wanted", "proposed_kinds", "lead_suggested", "effort", "urgency", "lscp_question", "arg_answer",
        "decision_reasons",
    ),
    LearningKind.DECISION: ("decision", "rank", "report_back_on"),
    LearningKind.PLAN: ("objective", "baseline", "target", "delivered_on", "stop_reason"),
    LearningKind.ACTION: (
        "delivery_kind", "evidence", "accepted_on", "accepted_by_role", "accepted_by_body", "returned_reason",
    ),
    LearningKind.TEST: ("measure", "baseline", "target", "result", "judgement", "judged_on"),
}  # fmt: skip


@dataclass(frozen=True)
class Link:
    """One link of the chain. `came_from` and `led_to` name others, in the chain or beside it."""

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
    data: Mapping[str, Any]
    case: str | None  # where it was made, if that is no secret from this person
    came_from: tuple[str, ...]
    led_to: tuple[str, ...]


@dataclass(frozen=True)
class Beside:
    """A link off this way: of another way that parts from it, or joins it."""

    reference: str
    kind: LearningKind
    title: str


@dataclass(frozen=True)
class Chain:
    reference: str
    links: tuple[Link, ...]  # by round, then as one leads to the next
    now: tuple[str, ...]  # where the way has come to from here: what is open, and nothing that came of it is
    beside: Mapping[str, Beside]
    began_in: tuple[str, ...]  # confidential cases, for whoever is on their access lists

    @property
    def focus(self) -> Link:
        return self.link(self.reference)

    def link(self, reference: str) -> Link:
        return next(link for link in self.links if link.reference == reference)


def chain(session: Session, reference: str, by: Participant) -> Chain:
    """In the same few statements however long it is. Raises NoSuchLearning."""
    focus = learning.named(session, reference)
    items = session.scalars(select(LearningItem).where(LearningItem.id.in_(_way(focus)))).all()
    items = sorted(items, key=_order)
    ids = {item.id for item in items}
    joins = session.execute(
        select(LearningLink.from_id, LearningLink.to_id).where(
            LearningLink.from_id.in_(ids) | LearningLink.to_id.in_(ids)
        )
    ).all()
    outside = {end for join in joins for end in (join.from_id, join.to_id)} - ids
    others = session.execute(
        select(LearningItem.id, LearningItem.reference, LearningItem.kind, LearningItem.title)
        .where(LearningItem.id.in_(outside))
        .order_by(LearningItem.reference)
    ).all()
    seen = around(session, items, by)
    named = {item.id: item.reference for item in items} | {row.id: row.reference for row in others}
    sources = {item.source_case_id for item in items}
    return Chain(
        reference=focus.reference,
        links=_links(session, items, [(join.from_id, join.to_id) for join in joins], named, seen, by),
        now=_front(focus, items, [(join.from_id, join.to_id) for join in joins]),
        beside={row.reference: Beside(row.reference, row.kind, row.title) for row in others},
        began_in=tuple(sorted(case.reference for case_id, case in seen.seen.items() if case_id in sources)),
    )


def _way(focus: LearningItem) -> Select[tuple[UUID]]:
    """Ids of all that led to it and all that came of it; an action's way is its plan's, the other actions included."""
    if focus.kind == LearningKind.ACTION:
        begin = select(LearningLink.from_id.label("id")).where(LearningLink.to_id == focus.id)
    else:
        begin = select(LearningItem.id.label("id")).where(LearningItem.id == focus.id)
    up = begin.cte("led_to_it", recursive=True)
    up = up.union(select(LearningLink.from_id).join(up, LearningLink.to_id == up.c.id))
    down = begin.cte("came_of_it", recursive=True)
    down = down.union(select(LearningLink.to_id).join(down, LearningLink.from_id == down.c.id))
    actions = (
        select(LearningLink.to_id)
        .join(LearningItem, LearningItem.id == LearningLink.to_id)
        .where(LearningItem.kind == LearningKind.ACTION, LearningLink.from_id.in_(select(up.c.id)))
    )
    itself = select(LearningItem.id).where(LearningItem.id == focus.id)
    found = union(select(up.c.id), select(down.c.id), actions, itself).subquery("way")
    return select(found.c.id)


_KINDS = list(LearningKind)


def _order(item: LearningItem) -> tuple[int, int, datetime, str]:
    return item.loop, _KINDS.index(item.kind), item.made_at, item.reference


def _front(focus: LearningItem, items: Sequence[LearningItem], joins: Sequence[tuple[UUID, UUID]]) -> tuple[str, ...]:
    """Of the link itself and what came of it; only when all that is closed, of what stands beside it."""
    is_open = {item.id for item in items if item.closed_at is None}
    front = is_open - _reached(is_open, [(after, before) for before, after in joins])
    own = front & ({focus.id} | _reached({focus.id}, joins))
    return tuple(item.reference for item in items if item.id in (own or front))


def _reached(begin: Collection[UUID], joins: Sequence[tuple[UUID, UUID]]) -> set[UUID]:
    found, wave = set[UUID](), set(begin)
    while wave := {after for before, after in joins if before in wave} - found:
        found |= wave
    return found


def _links(
    session: Session,
    items: Sequence[LearningItem],
    joins: Sequence[tuple[UUID, UUID]],
    named: Mapping[UUID, str],
    seen: Around,
    by: Participant,
) -> tuple[Link, ...]:
    held = holdings(session, items, seen, by)
    known: Mapping[Stage, Place] = places(runtime_of(session).partnership)
    return tuple(
        Link(
            reference=item.reference,
            kind=item.kind,
            title=item.title,
            status=item.status,
            stage=stage_of(item.kind, item.held_by, known),
            loop=item.loop,
            made_at=item.made_at,
            moved_at=item.updated_at,
            closed_at=item.closed_at,
            held=held.get(item.id),
            data={name: item.data[name] for name in (*SHOWN[item.kind], *_SHOWN_OF_ALL) if name in item.data},
            case=seen.reference(item.case_id),
            came_from=tuple(sorted(named[before] for before, after in joins if after == item.id)),
            led_to=tuple(sorted(named[after] for before, after in joins if before == item.id)),
        )
        for item in items
    )

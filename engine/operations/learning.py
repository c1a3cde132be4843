from collections.abc import Mapping
from typing import Any

from engine import audit, learning
from engine.model import LearningItem
from engine.operations.context import Context, OperationRefused, as_list
from engine.types import LearningKind


def record_learning(
    context: Context,
    *,
    kind: str,
    title: str,
    key: str = "",
    came_from: Any = None,
    status: str = "open",
    data: Mapping[str, Any] | None = None,
    held_by: str | None = None,
    held_body: str | None = None,
) -> str:
    """Add a link to the learning chain; its reference. With the same `key` this case says it anew.

    `came_from`: references of what it came out of. `held_by`: the role that is to do something about it.
    """
    if kind not in list(LearningKind):
        raise OperationRefused(f"There is no kind of learning called “{kind}”; there are {', '.join(LearningKind)}.")
    item = learning.record(
        context.session,
        context.instance,
        LearningKind(kind),
        key,
        title=title,
        status=status,
        data=_context(data),
        came_from=as_list(came_from),
        held_by=held_by,
        held_body=held_body,
        now=context.now,
    )
    _note(context, "learning-recorded", item)
    return item.reference


def update_learning(
    context: Context,
    *,
    reference: str,
    status: str | None = None,
    title: str | None = None,
    data: Mapping[str, Any] | None = None,
    held_by: str | None = None,
    held_body: str | None = None,
    closed: bool = False,
) -> str:
    """Say what became of a link of the chain; `closed`: nothing more is to be done about it."""
    item = learning.named(context.session, reference)
    learning.change(
        item,
        title=title,
        status=status,
        data=_context(data),
        held_by=held_by,
        held_body=held_body,
        closed=closed,
        now=context.now,
    )
    context.session.flush()  # an expression in the same run may look at the chain
    _note(context, "learning-updated", item)
    return item.reference


def _context(data: object) -> Mapping[str, Any]:
    if data is not None and not isinstance(data, Mapping):
        raise OperationRefused("The data of a link of the learning chain must be a context.")
    return data or {}


def _note(context: Context, action: str, item: LearningItem) -> None:
    audit.record(
        context.session,
        action,
        by=context.by,
        at=context.now,
        case_id=context.instance.case_id,
        instance_id=context.instance.id,
        learning=item.reference,
        kind=item.kind,
        status=item.status,
        closed=item.closed_at is not None,
    )

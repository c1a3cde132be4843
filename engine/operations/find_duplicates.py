"""Two notifications of one incident: recognised by keyed hashes, without opening either case to anybody.

DOMAIN 5.1 step 3: the same date of birth (or month an unborn child is due), or the same local identifier, and an
incident within 14 days.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import select

from engine import values
from engine.model import MatchToken, ProcessInstance
from engine.operations.context import Context
from engine.runtime import runtime_of
from engine.types import InstanceStatus

NEAR = 14  # days either way


def find_duplicates(context: Context) -> list[dict[str, Any]]:
    """Other cases of the same process that may be the same incident: `[{"reference", "case"}]`, oldest first."""
    session, case_id = context.session, context.instance.case_id
    _, children = values.confidential(session, case_id, "children")
    mine = set(_tokens(context, children or []))
    for token in mine:
        session.merge(MatchToken(case_id=case_id, token=token))
    session.flush()  # a second notification a moment later must find these
    if not mine:
        return []
    others = session.scalars(
        select(ProcessInstance)
        .join(MatchToken, MatchToken.case_id == ProcessInstance.id)
        .where(
            MatchToken.token.in_(mine),
            ProcessInstance.id != case_id,
            ProcessInstance.status != InstanceStatus.MERGED,
        )
        .distinct()
        .order_by(ProcessInstance.started_at, ProcessInstance.id)
    ).all()
    on = _incident_on(context, case_id)
    return [
        {"reference": other.reference, "case": str(other.id)}
        for other in others
        if on is None or (theirs := _incident_on(context, other.id)) is None or abs((on - theirs).days) <= NEAR
    ]


def _incident_on(context: Context, case_id: Any) -> date | None:
    found, value = values.confidential(context.session, case_id, "incident_on")
    return date.fromisoformat(str(value)) if found and value else None


def _tokens(context: Context, children: list[dict[str, Any]]) -> Iterator[str]:
    sealer = runtime_of(context.session).sealer
    for child in children:
        for name in ("date_of_birth", "unborn_due_month", "local_identifier"):
            if child.get(name):
                yield sealer.digest([name, str(child[name]).strip().lower()])

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import directory
from engine.model import Deed, Submission
from engine.operations.context import Context, as_list


def note_deeds(
    context: Context,
    *,
    action: str,
    roles: Any = None,
    bodies: Any = None,
    scope: str | None = None,
    answered: str | None = None,
) -> None:
    """The present holders of these roles (in these bodies, if named) did this in the case, as the separation of
    duties counts it; so did whoever `answered` this task last (for these bodies)."""
    done: set[UUID] = set()
    for person_id, role in (*_holders(context, roles, bodies), *_answerer(context, answered, bodies)):
        if person_id not in done:
            done.add(person_id)
            context.session.add(
                Deed(
                    case_id=context.instance.case_id,
                    person_id=person_id,
                    role=role,
                    action=action,
                    scope=scope,
                    at=context.now,
                )
            )
    context.session.flush()  # the next check in this run counts them


def _holders(context: Context, roles: Any, bodies: Any) -> Iterator[tuple[UUID, str]]:
    for role in as_list(roles or []):
        for body in [None] if bodies is None else as_list(bodies):
            case_id = context.instance.case_id
            for person in directory.holders(context.session, role, now=context.now, body=body, case_id=case_id):
                if person.person_id is not None:
                    yield person.person_id, role


def _answerer(context: Context, element: str | None, bodies: Any) -> Iterator[tuple[UUID, str | None]]:
    given = select(Submission).where(
        Submission.case_id == context.instance.case_id, Submission.element == element, Submission.by.is_not(None)
    )
    if bodies is not None:
        given = given.where(Submission.body.in_(as_list(bodies)))
    last = context.session.scalars(given.order_by(Submission.at.desc(), Submission.id).limit(1)).one_or_none()
    if element and last is not None and last.by is not None:
        yield last.by, last.role

from typing import Any

from engine import directory
from engine.model import Deed
from engine.operations.context import Context, as_list


def note_deeds(context: Context, *, action: str, roles: Any, scope: str | None = None) -> None:
    """The present holders of these roles did this in the case, as the separation of duties counts it."""
    for role in as_list(roles):
        for person in directory.holders(context.session, role, now=context.now, case_id=context.instance.case_id):
            context.session.add(
                Deed(
                    case_id=context.instance.case_id,
                    person_id=person.person_id,
                    role=role,
                    action=action,
                    scope=scope,
                    at=context.now,
                )
            )
    context.session.flush()  # the next check in this run counts them

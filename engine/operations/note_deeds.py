from typing import Any

from engine import directory
from engine.model import Deed
from engine.operations.context import Context, as_list


def note_deeds(context: Context, *, action: str, roles: Any, bodies: Any = None, scope: str | None = None) -> None:
    """The present holders of these roles (in these bodies, if named) did this in the case, as the separation of
    duties counts it."""
    case_id, done = context.instance.case_id, set()
    for role in as_list(roles):
        for body in [None] if bodies is None else as_list(bodies):
            for person in directory.holders(context.session, role, now=context.now, body=body, case_id=case_id):
                if person.person_id not in done:
                    done.add(person.person_id)
                    context.session.add(
                        Deed(
                            case_id=case_id,
                            person_id=person.person_id,
                            role=role,
                            action=action,
                            scope=scope,
                            at=context.now,
                        )
                    )
    context.session.flush()  # the next check in this run counts them

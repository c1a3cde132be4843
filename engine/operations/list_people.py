from typing import Any

from engine import directory
from engine.model import ProcessInstance
from engine.operations.context import Context, as_list
from engine.policy import Asked


def list_people(
    context: Context, *, role: str, does: str | None = None, may_not: str = "", not_from: Any = None
) -> list[dict[str, str]]:
    """Holders of a role whom neither a rule nor a conflict of interest keeps from what is asked, as options of a form:
    `value`, by which `appoint` knows them, and `title`. `not_from`: nobody who belongs to one of these bodies."""
    case = context.session.get_one(ProcessInstance, context.instance.case_id)
    asked = Asked(role=role, acting_role=role, does=does, may_not=may_not.split())
    free = directory.free_to_act(context.session, case, role, asked, now=context.now)
    barred = set(as_list(not_from))
    return [{"value": str(person.person_id), "title": person.name} for person in free if person.body not in barred]

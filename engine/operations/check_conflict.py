from typing import Any

from engine import directory, policy
from engine.model import ProcessInstance
from engine.operations.context import Context
from engine.policy import Asked


def check_conflict(context: Context, *, role: str, does: str, may_not: str) -> dict[str, Any]:
    """Whether the holders of a role may do something in this case: `free`, `vacant`, and the rules that bar them."""
    case = context.session.get_one(ProcessInstance, context.instance.case_id)
    people = directory.holders(context.session, role, now=context.now, case_id=case.case_id)
    asked = Asked(role=role, acting_role=role, does=does, may_not=may_not.split())
    rules: list[str] = []
    free = 0
    for attempt in directory.attempts(context.session, case, asked, people):
        rule = policy.separated(attempt, context.partnership)
        if rule is not None:
            rules.append(rule.id)
        elif policy.in_conflict(attempt.by, attempt.access):
            rules.append("conflict-of-interest")
        else:
            free += 1
    return {"free": free > 0, "vacant": not people, "conflicted": bool(people) and not free, "rules": rules}

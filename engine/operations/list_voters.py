from typing import Any
from uuid import uuid4

from engine import directory, policy
from engine.model import ProcessInstance
from engine.operations.context import Context
from engine.policy import Asked, Attempt


def list_voters(
    context: Context, *, may_not: str = "", designated: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """One representative for each safeguarding partner: the lead, else an alternate whom no rule bars, else the
    officer whom the partner designates in writing for this one session (DOMAIN 6.9).

    Back come `voters` (partner, role, body each; role None where nobody is left) and the ballot's own id.
    """
    case = context.session.get_one(ProcessInstance, context.instance.case_id)
    access = directory.case_access(context.session, case)
    named = {row["partner"]: row["role"] for row in designated or ()}
    voters: list[dict[str, Any]] = []
    ballot = uuid4().hex[:12]
    for partner in context.partnership.partners.values():
        roles = [named[partner.id]] if partner.id in named else [partner.lead, *partner.alternates]
        chosen = None
        for role in roles:
            asked = Asked(role=role, acting_role=role, does="vote", may_not=may_not.split(), scope=ballot)
            for person in directory.holders(context.session, role, now=context.now, case_id=case.case_id):
                deeds = directory.deeds(context.session, case.case_id, person.person_id)
                attempt = Attempt(person, asked, access, deeds)
                if not policy.in_conflict(person, access) and not policy.separated(attempt, context.partnership):
                    chosen = chosen or role
        voters.append(
            {
                "partner": partner.id,
                "name": partner.name,
                "role": chosen,
                "body": context.partnership.roles[partner.lead].body,
            }
        )
    return {"ballot": ballot, "voters": voters}

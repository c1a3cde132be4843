from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from engine import directory, policy
from engine.model import ProcessInstance
from engine.operations.context import Context, as_list
from engine.partnership import Partner
from engine.policy import Asked
from engine.types import Participant


def list_voters(
    context: Context,
    *,
    may_not: str = "",
    designated: Sequence[Mapping[str, Any]] | None = None,
    partners: Any = None,
    asked_in_vain: Any = None,
    ballot: str | None = None,
) -> dict[str, Any]:
    """One representative for each safeguarding partner: the lead, else an alternate whom no rule bars, else the
    officer whom the partner designates in writing for this one session (DOMAIN 6.9).

    Back come the ballot's own id (the one given, when a vote is reopened) and `voters`: partner, name, lead, role
    (None where nobody is left), asked (the roles that may cast the ballot), body (of a designated officer only), and,
    where nobody is left, others (officers who could be designated) and names (the role that designates one).
    `partners`: only these; none means all. Roles `asked_in_vain` come last, and may still vote beside whoever is asked
    instead.
    """
    house = _House(context, may_not.split(), ballot or uuid4().hex[:12])
    named = {row["partner"]: str(row["named"]) for row in designated or ()}
    wanted, vain = as_list(partners), {role for asked in as_list(asked_in_vain) for role in str(asked).split()}
    voters = [
        house.voter(partner, named.get(partner.id), vain)
        for partner in context.partnership.partners.values()
        if not wanted or partner.id in wanted
    ]
    return {"ballot": house.ballot, "voters": voters}


@dataclass(frozen=True)
class _House:
    context: Context
    may_not: list[str]
    ballot: str

    def voter(self, partner: Partner, named: str | None, vain: set[str]) -> dict[str, Any]:
        found: dict[str, Any] = {"partner": partner.id, "name": partner.name, "lead": partner.lead, "body": None}
        if named is not None:
            role, _, body = named.partition("@")
            free = [role] if self.free(role, body or None) else []
            found["body"] = body or None
        else:
            roles = (partner.lead, *partner.alternates)
            free = sorted((r for r in roles if self.free(r)), key=lambda r: r in vain)
        found["role"] = free[0] if free else None
        found["asked"] = " ".join([*free[:1], *(r for r in free[1:] if r in vain)])
        found["others"] = [] if free else list(self.officers(partner))
        found["names"] = None if free else self.names(partner)
        return found

    def names(self, partner: Partner) -> str:
        """Who designates the partner's voter: its lead or an alternate, never a substitute from another partner."""
        context, bodies = self.context, self.context.partnership.agencies
        case = context.session.get_one(ProcessInstance, context.instance.case_id)
        access = directory.conflicts(context.session, case)
        for role in (partner.lead, *partner.alternates):
            for person in directory.holders(context.session, role, now=context.now, case_id=case.id):
                home = bodies[person.body].partner if person.body is not None and person.body in bodies else None
                if home in (None, partner.id) and not policy.in_conflict(person, access):
                    return role
        return context.partnership.vacancy[0]

    def free(self, role: str, body: str | None = None) -> list[Participant]:
        """Holders of the role whom neither a rule nor a conflict of interest keeps from voting."""
        context = self.context
        case = context.session.get_one(ProcessInstance, context.instance.case_id)
        asked = Asked(role=role, acting_role=role, does="vote", may_not=self.may_not, scope=self.ballot)
        return directory.free_to_act(context.session, case, role, asked, now=context.now, body=body)

    def officers(self, partner: Partner) -> Iterator[dict[str, str]]:
        """Who else of the partner could vote, as options of a form: `role@body`."""
        partnership = self.context.partnership
        bodies = [agency.id for agency in partnership.agencies.values() if agency.partner == partner.id]
        for role in partnership.roles.values():
            for body in bodies:
                held = any(
                    holding.role == role.id and holding.body == body
                    for person in self.free(role.id, body)
                    for holding in person.holdings
                )
                if held:
                    title = f"{role.name} ({partnership.body_name(body)})"
                    yield {"value": f"{role.id}@{body}", "title": title}

"""Who may see, do and decide what. Pure: plain facts in, a verdict out."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from engine.errors import EngineError
from engine.partnership import Partnership, SeparationRule
from engine.types import Participant


class NotFound(EngineError):
    """There is nothing here that you may see."""

    code = "not-found"
    advice = "Check the address, or go back to your tasks."


class NotForYou(EngineError):
    """This is not a task of yours."""

    code = "not-for-you"
    advice = "It is done by another role. The case page shows who has it."


class InConflict(EngineError):
    """You, or your organisation, declared a conflict of interest in this case."""

    code = "conflict-of-interest"
    advice = "Somebody else has been asked in your place."


class DutiesSeparated(EngineError):
    """The separation of duties does not allow this."""

    code = "separation-of-duties"
    advice = "Somebody else must do this. The Business Manager can name an alternate."

    def __init__(self, rule: SeparationRule) -> None:
        super().__init__(f"{rule.text} ({rule.id}).", rule=rule.id)
        self.code = rule.id


@dataclass(frozen=True)
class CaseAccess:
    """Who is kept out of one case, and who was let in for a task (`acting`: roles of its open tasks)."""

    case_id: UUID
    confidential: bool
    excluded_people: frozenset[UUID] = frozenset()
    excluded_bodies: frozenset[str] = frozenset()
    acting: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Asked:
    """What a task asks, and of whom."""

    role: str
    acting_role: str | None
    also: Collection[str] = ()
    body: str | None = None
    does: str | None = None
    may_not: Collection[str] = ()
    scope: str | None = None


@dataclass(frozen=True)
class Did:
    """One earlier deed of a person in this case."""

    action: str
    scope: str | None = None


@dataclass(frozen=True)
class Attempt:
    by: Participant
    asked: Asked
    access: CaseAccess
    deeds: Collection[Did] = field(default=())


def in_conflict(by: Participant, access: CaseAccess) -> bool:
    return by.person_id in access.excluded_people or (by.body is not None and by.body in access.excluded_bodies)


def may_see_case(by: Participant, access: CaseAccess, partnership: Partnership) -> bool:
    """The access list: roles of the case list, panel roles on this case only, stand-ins while they act."""
    if in_conflict(by, access):
        return False
    if not access.confidential:
        return True
    for holding in by.holdings:
        if holding.role in partnership.per_case:
            if holding.case_id == access.case_id:
                return True
        elif holding.role in partnership.sees_cases:
            if holding.case_id in (None, access.case_id):
                return True
        elif holding.role in partnership.sees_while_acting and holding.role in access.acting:
            return True
    return False


def separated(attempt: Attempt, partnership: Partnership) -> SeparationRule | None:
    """The first rule that bars this person from this act, if any."""
    asked, by = attempt.asked, attempt.by
    for rule_id in asked.may_not:
        rule = partnership.separation[rule_id]
        if rule.if_role & by.roles:
            return rule
        for deed in attempt.deeds:
            if deed.action in rule.if_did and (rule.scope in ("case", "any") or deed.scope == asked.scope):
                return rule
    return None


def body_asked(role: str, asked: Asked, partnership: Partnership) -> str | None:
    """In which body the role is asked: a stand-in that is held body by body stands in for its own body only."""
    return None if role != asked.role and partnership.of_one_body(role) else asked.body


def is_asked(by: Participant, asked: Asked, access: CaseAccess, partnership: Partnership) -> bool:
    roles = {asked.acting_role or asked.role, asked.role, *asked.also}
    return any(by.holds(role, body=body_asked(role, asked, partnership), case_id=access.case_id) for role in roles)


def check_may_do(attempt: Attempt, partnership: Partnership) -> None:
    """Raises NotFound, a separation rule, a conflict, or NotForYou: in that order, so that none tells too much."""
    by, access = attempt.by, attempt.access
    asked = is_asked(by, attempt.asked, access, partnership)
    if not asked and not may_see_case(by, access, partnership):
        if in_conflict(by, access):
            raise InConflict()
        raise NotFound()
    rule = separated(attempt, partnership)
    if rule is not None:
        raise DutiesSeparated(rule)
    if in_conflict(by, access):
        raise InConflict()
    if not asked:
        raise NotForYou()

"""The overview of action plans: what is to be done about what was learned, by whom, by when, and whether it worked."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.papers.document import Document, Facts, Heading, Paragraph, Table
from engine.papers.kinds import KINDS, PaperKind
from engine.papers.sources import Body, Setting


@dataclass(frozen=True)
class PlanRow:
    """An action or a test of a plan, told in words."""

    reference: str
    title: str
    status: str
    due: str
    owner: str


@dataclass(frozen=True)
class Plan:
    reference: str
    title: str
    status: str
    due: str
    came_from: str
    facts: Sequence[tuple[str, str]]
    actions: Sequence[PlanRow]
    tests: Sequence[PlanRow]


@dataclass(frozen=True)
class Plans:
    """`running`: not closed; `closed`: how many are."""

    running: Sequence[Plan]
    closed: int
    actions_open: int
    actions_done: int


def action_plans(found: Plans, of: Setting) -> Document:
    blocks: Body = [Heading("Plans that are not closed")]
    if found.running:
        rows = tuple((f"{plan.reference}: {plan.title}", plan.status, _done(plan), plan.due) for plan in found.running)
        blocks.append(Table("Every plan", ("Plan", "Status", "Actions done", "Due"), rows))
    else:
        blocks.append(Paragraph("No plan is open."))
    for plan in found.running:
        blocks += _plan(plan)
    kind = KINDS[PaperKind.ACTION_PLANS]
    return Document(
        title=kind.title,
        partnership=of.partnership,
        reference=of.reference,
        marking="For the members of the partnership’s groups",
        facts=(
            ("Plans open", str(len(found.running))),
            ("Plans closed", str(found.closed)),
            ("Actions open", str(found.actions_open)),
            ("Actions done", str(found.actions_done)),
            ("Shows", "How the plans stand when this paper is made, also for a meeting that is over"),
        ),
        blocks=tuple(blocks),
    )


def _done(plan: Plan) -> str:
    return f"{sum(action.status == 'Done' for action in plan.actions)} of {len(plan.actions)}"


def _plan(plan: Plan) -> Body:
    first = [("Status", plan.status), ("Came from", plan.came_from), ("Due", plan.due)]
    blocks: Body = [
        Heading(f"{plan.reference}: {plan.title}"),
        Facts((*((key, said) for key, said in first if said), *plan.facts)),
    ]
    if plan.actions:
        rows = tuple((f"{one.reference}: {one.title}", one.owner, one.due, one.status) for one in plan.actions)
        blocks.append(Table(f"Actions of {plan.reference}", ("Action", "Owner", "Due", "Status"), rows))
    else:
        blocks.append(Paragraph("It has no actions yet."))
    if plan.tests:
        tests = tuple((f"{one.reference}: {one.title}", one.due, one.status) for one in plan.tests)
        blocks.append(Table(f"Tests of {plan.reference}", ("Test", "Due", "Result"), tests))
    return blocks

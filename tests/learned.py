"""Learning points for tests: a story of two rounds, told by the operations' own function."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from engine import learning
from engine.model import LearningItem, ProcessInstance, RegisterEntry
from engine.types import LearningKind
from tests.factories import NOON, bpmn, case, catch, each, end, form, package, publish, start, text, user

IDEA = bpmn(
    "idea", start(role="dcs"), user("triage", role="business-unit-officer"), end(), case_data=False, reference="INP"
)
GATHERING = bpmn(
    "arg-cycle",
    start(role="dcs"),
    user("reflect", role="chair-arg", loop=each("=[about]", "input")),
    end(),
    case_data=False,
    reference="ARG",
)
DELIVERY = bpmn(
    "delivery",
    start(role="dcs"),
    user("deliver", role="action-owner", body="uhb", loop=each('=["3"]', "action")),
    end(),
    case_data=False,
    reference="PLAN",
)
WAITING = bpmn(
    "idea-for-arg", start(role="dcs"), catch("outcome", message="arg-outcome"), end(), case_data=False, reference="INP"
)
SEALED = bpmn("incident", start(role="dcs"), user("ask", role="dcs"), end())


def publish_all(session: Session) -> None:
    publish(
        session,
        *map(package, (IDEA, WAITING, DELIVERY, SEALED)),
        package(GATHERING, forms={"begin": form({"about": text()})}),
    )


def learned(
    session: Session,
    on: ProcessInstance,
    kind: LearningKind,
    title: str,
    *,
    came_from: Sequence[str] = (),
    key: str = "",
    status: str = "open",
    held_by: str | None = None,
    held_body: str | None = None,
    data: Mapping[str, Any] | None = None,
    closed: bool = False,
    now: datetime = NOON,
) -> LearningItem:
    made = learning.record(
        session,
        on,
        kind,
        key,
        title=title,
        status=status,
        data=data or {},
        came_from=came_from,
        held_by=held_by,
        held_body=held_body,
        now=now,
    )
    if closed:
        learning.change(made, closed=True, now=now)
    session.flush()
    return made


def noted(session: Session, on: ProcessInstance, register: str, key: str, data: Mapping[str, Any]) -> None:
    session.add(
        RegisterEntry(register=register, case_id=on.case_id, key=key, data=dict(data), at=NOON, updated_at=NOON)
    )
    session.flush()


def story(session: Session, *, now: datetime = NOON) -> dict[str, str]:
    """Two inputs became a recommendation, a decision, a plan of three actions, a test, and an input again.

    By short names: one input came from a confidential case (`sealed`); a second recommendation goes its own way.
    """

    def ago(days: int) -> datetime:
        return now - timedelta(days=days)

    sealed = case(session, "incident", role="dcs", now=ago(330))
    first, second = (case(session, "idea-for-arg", role="dcs", now=ago(days)) for days in (320, 300))
    first.origin_id = sealed.id
    meeting = case(session, "arg-cycle", {"about": "the rules of procedure"}, role="dcs", now=ago(280))
    plan_case = case(session, "delivery", role="dcs", now=ago(200))
    made: dict[str, str] = {"sealed": sealed.reference, "meeting": meeting.reference}

    def tell(name: str, on: ProcessInstance, kind: LearningKind, title: str, *from_: str, **more: Any) -> None:
        came_from = [made[one] for one in from_]
        made[name] = learned(session, on, kind, title, came_from=came_from, **more).reference

    tell(
        "input",
        first,
        LearningKind.INPUT,
        "Agencies did not hear of a discharge from hospital",
        now=ago(320),
        status="recommended",
        closed=True,
        data={
            "input_type": "2",
            "source_body": "uhb",
            "themes": ["information-sharing"],
            "priority_link": "neglect",
            "outcome": "recommend",
            "outcome_reason": "Seen in two inputs within a year",
            "case_ref": "SECRET-1",
        },
    )
    tell(
        "other",
        second,
        LearningKind.INPUT,
        "Audit: discharge letters arrive after two weeks",
        now=ago(300),
        status="recommended",
        closed=True,
        data={"input_type": "1", "source_body": "ccg", "outcome": "recommend"},
    )
    tell(
        "recommendation",
        meeting,
        LearningKind.RECOMMENDATION,
        "Tell every agency of a discharge within a day",
        "input",
        "other",
        now=ago(280),
        status="taken-forward",
        closed=True,
        data={
            "change_wanted": "Hospitals tell the health visitor, the school and social care on the day of discharge",
            "outcome_measure": "Share of discharges told within one working day",
        },
    )
    tell(
        "aside",
        meeting,
        LearningKind.RECOMMENDATION,
        "Give each ward a named contact",
        "other",
        key="2",
        now=ago(280),
        status="to-lscp",
        held_by="independent-scrutineer",
    )
    tell(
        "decision",
        meeting,
        LearningKind.DECISION,
        "Taken forward, first in rank",
        "recommendation",
        now=ago(240),
        status="taken-forward",
        closed=True,
        data={"decision": "take-forward", "rank": 1},
    )
    tell(
        "plan",
        plan_case,
        LearningKind.PLAN,
        "Same-day notice of discharge",
        "decision",
        now=ago(200),
        status="delivered",
        closed=True,
        data={
            "objective": "Nobody learns of a discharge from the family",
            "baseline": "31 of 100",
            "target": "95 of 100",
        },
    )
    evidence = {
        "evidence": "Protocol signed by all three trusts",
        "accepted_on": ago(150).date().isoformat(),
        "accepted_by_role": "rdg-member",
        "accepted_by_body": "wmp",
    }
    tell(
        "done",
        plan_case,
        LearningKind.ACTION,
        "Agree one protocol",
        "plan",
        key="1",
        now=ago(150),
        status="done",
        closed=True,
        data={"delivery_kind": "policy", **evidence},
    )
    tell(
        "brief",
        plan_case,
        LearningKind.ACTION,
        "Brief ward managers",
        "plan",
        key="2",
        now=ago(140),
        status="done",
        closed=True,
        data={"delivery_kind": "training", **evidence, "evidence": "84 of 90 attended"},
    )
    tell(
        "late",
        plan_case,
        LearningKind.ACTION,
        "Put the notice into the ward system",
        "plan",
        key="3",
        now=ago(130),
        status="at-risk",
        held_by="action-owner",
        held_body="uhb",
        data={"delivery_kind": "task-and-finish", "due_on": ago(-30).date().isoformat()},
    )
    tell(
        "test",
        plan_case,
        LearningKind.TEST,
        "Are agencies told within a day?",
        "plan",
        now=ago(40),
        status="judged",
        closed=True,
        data={
            "measure": "Discharges told within a day",
            "baseline": "31 of 100",
            "result": "58 of 100",
            "judgement": "partly",
        },
    )
    again = case(session, "idea-for-arg", role="dcs", now=ago(38))
    tell(
        "again",
        again,
        LearningKind.INPUT,
        "Same-day notice works in two trusts of three",
        "test",
        now=ago(38),
        status="for-arg",
        held_by="chair-arg",
        data={"input_type": "21", "concern_level": "concern"},
    )
    return made  # fmt: skip

"""The learning chain: references, loops, what came of what, and the confidential case behind it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import learning
from engine.learning import NoSuchLearning
from engine.model import AuditEvent, LearningItem, LearningLink, ProcessInstance
from engine.operations.context import OperationRefused
from engine.runtime import Runtime
from engine.steps import ground
from engine.types import SYSTEM, LearningKind
from tests.factories import NOON, bpmn, case, end, form, package, publish, start, user

OPEN_ONE = bpmn("idea", start(role="dcs"), user("ask", role="dcs"), end(), case_data=False, reference="INP")
SEALED = bpmn("incident", start(role="dcs"), user("ask", role="dcs"), end())


@pytest.fixture
def idea(session: Session) -> ProcessInstance:
    publish(session, package(OPEN_ONE, forms={"begin": form(), "ask": form()}))
    return case(session, "idea", role="dcs")


def operate(session: Session, on: ProcessInstance, operation: str, **inputs: Any) -> Any:
    return ground(session, on, by=SYSTEM, now=NOON).world.operate(operation, inputs)


def test_a_process_made_for_one_link_shares_its_reference_and_others_are_counted(
    session: Session, idea: ProcessInstance
) -> None:
    assert idea.reference == "INP-2027-001"
    assert operate(session, idea, "record-learning", kind="input", title="Handovers") == "INP-2027-001"
    assert operate(session, idea, "record-learning", kind="input", title="Discharge", key="b") == "INP-2027-002"
    assert operate(session, idea, "record-learning", kind="recommendation", title="Train") == "REC-2027-001"


def test_said_anew_by_the_same_key_it_is_the_same_link(session: Session, idea: ProcessInstance) -> None:
    first = operate(session, idea, "record-learning", kind="action", key="1", title="Brief", data={"due": "2027-02-01"})
    again = operate(session, idea, "record-learning", kind="action", key="1", title="Brief all", data={"cost": 3})
    assert first == again
    (row,) = learning.of_kind(session, LearningKind.ACTION)
    assert (row["title"], row["due"], row["cost"]) == ("Brief all", "2027-02-01", 3)


def test_what_came_of_what_and_the_next_time_round(session: Session, idea: ProcessInstance) -> None:
    came: list[str] = []
    for kind in LearningKind:
        came.append(operate(session, idea, "record-learning", kind=kind, title=kind, came_from=came[-1:]))
    second = operate(session, idea, "record-learning", kind="input", key="2", title="Again", came_from=came[-1])
    assert {row.loop for row in session.scalars(select(LearningItem)) if row.reference != second} == {1}
    assert learning.one(session, second) == {
        "reference": second,
        "kind": "input",
        "title": "Again",
        "status": "open",
        "loop": 2,
        "made_on": "2027-01-11",
        "closed_on": None,
        "came_from": [came[-1]],
    }
    assert len(session.scalars(select(LearningLink)).all()) == len(LearningKind)


def test_closed_is_no_longer_open_and_held_by_nobody(session: Session, idea: ProcessInstance) -> None:
    made = operate(session, idea, "record-learning", kind="plan", title="P", held_by="chair-rdg")
    operate(session, idea, "update-learning", reference=made, status="delivered", data={"cost": 1}, closed=True)
    assert learning.of_kind(session, LearningKind.PLAN) == []
    (row,) = learning.of_kind(session, LearningKind.PLAN, all_of_them=True)
    assert (row["status"], row["cost"], row["closed_on"]) == ("delivered", 1, "2027-01-11")
    assert session.scalars(select(LearningItem.held_by)).one() is None


def test_only_another_status_or_holder_is_movement(session: Session, idea: ProcessInstance) -> None:
    operate(session, idea, "record-learning", kind="action", title="Brief", status="on-track")
    (row,) = session.scalars(select(LearningItem))
    later = NOON + timedelta(days=30)
    learning.change(row, status="late", data={"rag": "red"}, closed=False, now=later)
    assert (row.status, row.updated_at) == ("late", NOON)
    learning.change(row, status="evidenced", closed=False, now=later)
    assert row.updated_at == later
    learning.change(row, status="evidenced", data={"asked": "again"}, closed=False, now=later + timedelta(days=30))
    assert (row.data["asked"], row.updated_at) == ("again", later)


def test_only_the_engine_knows_which_confidential_case_it_came_from(session: Session, idea: ProcessInstance) -> None:
    publish(session, package(SEALED, forms={"begin": form(), "ask": form()}))
    sealed = case(session, "incident", role="dcs")
    idea.origin_id = sealed.id
    made = operate(session, idea, "record-learning", kind="input", title="Handovers")
    later = operate(session, idea, "record-learning", kind="plan", title="P", came_from=[made])
    for reference in (made, later):
        assert learning.named(session, reference).source_case_id == sealed.id
        assert sealed.reference not in str(learning.one(session, reference))


def test_every_change_is_in_the_history(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        publish(session, package(OPEN_ONE, forms={"begin": form(), "ask": form()}))
        idea = case(session, "idea", role="dcs")
        made = operate(session, idea, "record-learning", kind="plan", title="P")
        operate(session, idea, "update-learning", reference=made, status="late")
    with staffed.transaction() as session:
        rows = session.scalars(select(AuditEvent).order_by(AuditEvent.seq))
        told = [(e.action, e.details["learning"], e.details["status"]) for e in rows if "learning" in e.details]
    assert told == [("learning-recorded", made, "open"), ("learning-updated", made, "late")]


@pytest.mark.parametrize(
    ("operation", "inputs", "refusal", "words"),
    [
        ("record-learning", {"kind": "idea", "title": "x"}, OperationRefused, "no kind of learning called “idea”"),
        ("record-learning", {"kind": "plan", "title": "x", "data": "late"}, OperationRefused, "must be a context"),
        ("record-learning", {"kind": "plan", "title": "x", "came_from": "DEC-1"}, NoSuchLearning, "DEC-1"),
        ("update-learning", {"reference": "PLAN-2027-009"}, NoSuchLearning, "PLAN-2027-009"),
    ],
)
def test_what_can_not_be_recorded_is_refused_in_words(
    session: Session, idea: ProcessInstance, operation: str, inputs: dict[str, Any], refusal: type, words: str
) -> None:
    with pytest.raises(refusal, match=words):
        operate(session, idea, operation, **inputs)
    assert session.scalars(select(LearningItem)).all() == []

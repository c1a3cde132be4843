"""One of several people is appointed to a case; whoever is asked to read a file may open it, and nobody else."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import directory
from engine.commands.complete_work_item import complete_work_item
from engine.commands.declare_conflict import declare_conflict
from engine.commands.keep_attachment import keep_attachment
from engine.model import Attachment, ProcessInstance
from engine.operations.context import OperationRefused
from engine.policy import NotFound
from engine.queries.attachments import attachment
from engine.scenario.samples import sample_file
from engine.steps import ground
from engine.types import SYSTEM
from tests.factories import (
    NOON,
    bpmn,
    case,
    each,
    end,
    form,
    holder,
    item,
    package,
    person,
    publish,
    start,
    text,
    user,
)

REPORT = {"type": "string", "format": "file", "title": "Report", "x-sensitivity": "SC"}
DIAGRAM = bpmn(
    "work",
    start(role="dcs"),
    user("ask-agency", role="agency-contact", body="=agency", shows="begin", loop=each('=["wmp", "csc"]', "agency")),
    end(),
)


@pytest.fixture
def made(session: Session) -> ProcessInstance:
    forms = {"begin": form({"report": REPORT}), "ask-agency": form({"said": text(mark="SC")})}
    publish(session, package(DIAGRAM, forms=forms))
    by = holder(session, "dcs")
    file = keep_attachment(session, "report.pdf", sample_file("report"), case_id=None, by=by, now=NOON)
    return case(session, "work", {"report": str(file.id)}, role="dcs")


def operate(session: Session, on: ProcessInstance, operation: str, **inputs: Any) -> Any:
    return ground(session, on, by=SYSTEM, now=NOON).world.operate(operation, inputs)


def test_one_of_several_is_appointed(session: Session, made: ProcessInstance) -> None:
    for name, body in (("One reviewer", None), ("Another reviewer", None), ("Reviewer at the police", "wmp")):
        person(session, name, "regional-reviewer", body=body)
    offered = operate(session, made, "list-people", role="regional-reviewer", not_from=["wmp", "csc"])
    titles = [row["title"] for row in offered]
    assert {"One reviewer", "Another reviewer"} <= set(titles)
    assert "Reviewer at the police" not in titles
    chosen = next(row["value"] for row in offered if row["title"] == "Another reviewer")
    appointed = {"role": "lcspr-reviewer", "holders_of": "regional-reviewer", "people": [chosen]}
    assert operate(session, made, "appoint", **appointed) == 1
    (held,) = directory.holders(session, "lcspr-reviewer", now=NOON, case_id=made.case_id)
    assert held.name == "Another reviewer"
    with pytest.raises(OperationRefused, match="Nobody holds"):
        operate(session, made, "appoint", **{**appointed, "people": "nobody"})


def test_whoever_is_in_conflict_is_not_listed(session: Session, made: ProcessInstance) -> None:
    (listed,) = operate(session, made, "list-people", role="chair-arg")
    chair = holder(session, "chair-arg")
    assert listed == {"value": str(chair.person_id), "title": chair.name}
    declare_conflict(session, made.id, chair.person_id, reason="x", by=chair, now=NOON)
    assert operate(session, made, "list-people", role="chair-arg") == []


def test_an_agency_opens_the_file_that_its_task_shows_while_it_is_asked(
    session: Session, made: ProcessInstance
) -> None:
    file = session.scalars(select(Attachment)).one()
    asked, not_asked = (holder(session, "agency-contact", body=body) for body in ("wmp", "cafcass"))
    assert attachment(session, file.id, by=asked, now=NOON).name == "report.pdf"
    with pytest.raises(NotFound):
        attachment(session, file.id, by=not_asked, now=NOON)
    complete_work_item(session, item(session, "ask-agency", body="wmp").id, {"said": "x"}, by=asked, now=NOON)
    with pytest.raises(NotFound):
        attachment(session, file.id, by=asked, now=NOON)


def test_a_conflict_of_interest_closes_the_file(session: Session, made: ProcessInstance) -> None:
    asked = holder(session, "agency-contact", body="csc")
    declare_conflict(session, made.id, asked.person_id, reason="x", by=asked, now=NOON)
    with pytest.raises(NotFound):
        attachment(session, session.scalars(select(Attachment)).one().id, by=asked, now=NOON)

"""Two reports of what may be one incident, beside each other on the page of the task that decides it (S21)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from lxml import html
from sqlalchemy import select

from engine.clock import VirtualClock
from engine.commands.declare_conflict import declare_conflict
from engine.library import packages
from engine.model import AuditEvent, ProcessInstance, WorkItem
from engine.runtime import Runtime
from engine.scenario import read_scenario, run_scenario
from engine.types import SYSTEM
from tests.conftest import ROOT, settings
from tests.web.conftest import Visitor
from web.app import create_app
from web.forms.beside import Verdict, beside
from web.forms.summary import NOT_ANSWERED, AnswerBlock, AnswerItem, AnswerRow, AnswerSection

SCENARIO = ROOT / "workflows" / "scenarios" / "s21-duplicate-notification.yaml"
UNTIL_FOUND = 3  # steps: a first report, a school's report of the same, and when the Local Authority knew


@pytest.fixture
def twice(runtime: Runtime, clock: VirtualClock) -> Runtime:
    """SOL-2027-002 may be the same incident as SOL-2027-001."""
    made = replace(runtime, settings=settings(demo=True))
    scenario = read_scenario(SCENARIO.read_text("utf-8"), name=SCENARIO.name)
    report = run_scenario(replace(scenario, steps=scenario.steps[:UNTIL_FOUND]), made, list(packages()))
    assert report.passed, report.failures
    clock.move_to(datetime(2027, 1, 13, 10, tzinfo=UTC))
    return made


@pytest.fixture
def manager(twice: Runtime) -> Visitor:
    return Visitor(create_app(twice), twice)


def address(runtime: Runtime) -> str:
    with runtime.transaction() as session:
        item = session.scalars(select(WorkItem.id).where(WorkItem.element == "resolve-duplicate")).one()
    return f"/tasks/{item}"


def lines(page: str) -> dict[str, list[str]]:
    """Question -> verdict, this case's answer, the other's."""
    found = {}
    for row in html.fromstring(page).xpath("//section[contains(@class, 'lscp-beside')]//tbody/tr"):
        verdict = row.xpath("./th/span")[0].text
        found[row.xpath("./th")[0].text.strip()] = [
            verdict,
            *(" ".join(c.text_content().split()) for c in row.xpath("./td/div")),
        ]
    return found


def test_both_reports_stand_beside_each_other_with_what_differs_in_words(twice: Runtime, manager: Visitor) -> None:
    manager.sign_in("business-manager")
    found = lines(manager.get(address(twice)))
    assert found["Date of birth"][0] == "The same"
    assert found["Date of birth"][1] == found["Date of birth"][2]
    on = next(row for title, row in found.items() if "10 January 2027" in row[1] and "9 January 2027" in row[2])
    assert on[0] == "Different"
    assert any(row[0] == "Only in SOL-2027-002" for row in found.values())
    assert all(row[1] != NOT_ANSWERED or row[2] != NOT_ANSWERED for row in found.values())


def test_reading_both_is_in_the_history_of_both(twice: Runtime, manager: Visitor) -> None:
    manager.sign_in("business-manager")
    manager.get(address(twice))
    with twice.transaction() as session:
        rows = session.execute(
            select(ProcessInstance.reference, AuditEvent.details)
            .join(AuditEvent, AuditEvent.case_id == ProcessInstance.id)
            .where(AuditEvent.action == "cases-compared")
        ).all()
    assert sorted((reference, details["beside"]) for reference, details in rows) == [
        ("SOL-2027-001", "SOL-2027-002"),
        ("SOL-2027-002", "SOL-2027-001"),
    ]
    assert "Read beside case SOL-2027-002" in manager.get("/cases/SOL-2027-001?part=history")


def test_whoever_may_not_see_the_other_case_gets_its_reference_and_whom_to_ask(
    twice: Runtime, manager: Visitor
) -> None:
    person = manager.sign_in("business-manager")
    with twice.transaction() as session:
        first = session.scalars(select(ProcessInstance).where(ProcessInstance.reference == "SOL-2027-001")).one()
        declare_conflict(session, first.id, person, reason="knows the family", by=SYSTEM, now=twice.now())
    page = manager.get(address(twice))
    assert lines(page) == {}
    assert "You are not on the access list of SOL-2027-001" in page
    assert "<li>Chair of Assurance and Review Group</li>" in page
    with twice.transaction() as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.action == "cases-compared")).all() == []


def section(*children: dict[str, str], **plain: str) -> list[AnswerSection]:
    rows = tuple(AnswerRow(name, name, words) for name, words in plain.items())
    items = tuple(
        AnswerItem(
            f"children-{n}", f"Child {n + 1}", tuple(AnswerRow(f"children-{n}-{k}", k, v) for k, v in one.items())
        )
        for n, one in enumerate(children)
    )
    return [AnswerSection("Report", (AnswerBlock(rows=rows), AnswerBlock(items=items)))]


def test_a_row_of_a_group_stands_beside_the_one_it_is_likest_to() -> None:
    left = section({"initials": "A.B.", "born": "1 May 2020", "sex": "male"})
    right = section(
        {"initials": "C.D.", "born": "2 June 2015", "sex": "male"},
        {"initials": "a.b.", "born": "1 May 2020", "sex": "female"},
    )
    first, second = beside(left, right)
    assert (first.title, first.other_title) == ("Child 1", "Child 2")
    assert [row.verdict for row in first.rows] == [Verdict.SAME, Verdict.SAME, Verdict.DIFFERENT]
    assert (second.title, second.other_title) == (None, "Child 1")
    assert {row.verdict for row in second.rows} == {Verdict.RIGHT}


def test_what_one_side_did_not_answer_is_said_and_what_neither_did_is_left_out() -> None:
    (block,) = beside(section(a="x", b=NOT_ANSWERED, c="y"), section(a=NOT_ANSWERED, b=NOT_ANSWERED, d="z"))
    assert [(row.title, row.verdict) for row in block.rows] == [
        ("a", Verdict.LEFT),
        ("c", Verdict.LEFT),
        ("d", Verdict.RIGHT),
    ]

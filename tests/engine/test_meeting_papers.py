"""The papers of a group's meeting say what was answered, registered and learned: rules in small, without a real meeting."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import learning
from engine.commands.complete_work_item import complete_work_item
from engine.model import Anchor, IssuedPaper, ProcessInstance, RegisterEntry
from engine.papers import Document, Facts, Items, PaperKind, Paragraph, Table
from engine.queries.case_papers import NoSuchPaper, case_papers, compose
from engine.types import LearningKind
from tests.factories import NOON, bpmn, case, doer, end, form, item, package, publish, start, text, user

TICK = {"type": "boolean", "x-sensitivity": "-"}


def rows(title: str, **parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "title": title, "items": {"type": "object", "title": title, "properties": parts}}


ATTENDANCE = rows(
    "Seats",
    body=text("Organisation", "P", **{"x-list": "bodies"}),
    role=text("Role", "P", **{"x-list": "case-roles"}),
    mode=text("How"),
    chaired={**TICK, "title": "Chaired", "x-widget": "tick"},
    deputy_for=text("For whom", "P"),
    interest=text("Interest", "P"),
    arrived=text("Arrived"),
    left=text("Left"),
)
AGENDA = rows("Agenda", item=text("Item"), purpose=text("For"), theme=text("Theme"))
FORMS = {
    "set-date": form(
        {"meeting_at": {"type": "string", "format": "local-date-time", "title": "When", "x-sensitivity": "-"}}
    ),
    "prepare-agenda": form({"agenda": AGENDA, "papers_missing": text("Missing")}, required=["agenda"]),
    "record-attendance": form({"attendance": ATTENDANCE, "minutes_notes": text("Notes", "SC")}),
    "write-highlight-report": form(
        {"report_for_words": text("For"), "going_well": text("What is going well"), "secret": text("Of the case", "SC")}
    ),
    "draft-minutes": form(
        {
            "last_minutes_on": text("Last minutes"),
            "ratified": text("Ratified?"),
            "discussion": text("What was discussed"),
            "actions": rows("Actions", action=text("Action"), body=text("By"), due_on=text("By when")),
        },
        required=["discussion"],
    ),
    "approve-minutes": form({"corrections": text("Corrections")}),
}
ANSWERS: dict[str, dict[str, Any]] = {
    "set-date": {"meeting_at": "2027-01-19T10:00"},
    "prepare-agenda": {"agenda": [{"item": "Neglect", "purpose": "Decision"}], "papers_missing": "One\nAnother"},
    "record-attendance": {
        "attendance": [
            {"body": "csc", "role": "chair-arg", "mode": "Present", "chaired": True},
            {"body": "ccg", "role": "deputy-chair-arg", "mode": "Deputy", "chaired": False, "deputy_for": "Nurse",
             "interest": "Sits on a board", "arrived": "10:40", "left": "11:15"},
        ],
        "minutes_notes": "A.B. was discussed",
    },
    "write-highlight-report": {"report_for_words": "2027-02-11", "going_well": "One\nTwo", "secret": "A.B. again"},
    "draft-minutes": {
        "last_minutes_on": "2026-10-20", "ratified": "Yes", "discussion": "Each item in turn.",
        "actions": [{"action": "Send it", "body": "csc"}],
    },
    "approve-minutes": {"corrections": "The second item."},
}  # fmt: skip
DIAGRAM = bpmn("arg-cycle", start(role="business-manager"), *(user(name) for name in FORMS), end(), case_data=False)


def meeting(session: Session, *, done: int) -> ProcessInstance:
    """A meeting of which so many tasks are done."""
    publish(session, package(DIAGRAM, forms=FORMS))
    made = case(session, "arg-cycle")
    for name in list(FORMS)[:done]:
        found = item(session, name)
        complete_work_item(session, found.id, by=doer(session, found), answers=ANSWERS[name], now=NOON)
    return made


def enter(session: Session, made: ProcessInstance, register: str, key: str, **data: Any) -> None:
    session.add(RegisterEntry(register=register, case_id=made.id, key=key, data=data, at=NOON, updated_at=NOON))
    session.flush()


def learned(
    session: Session, made: ProcessInstance, kind: LearningKind, title: str, status: str, *came_from: str, **data: Any
) -> str:
    row = learning.record(
        session,
        made,
        kind,
        title,
        title=title,
        status=status,
        data=data,
        came_from=came_from,
        held_by=None,
        held_body=None,
        now=NOON,
    )
    return row.reference


def table(document: Document, caption: str) -> tuple[tuple[str, ...], ...]:
    (found,) = (block for block in document.blocks if isinstance(block, Table) and block.caption == caption)
    return found.rows


def kinds(session: Session, made: ProcessInstance) -> list[PaperKind]:
    return [row.kind for row in case_papers(session, made.id)]


def test_papers_are_there_as_soon_as_there_is_something_to_say(session: Session) -> None:
    made = meeting(session, done=3)
    assert kinds(session, made) == [PaperKind.AGENDA, PaperKind.MINUTES, PaperKind.ACTION_PLANS]
    with pytest.raises(NoSuchPaper):
        compose(session, made, PaperKind.HIGHLIGHT_REPORT)
    with pytest.raises(NoSuchPaper):
        compose(session, made, PaperKind.PANEL_SUBMISSION)


def test_an_agenda_is_what_is_open_until_somebody_prepares_it(session: Session) -> None:
    made = meeting(session, done=0)
    learned(session, made, LearningKind.INPUT, "Discharge", "for-arg")
    session.add(Anchor(case_id=made.id, name="meeting", at=NOON, set_at=NOON))
    session.flush()
    before = compose(session, made, PaperKind.AGENDA)
    assert ("Meeting", "11 January 2027 at midday") in before.facts
    assert table(before, "Items of the agenda")[0][1].endswith(": Discharge")


def test_a_prepared_agenda_has_its_items_numbered_and_names_missing_papers(session: Session) -> None:
    found = compose(session, meeting(session, done=2), PaperKind.AGENDA)
    assert ("Meeting", "19 January 2027 at 10am") in found.facts
    assert table(found, "Items of the agenda") == (("1", "Neglect", "Decision", "–"),)
    assert Items(("One", "Another")) in found.blocks


def test_minutes_say_who_attended_when_it_was_quorate_and_what_was_decided(session: Session) -> None:
    made = meeting(session, done=3)
    session.add(Anchor(case_id=made.id, name="meeting", at=datetime(2027, 1, 19, 10, tzinfo=UTC), set_at=NOON))
    enter(session, made, "quorum", "2027-01-19T10:00", quorate=False, reason="Two organisations")
    enter(session, made, "quorum", "2027-01-19T10:40", quorate=True)
    enter(session, made, "meetings-held", "2027-01-19", on="2027-01-19", quorate=True)
    enter(session, made, "meeting-decisions", "1", decided=["INP-2027-001: noted"])
    draft = compose(session, made, PaperKind.MINUTES)
    assert ("State", "Draft: not approved by the chair yet") in draft.facts
    assert "Met on" not in dict(draft.facts)  # on its day, which is said already
    assert table(draft, "Who attended") == (
        (
            "Solihull Children Social Care",
            "Chair of Assurance and Review Group",
            "Present\nIn the chair",
            "Whole meeting",
        ),
        (
            "Birmingham and Solihull Clinical Commissioning Group",
            "Deputy Chair – Head of Safeguarding, Birmingham and Solihull CCG",
            "Deputy for Nurse",
            "From 10:40, until 11:15",
        ),
    )
    assert table(draft, "Quorum by the minute") == (
        ("19 January 2027 at 10am", "Not quorate. Two organisations"),
        ("19 January 2027 at 10:40am", "Quorate"),
    )
    assert Items(("INP-2027-001: noted",), numbered=True) in draft.blocks
    assert "A.B." not in str(draft)
    assert "Sits on a board" in str(draft)


def test_approved_minutes_say_by_whom_and_hold_discussion_actions_and_corrections(session: Session) -> None:
    found = compose(session, meeting(session, done=6), PaperKind.MINUTES)
    assert ("State", "Approved by Business Manager, 11 January 2027 at midday") in found.facts
    assert table(found, "What is to be done") == (("Send it", "csc", "–"),)
    assert Facts((("Minutes of", "2026-10-20"), ("Ratified", "Yes"))) in found.blocks
    assert {Paragraph("Each item in turn."), Paragraph("The second item."), Paragraph("Nothing was decided.")} <= set(
        found.blocks
    )


def test_a_highlight_report_is_what_was_written_without_what_is_confidential(session: Session) -> None:
    made = meeting(session, done=4)
    enter(session, made, "highlight-reports", "2027-02-11", lscp_meeting="2027-02-11", covers=["2027-01-19"])
    learned(session, made, LearningKind.RECOMMENDATION, "One plan", "to-lscp", change_wanted="A shared plan")
    found = compose(session, made, PaperKind.HIGHLIGHT_REPORT)
    assert ("For LSCP of", "11 February 2027") in found.facts
    assert ("Covers ARG of", "19 January 2027") in found.facts
    assert Items(("One", "Two")) in found.blocks
    assert [row[1:] for row in table(found, "What this meeting recommends")] == [("A shared plan", "–")]
    assert not [word for word in ("A.B.", "Of the case") if word in str(found)]


def test_the_overview_shows_open_plans_with_their_actions_and_tests(session: Session) -> None:
    made = meeting(session, done=0)

    plan = learned(session, made, LearningKind.PLAN, "A plan", "running", objective="Sooner", due_on="2027-06-30")
    done = learned(session, made, LearningKind.ACTION, "Tell all", "done", plan, due="2027-02-05")
    learned(session, made, LearningKind.TEST, "A test", "to-judge", plan, judgement="too-early")
    closed = learning.named(session, learned(session, made, LearningKind.PLAN, "An old plan", "tested-effective"))
    learning.change(closed, closed=True, now=NOON)
    enter(session, made, "plan-actions", "1", action_ref=done, owner_body="ccg", state="done")
    found = compose(session, made, PaperKind.ACTION_PLANS)
    assert found.facts[:4] == (("Plans open", "1"), ("Plans closed", "1"), ("Actions open", "1"), ("Actions done", "1"))
    assert table(found, "Every plan") == ((f"{plan}: A plan", "Running", "1 of 1", "30 June 2027"),)
    assert table(found, f"Actions of {plan}") == (
        (f"{done}: Tell all", "Birmingham and Solihull Clinical Commissioning Group", "5 February 2027", "Done"),
    )
    assert table(found, f"Tests of {plan}")[0][2] == "Too early"
    assert "An old plan" not in str(found)


def test_without_a_plan_the_overview_says_so(session: Session) -> None:
    found = compose(session, meeting(session, done=0), PaperKind.ACTION_PLANS)
    assert Paragraph("No plan is open.") in found.blocks
    assert session.scalars(select(IssuedPaper)).all() == []  # made, and not yet opened by anybody


def test_minutes_name_the_days_when_it_met_on_another_day_too(session: Session) -> None:
    made = meeting(session, done=3)
    for day in ("2027-01-19", "2027-01-26"):
        enter(session, made, "meetings-held", day, on=day, quorate=True)
    assert ("Met on", "19 January 2027\n26 January 2027") in compose(session, made, PaperKind.MINUTES).facts

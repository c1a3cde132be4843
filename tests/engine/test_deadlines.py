"""Due dates of record: set from an anchor, moved with it and with the calendar, met, missed or cancelled."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deadlines, steps
from engine.bpmn.execute import StepFailed
from engine.commands.add_holiday import add_holiday
from engine.commands.complete_work_item import complete_work_item
from engine.dispatch import carry_out
from engine.model import Anchor, AuditEvent, Deadline, DeadlineMove, ProcessInstance
from engine.runtime import Runtime
from engine.types import SYSTEM, DeadlineStatus, JobKind
from tests.factories import (
    NOON,
    boundary,
    bpmn,
    case,
    catch,
    doer,
    end,
    exclusive,
    form,
    holder,
    item,
    items,
    jobs_of,
    package,
    publish,
    service,
    start,
    text,
    user,
)

ROWS = [
    {"id": "D01", "name": "Notify", "rule": "+5wd after awareness", "basis": "law", "limit": "true", "ladder": "statutory"},
    {"id": "D02", "name": "Tell the agencies", "rule": "+2wd after awareness", "ladder": "rapid",
     "responsible": "business-manager"},
    {"id": "D03", "name": "Half a year", "rule": "+6m after awareness"},
    {"id": "D09", "name": "Something else", "rule": "+1wd after another_fact"},
]  # fmt: skip
KNOWN = service("know", "set-anchor", {"anchor": "awareness", "at": "=known_at", "reason": "=why"})
CORRECT = service("correct", "set-anchor", {"anchor": "awareness", "at": "=known_at", "reason": "=why"})
PROCESS = bpmn(
    "duty", start(role="business-manager"), KNOWN, user("notify", role="dcs", due="D01", meets="D01"),
    user("correct-it", form="begin"), CORRECT, user("last"), end(), deadlines=ROWS,
    flow="begin -> know -> correct-it -> correct -> notify -> last -> done",
)  # fmt: skip
FORM = form({"known_at": text(), "why": text()})


def duty(session: Session, known_at: str = "2027-01-11T10:00", diagram: str = PROCESS) -> ProcessInstance:
    publish(session, package(diagram, forms={"begin": FORM}))
    return case(session, "duty", {"known_at": known_at, "why": "told by the police"})


def due(session: Session, of: ProcessInstance, code: str) -> str:
    found = deadlines.find(session, of.id, code)
    assert found is not None, code
    return f"{found.due_at:%Y-%m-%d %H:%M}"


def do(session: Session, element: str, answers: dict[str, object] | None = None, *, at: datetime = NOON) -> None:
    work = item(session, element)
    complete_work_item(session, work.id, answers or {}, by=doer(session, work), now=at)


# Begin


def test_setting_an_anchor_begins_the_deadlines_that_count_from_it_and_no_others(session: Session) -> None:
    made = duty(session)
    found = session.scalars(select(Deadline).order_by(Deadline.code)).all()
    assert [d.code for d in found] == ["D01", "D02", "D03"]
    assert {d.status for d in found} == {DeadlineStatus.OPEN}
    assert due(session, made, "D01") == "2027-01-18 17:00"
    assert due(session, made, "D02") == "2027-01-13 17:00"
    assert due(session, made, "D03") == "2027-07-11 16:00"
    assert deadlines.find(session, made.id, "D09") is None


def test_a_deadline_says_why(session: Session) -> None:
    made = duty(session)
    explanation = deadlines.explain(session, deadlines.find(session, made.id, "D01"))  # type: ignore[arg-type]
    assert explanation is not None
    assert "5 working days" in explanation.words


def test_a_statutory_limit_keeps_its_sunday_and_people_are_shown_the_working_day_before(session: Session) -> None:
    rows = [{"id": "D01", "name": "Notify", "rule": "+6m after awareness", "limit": "true"}]
    diagram = bpmn("duty", start(role="business-manager"), KNOWN, user("last"), end(), deadlines=rows)
    made = duty(session, "2027-02-15T10:00", diagram)  # 15 August 2027 is a Sunday
    found = deadlines.find(session, made.id, "D01")
    assert found is not None
    assert found.limit_at is not None
    assert found.due_at.date() == date(2027, 8, 13)
    assert found.limit_at.date() == date(2027, 8, 15)
    assert found.due_at < found.limit_at


def test_the_same_without_a_limit_in_law_is_due_on_its_day(session: Session) -> None:
    rows = [{"id": "D01", "name": "Notify", "rule": "+6m after awareness"}]
    diagram = bpmn("duty", start(role="business-manager"), KNOWN, user("last"), end(), deadlines=rows)
    made = duty(session, "2027-02-15T10:00", diagram)
    found = deadlines.find(session, made.id, "D01")
    assert found is not None
    assert (found.due_at.date(), found.limit_at) == (date(2027, 8, 15), None)


# Move


def test_correcting_an_anchor_moves_what_counts_from_it_and_keeps_both_values(session: Session) -> None:
    made = duty(session)
    do(session, "correct-it", {"known_at": "2027-01-08T16:00", "why": "the call was on Friday"})
    assert due(session, made, "D01") == "2027-01-15 17:00"
    assert due(session, made, "D02") == "2027-01-12 17:00"
    assert [a.at.isoformat() for a in session.scalars(select(Anchor).order_by(Anchor.at))] == [
        "2027-01-08T16:00:00+00:00",
        "2027-01-11T10:00:00+00:00",
    ]
    assert deadlines.anchor(session, made.id, "awareness") == datetime.fromisoformat("2027-01-08T16:00:00+00:00")
    moves = session.scalars(select(DeadlineMove).order_by(DeadlineMove.from_due)).all()
    assert [(f"{m.from_due:%m-%d}", f"{m.to_due:%m-%d}", m.reason) for m in moves] == [
        ("01-13", "01-12", "the call was on Friday"),
        ("01-18", "01-15", "the call was on Friday"),
        ("07-11", "07-08", "the call was on Friday"),
    ]


def test_an_anchor_set_again_to_the_same_moment_moves_nothing(session: Session) -> None:
    duty(session)
    do(session, "correct-it", {"known_at": "2027-01-11T10:00", "why": "confirmed"})
    assert session.scalars(select(DeadlineMove)).all() == []


def test_an_open_task_is_due_when_its_deadline_is(session: Session) -> None:
    made = duty(session)
    do(session, "correct-it", {"known_at": "2027-01-08T16:00", "why": "x"})
    work = item(session, "notify")
    assert work.due_at is not None
    assert f"{work.due_at:%Y-%m-%d %H:%M}" == due(session, made, "D01") == "2027-01-15 17:00"
    add_holiday(session, date(2027, 1, 14), "A day of mourning", by=SYSTEM, now=NOON)
    assert f"{work.due_at:%Y-%m-%d %H:%M}" == due(session, made, "D01") == "2027-01-18 17:00"


def test_reminders_are_planned_again_when_a_deadline_moves(session: Session) -> None:
    duty(session)
    do(session, "correct-it", {"known_at": "2027-01-11T10:00", "why": "x"})
    before = {j.key: j.due_at for j in jobs_of(session, JobKind.SEND_REMINDER)}
    add_holiday(session, date(2027, 1, 14), "A day of mourning", by=SYSTEM, now=NOON)
    after = {j.key: j.due_at for j in jobs_of(session, JobKind.SEND_REMINDER)}
    assert set(before) == set(after)
    item_moves = {k: after[k] - before[k] for k in before if k.startswith("item/")}
    assert item_moves
    assert all(moved in (timedelta(0), timedelta(days=1), timedelta(days=3)) for moved in item_moves.values())
    assert any(moved > timedelta(0) for moved in item_moves.values())


def test_a_holiday_taken_away_moves_everything_back(session: Session) -> None:
    made = duty(session, "2027-03-24T10:00")  # before Easter
    assert due(session, made, "D01") == "2027-04-02 16:00"
    moved = add_holiday(session, date(2027, 3, 29), "Easter Monday is worked", by=SYSTEM, now=NOON, removed=True)
    assert {m.deadline.code for m in moved} == {"D01", "D02"}
    assert due(session, made, "D01") == "2027-04-01 16:00"


def test_a_holiday_is_history_with_what_it_moved(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        duty(session)
    with staffed.transaction() as session:
        add_holiday(session, date(2027, 1, 14), "A day of mourning", by=SYSTEM, now=NOON)
    with staffed.transaction() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "calendar-changed")).one()
        assert (event.details["day"], event.details["label"]) == ("2027-01-14", "A day of mourning")
        assert len(event.details["moved"]) == 1
        assert event.details["moved"][0][1:] == ["2027-01-18T17:00:00+00:00", "2027-01-19T17:00:00+00:00"]


def test_a_deadline_that_is_closed_does_not_move(session: Session) -> None:
    made = duty(session)
    found = deadlines.find(session, made.id, "D01")
    assert found is not None
    deadlines.meet(session, found, at=NOON)
    add_holiday(session, date(2027, 1, 14), "A day of mourning", by=SYSTEM, now=NOON)
    assert due(session, made, "D01") == "2027-01-18 17:00"


def test_a_timer_that_waits_for_a_deadline_moves_with_the_holiday(any_staffed: Runtime) -> None:
    diagram = bpmn("duty", start(role="business-manager"), KNOWN, catch("wait", timer='=deadline("D02")'), user("last"),
                   end(), deadlines=ROWS)  # fmt: skip
    with any_staffed.transaction() as session:
        duty(session, diagram=diagram)
    with any_staffed.transaction() as session:
        add_holiday(session, date(2027, 1, 12), "A day of mourning", by=SYSTEM, now=NOON)
    with any_staffed.transaction() as session:
        (job,) = jobs_of(session, JobKind.FIRE_TIMER)
        assert f"{job.due_at:%Y-%m-%d %H:%M}" == "2027-01-14 17:00"


def test_a_date_given_outright_and_the_timer_that_waits_for_it_leave_a_new_holiday(any_staffed: Runtime) -> None:
    parts = (user("vote", due="=closes"), boundary("closed", "vote", timer="=closes"), user("last"), end())
    flow = "begin -> vote -> last -> done; closed -> last"
    with any_staffed.transaction() as session:
        publish(session, package(bpmn("poll", start(role="business-manager"), *parts, flow=flow),
                                 forms={"begin": form({"closes": text()})}))  # fmt: skip
        made = case(session, "poll", {"closes": "2027-01-12T15:00:00Z"})
    with any_staffed.transaction() as session:
        add_holiday(session, date(2027, 1, 12), "A day of mourning", by=SYSTEM, now=NOON)
    with any_staffed.transaction() as session:
        assert due(session, made, "vote") == f"{item(session, 'vote').due_at:%Y-%m-%d %H:%M}" == "2027-01-13 15:00"
        assert [f"{j.due_at:%Y-%m-%d %H:%M}" for j in jobs_of(session, JobKind.FIRE_TIMER)] == ["2027-01-13 15:00"]
        found = deadlines.find(session, made.id, "vote")
        assert found is not None
        moves = select(DeadlineMove.reason).where(DeadlineMove.deadline_id == found.id)
        assert session.scalars(moves).all() == ["12 January 2027: A day of mourning"]


# Close


@pytest.mark.parametrize(
    ("at", "status"),
    [
        ("2027-01-18T17:00:00+00:00", DeadlineStatus.MET),
        ("2027-01-18T23:59:00+00:00", DeadlineStatus.MET),  # in law until the end of the day
        ("2027-01-19T00:00:30+00:00", DeadlineStatus.MISSED),
    ],
)
def test_completing_the_task_that_meets_it_closes_a_statutory_limit(
    session: Session, at: str, status: DeadlineStatus
) -> None:
    made = duty(session)
    do(session, "correct-it", {"known_at": "2027-01-11T10:00", "why": "x"})
    moment = datetime.fromisoformat(at)
    do(session, "notify", at=moment)
    found = deadlines.find(session, made.id, "D01")
    assert found is not None
    assert (found.status, found.closed_at) == (status, moment)
    assert deadlines.explain(session, found) is not None


ASKING = bpmn(
    "asking", start(role="business-manager"), KNOWN,
    user("decide", role="dcs", due="D01", meets='=if said = "more" then null else "D01"'), exclusive("enough"), end(),
    flow='begin -> know -> decide -> enough -[said = "more"]-> decide; enough -> done', deadlines=ROWS,
)  # fmt: skip


def test_asking_for_more_is_no_decision_and_meets_nothing(session: Session) -> None:
    publish(session, package(ASKING, forms={"begin": FORM, "decide": form({"said": text()})}))
    made = case(session, "asking", {"known_at": "2027-01-11T10:00", "why": "told by the police"})
    for said, status in (("more", DeadlineStatus.OPEN), ("no", DeadlineStatus.MET)):
        do(session, "decide", {"said": said})
        found = deadlines.find(session, made.id, "D01")
        assert found is not None
        assert found.status == status


@pytest.mark.parametrize(("hour", "status"), [(17, DeadlineStatus.MET), (18, DeadlineStatus.MISSED)])
def test_another_deadline_is_missed_after_its_hour(session: Session, hour: int, status: DeadlineStatus) -> None:
    made = duty(session)
    found = deadlines.find(session, made.id, "D02")
    assert found is not None
    deadlines.meet(session, found, at=datetime(2027, 1, 13, hour, tzinfo=NOON.tzinfo))
    assert found.status == status


def test_what_was_met_is_not_missed_afterwards(session: Session) -> None:
    made = duty(session)
    found = deadlines.find(session, made.id, "D02")
    assert found is not None
    deadlines.meet(session, found, at=NOON)
    deadlines.meet(session, found, at=NOON + timedelta(days=99))
    assert (found.status, found.closed_at) == (DeadlineStatus.MET, NOON)


def test_open_deadlines_are_cancelled_with_their_reminders_when_the_process_ends(session: Session) -> None:
    made = duty(session)
    for element, answers in (
        ("correct-it", {"known_at": "2027-01-11T10:00", "why": "x"}),
        ("notify", {}),
        ("last", {}),
    ):
        do(session, element, answers)
    found = {d.code: d.status for d in session.scalars(select(Deadline).where(Deadline.case_id == made.id))}
    assert found == {"D01": DeadlineStatus.MET, "D02": DeadlineStatus.CANCELLED, "D03": DeadlineStatus.CANCELLED}
    assert jobs_of(session, JobKind.SEND_REMINDER) == []


# A task's own rule


def own(session: Session, rule: str) -> ProcessInstance:
    publish(session, bpmn("own", start(role="business-manager"), user("ask", due=rule), user("last"), end()))
    return case(session, "own")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("+1wd", "2027-01-12 17:00"),
        ("+1wd at 12:00", "2027-01-12 12:00"),
        ("+0wd", "2027-01-11 17:00"),
        ('=date("2027-01-29")', "2027-01-29 09:00"),
        ('=date and time("2027-07-01T10:00:00")', "2027-07-01 09:00"),
        ('="+2wd"', "2027-01-13 17:00"),
    ],
)
def test_a_task_may_have_a_due_date_of_its_own(session: Session, rule: str, expected: str) -> None:
    own(session, rule)
    work = item(session, "ask")
    assert work.due_at is not None
    assert f"{work.due_at:%Y-%m-%d %H:%M}" == expected
    assert work.ladder == "standard"


def test_a_due_date_that_is_null_is_none(session: Session) -> None:
    own(session, "=null")
    assert item(session, "ask").due_at is None
    assert jobs_of(session, JobKind.SEND_REMINDER) == []


def test_a_tasks_own_deadline_is_met_with_it_and_cancelled_without_it(session: Session) -> None:
    made = own(session, "+1wd")
    do(session, "ask")
    found = deadlines.find(session, made.id, "ask")
    assert found is not None
    assert found.status == DeadlineStatus.MET
    other = own(session, "+1wd")
    work = item(session, "ask")
    steps._close(session, work, now=NOON)
    assert deadlines.find(session, other.id, "ask").status == DeadlineStatus.CANCELLED  # type: ignore[union-attr]


def test_a_task_done_twice_has_two_deadlines(session: Session) -> None:
    again = form({"more": {"type": "boolean", "title": "More", "x-sensitivity": "-"}})
    loop = bpmn("loop", start(role="business-manager"), user("ask", due="+1wd"), exclusive("again"), end(),
                flow="begin -> ask -> again -[more]-> ask; again -> done")  # fmt: skip
    publish(session, package(loop, forms={"ask": again}))
    made = case(session, "loop")
    do(session, "ask", {"more": True})
    found = session.scalars(select(Deadline).where(Deadline.case_id == made.id).order_by(Deadline.occurrence)).all()
    assert [(d.occurrence, d.status) for d in found] == [(0, DeadlineStatus.MET), (1, DeadlineStatus.OPEN)]


def test_a_task_due_by_a_deadline_that_does_not_exist_is_refused_by_name(session: Session) -> None:
    publish(session, bpmn("own", start(role="business-manager"), user("ask", due="D77"), end()))
    with pytest.raises(StepFailed, match=r"“Ask” \(ask\).*D77"):
        case(session, "own")


def test_deadlines_of_one_case_are_not_those_of_another(session: Session) -> None:
    first, second = duty(session), duty(session, "2027-01-13T10:00")
    assert due(session, first, "D02") == "2027-01-13 17:00"
    assert due(session, second, "D02") == "2027-01-15 17:00"


def test_a_timer_fires_at_its_deadline_and_not_before(staffed: Runtime) -> None:
    diagram = bpmn("duty", start(role="business-manager"), KNOWN, catch("wait", timer='=deadline("D02")'), user("last"),
                   end(), deadlines=ROWS)  # fmt: skip
    with staffed.transaction() as session:
        duty(session, diagram=diagram)
        (job,) = jobs_of(session, JobKind.FIRE_TIMER)
        job_id: UUID = job.id
        assert items(session, "last") == []
    staffed.clock.move_to(job.due_at)  # type: ignore[attr-defined]
    carry_out(staffed, job_id, lambda _: None)
    with staffed.transaction() as session:
        assert item(session, "last")
        assert holder(session, "dcs")


def test_a_task_may_be_due_by_a_deadline_that_is_worked_out(session: Session) -> None:
    ask = user("ask", due='=if 1 = 1 then "D01" else "D02"')
    made = duty(session, diagram=bpmn("duty", start(role="business-manager"), KNOWN, ask, end(), deadlines=ROWS))
    work = item(session, "ask")
    found = deadlines.find(session, made.id, "D01")
    assert found is not None
    assert (work.deadline_id, work.due_at) == (found.id, found.due_at)
